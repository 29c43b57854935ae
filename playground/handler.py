"""How one connection is served: as gevent does it, but that what a stranger does wrong is answered
with 400 or the connection's end, and is no failure of ours with a traceback in the log.
"""

from __future__ import annotations

import errno
from contextlib import suppress
from typing import Any

from gevent.pywsgi import Input, WSGIHandler, _InvalidClientInput


class Body(Input):  # type: ignore[misc]
    """A request's body, as it comes."""

    def _chunked_read(self, length: int | None = None, use_readline: bool = False) -> Any:
        """Raises what is answered with 400 for the length of a piece that is no number too."""
        try:
            return super()._chunked_read(length, use_readline)
        except ValueError as error:
            self._chunked_input_error = True
            raise _InvalidClientInput(str(error)) from None


class Handler(WSGIHandler):  # type: ignore[misc]
    """A connection and its requests, one after the other."""

    ignored_socket_errors = (
        *WSGIHandler.ignored_socket_errors, errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH,
    )  # fmt: skip
    """How a client vanishes: its network too may go."""
    wsgi_input: Any

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
