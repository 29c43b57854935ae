"""The command `playground`: it serves the application with gevent and opens the browser. Its
subcommands for operators stand in operator_cli.py.
"""

from __future__ import annotations

import os
import signal
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager

import click
import gevent
from gevent.event import Event

from playground import logs, operator_cli
from playground.app import create_app
from playground.http.addresses import EVERY_ADDRESS, local_address
from playground.http.server import DEFAULT_PORT, Server, listen, raise_file_limit
from playground.http.services import services_of
from playground.messages import command_line as messages
from playground.places import ROOT
from playground.qr import qr_text
from playground.settings import Deployment, classroom


@click.group(invoke_without_command=True)
@click.option(
    "--host",
    help="The address to serve on.  [default: 127.0.0.1; with --classroom all addresses]",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help=f"The port; 0 means any free port.  [default: {DEFAULT_PORT} or the next free port]",
)
@click.option("--no-open", is_flag=True, help="Do not open the browser.")
@click.option(
    "--classroom",
    "is_classroom",
    is_flag=True,
    help="Serve a class in the local network: print the address as a QR code, and lower the limits "
    "for each person.",
)
@click.pass_context
def main(
    context: click.Context, host: str | None, port: int | None, no_open: bool, is_classroom: bool
) -> None:
    """Serve Backprop Playground on this machine, and open it in the browser."""
    if context.invoked_subcommand is None:
        serve(host, port, no_open, is_classroom)


for command in operator_cli.COMMANDS:
    main.add_command(command)


def serve(host: str | None, port: int | None, no_open: bool, is_classroom: bool) -> None:
    """Serve until a signal stops it."""
    if not (ROOT / "static" / "vendor" / "plotly.js").exists():
        raise click.ClickException(messages.NO_LIBRARIES)
    host = host or (EVERY_ADDRESS if is_classroom else "127.0.0.1")
    listener = listen(host, port)
    deployment = classroom() if is_classroom else Deployment()
    logs.configure(deployment)
    raise_file_limit(deployment)
    app = create_app(deployment)
    services = services_of(app)
    server = Server(listener, app, deployment)
    with services.runner.serving(), _stop_signal() as stop:
        server.start()
        services.runner.warm_up()
        address = _announce(host, server.server_port, deployment, is_classroom)
        if not no_open and _has_screen():
            gevent.get_hub().threadpool.spawn(webbrowser.open, address)
        stop.wait()
    services.streams.end()
    server.stop()
    services.rooms.stop()
    services.runner.stop()


@contextmanager
def _stop_signal() -> Iterator[Event]:
    """Return an event that SIGINT or SIGTERM sets while the context lasts."""
    event = Event()
    handlers = [
        gevent.signal_handler(number, event.set) for number in (signal.SIGINT, signal.SIGTERM)
    ]
    try:
        yield event
    finally:
        for handler in handlers:
            handler.cancel()


def _announce(host: str, port: int, deployment: Deployment, is_classroom: bool) -> str:
    """Print where the instance is, for a class as a QR code too. Return the address."""
    is_everywhere = host in ("", EVERY_ADDRESS, "::")
    local = local_address() if is_classroom and is_everywhere else None
    name = (local or "127.0.0.1") if is_everywhere else host
    name = f"[{name}]" if ":" in name else name
    address = f"http://{name}:{port}{deployment.path_prefix}/"
    print(messages.ADDRESS.format(address=address), flush=True)
    if is_classroom:
        is_reachable = local is not None or not is_everywhere
        print(_invitation(address, deployment, is_reachable), flush=True)
    return address


def _invitation(address: str, deployment: Deployment, is_reachable: bool) -> str:
    if not is_reachable:
        return messages.NO_NETWORK
    code = qr_text(address, sys.stdout.encoding or "ascii")
    if sys.stdout.isatty():  # dark on light, on a light terminal too
        code = "\n".join(f"\033[97;40m{line}\033[0m" for line in code.splitlines())
    return messages.invitation(code, deployment.runs_per_visitor, deployment.runs)


def _has_screen() -> bool:
    """Return whether a browser would open in a window instead of taking over the terminal."""
    return sys.platform in ("win32", "darwin") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
