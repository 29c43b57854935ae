"""What operators do from the command line: read the settings, watch an instance, close a room,
delete the data of a visitor, and train runs for other processes.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import click
from prometheus_client.parser import text_string_to_metric_families

from playground import logs
from playground.lessons.checking import check_file
from playground.lessons.library import FOLDER, lesson_files
from playground.messages import command_line as messages
from playground.messages import lessons as lesson_messages
from playground.settings import Deployment

DEFAULT_URL = "http://127.0.0.1:5000"
TIMEOUT_SECONDS = 5.0
"""How long a command waits for an answer, in seconds."""
REFRESH_SECONDS = 1.0
"""Time between two screens of `playground top`, in seconds."""
PASSWORD = re.compile(r"(?<=://)([^/@]*):[^/@]*@")
"""The user and the password in a URL."""

url_option = click.option(
    "--url",
    default=DEFAULT_URL,
    show_default=True,
    help="The address of the instance, with its path prefix.",
)


@click.command()
def settings() -> None:
    """Print every setting: its variable, its value, and what it is for."""
    deployment = Deployment()
    for name, field in Deployment.model_fields.items():
        is_secret = name == "secret" and deployment.secret
        value = "(set)" if is_secret else str(getattr(deployment, name))
        value = PASSWORD.sub(r"\1:(set)@", value)
        changed = " (changed)" if name in deployment.model_fields_set else ""
        click.echo(f"PLAYGROUND_{name.upper()} = {value}{changed}")
        click.echo(click.wrap_text(field.description or "", 96, "    ", "    "))


@click.command()
@url_option
@click.option("--once", is_flag=True, help="Print the metrics once, then stop.")
def top(url: str, once: bool) -> None:
    """Watch an instance: runs, viewers, latency, refused requests. Press Ctrl+C to stop."""
    before: Mapping[str, float] = {}
    began = time.monotonic()
    while True:
        metrics, now = _read_metrics(url), time.monotonic()
        if not once:
            click.clear()
        click.echo(screen(url, metrics, before, now - began))
        if once:
            return
        before, began = metrics, now
        time.sleep(REFRESH_SECONDS)


@click.command("close-room")
@click.argument("code")
@url_option
def close_room(code: str, url: str) -> None:
    """Close the room with this code."""
    click.echo(_send_order(url, f"rooms/{code.upper()}/close"))


@click.command("forget-visitor")
@click.argument("number")
@url_option
def forget_visitor(number: str, url: str) -> None:
    """Delete all data of a visitor. The number is shown under "My runs" and in the logs."""
    click.echo(_send_order(url, f"visitors/{number}/forget"))


@click.command()
@click.option(
    "--runs",
    "max_runs",
    type=click.IntRange(1, 1000),
    default=64,
    show_default=True,
    help="Maximum number of runs that this worker trains. They take turns.",
)
def worker(max_runs: int) -> None:
    """Train runs for web processes, through PLAYGROUND_REDIS_URL and PLAYGROUND_DATABASE_URL."""
    deployment = Deployment()
    if not deployment.redis_url or not deployment.database_url:
        raise click.ClickException(messages.WORKER_NEEDS_SETTINGS)
    try:
        from playground.runner.cluster.worker_app import worker_app
    except ImportError as error:
        raise click.ClickException(messages.WORKER_NEEDS_PACKAGES.format(error=error)) from error
    logs.configure(deployment)
    worker_app(deployment, max_runs).worker_main(
        [
            "worker",
            "--pool=threads",
            f"--concurrency={max_runs}",
            "--loglevel=WARNING",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
        ]
    )


@click.group()
def lessons() -> None:
    """Work on lessons of your own."""


@lessons.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
def check(files: tuple[Path, ...]) -> None:
    """Try every step of lesson files: it opens, it can be done, it accepts its answer and refuses
    the slips. Without files it tries the lessons of this program and of PLAYGROUND_LESSONS.
    """
    folder = Deployment().lessons
    paths = files or (*lesson_files(FOLDER), *(lesson_files(folder) if folder else ()))
    results = [(path, *check_file(path)) for path in paths]
    lines = [
        lesson_messages.fault(str(path), fault.line, fault.step, fault.reason)
        for path, _, faults in results
        for fault in faults
    ]
    if lines:
        click.echo("\n".join([*lines, lesson_messages.faults(len(lines))]))
        sys.exit(1)
    steps = sum(len(lesson.steps) for _, lesson, _ in results if lesson)
    click.echo(lesson_messages.checked(len(results), steps))


COMMANDS = (settings, top, close_room, forget_visitor, worker, lessons)


def screen(
    url: str, metrics: Mapping[str, float], before: Mapping[str, float], seconds: float
) -> str:
    """Return what `top` prints: the metrics, and their rates since `before`, `seconds` ago."""

    def value(name: str) -> float:
        return metrics.get(f"playground_{name}", 0.0)

    def rate(name: str) -> float:
        return (metrics.get(name, 0.0) - before.get(name, 0.0)) / seconds if before else 0.0

    def mean_milliseconds(name: str) -> float:
        count = rate(f"playground_{name}_count")
        return 1000 * rate(f"playground_{name}_sum") / count if count else 0.0

    lines = {
        "Runs in memory": f"{value('runs'):,.0f}",
        "Playing": f"{value('playing'):,.0f}",
        "Viewers": f"{value('viewers'):,.0f}",
        "Rooms": f"{value('rooms'):,.0f}",
        "Frames": f"{rate('playground_frame_seconds_count'):,.0f} per second",
        "Latency of a frame": f"{mean_milliseconds('frame_seconds'):.1f} ms",
        "Slices of training": f"{rate('playground_slice_seconds_count'):,.0f} per second",
        "Length of a slice": f"{mean_milliseconds('slice_seconds'):.2f} ms of processor time",
        "Waiting for a thread": f"{value('queue'):,.0f}",
        "Requests": f"{rate('playground_requests_total'):,.1f} per second",
        "Refused at a limit": f"{value('rejected_total'):,.0f}",
        "Processor": f"{rate('process_cpu_seconds_total'):.0%} of a core",
        "Memory": f"{metrics.get('process_resident_memory_bytes', 0) / 1e6:,.0f} MB",
    }
    width = max(map(len, lines))
    return "\n".join([url, *(f"{name:<{width}}  {text}" for name, text in lines.items())])


def _read_metrics(url: str) -> dict[str, float]:
    """Return the metrics at `/metrics` by name, summed over their labels."""
    text = _send(Request(f"{url.rstrip('/')}/metrics"))
    metrics: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            metrics[sample.name] = metrics.get(sample.name, 0.0) + sample.value
    return metrics


def _send_order(url: str, path: str) -> str:
    from playground.pages import operator

    address, token = operator.sign(path, Deployment().signing_key())
    headers = {"Authorization": token}
    request = Request(f"{url.rstrip('/')}{address}", method="POST", headers=headers)
    answer: dict[str, Any] = json.loads(_send(request))
    return str(answer["message"])


def _send(request: Request) -> str:
    """Return the body of the answer. Raise ClickException with a message if there is none."""
    url = request.full_url
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            text: str = answer.read().decode()
            return text
    except HTTPError as error:
        body = error.read().decode()
        message = messages.REFUSED.format(url=url, status=error.code)
        if body.startswith('{"message"'):
            message = json.loads(body)["message"]
        raise click.ClickException(message) from error
    except URLError as error:
        message = messages.NO_ANSWER.format(url=url, reason=error.reason)
        raise click.ClickException(message) from error
