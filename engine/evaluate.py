"""A graph evaluated where some of its leaves have other numbers, a whole array of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from engine.value import Value

Array = npt.NDArray[np.float64]


def evaluate(nodes: Sequence[Value], given: Mapping[Value, Array]) -> Array:
    """The output where leaves have other numbers, everything else as it is.

    `nodes` are listed operands first, the output last; the arrays of `given` have one shape, which
    the answer has too. NaN or ±inf where the expression is not defined.
    """
    known: dict[Value, Array] = {
        leaf: np.asarray(at, dtype=np.float64) for leaf, at in given.items()
    }
    shape = np.broadcast_shapes(*(at.shape for at in known.values()))
    with np.errstate(all="ignore"):
        for node in nodes:
            if node.op is not None and any(each in known for each in node.operands):
                operands = [known.get(each, np.float64(each.data)) for each in node.operands]
                known[node] = node.op.forward(*operands, *node.attributes)
    return np.broadcast_to(known.get(nodes[-1], np.float64(nodes[-1].data)), shape)
