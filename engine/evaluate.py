"""Evaluate a graph for other numbers in some leaves, for a whole array of numbers at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from engine.value import Value

Array = npt.NDArray[np.float64]


def evaluate(nodes: Sequence[Value], leaf_data: Mapping[Value, Array]) -> Array:
    """Return the output with `leaf_data` in these leaves and every other leaf as it is.

    `nodes` are listed operands first, the output last. The arrays have one shape, and the result
    has it too. It is NaN or ±inf at points where the expression is not defined.
    """
    data: dict[Value, Array] = {
        leaf: np.asarray(numbers, dtype=np.float64) for leaf, numbers in leaf_data.items()
    }
    shape = np.broadcast_shapes(*(numbers.shape for numbers in data.values()))
    with np.errstate(all="ignore"):
        for node in nodes:
            if node.op is not None and any(operand in data for operand in node.operands):
                operands = [
                    data.get(operand, np.float64(operand.data)) for operand in node.operands
                ]
                data[node] = node.op.forward(*operands, *node.attributes)
    return np.broadcast_to(data.get(nodes[-1], np.float64(nodes[-1].data)), shape)
