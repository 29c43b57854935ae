"""A bare stream of equal bytes, to hold the figures against: gevent's server and nothing else.

python -m tests.load.bare <bytes> <a second>
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

import gevent
from gevent.event import Event
from gevent.pywsgi import WSGIServer


class Bare:
    """Sends the same event to everyone, so many times a second."""

    def __init__(self, size: int, rate: float) -> None:
        self.padding = b"x" * max(0, size - 60)
        self.news, self.event, self.rate = Event(), b"", rate

    def work(self) -> None:
        """Make events for ever."""
        while True:
            head = b'event: frame\ndata: {"at":%d,"' % int(1000 * time.time())
            self.event = head + self.padding + b'"}\n\n'
            self.news.set()
            self.news.clear()
            gevent.sleep(1 / self.rate)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        """Every event as it comes."""
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        while True:
            self.news.wait()
            yield self.event


def main() -> None:
    """Serve until it is ended."""
    app = Bare(int(sys.argv[1]), float(sys.argv[2]))
    server = WSGIServer(("127.0.0.1", 0), app, log=None, error_log=None, backlog=1024)
    server.start()
    print(f"http://127.0.0.1:{server.server_port}/", flush=True)
    app.work()


if __name__ == "__main__":
    main()
