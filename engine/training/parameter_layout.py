"""Where the parameters of a network stand in the one vector that is trained.

The order is that of `engine.nn.MLP.parameters()`: layer by layer, in it neuron by neuron, of each
its weights and then its bias. `sizes` are the inputs, the units of each hidden layer, the outputs.
Layers, units and inputs count from 1, as in the label `l1.n2.w3`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Number = TypeVar("Number", bound=np.generic)


def layers(sizes: Sequence[int], vector: npt.NDArray[Number]) -> list[npt.NDArray[Number]]:
    """Each layer's part of the vector (parameters,) as a view, (units, inputs + 1), biases last."""
    return [
        vector[start : start + units * (inputs + 1)].reshape(units, inputs + 1)
        for start, inputs, units in _starts(sizes)
    ]


def place(sizes: Sequence[int], layer: int, unit: int, source: int | None) -> int:
    """Where the weight stands that this unit gives to its input `source`, or for None its bias.

    Raises ValueError for a layer, unit or input that there is not.
    """
    if 1 <= layer < len(sizes):
        start, inputs, units = list(_starts(sizes))[layer - 1]
        within = inputs if source is None else source - 1
        if 1 <= unit <= units and 0 <= within < inputs + (source is None):
            return start + (unit - 1) * (inputs + 1) + within
    raise ValueError(f"no input {source} of unit {unit} in layer {layer} of {tuple(sizes)}")


def named(sizes: Sequence[int], place: int) -> tuple[int, int, int | None]:
    """The layer, the unit and the input (None for the bias) of the parameter at a place.

    Raises ValueError for a place outside of the vector.
    """
    for layer, (start, inputs, units) in enumerate(_starts(sizes), 1):
        if 0 <= place - start < units * (inputs + 1):
            unit, within = divmod(place - start, inputs + 1)
            return layer, unit + 1, within + 1 if within < inputs else None
    raise ValueError(f"no parameter {place} in a network of {tuple(sizes)}")


def _starts(sizes: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """For every layer where it begins, its inputs and its units."""
    start = 0
    for inputs, units in pairwise(sizes):
        yield start, inputs, units
        start += units * (inputs + 1)
