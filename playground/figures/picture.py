"""The network as it is drawn: where neurons stand, and which weights are lines between them.

Layers are columns from left to right, long ones several columns wide. One unit is a pixel where
there is room for it; the picture is scaled to its place as a whole.
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
"""What the columns of neurons are high at the most."""
LARGEST, SMALLEST = 40.0, 12.0
"""The side of a neuron's map."""
GAP = 8.0
WIDTH = 560.0
"""What the picture is wide where its layers leave room enough between them."""
NEAREST, FARTHEST = 60.0, 150.0
"""From one layer to the next, where lines run."""
MOST_LINES = 400
"""Of more weights only the largest are drawn."""
THICKEST = 6.0
BAR = 3.0
"""How high the bar of a bias is, which fits into the gap below its neuron."""
ROWS = 8
"""A column holds so many neurons before a layer grows wider, unless it has more than its square
of them."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A unit (layer from 0, the features, and unit from 1): the left top corner of its square."""

    layer: int
    unit: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """A weight: its place among the parameters, its ends, its value and its name in words."""

    place: int
    x1: float
    y1: float
    x2: float
    y2: float
    value: float
    width: float
    title: str

    @property
    def path(self) -> str:
        """A curve from end to end, as SVG writes it."""
        middle = (self.x1 + self.x2) / 2.0
        return (
            f"M{self.x1:.0f} {self.y1:.0f}C{middle:.0f} {self.y1:.0f} {middle:.0f} {self.y2:.0f} "
            f"{self.x2:.0f} {self.y2:.0f}"
        )


@dataclass(frozen=True, slots=True)
class Picture:
    """A network of these sizes laid out; `side` is that of a neuron's square."""

    width: float
    height: float
    side: float
    spots: tuple[Spot, ...]


@lru_cache(maxsize=32)
def picture(sizes: tuple[int, ...]) -> Picture:
    """Where the features, the neurons of each layer and the outputs stand."""
    most = max(sizes)
    rows = min(most, max(ROWS, ceil(sqrt(most)) * 2))
    side = max(SMALLEST, min(LARGEST, HEIGHT / rows - GAP))
    step = side + GAP / 2
    across = sum(ceil(units / rows) * step for units in sizes)
    between = max(NEAREST, min(FARTHEST, (WIDTH - across) / (len(sizes) - 1)))
    x, spots = 0.0, list[Spot]()
    for layer, units in enumerate(sizes):
        wide = ceil(units / rows)
        high = ceil(units / wide)
        top = (rows - high) * (side + GAP) / 2.0
        for unit in range(units):
            column, row = divmod(unit, high)
            spots.append(Spot(layer, unit + 1, x + column * step, top + row * (side + GAP)))
        x += wide * step + between
    width = x - between - GAP / 2
    return Picture(width, rows * (side + GAP) - GAP, side, tuple(spots))


def unit_name(run: Run, layer: int, unit: int) -> str:
    """What a unit is called: `x1`, `layer 1, neuron 2`, `output 1`."""
    return _unit_name(run.model.sizes, run.scaling.names, run.scaling.own, layer, unit)


def _unit_name(
    sizes: tuple[int, ...], names: tuple[str, ...], own: str, layer: int, unit: int
) -> str:
    if layer == 0:
        return features.titles(names, own)[unit - 1]
    if layer == len(sizes) - 1:
        return "output" if sizes[-1] == 1 else f"output {unit}"
    return f"layer {layer}, neuron {unit}"


def weight_name(run: Run, place: int) -> str:
    """What a parameter is called: `weight from x1 to layer 1, neuron 2`, `bias of output`."""
    return _weight_name(run.model.sizes, run.scaling.names, run.scaling.own, place)


@lru_cache(maxsize=1 << 15)
def _weight_name(sizes: tuple[int, ...], names: tuple[str, ...], own: str, place: int) -> str:
    layer, unit, source = parameter_layout.parameter_position(sizes, place)
    target = _unit_name(sizes, names, own, layer, unit)
    if source is None:
        return f"bias of {target}"
    return f"weight from {_unit_name(sizes, names, own, layer - 1, source)} to {target}"


def bias_place(run: Run, layer: int, unit: int) -> int:
    """Where the bias of a unit stands among the parameters."""
    return parameter_layout.parameter_index(run.model.sizes, layer, unit, None)


def lines(run: Run, drawn: Picture) -> tuple[Line, ...]:
    """The weights as lines, the largest of them where there are too many; thin ones first."""
    sizes, side = run.model.sizes, drawn.side
    at = {(spot.layer, spot.unit): spot for spot in drawn.spots}
    biases = np.zeros(len(run.parameters), dtype=np.bool_)
    for part in parameter_layout.split_layers(sizes, biases):
        part[:, -1] = True
    size = np.where(biases, -1.0, np.abs(run.parameters))
    order = np.argsort(size, kind="stable")[biases.sum() :][-MOST_LINES:]
    largest = float(size.max()) or 1.0
    made = []
    for place in order.tolist():
        layer, unit, source = parameter_layout.parameter_position(sizes, place)
        assert source is not None
        start, end = at[layer - 1, source], at[layer, unit]
        value = float(run.parameters[place])
        width = 0.6 + (THICKEST - 0.6) * abs(value) / largest
        made.append(
            Line(place, start.x + side, start.y + side / 2, end.x, end.y + side / 2, value, width,
                 f"{weight_name(run, place)}: {format_number(value)}")
        )  # fmt: skip
    return tuple(made)


def biases(run: Run, drawn: Picture) -> tuple[Line, ...]:
    """The biases as bars under their neurons, as long as they are large; the largest is as wide as
    the neuron.
    """
    units = [spot for spot in drawn.spots if spot.layer]
    found = [bias_place(run, spot.layer, spot.unit) for spot in units]
    largest = float(np.abs(run.parameters[found]).max()) or 1.0
    made = []
    for spot, place in zip(units, found, strict=True):
        value, y = float(run.parameters[place]), spot.y + drawn.side + BAR / 2.0 + 1.0
        end = spot.x + max(1.0, drawn.side * abs(value) / largest)
        made.append(
            Line(
                place,
                spot.x,
                y,
                end,
                y,
                value,
                BAR,
                f"{weight_name(run, place)}: {format_number(value)}",
            )
        )
    return tuple(made)


def incoming(run: Run, place: int) -> list[tuple[int, str]]:
    """The parameters of the unit that has the one at `place`: its bias, then its weights."""
    sizes = run.model.sizes
    layer, unit, _ = parameter_layout.parameter_position(sizes, place)
    sources = (None, *range(1, sizes[layer - 1] + 1))
    found = [parameter_layout.parameter_index(sizes, layer, unit, source) for source in sources]
    return [(each, weight_name(run, each)) for each in found]
