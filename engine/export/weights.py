"""The weights of a run as JSON, and back in.

The file says what the network is: `layers`, each with `weights` (units, inputs), `biases` (units,)
and its `activation`, what it reads (`features`), and the `settings` that it began with. Numbers
have all their digits, so that what comes back in is the same to the last bit.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from sys import float_info
from typing import Any

import numpy as np

from engine.random import Floats
from engine.training.run import Run

FORMAT = "backprop-playground weights 1"


@dataclass(frozen=True, eq=False)
class TrainedLayer:
    """A layer as it stands: `weights` (units, inputs), `biases` (units,), the name of what it
    applies to its sums.
    """

    weights: Floats
    biases: Floats
    activation: str


def trained_layers(run: Run) -> list[TrainedLayer]:
    """The layers of a run, first to last, with the weights it has now."""
    output = run.settings.output_activation(run.data.is_regression)
    found, start, sizes = [], 0, run.model.sizes
    for before, units, name in zip(
        sizes, sizes[1:], (*run.settings.activations, output), strict=False
    ):
        end = start + units * (before + 1)
        block = run.parameters[start:end].reshape(units, before + 1)
        found.append(TrainedLayer(block[:, :-1], block[:, -1], name))
        start = end
    return found


def write_weights(run: Run) -> str:
    """The file."""
    read = run.scaling
    told = {
        "format": FORMAT,
        "step": run.step,
        "features": {
            "names": list(read.names), "own": read.own, "means": list(read.means),
            "spreads": list(read.standard_deviations),
        },
        "layers": [
            {
                "weights": layer.weights.tolist(), "biases": layer.biases.tolist(),
                "activation": layer.activation,
            }
            for layer in trained_layers(run)
        ],
        "settings": run.settings.texts(),
    }  # fmt: skip
    return _LIST.sub(lambda found: " ".join(found[0].split()), json.dumps(told, indent=1)) + "\n"


_LIST = re.compile(r"\[\n[-+.\deE,\s]+\]")
"""A list of numbers, which stands on one line."""


def parse_weights(text: str, run: Run) -> tuple[float, ...]:
    """The numbers of such a file in the order of `run.parameters`.

    Raises ValueError, in words, for a file that is none of ours, and for layers that are not those
    of the run's network.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("This is not JSON, so it is not a file of weights.") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError(f"This is not a file of weights: its format is not “{FORMAT}”.")
    given, wanted = found.get("layers"), trained_layers(run)
    if not isinstance(given, list) or len(given) != len(wanted):
        count = len(given) if isinstance(given, list) else "no"
        raise ValueError(f"The file has {count} layers; this network has {len(wanted)}.")
    numbers: list[float] = []
    for place, (layer, own) in enumerate(zip(given, wanted, strict=True), 1):
        units, inputs = own.weights.shape
        layer = layer if isinstance(layer, dict) else {}
        matrix = _numbers(layer.get("weights"), (units, inputs), f"The weights of layer {place}")
        biases = _numbers(layer.get("biases"), (units,), f"The biases of layer {place}")
        if layer.get("activation") != own.activation:
            raise ValueError(
                f"Layer {place} applies {str(layer.get('activation'))[:40]} in the file and "
                f"{own.activation} in this network."
            )
        numbers += np.column_stack([matrix, biases]).ravel().tolist()
    return tuple(numbers)


def _numbers(value: Any, shape: tuple[int, ...], what: str) -> Floats:
    """The numbers as an array of this shape. Raises ValueError that says what is there instead."""
    has, asked = _shape(value), " × ".join(map(str, shape))
    if has != shape:
        there = " × ".join(map(str, has)) if has else "not there as lists of one length"
        raise ValueError(f"{what} are {there}; this network has {asked}.")
    flat = [each for row in value for each in row] if len(shape) == 2 else value
    for each in flat:
        if isinstance(each, bool) or not isinstance(each, int | float):
            raise ValueError(f"{what} must be numbers; one is {str(each)[:20]}.")
        if not abs(each) <= float_info.max:  # nor one that is no number
            raise ValueError(f"{what} must be finite; one is {str(each)[:20]}.")
    return np.array(flat, dtype=np.float64).reshape(shape)


def _shape(value: Any) -> tuple[int, ...]:
    """The lengths of lists of lists of one length; () where there are none."""
    if not isinstance(value, list):
        return ()
    rows = {len(row) if isinstance(row, list) else -1 for row in value}
    if rows == {-1} or not rows:
        return (len(value),)
    return (len(value), rows.pop()) if len(rows) == 1 else ()
