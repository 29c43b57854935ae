"""One connection: gevent's handler, with time limits and plain answers for broken requests.

A request that cannot be parsed is answered with 400, or its connection ends; neither writes a
traceback to the log. An address that is too long is answered with a page that says so. The head of
a request has a time limit as a whole, so that a client which sends one byte at a time cannot hold a
connection for ever. A body has a limit in bytes and a limit on silence. An unread body is discarded
up to a limit; beyond it the connection ends.

gevent has no public interface for these decisions: this module overrides private methods of
`gevent.pywsgi`. pyproject.toml therefore names the highest version of gevent that was tried.
"""

from __future__ import annotations

import errno
from contextlib import suppress
from typing import Any

import gevent
from gevent import socket
from gevent.pywsgi import MAX_REQUEST_LINE, Input, WSGIHandler, _InvalidClientInput

from playground.messages import errors as messages

CHUNK_BYTES = 64 * 1024
"""Size of one write, in bytes. The client must take it before the time limit on silence ends."""
MAX_DISCARDED_BYTES = 1024 * 1024
"""Maximum length of an unread body that is discarded to keep the connection open, in bytes."""
LINGER_SECONDS = 2.0
"""How long data are still received after the last answer of a connection, in seconds."""

ADDRESS_TOO_LONG_HEAD = (
    b"HTTP/1.1 414 URI Too Long\r\nContent-Type: text/html; charset=utf-8\r\n"
    b"Content-Security-Policy: default-src 'none'\r\nX-Content-Type-Options: nosniff\r\n"
    b"Connection: close\r\nContent-Length: %d\r\n\r\n"
)
"""The head of the answer to an address that is too long. No application has seen the request."""


class RequestBody(Input):  # type: ignore[misc]
    """The body of a request, as it arrives."""

    unread = False
    """Whether more of the body is on its way than will be read."""

    def _chunked_read(self, length: int | None = None, use_readline: bool = False) -> Any:
        """Read as gevent does. A chunk length that is not a number is answered with 400 too."""
        try:
            return super()._chunked_read(length, use_readline)
        except ValueError as error:
            self._chunked_input_error = True
            raise _InvalidClientInput(str(error)) from None

    def _discard(self) -> None:
        """Read the rest of the body if it is short."""
        if self._chunked_input_error:
            return
        remaining = MAX_DISCARDED_BYTES
        while remaining > 0 and (chunk := self.read(min(CHUNK_BYTES, remaining))):
            remaining -= len(chunk)
        if remaining <= 0:
            self.unread = True
            raise _InvalidClientInput("The body is longer than this address reads.")


class ConnectionHandler(WSGIHandler):  # type: ignore[misc]
    """A connection and its requests, one after the other."""

    ignored_socket_errors = (
        *WSGIHandler.ignored_socket_errors,
        errno.ETIMEDOUT,
        errno.EHOSTUNREACH,
        errno.ENETUNREACH,
    )
    """Errors that mean that the client is gone. Its network may disappear too."""
    wsgi_input: Any

    def __init__(self, sock: Any, address: Any, server: Any, rfile: Any = None) -> None:
        sock.settimeout(server.silence_seconds)
        super().__init__(sock, address, server, rfile)

    def read_requestline(self) -> Any:
        """Read the first line of the next request. Until it arrives the connection is idle."""
        if self.server.stopping:
            return ""
        greenlet = gevent.getcurrent()
        self.server.idle.add(greenlet)
        try:
            return super().read_requestline()
        finally:
            self.server.idle.discard(greenlet)

    def read_request(self, raw_requestline: str) -> Any:
        """Read the headers within the time limit on silence."""
        try:
            with gevent.Timeout(self.server.silence_seconds, TimeoutError):
                return super().read_request(raw_requestline)
        except TimeoutError as error:
            raise ValueError("The headers took too long.") from error

    def _sendall(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            for start in range(0, len(view), CHUNK_BYTES):
                super()._sendall(view[start : start + CHUNK_BYTES])
        except TimeoutError as error:
            raise ConnectionResetError(errno.ECONNRESET, "The client reads nothing.") from error

    def handle_one_request(self) -> Any:
        """Answer one request. gevent's own answer to a line that is too long has no words."""
        result = super().handle_one_request()
        if not isinstance(result, tuple) or result[0] != "414":
            return result
        page = messages.ADDRESS_TOO_LONG_PAGE
        body = page.format(limit=MAX_REQUEST_LINE, home=self.server.home).encode()
        self._sendall(ADDRESS_TOO_LONG_HEAD % len(body) + body)
        self._linger()
        return None

    def handle_one_response(self) -> None:
        """Answer one request. If unread data are still arriving, close the connection in stages
        (RFC 9112, 9.6): if it closed at once, the client would lose its answer.
        """
        super().handle_one_response()
        if self.wsgi_input.unread:
            self._linger()

    def _linger(self) -> None:
        """Say that nothing more comes, and discard for a while what still arrives."""
        with suppress(OSError), gevent.Timeout(LINGER_SECONDS, False):
            self.socket.shutdown(socket.SHUT_WR)
            while self.socket.recv(CHUNK_BYTES):
                pass

    def handle(self) -> None:
        """Serve the connection until it ends, in whatever way it ends."""
        with suppress(OSError):
            super().handle()

    def get_environ(self) -> dict[str, Any]:
        """Build the WSGI environment with a body that ends where the request says. For a request
        with `Connection: Upgrade` gevent passes on the open connection instead, and a form that is
        read from it would wait for ever.
        """
        environ: dict[str, Any] = super().get_environ()
        raw = self.wsgi_input
        self.wsgi_input = RequestBody(raw.rfile, raw.content_length, raw.socket, raw.chunked_input)
        environ |= {"wsgi.input": self.wsgi_input, "wsgi.input_terminated": True}
        return environ

    def _handle_client_error(self, ex: Exception) -> Any:
        """Answer a head that cannot be parsed, and log it in one line. Log nothing if the client
        is gone.
        """
        if isinstance(ex, OSError) and not isinstance(ex, _InvalidClientInput):
            return None
        expected = isinstance(ex, ValueError | _InvalidClientInput)
        return super()._handle_client_error(ex if expected else ValueError(str(ex)))
