"""gevent's web server with limits: it closes silent connections, bounds their number, and finishes
every answer before it stops.
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
from playground.http.addresses import EVERY_ADDRESS, EVERYWHERE
from playground.http.connection import ConnectionHandler
from playground.http.rate_limits import subscriber
from playground.messages import command_line as messages
from playground.settings import Deployment

DEFAULT_PORT = 5000
BACKLOG = 1024
"""Maximum number of connections that wait to be accepted."""
SPARE_FILES = 256
"""Number of files that the process may open beside its connections."""
STOP_SECONDS = 5.0
"""How long a stop waits for unfinished answers, in seconds."""

logger = logging.getLogger("playground.server")


class Server(WSGIServer):  # type: ignore[misc]
    """Serves the application on a listening socket."""

    def __init__(self, listener: Any, app: Flask, deployment: Deployment) -> None:
        self.silence_seconds = deployment.silence_seconds
        self.home = f"{deployment.path_prefix}/"
        super().__init__(
            listener,
            app,
            log=None,
            error_log=logger,
            handler_class=ConnectionHandler,
            spawn=Pool(deployment.connections),
            environ={EVERYWHERE: listener.getsockname()[0] in (EVERY_ADDRESS, "::")},
        )
        self.stop_timeout = STOP_SECONDS
        self.idle: set[gevent.Greenlet] = set()
        """Connections that wait for their next request."""
        self.stopping = False
        self._peers: Counter[str] = Counter()
        self._max_per_peer = deployment.connections_per_address
        if deployment.trusted_proxies:  # the proxy is the peer of every connection
            self._max_per_peer = deployment.connections

    def handle(self, connection: Any, address: Any) -> None:
        """Serve a connection, unless its address has as many as it may have."""
        peer = subscriber(address[0])
        if self._peers[peer] >= self._max_per_peer:
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
        """Accept no more connections, and wait for unfinished answers."""
        self.stopping = True
        self.close()
        gevent.killall(list(self.idle), block=False)
        super().stop(timeout)


def raise_file_limit(deployment: Deployment) -> None:
    """Let this process open as many files as it may have connections, and some more."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    target = deployment.connections + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < target:
        limit = target if hard == resource.RLIM_INFINITY else min(target, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        if limit < target:
            logger.warning(messages.FEW_FILES, limit, deployment.connections)


def listen(host: str, port: int | None) -> socket.socket:
    """Return a listening socket. Without a port it takes the first free one from the default on; a
    port that was asked for has no substitute.
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
            listener = gevent.socket.socket(fileno=attempt.detach())
            listener.setblocking(False)
            # Every connection inherits this option. gevent sends head and body apart; without it
            # the body waits up to 40 ms for the head's acknowledgement (RFC 896, RFC 1122 4.2.3.2).
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return listener  # type: ignore[no-any-return]
    port_names = messages.port_range(ports[0], ports[-1])
    message = messages.PORT_TAKEN.format(host=host, ports=port_names, reason=reason)
    raise click.ClickException(message)
