"""What was measured beside its bound, as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """A measured value; with `minimum` or `maximum` it is a promise that can be broken."""

    what: str
    value: float
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None

    @property
    def is_within_bound(self) -> bool:
        """Whether it lies within its bounds; what is no number does not."""
        value = self.value
        if value != value:
            return self.minimum is None and self.maximum is None
        return (self.minimum is None or value >= self.minimum) and (
            self.maximum is None or value <= self.maximum
        )

    @property
    def bound(self) -> str:
        """The bound in signs."""
        if self.minimum is not None:
            return f"≥ {_number(self.minimum)}"
        return "" if self.maximum is None else f"≤ {_number(self.maximum)}"


def as_text(groups: Sequence[tuple[str, Sequence[Measure]]]) -> str:
    """One table; what breaks its bound is marked."""
    rows = [("", "measured", "bound", "", "")]
    for title, measures in groups:
        rows.append((title, "", "", "", ""))
        rows += [
            (
                f"  {m.what}",
                _number(m.value),
                m.bound,
                m.unit,
                "" if m.is_within_bound else "BROKEN",
            )
            for m in measures
        ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    aligned = (str.ljust, str.rjust, str.rjust, str.ljust, str.ljust)
    return "\n".join(
        "  ".join(
            align(cell, width) for align, cell, width in zip(aligned, row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def _number(number: float) -> str:
    if number != number:
        return "none"
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"
