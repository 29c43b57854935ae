"""The `playground` command: serves the application with gevent and opens the browser; and what an
operator asks of it.
"""

from __future__ import annotations

import os
import socket
import sys
import webbrowser
from contextlib import closing

import click
import gevent

from playground import logs, operator_cli
from playground.app import ROOT, create_app
from playground.http.server import DEFAULT_PORT, Server, listen, raise_file_limit
from playground.http.services import services_of
from playground.qr import qr_text
from playground.settings import Deployment, classroom

EVERY_ADDRESS = "0.0.0.0"


@click.group(invoke_without_command=True)
@click.option(
    "--host",
    help="The address to serve on.  [default: 127.0.0.1; with --classroom all of them]",
)
@click.option(
    "--port", type=click.IntRange(0, 65535),
    help=f"The port; 0 takes any that is free.  [default: {DEFAULT_PORT}, or the next free one]",
)  # fmt: skip
@click.option("--no-open", is_flag=True, help="Do not open the browser.")
@click.option(
    "--classroom", "shared", is_flag=True,
    help="Serve a class on the local network: shows the address as a QR code, and limits everyone.",
)  # fmt: skip
@click.pass_context
def main(
    context: click.Context, host: str | None, port: int | None, no_open: bool, shared: bool
) -> None:
    """Watch backpropagation happen, on a page that this machine serves."""
    if context.invoked_subcommand is None:
        serve(host, port, no_open, shared)


for command in operator_cli.COMMANDS:
    main.add_command(command)


def serve(host: str | None, port: int | None, no_open: bool, shared: bool) -> None:
    """Serve until a signal ends it."""
    if not (ROOT / "static" / "vendor" / "plotly.js").exists():
        raise click.ClickException(
            "The browser's libraries are missing from static/vendor. "
            "Install the project again (pip install .), which fetches them."
        )
    host = host or (EVERY_ADDRESS if shared else "127.0.0.1")
    listener = listen(host, port)
    deployment = classroom() if shared else Deployment()
    logs.configure(deployment)
    raise_file_limit(deployment)
    app = create_app(deployment)
    server = Server(listener, app, deployment)
    stopping = gevent.event.Event()
    for signal in (2, 15):
        gevent.signal_handler(signal, stopping.set)
    server.start()
    services_of(app).runner.warm()
    everywhere = host in ("", EVERY_ADDRESS, "::")
    found = local_address() if shared and everywhere else None
    shown = (found or "127.0.0.1") if everywhere else host
    shown = f"[{shown}]" if ":" in shown else shown
    address = f"http://{shown}:{server.server_port}{deployment.path_prefix}/"
    print(f"Backprop Playground is at {address}  (Ctrl+C stops it)", flush=True)
    if shared:
        print(_invitation(address, deployment, bool(found) or not everywhere), flush=True)
    if not no_open and _has_screen():
        gevent.get_hub().threadpool.spawn(webbrowser.open, address)
    stopping.wait()
    services_of(app).streams.end()
    server.stop()
    services_of(app).rooms.stop()
    services_of(app).runner.stop()


def local_address() -> str | None:
    """This machine's address in the local network, or None without a network.

    Connecting a datagram socket sends nothing: it asks the routing table which of our addresses
    would speak to another, here one that is kept for documentation (RFC 5737).
    """
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as asked:
        try:
            asked.connect(("192.0.2.1", 9))
            found: str = asked.getsockname()[0]
        except OSError:
            return None
    return None if found.startswith("127.") or found == EVERY_ADDRESS else found


def _invitation(address: str, deployment: Deployment, connected: bool) -> str:
    """What a teacher reads, and a class photographs."""
    if not connected:
        return (
            "This machine is in no network, so nobody else can open it yet. "
            "Join one and start again."
        )
    code = qr_text(address, sys.stdout.encoding or "ascii")
    if sys.stdout.isatty():  # dark on light on a light terminal too
        code = "\n".join(f"\033[97;40m{line}\033[0m" for line in code.splitlines())
    each, all_of = deployment.runs_per_visitor, deployment.runs
    limits = f"Up to {each} runs each, {all_of} in all; the longest unused make room."
    return f"\n{code}\n\nEveryone in this network can open it. {limits}"


def _has_screen() -> bool:
    """Whether a browser would open in a window, rather than take over the terminal."""
    return sys.platform in ("win32", "darwin") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
