"""The results, as JSON and as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, log
from typing import Any

from tests.bench.growth import Cell, exponent
from tests.bench.jobs import FIVE
from tests.bench.limit import Peaks


@dataclass(frozen=True, slots=True)
class Result:
    """A job's steps a second: the engine's, the peers' by name, and at the limit."""

    name: str
    engine: float
    peers: dict[str, float]
    limit: float | None
    generic: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All that was measured, and who was left out where and why."""

    machine: str
    peaks: Peaks
    results: Sequence[Result]
    left_out: Sequence[str]
    growth: Sequence[Cell] = field(default=())


def as_json(report: Report) -> dict[str, Any]:
    """`engine`, `peers`, `generic` and `limit` are steps a second, `ratios` our share of each
    peer's, `distance` how many times faster the limit is.
    """
    document: dict[str, Any] = {
        "machine": report.machine,
        "peaks": {"multiply_adds": report.peaks.multiply_adds, "tanhs": report.peaks.tanhs},
        "left_out": list(report.left_out),
        "jobs": [
            {
                "name": result.name,
                "engine": result.engine,
                "peers": result.peers,
                "limit": result.limit,
                "generic": result.generic,
                "ratios": {name: result.engine / rate for name, rate in result.peers.items()},
                "distance": result.limit / result.engine if result.limit else None,
            }
            for result in report.results
        ],
        "geometric_mean": {name: _mean(report, name) for name in _names(report)},
    }
    if report.growth:
        document["growth"] = {
            "exponent": exponent(report.growth),
            "cells": [
                {
                    "width": cell.width,
                    "samples": cell.samples,
                    "products": cell.products,
                    "seconds": cell.seconds,
                }
                for cell in report.growth
            ],
        }
    return document


def as_text(report: Report, titles: dict[str, str]) -> str:
    """Tables for people; `titles` are those of the peers."""
    names = _names(report)
    head = ["job", "engine", *(titles[name] for name in names), "limit"]
    generic = any(result.generic for result in report.results)
    rates = [
        [
            r.name,
            _number(r.engine),
            *(_number(r.peers.get(name)) for name in names),
            _number(r.limit),
        ]
        + [_number(r.generic)] * generic
        for r in report.results
    ]
    ratios = [
        [
            r.name,
            "",
            *(_number(r.engine / r.peers[name] if name in r.peers else None) for name in names),
            _number(r.limit / r.engine if r.limit else None),
        ]
        + [_number(r.engine / r.generic if r.generic else None)] * generic
        for r in report.results
    ]
    head += ["generic"] * generic
    blocks = [
        f"{report.machine}\n{report.peaks.multiply_adds / 1e9:.1f} G multiply-adds a second in"
        f" registers (vectors of {report.peaks.widths[0]}), {report.peaks.tanhs / 1e9:.2f} G tanh"
        f" (vectors of {report.peaks.widths[1]})",
    ]
    if report.results:
        means = "".join(
            f"\nGeometric mean over the five networks, to {titles[name]}: {mean:.3g}"
            for name in names
            if (mean := _mean(report, name)) is not None
        )
        blocks += [
            "Steps a second, medians\n" + _aligned([head, *rates]),
            "Times as fast as; how many times faster the limit is\n"
            + _aligned([head, *ratios])
            + means,
        ]
    if report.growth:
        blocks.append(_growth(report.growth))
    if report.left_out:
        blocks.append("Left out\n" + "\n".join(report.left_out))
    return "\n\n".join(blocks)


def _growth(cells: Sequence[Cell]) -> str:
    samples = sorted({cell.samples for cell in cells})
    rows = [["width", *(f"{count:,} samples" for count in samples)]]
    for width in sorted({cell.width for cell in cells}):
        row = {cell.samples: cell.seconds for cell in cells if cell.width == width}
        rows.append(
            [str(width), *(_number(s * 1e6 if (s := row[count]) else None) for count in samples)]
        )
    slope = exponent(cells)
    power = "too few networks to fit" if slope is None else f"{slope:.3f}"
    return (
        "Microseconds a step of 2-width-width-1\n"
        f"{_aligned(rows)}\nTime grows with (parameters × samples) to the power of: {power}"
    )


def _names(report: Report) -> list[str]:
    """The peers that took part, in their order."""
    return list(dict.fromkeys(name for result in report.results for name in result.peers))


def _mean(report: Report, name: str) -> float | None:
    """The geometric mean of our ratio over the five networks; None unless all were measured."""
    ratios = {r.name: r.engine / r.peers[name] for r in report.results if name in r.peers}
    if any(job.name not in ratios for job in FIVE):
        return None
    return exp(sum(log(ratios[job.name]) for job in FIVE) / len(FIVE))


def _number(number: float | None) -> str:
    if number is None:
        return "–"
    return f"{number:,.0f}" if number >= 1000 else f"{number:.3g}"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
