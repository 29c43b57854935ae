"""Runs shared by several web processes and workers, through Redis and Celery. Imported only if the
deployment names a Redis.

`cluster_runner` builds the runner of a web process, `worker_app` what a worker runs. Web processes
and workers know each other only through `redis_bus`, `run_bus` and `messages`: a change there must
raise `messages.VERSION`.
"""
