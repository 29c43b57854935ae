"""The real server in a process of its own, on a free port of the loopback interface."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Server:
    """Where it answers, and its process id."""

    url: str
    pid: int

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.url.rstrip("/").rpartition(":")[2])


@contextmanager
def serving(
    data: Path, port: int = 0, log: Path | None = None, **environment: str
) -> Iterator[Server]:
    """A server with its data in a folder, on any free port unless one is given; it ends with the
    context. What it says of what goes wrong is written to `log`.
    """
    with ExitStack() as stack:
        output = stack.enter_context(log.open("wb")) if log else subprocess.STDOUT
        process = subprocess.Popen(
            [sys.executable, "-m", "playground", "--no-open", "--port", str(port)],
            env=os.environ | {"PLAYGROUND_DATA": str(data)} | environment,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = re.search(r"http://\S+/", line)
        assert address, f"the server did not start: {line}{process.stdout.read()}"
        yield Server(address[0], process.pid)
    finally:
        process.terminate()
        process.wait(timeout=20)
