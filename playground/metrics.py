"""What an operator watches, by Prometheus: counted where it happens, read at `/metrics`."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

REQUESTS = Counter(
    "playground_requests", "Requests answered.", ["endpoint", "status"], registry=REGISTRY
)
REJECTED = Counter(
    "playground_rejected", "What was refused at a limit.", ["limit"], registry=REGISTRY
)
FRAME_SECONDS = Histogram(
    "playground_frame_seconds",
    "From when a frame was begun to when a viewer's connection had taken it.",
    registry=REGISTRY,
    buckets=SECONDS,
)
SLICE_SECONDS = Histogram(
    "playground_slice_seconds",
    "Processor time of a slice of training.",
    registry=REGISTRY,
    buckets=SECONDS,
)
RUNS = Gauge("playground_runs", "Runs in memory.", registry=REGISTRY)
PLAYING = Gauge("playground_playing", "Runs that play.", registry=REGISTRY)
VIEWERS = Gauge("playground_viewers", "Pages that receive frames.", registry=REGISTRY)
QUEUE = Gauge("playground_queue", "Slices and frames that wait for a thread.", registry=REGISTRY)
ROOMS = Gauge("playground_rooms", "Rooms that are open.", registry=REGISTRY)


def text(counts: dict[str, int]) -> bytes:
    """Everything in Prometheus' text format, with the present counts."""
    for name, gauge in GAUGES.items():
        gauge.set(counts[name])
    return generate_latest(REGISTRY)


GAUGES = {"runs": RUNS, "playing": PLAYING, "viewers": VIEWERS, "queue": QUEUE, "rooms": ROOMS}
"""Gauges that are set when they are read, by the names of what is counted."""
