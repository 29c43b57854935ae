"""What an operator does from the command line: read the settings, watch, close a room, delete what
is kept of a visitor.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import click
from prometheus_client.parser import text_string_to_metric_families

from playground import logs
from playground.settings import Deployment

HERE = "http://127.0.0.1:5000"
TIMEOUT_SECONDS = 5.0

at = click.option(
    "--url", default=HERE, show_default=True, help="Where the instance is, its path prefix too."
)


@click.command()
def settings() -> None:
    """Every setting: the variable that sets it, what it is now, and what it is for."""
    deployment = Deployment()
    for name, field in Deployment.model_fields.items():
        value = "(set)" if name == "secret" and deployment.secret else getattr(deployment, name)
        value = re.sub(r"(?<=://)([^/@]*):[^/@]*@", r"\1:(set)@", str(value))  # of a URL's password
        changed = " (changed)" if name in deployment.model_fields_set else ""
        click.echo(f"PLAYGROUND_{name.upper()} = {value}{changed}")
        click.echo(click.wrap_text(field.description or "", 96, "    ", "    "))


@click.command()
@at
@click.option("--once", is_flag=True, help="Print the figures once, and end.")
def top(url: str, once: bool) -> None:
    """Watch an instance: runs, viewers, latency, what was refused. Ctrl+C ends it."""
    before: dict[str, float] = {}
    seen = time.monotonic()
    while True:
        now, at = _figures(url), time.monotonic()
        if not once:
            click.clear()
        click.echo(screen(url, now, before, at - seen))
        if once:
            return
        before, seen = now, at
        time.sleep(1)


@click.command("close-room")
@click.argument("code")
@at
def close_room(code: str, url: str) -> None:
    """Close the room with this code."""
    click.echo(_order(url, f"rooms/{code.upper()}/close"))


@click.command("forget-visitor")
@click.argument("number")
@at
def forget_visitor(number: str, url: str) -> None:
    """Delete all that is kept of a visitor, by the number under "My runs" and in the logs."""
    click.echo(_order(url, f"visitors/{number}/forget"))


@click.command()
@click.option(
    "--runs", "most", type=click.IntRange(1, 1000), default=64, show_default=True,
    help="Runs that are trained at once, in turns.",
)  # fmt: skip
def worker(most: int) -> None:
    """Train runs for web processes, through PLAYGROUND_REDIS_URL and PLAYGROUND_DATABASE_URL."""
    deployment = Deployment()
    if not deployment.redis_url or not deployment.database_url:
        raise click.ClickException(
            "A worker needs PLAYGROUND_REDIS_URL and PLAYGROUND_DATABASE_URL, the same as the web "
            "processes'."
        )
    try:
        from playground.runner.cluster.worker import worker as made
    except ImportError as error:
        raise click.ClickException(
            f"{error}. Install what workers need: pip install 'backprop-playground[hosted]'"
        ) from error
    logs.configure(deployment)
    made(deployment, most).worker_main(
        ["worker", "--pool=threads", f"--concurrency={most}", "--loglevel=WARNING",
         "--without-gossip", "--without-mingle", "--without-heartbeat"]
    )  # fmt: skip


COMMANDS = (settings, top, close_room, forget_visitor, worker)


def screen(url: str, now: dict[str, float], before: dict[str, float], seconds: float) -> str:
    """What `top` shows of the figures, with rates since those before."""

    def rate(name: str) -> float:
        return (now.get(name, 0.0) - before.get(name, 0.0)) / seconds if before else 0.0

    def mean(name: str) -> float:
        count = rate(f"{name}_count")
        return 1000 * rate(f"{name}_sum") / count if count else 0.0

    lines = [
        ("Runs in memory", f"{now.get('playground_runs', 0):,.0f}"),
        ("playing", f"{now.get('playground_playing', 0):,.0f}"),
        ("Viewers", f"{now.get('playground_viewers', 0):,.0f}"),
        ("Rooms", f"{now.get('playground_rooms', 0):,.0f}"),
        ("Frames a second", f"{rate('playground_frame_seconds_count'):,.0f}"),
        ("a frame's latency", f"{mean('playground_frame_seconds'):.1f} ms"),
        ("Slices a second", f"{rate('playground_slice_seconds_count'):,.0f}"),
        ("a slice", f"{mean('playground_slice_seconds'):.2f} ms of processor time"),
        ("Waiting for a thread", f"{now.get('playground_queue', 0):,.0f}"),
        ("Requests a second", f"{rate('playground_requests_total'):,.1f}"),
        ("Refused at a limit", f"{now.get('playground_rejected_total', 0):,.0f}"),
        ("Processor", f"{100 * rate('process_cpu_seconds_total'):.0f} % of a core"),
        ("Memory", f"{now.get('process_resident_memory_bytes', 0) / 1e6:,.0f} MB"),
    ]
    width = max(len(name) for name, _ in lines)
    return "\n".join([url, *(f"{name:<{width}}  {told}" for name, told in lines)])


def _figures(url: str) -> dict[str, float]:
    """The figures at `/metrics`, by name, summed over their labels."""
    text = _ask(Request(f"{url.rstrip('/')}/metrics"))
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name] = found.get(sample.name, 0.0) + sample.value
    return found


def _order(url: str, path: str) -> str:
    from playground.pages import operator

    full, token = operator.address(path, Deployment().signing_key())
    request = Request(f"{url.rstrip('/')}{full}", method="POST", headers={"Authorization": token})
    told: dict[str, Any] = json.loads(_ask(request))
    return str(told["said"])


def _ask(request: Request) -> str:
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
            text: str = answer.read().decode()
            return text
    except HTTPError as error:
        body = error.read().decode()
        if body.startswith('{"said"'):
            raise click.ClickException(json.loads(body)["said"]) from error
        raise click.ClickException(
            f"{request.full_url} answers {error.code}. Is PLAYGROUND_DATA (or PLAYGROUND_SECRET) "
            "the instance's, and may this machine ask (PLAYGROUND_METRICS_FROM)?"
        ) from error
    except URLError as error:
        raise click.ClickException(
            f"Nothing answers at {request.full_url}: {error.reason}."
        ) from error
