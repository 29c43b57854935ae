"""How a layer bends space: the plane's grid and the samples, as the layer's units see them.

A layer of two units is drawn as it is. Of more, the two directions are drawn in which the samples
differ most: their principal components (Pearson 1901, Hotelling 1933).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.random import Floats

LINES, POINTS = 13, 41
"""Lines of the grid each way, and the points along each."""


@dataclass(frozen=True, eq=False)
class Bent:
    """The samples (n, 2) and the grid's lines (points, 2) in the plane that is drawn.

    `axes` (2, units) are its directions, of length 1 (0 for the second where there is one unit);
    `shares` say how much of the samples' variance lies along each.
    """

    points: Floats
    lines: tuple[Floats, ...]
    shares: tuple[float, float]
    axes: Floats


def grid_lines(reach: float, lines: int = LINES, points: int = POINTS) -> Floats:
    """The points of a square grid from −reach to reach, (2 · lines · points, 2).

    Line after line: first those along which x1 stays, then those along which x2 stays;
    `split_lines` takes what a layer makes of them apart again.
    """
    fixed = np.repeat(np.linspace(-reach, reach, lines), points)
    along = np.tile(np.linspace(-reach, reach, points), lines)
    return np.concatenate([np.column_stack([fixed, along]), np.column_stack([along, fixed])])


def split_lines(units: Floats, points: int = POINTS) -> list[Floats]:
    """A layer's units over `grid_lines`, (units, 2 · lines · points), as one (units, points) a
    line.
    """
    return np.split(units, units.shape[1] // points, axis=1)


def bend(point_units: Floats, line_units: Sequence[Floats], previous: Floats | None = None) -> Bent:
    """What a layer makes of the samples (units, n), at least one, and of lines (units, points).

    One or two units are drawn as they are, one against 0; of more the two principal components,
    from the samples' mean. An axis points to where its largest component is positive, or, with the
    `axes` of an earlier call as `previous`, to the side of the earlier one, so that a picture in
    motion does not flip.
    """
    units = len(point_units)
    centre = np.zeros((units, 1))
    if units > 2 and np.isfinite(point_units).all():
        centre = point_units.mean(axis=1, keepdims=True)
        axes = _principal(point_units - centre, previous)
    else:
        axes = np.eye(2, units)
    with np.errstate(all="ignore"):
        points = axes @ (point_units - centre)
        lines = tuple((axes @ (line - centre)).T for line in line_units)
        whole, along = point_units.var(axis=1).sum(), points.var(axis=1)
        shares = along / whole if 0.0 < whole < np.inf else np.array([1.0, 0.0])
    return Bent(points.T, lines, (float(shares[0]), float(shares[1])), axes)


def _principal(centred: Floats, previous: Floats | None) -> Floats:
    """The two directions (2, units) of greatest variance, the greatest first."""
    scaled = centred / (np.abs(centred).max() or 1.0)
    axes = np.linalg.eigh(scaled @ scaled.T).eigenvectors.T[:-3:-1]
    if previous is not None and previous.shape == axes.shape:
        side = (axes * previous).sum(axis=1)
    else:
        side = axes[[0, 1], np.abs(axes).argmax(axis=1)]
    aligned: Floats = np.where(side < 0.0, -1.0, 1.0)[:, None] * axes
    return aligned
