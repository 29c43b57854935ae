"""A run of the bench, from its options to what it prints."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bench import growth, limit
from tests.bench.jobs import FIVE, JOBS, Job, named
from tests.bench.peers import ENGINE, GENERIC, PEERS, REFERENCE, Entry, UnableError
from tests.bench.race import Contestant, DisagreementError, agree, rates
from tests.bench.table import Report, Result, as_json, as_text

GROWTH = "growth"
LONG, SHORT = (7, 0.3), (3, 0.1)
"""Rounds, and seconds of a turn."""


def main(options: argparse.Namespace, pinned: str) -> int:
    """Measure, print, and return what the process ends with."""
    rounds, seconds = SHORT if options.short else LONG
    rounds = options.rounds or rounds
    try:
        jobs, grows = _chosen(options)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    entries, left_out = _entries(options)
    peaks = limit.peaks()
    results = []
    for job in jobs:
        print(job.name, end=" … ", flush=True, file=sys.stderr)
        try:
            results.append(_raced(job, entries, left_out, peaks, rounds, seconds))
        except DisagreementError as error:
            print(f"\n{error}", file=sys.stderr)
            return 1
    print(GROWTH if grows else "", flush=True, file=sys.stderr)
    cells = growth.cells(rounds, seconds) if grows else []
    report = Report(f"{_processor()}; {pinned}", peaks, results, left_out, cells)
    titles = {entry.name: entry.title for entry in PEERS}
    print(json.dumps(as_json(report), indent=2) if options.json else as_text(report, titles))
    return 0


def _chosen(options: argparse.Namespace) -> tuple[Sequence[Job], bool]:
    """The jobs, and whether the growth table is wanted."""
    if options.job:
        return named([name for name in options.job if name != GROWTH]), GROWTH in options.job
    return (FIVE, False) if options.short else (JOBS, True)


def _entries(options: argparse.Namespace) -> tuple[list[Entry], list[str]]:
    """The contestants, and one line for each peer that is left out."""
    entries = [ENGINE, *([GENERIC] if options.generic else [])]
    left_out = []
    for peer in () if options.engine_only else PEERS:
        if not peer.installed:
            left_out.append(f"{peer.title}: {peer.package} is not installed (group `peers`)")
        elif options.short and not peer.short:
            left_out.append(f"{peer.title}: not in the short form")
        else:
            entries.append(peer)
    return entries, left_out


def _raced(
    job: Job,
    entries: Sequence[Entry],
    left_out: list[str],
    peaks: limit.Peaks,
    rounds: int,
    seconds: float,
) -> Result:
    """The job's result; adds to `left_out` who cannot take part in it."""
    contestants: list[Contestant] = []
    for entry in entries:
        try:
            contestants.append(entry.prepare(job))
        except UnableError as error:
            left_out.append(f"{entry.title} in {job.name}: {error}")
    # The one written by hand judges, but is not timed where no peer is wanted.
    judge = REFERENCE.prepare(job)
    agree([judge, *contestants], job.name)
    figures = rates(contestants, rounds, seconds)
    return Result(
        job.name,
        engine=figures.pop(ENGINE.name),
        generic=figures.pop(GENERIC.name, None),
        peers=figures,
        limit=job.limit(peaks.multiply_adds, peaks.tanhs),
    )


def _processor() -> str:
    """Its name as the system tells it."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
