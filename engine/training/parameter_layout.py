"""Where the parameters of a network stand in the parameter vector.

The order is that of `engine.nn.MLP.parameters()`: layer by layer, neuron by neuron, the weights of
a neuron and then its bias. `sizes` are the numbers of inputs, of neurons in each hidden layer, and
of outputs. Layers, neurons and inputs count from 1, as in the label `l1.n2.w3`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Number = TypeVar("Number", bound=np.generic)


def split_layers(sizes: Sequence[int], vector: npt.NDArray[Number]) -> list[npt.NDArray[Number]]:
    """Return the layers' parts of the vector (parameters,) as views, (neurons, inputs + 1), with
    the biases in the last column.
    """
    return [
        vector[start : start + neurons * (inputs + 1)].reshape(neurons, inputs + 1)
        for start, inputs, neurons in _starts(sizes)
    ]


def parameter_index(sizes: Sequence[int], layer: int, neuron: int, source: int | None) -> int:
    """Return the index of the weight that a neuron gives to its input `source`, or of its bias if
    that is None.

    Raises ValueError for a layer, neuron or input that does not exist.
    """
    if 1 <= layer < len(sizes):
        start, inputs, neurons = list(_starts(sizes))[layer - 1]
        column = inputs if source is None else source - 1
        if 1 <= neuron <= neurons and 0 <= column < inputs + (source is None):
            return start + (neuron - 1) * (inputs + 1) + column
    raise ValueError(f"no input {source} of neuron {neuron} in layer {layer} of {tuple(sizes)}")


def parameter_position(sizes: Sequence[int], index: int) -> tuple[int, int, int | None]:
    """Return the layer, the neuron and the input (None for the bias) of the parameter at an index.

    Raises ValueError for an index outside of the vector.
    """
    for layer, (start, inputs, neurons) in enumerate(_starts(sizes), 1):
        if 0 <= index - start < neurons * (inputs + 1):
            neuron, column = divmod(index - start, inputs + 1)
            return layer, neuron + 1, column + 1 if column < inputs else None
    raise ValueError(f"no parameter {index} in a network of {tuple(sizes)}")


def _starts(sizes: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Yield where each layer begins, the number of its inputs and of its neurons."""
    start = 0
    for inputs, neurons in pairwise(sizes):
        yield start, inputs, neurons
        start += neurons * (inputs + 1)
