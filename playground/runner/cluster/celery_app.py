"""The queue in which runs and sweeps wait for a worker: Celery's, in the same Redis."""

from __future__ import annotations

from celery import Celery

TRAIN, SWEEP = "train", "sweep"
"""The tasks: train the run, or the sweep, with this id for a while."""


def celery_app(url: str) -> Celery:
    """Return Celery as web processes and workers both configure it."""
    app = Celery("playground", broker=url)
    app.conf.update(
        task_default_queue="playground",
        task_ignore_result=True,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={"socket_timeout": 5.0, "socket_connect_timeout": 1.0},
    )
    return app
