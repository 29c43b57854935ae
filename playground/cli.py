"""The `playground` command: serves the application with gevent and opens the browser."""

from __future__ import annotations

import os
import socket
import sys
import webbrowser
from contextlib import closing

import click
import gevent
from gevent.pywsgi import WSGIServer

from playground.app import ROOT, create_app
from playground.handler import Handler
from playground.qr import qr_text
from playground.settings import Deployment, classroom

DEFAULT_PORT = 5000
EVERY_ADDRESS = "0.0.0.0"


@click.command()
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
def main(host: str | None, port: int | None, no_open: bool, shared: bool) -> None:
    """Watch backpropagation happen, on a page that this machine serves."""
    if not (ROOT / "static" / "vendor" / "plotly.js").exists():
        raise click.ClickException(
            "The browser's libraries are missing from static/vendor. "
            "Install the project again (pip install .), which fetches them."
        )
    host = host or (EVERY_ADDRESS if shared else "127.0.0.1")
    listener = _listen(host, port)
    deployment = classroom() if shared else Deployment()
    app = create_app(deployment)
    server = WSGIServer(listener, app, log=None, handler_class=Handler)
    for signal in (2, 15):
        gevent.signal_handler(signal, server.stop)
    server.start()
    app.extensions["runner"].warm()
    everywhere = host in ("", EVERY_ADDRESS, "::")
    found = local_address() if shared and everywhere else None
    shown = (found or "127.0.0.1") if everywhere else host
    shown = f"[{shown}]" if ":" in shown else shown
    address = f"http://{shown}:{server.server_port}/"
    print(f"Backprop Playground is at {address}  (Ctrl+C stops it)", flush=True)
    if shared:
        print(_invitation(address, deployment, bool(found) or not everywhere), flush=True)
    if not no_open and _has_screen():
        gevent.get_hub().threadpool.spawn(webbrowser.open, address)
    server._stop_event.wait()
    app.extensions["rooms"].stop()
    app.extensions["runner"].stop()


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


def _listen(host: str, port: int | None) -> socket.socket:
    """A listening socket; the default port gives way to the next free one, one asked for does
    not.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    ports = range(DEFAULT_PORT, DEFAULT_PORT + 20) if port is None else [port]
    for candidate in ports:
        with closing(socket.socket(family, socket.SOCK_STREAM)) as attempt:
            if sys.platform != "win32":
                attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind((host, candidate))
                attempt.listen(1024)
            except (OSError, OverflowError) as error:
                reason = error
                continue
            listening = gevent.socket.socket(fileno=attempt.detach())
            listening.setblocking(False)
            # Every connection inherits it: gevent sends head and body apart, and without it the
            # body waits up to 40 ms until the head is acknowledged (RFC 896, RFC 1122 4.2.3.2).
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return listening  # type: ignore[no-any-return]
    busy = f"ports {ports[0]} to {ports[-1]}" if len(ports) > 1 else f"port {ports[0]}"
    raise click.ClickException(f"Cannot serve on {host}, {busy}: {reason}. Try --port 0.")
