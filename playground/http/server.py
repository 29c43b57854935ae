"""gevent's web server, fit for strangers: a connection that says nothing, or takes nothing, is
closed; there are never more than so many; and a stop lets every answer end.
"""

from __future__ import annotations

import logging
import socket
import sys
from collections import Counter
from contextlib import closing
from typing import Any

import click
import gevent
from flask import Flask
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer

from playground import metrics
from playground.http.connection import Handler
from playground.http.rate_limits import subscriber
from playground.settings import Deployment

DEFAULT_PORT = 5000
BACKLOG = 1024
OTHER_FILES = 256
STOP_SECONDS = 5.0
"""How long a stop waits for answers that are under way."""

logger = logging.getLogger("playground.server")


class Server(WSGIServer):  # type: ignore[misc]
    """Serves the application on a listening socket."""

    def __init__(self, listener: Any, app: Flask, deployment: Deployment) -> None:
        self.silence_seconds = deployment.silence_seconds
        super().__init__(
            listener, app, log=None, error_log=logger, handler_class=Handler,
            spawn=Pool(deployment.connections),
        )  # fmt: skip
        self.stop_timeout = STOP_SECONDS
        self.idle: set[gevent.Greenlet] = set()
        """Connections on which nothing is asked."""
        self.stopping = False
        self._peers: Counter[str] = Counter()
        self._most_each = deployment.connections_per_address
        if deployment.trusted_proxies:  # which is the peer of all
            self._most_each = deployment.connections

    def handle(self, connection: Any, address: Any) -> None:
        """Serve a connection, unless its address has as many as it may."""
        peer = subscriber(address[0])
        if self._peers[peer] >= self._most_each:
            metrics.REJECTED.labels("connections").inc()
            return
        self._peers[peer] += 1
        try:
            super().handle(connection, address)
        finally:
            self._peers[peer] -= 1
            if not self._peers[peer]:
                del self._peers[peer]

    def stop(self, timeout: float | None = None) -> None:
        """Take no connection more, and wait for the answers that are under way."""
        self.stopping = True
        self.close()
        gevent.killall(list(self.idle), block=False)
        super().stop(timeout)


def enough_files(deployment: Deployment) -> None:
    """Let this process open as many files as it may have connections, and some more."""
    try:
        import resource
    except ImportError:  # of Windows, which has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = deployment.connections + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        if most < wanted:
            logger.warning(
                "This process may open %d files, which is less than %d connections need.",
                most, deployment.connections,
            )  # fmt: skip


def listen(host: str, port: int | None) -> socket.socket:
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
                attempt.listen(BACKLOG)
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
