"""Metrics for operators, in Prometheus' format. They are read at `/metrics`."""

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

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds of the histograms' buckets, in seconds."""

REQUESTS = Counter(
    "playground_requests", "Requests answered.", ["endpoint", "status"], registry=REGISTRY
)
REJECTED = Counter(
    "playground_rejected", "Requests refused at a limit.", ["limit"], registry=REGISTRY
)
FRAME_SECONDS = Histogram(
    "playground_frame_seconds",
    "Time from the start of a frame until a viewer's connection has taken it, in seconds.",
    registry=REGISTRY,
    buckets=BUCKETS,
)
SLICE_SECONDS = Histogram(
    "playground_slice_seconds",
    "Processor time of a slice of training, in seconds.",
    registry=REGISTRY,
    buckets=BUCKETS,
)
RUNS = Gauge("playground_runs", "Runs in memory.", registry=REGISTRY)
PLAYING = Gauge("playground_playing", "Runs that are playing.", registry=REGISTRY)
VIEWERS = Gauge("playground_viewers", "Pages that receive frames.", registry=REGISTRY)
QUEUE = Gauge("playground_queue", "Slices and frames that wait for a thread.", registry=REGISTRY)
ROOMS = Gauge("playground_rooms", "Open rooms.", registry=REGISTRY)


def text(counts: dict[str, int]) -> bytes:
    """Return all metrics in Prometheus' text format, with the current counts."""
    for name, gauge in GAUGES.items():
        gauge.set(counts[name])
    return generate_latest(REGISTRY)


GAUGES = {"runs": RUNS, "playing": PLAYING, "viewers": VIEWERS, "queue": QUEUE, "rooms": ROOMS}
"""Gauges by the names of the counts that `text` sets them from."""
