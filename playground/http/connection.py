"""How one connection is served: as gevent does it, but that what a stranger does wrong is answered
with 400 or the connection's end, and is no failure of ours with a traceback in the log.

The time for a request's head is bounded as a whole, so that a client which sends a byte now and
then cannot hold a connection for ever. A body is bounded in bytes, and in silence; what of one is
not read is not thrown away without end, but ends the connection.
"""

from __future__ import annotations

import errno
from contextlib import suppress
from typing import Any

import gevent
from gevent import socket
from gevent.pywsgi import Input, WSGIHandler, _InvalidClientInput

PIECE = 64 * 1024
"""Bytes that must be taken within the time of silence."""
DISCARDED = 1024 * 1024
"""Bytes of a body which nobody wants that are read so that the connection can go on."""
LINGER_SECONDS = 2.0
"""For so long is taken what still comes where the connection ends with its answer."""


class Body(Input):  # type: ignore[misc]
    """A request's body, as it comes."""

    unread = False
    """Whether more of it is on its way than will be read."""

    def _chunked_read(self, length: int | None = None, use_readline: bool = False) -> Any:
        """Raises what is answered with 400 for the length of a piece that is no number too."""
        try:
            return super()._chunked_read(length, use_readline)
        except ValueError as error:
            self._chunked_input_error = True
            raise _InvalidClientInput(str(error)) from None

    def _discard(self) -> None:
        """Read what is left, if it is little."""
        if self._chunked_input_error:
            return
        left = DISCARDED
        while left > 0 and (piece := self.read(min(PIECE, left))):
            left -= len(piece)
        if left <= 0:
            self.unread = True
            raise _InvalidClientInput("More was sent than is wanted.")


class Handler(WSGIHandler):  # type: ignore[misc]
    """A connection and its requests, one after the other."""

    ignored_socket_errors = (
        *WSGIHandler.ignored_socket_errors, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH,
    )  # fmt: skip
    """How a client vanishes: its network too may go."""
    wsgi_input: Any

    def __init__(self, sock: Any, address: Any, server: Any, rfile: Any = None) -> None:
        sock.settimeout(server.silence_seconds)
        super().__init__(sock, address, server, rfile)

    def read_requestline(self) -> Any:
        """The next request's first line; until it comes the connection has nothing to do."""
        if self.server.stopping:
            return ""
        me = gevent.getcurrent()
        self.server.idle.add(me)
        try:
            return super().read_requestline()
        finally:
            self.server.idle.discard(me)

    def read_request(self, raw_requestline: str) -> Any:
        """The headers, within the time of silence."""
        try:
            with gevent.Timeout(self.server.silence_seconds, TimeoutError):
                return super().read_request(raw_requestline)
        except TimeoutError as slow:
            raise ValueError("The headers took too long.") from slow

    def _sendall(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            for start in range(0, len(view), PIECE):
                super()._sendall(view[start : start + PIECE])
        except TimeoutError as slow:
            raise ConnectionResetError(errno.ECONNRESET, "It takes nothing.") from slow

    def handle_one_response(self) -> None:
        """Where the connection is to end while more comes, it ends in stages (RFC 9112, 9.6):
        closed at once, what was not read would cost the client its answer.
        """
        super().handle_one_response()
        if not self.wsgi_input.unread:
            return
        with suppress(OSError), gevent.Timeout(LINGER_SECONDS, False):
            self.socket.shutdown(socket.SHUT_WR)
            while self.socket.recv(PIECE):
                pass

    def handle(self) -> None:
        """Until the connection ends, however it does."""
        with suppress(OSError):
            super().handle()

    def get_environ(self) -> dict[str, Any]:
        """The body ends where the request says, whatever else it asks for: gevent gives the open
        connection to whoever says `Connection: Upgrade`, and a form that is read from it waits for
        ever.
        """
        environ: dict[str, Any] = super().get_environ()
        given = self.wsgi_input
        self.wsgi_input = Body(given.rfile, given.content_length, given.socket, given.chunked_input)
        environ |= {"wsgi.input": self.wsgi_input, "wsgi.input_terminated": True}
        return environ

    def _handle_client_error(self, ex: Exception) -> Any:
        """A head that cannot be read is answered, and told in a line; of one who is gone nothing is
        said.
        """
        if isinstance(ex, OSError) and not isinstance(ex, _InvalidClientInput):
            return None
        known = isinstance(ex, ValueError | _InvalidClientInput)
        return super()._handle_client_error(ex if known else ValueError(str(ex)))
