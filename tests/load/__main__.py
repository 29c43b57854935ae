"""What one process serves on this machine, the clients beside it: a room with many viewers, and
many runs that play at once, each beside a bare stream of equal bytes; one visitor beside another
who uses all limits; a sweep, here and in workers. Each is held against its bound.

    python -m tests.load [--viewers 1000] [--runs 100] [--seconds 10]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from tests.load.clients import Stream, close, opened, percentile, read_all, ready
from tests.load.neighbour import neighbour
from tests.load.sweep import alone, shared
from tests.machine import slowness
from tests.server import Server, serving
from tests.visitor import Visitor

RATE = 10.0
"""Frames a second."""
MIN_RATE = 8.0
LATENCY_SECONDS = 0.25
"""Bounds of the reference machine; `slowness()` scales them for this one."""
BASE_BYTES, VIEWER_BYTES, RUN_BYTES = 260e6, 100e3, 1e6
FRAME_BYTES = 25_000
SETTLE_SECONDS = 6.0
LIMITS = {
    "PLAYGROUND_NEW_VISITORS_PER_HOUR": "100000",
    "PLAYGROUND_FOLLOWERS_PER_ROOM": "5000",
    "PLAYGROUND_STREAMS_PER_ADDRESS": "5000",
    "PLAYGROUND_REQUESTS_PER_MINUTE_ADDRESS": "1000000",
    "PLAYGROUND_ROOM_REQUESTS_PER_MINUTE": "1000000",
}


def main() -> int:
    """Prints the figures; 1 where one is beyond its bound."""
    parser = argparse.ArgumentParser(prog="python -m tests.load")
    parser.add_argument("--viewers", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        missed += room(Path(folder) / "room", options.viewers, options.seconds)
        missed += runs(Path(folder) / "runs", options.runs, options.seconds)
        missed += neighbour(Path(folder) / "neighbour", 2 * options.seconds)
        missed += alone(Path(folder) / "sweep") + shared(500) + shared(5000)
    for name in missed:
        print(f"MISSED: {name}")
    return 1 if missed else 0


def room(folder: Path, viewers: int, seconds: float) -> list[str]:
    """Viewers of one room in which a run of 2-8-8-8-1 plays at 10 steps a second."""
    with serving(folder, **LIMITS) as server:
        ready(server)
        leader = Visitor(server)
        run_path = leader.begin("dataset=spiral&hidden=8,8,8&speed=10&then=play")
        settings = leader.state(run_path)["settings"]
        own = leader.watch(run_path)
        own.setblocking(False)
        run = run_path.partition("?")[0].rpartition("/")[2]
        query = "&".join(f"{name}={value}" for name, value in settings.items())
        page = f"{server.url}network?{query}&run={run}"
        headers = {"HX-Request": "true", "HX-Current-URL": page}
        where = leader.ask("POST", "/rooms", query, headers)
        code = _code(leader, run_path) if where[0] in (204, 303) else ""
        assert code, where
        streams = [opened(server.port, f"/rooms/{code}/events") for _ in range(viewers)]
        own_stream = Stream(own)
        figures = _measured(server, [*streams, own_stream], seconds)
        close([*streams, own_stream])
        size = int(figures["bytes"] / max(1, figures["frames"]))
        bare = _bare(size, viewers, seconds)
        bound = BASE_BYTES + VIEWER_BYTES * viewers + RUN_BYTES
        latency_bound, rate_bound = LATENCY_SECONDS * slowness(), MIN_RATE / slowness()
        print(
            f"{viewers} viewers of one room: {figures['rate']:.1f} frames a second of {size:,} "
            f"bytes (with what is read beside them), age p50 {1000 * figures['p50']:.0f} ms, "
            f"p99 {1000 * figures['p99']:.0f} ms (bound {1000 * latency_bound:.0f}); "
            f"server {figures['processor']:.0%} of a core, {figures['memory'] / 1e6:.0f} MB "
            f"(bound {bound / 1e6:.0f})\n"
            f"  bare stream of equal bytes: {bare['rate']:.1f} a second, "
            f"p50 {1000 * bare['p50']:.0f} ms, p99 {1000 * bare['p99']:.0f} ms, "
            f"server {bare['processor']:.0%}, {bare['memory'] / 1e6:.0f} MB"
        )
        return _missed(
            ("p99 of a room's viewers", figures["p99"] <= latency_bound),
            ("frames a second of a room", figures["least"] >= rate_bound),
            ("memory with a room", figures["memory"] <= bound),
        )


def _code(leader: Visitor, run: str) -> str:
    page = leader.ask("GET", run, headers={"Accept": "text/html"})[2].decode()
    return page.partition('class="roomcode">')[2].partition("<")[0]


def runs(folder: Path, count: int, seconds: float, speed: str = "10") -> list[str]:
    """Runs of 2-8-8-1, each with its viewer."""
    with serving(folder, **LIMITS) as server:
        ready(server)
        streams = []
        for i in range(count):
            visitor = Visitor(server)
            settings = f"dataset=spiral&hidden=8,8&speed={speed}&seed={i}&then=play"
            path = visitor.begin(settings).partition("?")[0]
            streams.append(opened(server.port, f"{path}/events?page=x", visitor.cookie))
            read_all(streams, 0.05)
        figures = _measured(server, streams, seconds)
        close(streams)
        bare = _bare(int(figures["bytes"] / max(1, figures["frames"])), count, seconds)
        bound = BASE_BYTES + (VIEWER_BYTES + RUN_BYTES) * count
        rate_bound = MIN_RATE / slowness()
        print(
            f"{count} runs at once: {figures['rate']:.1f} frames a second each, the slowest "
            f"{figures['least']:.1f} (bound {rate_bound:.1f}), age p50 {1000 * figures['p50']:.0f} "
            f"ms, p99 {1000 * figures['p99']:.0f} ms; server {figures['processor']:.0%} of a core, "
            f"{figures['memory'] / 1e6:.0f} MB (bound {bound / 1e6:.0f})\n"
            f"  bare stream of equal bytes: {bare['rate']:.1f} a second, "
            f"p99 {1000 * bare['p99']:.0f} ms, server {bare['processor']:.0%}, "
            f"{bare['memory'] / 1e6:.0f} MB"
        )
        return _missed(
            ("frames a second of the slowest run", figures["least"] >= rate_bound),
            ("memory with runs", figures["memory"] <= bound),
        )


def _bare(size: int, viewers: int, seconds: float) -> dict[str, float]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.load.bare", str(size), str(RATE)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        server = Server(process.stdout.readline().strip(), process.pid)
        streams = [opened(server.port, "/") for _ in range(viewers)]
        figures = _measured(server, streams, seconds)
        close(streams)
        return figures
    finally:
        process.kill()
        process.wait()


def _measured(server: Server, streams: list[Stream], seconds: float) -> dict[str, float]:
    process = psutil.Process(server.pid)
    read_all(streams, SETTLE_SECONDS)
    for stream in streams:
        stream.forget()
    before = sum(process.cpu_times()[:2])
    read_all(streams, seconds)
    ended = sum(stream.ended for stream in streams)
    assert not ended, f"{ended} streams ended"
    ages = [age for stream in streams for age in stream.ages]
    rates = [len(stream.ages) / seconds for stream in streams]
    return {
        "p50": percentile(ages, 0.5), "p99": percentile(ages, 0.99),
        "rate": sum(rates) / len(rates), "least": min(rates), "frames": len(ages),
        "bytes": sum(stream.bytes for stream in streams),
        "processor": (sum(process.cpu_times()[:2]) - before) / seconds,
        "memory": process.memory_info().rss,
    }  # fmt: skip


def _missed(*bounds: tuple[str, bool]) -> list[str]:
    return [name for name, met in bounds if not met]


if __name__ == "__main__":
    sys.exit(main())
