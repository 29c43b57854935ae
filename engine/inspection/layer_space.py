"""How a layer maps space: the plane's grid and the samples, as the layer's neurons see them.

A layer of two neurons is drawn as it is. Of more, the picture shows the two directions in which the
samples differ most: their principal components (Pearson 1901, Hotelling 1933).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.random import Floats

LINES, POINTS = 13, 41
"""Lines of the grid in each direction, and points along a line."""


@dataclass(frozen=True, eq=False)
class LayerMap:
    """The samples (n, 2) and the grid's lines (points, 2) in the plane of the picture.

    `axes` (2, neurons) are its directions, of length 1 (the second is 0 if there is one neuron);
    `shares` say how much of the samples' variance lies along each.
    """

    points: Floats
    lines: tuple[Floats, ...]
    shares: tuple[float, float]
    axes: Floats


def grid_lines(reach: float, lines: int = LINES, points: int = POINTS) -> Floats:
    """Return the points of a square grid from −reach to reach, (2 · lines · points, 2).

    Line after line: first those along which x1 stays, then those along which x2 stays;
    `split_lines` takes a layer's outputs for them apart again.
    """
    fixed = np.repeat(np.linspace(-reach, reach, lines), points)
    along = np.tile(np.linspace(-reach, reach, points), lines)
    return np.concatenate([np.column_stack([fixed, along]), np.column_stack([along, fixed])])


def split_lines(outputs: Floats, points: int = POINTS) -> list[Floats]:
    """Return a layer's outputs over `grid_lines`, (neurons, 2 · lines · points), as one
    (neurons, points) per line.
    """
    return np.split(outputs, outputs.shape[1] // points, axis=1)


def map_space(samples: Floats, grid: Sequence[Floats], previous: Floats | None = None) -> LayerMap:
    """Return the picture of a layer's outputs for the samples (neurons, n), at least one, and for
    the lines of a grid (neurons, points).

    One or two neurons are drawn as they are, one against 0; of more, the two principal components,
    from the samples' mean. An axis points to where its largest component is positive, or, with the
    `axes` of an earlier call as `previous`, to the side of the earlier one, so that a picture in
    motion does not flip.
    """
    neurons = len(samples)
    centre = np.zeros((neurons, 1))
    if neurons > 2 and np.isfinite(samples).all():
        centre = samples.mean(axis=1, keepdims=True)
        axes = _principal_axes(samples - centre, previous)
    else:
        axes = np.eye(2, neurons)
    with np.errstate(all="ignore"):
        points = axes @ (samples - centre)
        lines = tuple((axes @ (line - centre)).T for line in grid)
        total, along = samples.var(axis=1).sum(), points.var(axis=1)
        shares = along / total if 0.0 < total < np.inf else np.array([1.0, 0.0])
    return LayerMap(points.T, lines, (float(shares[0]), float(shares[1])), axes)


def _principal_axes(centred: Floats, previous: Floats | None) -> Floats:
    """Return the two directions (2, neurons) of the largest variance, the largest first."""
    scaled = centred / (np.abs(centred).max() or 1.0)
    axes = np.linalg.eigh(scaled @ scaled.T).eigenvectors.T[:-3:-1]
    if previous is not None and previous.shape == axes.shape:
        side = (axes * previous).sum(axis=1)
    else:
        side = axes[[0, 1], np.abs(axes).argmax(axis=1)]
    aligned: Floats = np.where(side < 0.0, -1.0, 1.0)[:, None] * axes
    return aligned
