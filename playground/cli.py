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

DEFAULT_PORT = 5000


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to serve on.")
@click.option(
    "--port", type=click.IntRange(0, 65535),
    help=f"The port; 0 takes any that is free.  [default: {DEFAULT_PORT}, or the next free one]",
)  # fmt: skip
@click.option("--no-open", is_flag=True, help="Do not open the browser.")
def main(host: str, port: int | None, no_open: bool) -> None:
    """Watch backpropagation happen, on a page that this machine serves."""
    if not (ROOT / "static" / "vendor" / "plotly.js").exists():
        raise click.ClickException(
            "The browser's libraries are missing from static/vendor. "
            "Install the project again (pip install .), which fetches them."
        )
    listener = _listen(host, port)
    app = create_app()
    server = WSGIServer(listener, app, log=None)
    for signal in (2, 15):
        gevent.signal_handler(signal, server.stop)
    server.start()
    app.extensions["runner"].warm()
    shown = "127.0.0.1" if host in ("", "0.0.0.0", "::") else host
    shown = f"[{shown}]" if ":" in shown else shown
    address = f"http://{shown}:{server.server_port}/"
    print(f"Backprop Playground is at {address}  (Ctrl+C stops it)", flush=True)
    if not no_open and _has_screen():
        gevent.get_hub().threadpool.spawn(webbrowser.open, address)
    server._stop_event.wait()
    app.extensions["runner"].stop()


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
