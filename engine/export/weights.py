"""The weights of a run as JSON, and back.

The file describes the network: `layers`, each with `weights` (neurons, inputs), `biases`
(neurons,) and its `activation`, the `features` that it reads, and the `settings` of the run.
Numbers have all their digits, so that they come back the same to the last bit.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from sys import float_info
from typing import Any

import numpy as np

from engine.export import messages
from engine.random import Floats
from engine.training.run import Run

FORMAT = "backprop-playground weights 1"

_NUMBER_LIST = re.compile(r"\[\n[-+.\deE,\s]+\]")
"""A list of numbers, which goes on one line."""
MAX_SHOWN, MAX_NUMBER = 40, 20
"""Characters of a wrong name, and of a wrong number, that a message shows."""


@dataclass(frozen=True, eq=False)
class TrainedLayer:
    """A layer with its present `weights` (neurons, inputs) and `biases` (neurons,), and the name of
    its activation.
    """

    weights: Floats
    biases: Floats
    activation: str


def trained_layers(run: Run) -> list[TrainedLayer]:
    """Return the layers of a run, first to last, with its present weights."""
    output = run.settings.output_activation(run.data.is_regression)
    activations = (*run.settings.activations, output)
    layers, start, sizes = [], 0, run.model.sizes
    for inputs, neurons, name in zip(sizes, sizes[1:], activations, strict=False):
        end = start + neurons * (inputs + 1)
        block = run.parameters[start:end].reshape(neurons, inputs + 1)
        layers.append(TrainedLayer(block[:, :-1], block[:, -1], name))
        start = end
    return layers


def write_weights(run: Run) -> str:
    """Return the file."""
    features = run.scaling
    content = {
        "format": FORMAT,
        "step": run.step,
        "features": {
            "names": list(features.names),
            "own": features.own,
            "means": list(features.means),
            "spreads": list(features.standard_deviations),
        },
        "layers": [
            {
                "weights": layer.weights.tolist(),
                "biases": layer.biases.tolist(),
                "activation": layer.activation,
            }
            for layer in trained_layers(run)
        ],
        "settings": run.settings.texts(),
    }
    text = json.dumps(content, indent=1)
    return _NUMBER_LIST.sub(lambda match: " ".join(match[0].split()), text) + "\n"


def parse_weights(text: str, run: Run) -> tuple[float, ...]:
    """Return the numbers of such a file in the order of `run.parameters`.

    Raises ValueError in words for another kind of file, and for layers that do not fit the run's
    network.
    """
    content = _parse_file(text)
    file_layers, own_layers = content.get("layers"), trained_layers(run)
    if not isinstance(file_layers, list) or len(file_layers) != len(own_layers):
        count = len(file_layers) if isinstance(file_layers, list) else 0
        raise ValueError(messages.LAYER_COUNT.format(count=count, layers=len(own_layers)))
    numbers: list[float] = []
    for number, (layer, own) in enumerate(zip(file_layers, own_layers, strict=True), 1):
        neurons, inputs = own.weights.shape
        layer = layer if isinstance(layer, dict) else {}
        name = messages.LAYER_WEIGHTS.format(layer=number)
        weights = _parse_array(layer.get("weights"), (neurons, inputs), name)
        name = messages.LAYER_BIASES.format(layer=number)
        biases = _parse_array(layer.get("biases"), (neurons,), name)
        activation = layer.get("activation")
        if activation != own.activation:
            raise ValueError(
                messages.ACTIVATION.format(
                    layer=number, file=str(activation)[:MAX_SHOWN], network=own.activation
                )
            )
        numbers += np.column_stack([weights, biases]).ravel().tolist()
    return tuple(numbers)


def network_settings(text: str) -> dict[str, str]:
    """Return the settings of the network that such a file describes, as texts by name: its layers,
    their activations, and the features that it reads. Nobody has checked them yet.

    Raises ValueError in words for another kind of file.
    """
    content = _parse_file(text)
    entries = content.get("layers")
    entries = entries if isinstance(entries, list) else []
    layers = [entry for entry in entries if isinstance(entry, dict)]
    hidden = [str(sum(_find_shape(layer.get("biases")))) for layer in layers[:-1]]
    names = [str(layer.get("activation")) for layer in layers[:-1]]
    file_settings = content.get("settings")
    texts = file_settings if isinstance(file_settings, dict) else {}
    features = {name: str(texts[name]) for name in ("features", "feature") if name in texts}
    return (
        features | {"hidden": ",".join(hidden)} | ({"activation": ",".join(names)} if names else {})
    )


def _parse_file(text: str) -> dict[str, Any]:
    """Return the content of such a file. Raises ValueError in words for another kind of file."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(messages.NOT_JSON) from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(messages.NOT_WEIGHTS.format(format=FORMAT))
    return content


def _parse_array(value: Any, shape: tuple[int, ...], name: str) -> Floats:
    """Return the numbers as an array of this shape. Raises ValueError that says what is wrong."""
    value_shape = _find_shape(value)
    if value_shape != shape:
        dimensions = " × ".join(map(str, value_shape)) if value_shape else messages.NO_SHAPE
        expected = " × ".join(map(str, shape))
        raise ValueError(messages.SHAPE.format(name=name, shape=dimensions, expected=expected))
    numbers = [number for row in value for number in row] if len(shape) == 2 else value
    for number in numbers:
        excerpt = str(number)[:MAX_NUMBER]
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise ValueError(messages.NOT_NUMBERS.format(name=name, value=excerpt))
        if not abs(number) <= float_info.max:  # also refuses NaN
            raise ValueError(messages.NOT_FINITE.format(name=name, value=excerpt))
    return np.array(numbers, dtype=np.float64).reshape(shape)


def _find_shape(value: Any) -> tuple[int, ...]:
    """Return the lengths of lists of lists of one length, () for anything else."""
    if not isinstance(value, list):
        return ()
    lengths = {len(row) if isinstance(row, list) else -1 for row in value}
    if lengths == {-1} or not lengths:
        return (len(value),)
    return (len(value), lengths.pop()) if len(lengths) == 1 else ()
