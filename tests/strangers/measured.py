"""What a server's process holds: memory, threads, files and connections, and what its log says."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import numpy as np
import psutil

CLIENTS = ("ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT1", "FIN_WAIT2", "CLOSING")
TRACEBACK = re.compile(r"Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*(?:.+\n)?")


@dataclass(frozen=True)
class Footprint:
    """What a process holds at one moment; memory is its resident set, in bytes."""

    memory: int
    threads: int
    files: int
    clients: int
    seconds: float
    """Of processor time that it has used."""

    def __str__(self) -> str:
        return (
            f"{self.memory / 2**20:.0f} MB, {self.threads} threads, {self.files} files, "
            f"{self.clients} connections"
        )


def footprint(pid: int) -> Footprint:
    """By the process with this id."""
    process = psutil.Process(pid)
    with process.oneshot():
        clients = sum(sample.status in CLIENTS for sample in process.net_connections("tcp"))
        used = sum(process.cpu_times()[:2])
        return Footprint(
            process.memory_info().rss, process.num_threads(), process.num_fds(), clients, used
        )


def health(port: int) -> tuple[dict[str, object], float]:
    """What /healthz says, and after how many seconds."""
    start = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/healthz")
        return json.loads(connection.getresponse().read()), time.perf_counter() - start
    finally:
        connection.close()


def tracebacks(log: Path) -> list[str]:
    """Every traceback in a log."""
    return [match[0] for match in TRACEBACK.finditer(log.read_text(errors="replace"))]


def kind_of(traceback: str) -> str:
    """What a traceback has in common with others: the error, and the last line of ours."""
    lines = traceback.strip().splitlines()
    places = [line.strip() for line in lines if line.startswith("  File ")]
    ours = [place for place in places if "site-packages" not in place and "/lib/" not in place]
    return f"{lines[-1].partition(':')[0]}, {(ours or places or [''])[-1]}"


@dataclass
class Memory:
    """Samples of a server's memory: after how many requests, and how many bytes."""

    samples: list[tuple[int, int]]

    def growth(self, warm: float = 0.5) -> tuple[float, float]:
        """After the share of requests that is `warm`: by which share it grew, as the line through
        the samples says, and bytes a thousand requests.
        """
        last = self.samples[-1][0] if self.samples else 0
        late = np.array(
            [sample for sample in self.samples if sample[0] >= warm * last], dtype=float
        )
        if len(late) < 4:
            return 0.0, 0.0
        slope, begin = np.polyfit(late[:, 0], late[:, 1], 1)
        first = begin + slope * late[0, 0]
        return float(slope * (late[-1, 0] - late[0, 0]) / first), float(1000 * slope)
