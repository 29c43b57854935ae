"""The picture of a network: where its neurons stand, and which weights are lines between them.

Layers are columns from left to right; large layers have several columns. One unit is a pixel if
there is room for it. The page scales the picture as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, sqrt

import numpy as np

from engine.notation import format_number
from engine.training import features, parameter_layout
from engine.training.run import Run

HEIGHT = 330.0
"""Maximum height of the columns of neurons."""
MAX_SIDE, MIN_SIDE = 40.0, 12.0
"""Limits of the side of a neuron's map."""
GAP = 8.0
"""Distance between neighbouring neurons of a layer."""
WIDTH = 560.0
"""Width of the picture, unless its layers need more or less."""
MIN_DISTANCE, MAX_DISTANCE = 60.0, 150.0
"""Limits of the distance between two layers, where the lines are."""
MAX_LINES = 400
"""Maximum number of weights that are drawn, the largest ones."""
MIN_WIDTH, MAX_WIDTH = 0.6, 6.0
"""Limits of the width of a line."""
BAR = 3.0
"""Height of the bar of a bias, which fits into the gap below its neuron."""
ROWS = 8
"""Number of neurons in a column before a layer gets another one. A column of a very large layer
holds more, so that the layer stays about square."""


@dataclass(frozen=True, slots=True)
class Spot:
    """The top left corner of a neuron's square. Layer 0 are the features; neurons count from 1."""

    layer: int
    neuron: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """A parameter: its index, its ends, its value, and its name and value in words."""

    index: int
    x1: float
    y1: float
    x2: float
    y2: float
    value: float
    width: float
    title: str

    @property
    def path(self) -> str:
        """A curve from end to end, in the notation of SVG."""
        middle = (self.x1 + self.x2) / 2.0
        return (
            f"M{self.x1:.0f} {self.y1:.0f}C{middle:.0f} {self.y1:.0f} {middle:.0f} {self.y2:.0f} "
            f"{self.x2:.0f} {self.y2:.0f}"
        )


@dataclass(frozen=True, slots=True)
class Picture:
    """The layout of a network. `side` is the side of a neuron's square."""

    width: float
    height: float
    side: float
    spots: tuple[Spot, ...]


@lru_cache(maxsize=32)
def picture(sizes: tuple[int, ...]) -> Picture:
    """Return where the features, the neurons of each layer and the outputs stand."""
    largest = max(sizes)
    rows = min(largest, max(ROWS, ceil(sqrt(largest)) * 2))
    side = max(MIN_SIDE, min(MAX_SIDE, HEIGHT / rows - GAP))
    step = side + GAP / 2
    columns_width = sum(ceil(neurons / rows) * step for neurons in sizes)
    free = (WIDTH - columns_width) / (len(sizes) - 1)
    distance = max(MIN_DISTANCE, min(MAX_DISTANCE, free))
    x, spots = 0.0, list[Spot]()
    for layer, neurons in enumerate(sizes):
        columns = ceil(neurons / rows)
        height = ceil(neurons / columns)
        top = (rows - height) * (side + GAP) / 2
        for i in range(neurons):
            column, row = divmod(i, height)
            spots.append(Spot(layer, i + 1, x + column * step, top + row * (side + GAP)))
        x += columns * step + distance
    width = x - distance - GAP / 2
    return Picture(width, rows * (side + GAP) - GAP, side, tuple(spots))


def neuron_name(run: Run, layer: int, neuron: int) -> str:
    """Return the name of a neuron or a feature: `x1`, `layer 1, neuron 2`, `output 1`."""
    return _neuron_name(run.model.sizes, run.scaling.names, run.scaling.own, layer, neuron)


def weight_name(run: Run, index: int) -> str:
    """Return the name of a parameter: `weight from x1 to layer 1, neuron 2`, `bias of output`."""
    return _weight_name(run.model.sizes, run.scaling.names, run.scaling.own, index)


def bias_index(run: Run, layer: int, neuron: int) -> int:
    """Return the index of a neuron's bias among the parameters."""
    return parameter_layout.parameter_index(run.model.sizes, layer, neuron, None)


def lines(run: Run, layout: Picture) -> tuple[Line, ...]:
    """Return the largest weights as lines, thin ones first."""
    sizes, side = run.model.sizes, layout.side
    spots = {(spot.layer, spot.neuron): spot for spot in layout.spots}
    is_bias = np.zeros(len(run.parameters), dtype=np.bool_)
    for layer_part in parameter_layout.split_layers(sizes, is_bias):
        layer_part[:, -1] = True
    size = np.where(is_bias, -1.0, np.abs(run.parameters))
    order = np.argsort(size, kind="stable")[is_bias.sum() :][-MAX_LINES:]
    largest = float(size.max()) or 1.0
    drawn = []
    for index in order.tolist():
        layer, neuron, source = parameter_layout.parameter_position(sizes, index)
        assert source is not None
        start, end = spots[layer - 1, source], spots[layer, neuron]
        value = float(run.parameters[index])
        drawn.append(
            Line(
                index,
                start.x + side,
                start.y + side / 2,
                end.x,
                end.y + side / 2,
                value,
                MIN_WIDTH + (MAX_WIDTH - MIN_WIDTH) * abs(value) / largest,
                _line_title(run, index, value),
            )
        )
    return tuple(drawn)


def biases(run: Run, layout: Picture) -> tuple[Line, ...]:
    """Return the biases as bars below their neurons. The largest bar is as wide as a neuron."""
    spots = [spot for spot in layout.spots if spot.layer]
    indices = [bias_index(run, spot.layer, spot.neuron) for spot in spots]
    largest = float(np.abs(run.parameters[indices]).max()) or 1.0
    drawn = []
    for spot, index in zip(spots, indices, strict=True):
        value, y = float(run.parameters[index]), spot.y + layout.side + BAR / 2.0 + 1.0
        end = spot.x + max(1.0, layout.side * abs(value) / largest)
        title = _line_title(run, index, value)
        drawn.append(Line(index, spot.x, y, end, y, value, BAR, title))
    return tuple(drawn)


def incoming_parameters(run: Run, index: int) -> list[tuple[int, str]]:
    """Return index and name of the bias and the weights of the neuron that has this parameter."""
    sizes = run.model.sizes
    layer, neuron, _ = parameter_layout.parameter_position(sizes, index)
    sources = (None, *range(1, sizes[layer - 1] + 1))
    indices = [parameter_layout.parameter_index(sizes, layer, neuron, source) for source in sources]
    return [(other, weight_name(run, other)) for other in indices]


def _neuron_name(
    sizes: tuple[int, ...], names: tuple[str, ...], own: str, layer: int, neuron: int
) -> str:
    if layer == 0:
        return features.titles(names, own)[neuron - 1]
    if layer == len(sizes) - 1:
        return "output" if sizes[-1] == 1 else f"output {neuron}"
    return f"layer {layer}, neuron {neuron}"


@lru_cache(maxsize=1 << 15)
def _weight_name(sizes: tuple[int, ...], names: tuple[str, ...], own: str, index: int) -> str:
    layer, neuron, source = parameter_layout.parameter_position(sizes, index)
    target = _neuron_name(sizes, names, own, layer, neuron)
    if source is None:
        return f"bias of {target}"
    return f"weight from {_neuron_name(sizes, names, own, layer - 1, source)} to {target}"


def _line_title(run: Run, index: int, value: float) -> str:
    return f"{weight_name(run, index)}: {format_number(value)}"
