"""What minutes of play leave behind: the tab's heap after a collection, and the server's memory."""

from __future__ import annotations

from dataclasses import dataclass

import psutil
from playwright.sync_api import Page

WARM_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Grown:
    """Bytes before and after."""

    heap: tuple[float, float]
    server: tuple[float, float]


def soak(page: Page, server: int, minutes: float) -> Grown:
    """Watch a page that plays and is warm, for some minutes; `server` is the process id."""
    page.wait_for_timeout(1000 * WARM_SECONDS)
    before = _heap(page), _memory(server)
    for _ in range(round(60 * minutes)):
        page.wait_for_timeout(1000)
        # what the measurement itself keeps is no part of what is measured
        page.evaluate(
            "const { received, painted, changed } = watched;"
            "for (const kept of [received, painted, ...Object.values(changed)])"
            " kept.splice(0, kept.length - 1)"
        )
    after = _heap(page), _memory(server)
    return Grown((before[0], after[0]), (before[1], after[1]))


def _heap(page: Page) -> float:
    client = page.context.new_cdp_session(page)
    try:
        client.send("HeapProfiler.collectGarbage")
        return float(client.send("Runtime.getHeapUsage")["usedSize"])
    finally:
        client.detach()


def _memory(process: int) -> float:
    return float(psutil.Process(process).memory_info().rss)
