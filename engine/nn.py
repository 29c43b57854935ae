"""Neurons, layers and the multi-layer perceptron, built from Values."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from typing import TypeVar

from engine import messages, random
from engine.ops import ACTIVATIONS
from engine.value import Value, apply, sum_values

Entry = TypeVar("Entry")
Weights = Callable[[int, int, int], tuple["random.Floats", "random.Floats"]]
"""(start of a random sequence, inputs, neurons) → weights (neurons, inputs), biases (neurons,)."""


def _uniform(start: int, inputs: int, neurons: int) -> tuple[random.Floats, random.Floats]:
    """Weights and biases uniform between −1 and 1."""
    numbers = random.uniform(start, neurons * (inputs + 1), -1.0, 1.0).reshape(neurons, inputs + 1)
    return numbers[:, :inputs], numbers[:, inputs]


def _xavier(start: int, inputs: int, neurons: int) -> tuple[random.Floats, random.Floats]:
    """Glorot and Bengio 2010: uniform within ±√(6 / (inputs + neurons)), so that the variance stays
    the same in both passes.
    """
    bound = sqrt(6.0 / (inputs + neurons))
    weights = random.uniform(start, neurons * inputs, -bound, bound).reshape(neurons, inputs)
    return weights, weights[:, 0] * 0.0


def _he(start: int, inputs: int, neurons: int) -> tuple[random.Floats, random.Floats]:
    """He et al. 2015: normal with variance 2 / inputs, for neurons that are 0 half of the time."""
    deviation = sqrt(2.0 / inputs)
    weights = random.normal(start, neurons * inputs).reshape(neurons, inputs) * deviation
    return weights, weights[:, 0] * 0.0


INITIALISATIONS: dict[str, Weights] = {"uniform": _uniform, "xavier": _xavier, "he": _he}


class Neuron:
    """activation(w · x + b), with one weight per input and a bias.

    Raises ValueError for an unknown activation, or without weights.
    """

    def __init__(
        self, weights: Sequence[float], bias: float, activation: str = "tanh", label: str = ""
    ) -> None:
        if not len(weights):
            raise ValueError(messages.NEURON_WITHOUT_INPUTS)
        self.w = [Value(w, f"{label}w{i + 1}" if label else "") for i, w in enumerate(weights)]
        self.b = Value(bias, f"{label}b" if label else "")
        self.activation = _look_up(activation, ACTIVATIONS)

    def pre_activation(self, x: Sequence[Value | float]) -> Value:
        """Return w · x + b, the input of the activation. Raises ValueError for a wrong number of
        inputs.
        """
        if len(x) != len(self.w):
            raise ValueError(messages.NEURON_INPUTS.format(inputs=len(self.w), values=len(x)))
        return sum_values([w * xi for w, xi in zip(self.w, x, strict=True)]) + self.b

    def __call__(self, x: Sequence[Value | float]) -> Value:
        z = self.pre_activation(x)
        return z if self.activation is None else apply(self.activation, z)

    def parameters(self) -> list[Value]:
        """Return the weights, then the bias."""
        return [*self.w, self.b]


class Layer:
    """`nout` neurons, that all read the same `nin` inputs.

    `init` is a name from INITIALISATIONS; `part` tells apart layers that share a seed.
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        activation: str = "tanh",
        *,
        init: str = "uniform",
        seed: int | None = None,
        part: int = 0,
        label: str = "",
    ) -> None:
        if nin < 1 or nout < 1:
            raise ValueError(messages.EMPTY_LAYER.format(inputs=nin, neurons=nout))
        seed = draw_seed() if seed is None else seed
        start = random.key(seed, random.RandomStream.WEIGHTS, part)
        weights, biases = _look_up(init, INITIALISATIONS)(start, nin, nout)
        self.neurons = [
            Neuron(w.tolist(), float(b), activation, f"{label}n{i + 1}." if label else "")
            for i, (w, b) in enumerate(zip(weights, biases, strict=True))
        ]

    def __call__(self, x: Sequence[Value | float]) -> list[Value]:
        return [neuron(x) for neuron in self.neurons]

    def parameters(self) -> list[Value]:
        """Return the parameters of the neurons, one neuron after the other."""
        return [parameter for neuron in self.neurons for parameter in neuron.parameters()]


class MLP:
    """Layers of `nouts` neurons. Each layer reads the outputs of the one before, the first reads
    `nin` inputs.

    `activation` is one name for every hidden layer, or one name per hidden layer; `output` is the
    activation of the last layer. Both are names from `engine.ops.ACTIVATIONS`, `init` is a name
    from INITIALISATIONS. The same seed gives the same network; without a seed every network is new.
    Parameters have labels like `l1.n2.w3`. Raises ValueError for an unknown name or a wrong number
    of activations.
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        activation: str | Sequence[str] = "tanh",
        output: str = "tanh",
        seed: int | None = None,
        init: str = "uniform",
    ) -> None:
        if not nouts:
            raise ValueError(messages.NETWORK_WITHOUT_LAYERS)
        count = len(nouts) - 1
        hidden = [activation] * count if isinstance(activation, str) else list(activation)
        if len(hidden) != count:
            raise ValueError(
                messages.ACTIVATION_COUNT.format(layers=count, activations=len(hidden))
            )
        seed = draw_seed() if seed is None else seed
        self.layers = [
            Layer(inputs, neurons, name, init=init, seed=seed, part=i, label=f"l{i + 1}.")
            for i, (inputs, neurons, name) in enumerate(
                zip((nin, *nouts), nouts, (*hidden, output), strict=False)
            )
        ]

    def __call__(self, x: Sequence[Value | float]) -> Value | list[Value]:
        """Return the output, or the list of outputs if there are several."""
        outputs = self.outputs(x)
        return outputs[0] if len(outputs) == 1 else outputs

    def outputs(self, x: Sequence[Value | float]) -> list[Value]:
        """Return the outputs as a list, also a single one."""
        for layer in self.layers:
            x = layer(x)
        return list(x)  # type: ignore[arg-type]

    def parameters(self) -> list[Value]:
        """Return the parameters of the layers, first layer first."""
        return [parameter for layer in self.layers for parameter in layer.parameters()]


def draw_seed() -> int:
    """Return a new seed, for a network that was built without one."""
    return int.from_bytes(os.urandom(8), "big") >> 1


def _look_up(name: str, table: Mapping[str, Entry]) -> Entry:
    if name not in table:
        raise ValueError(messages.UNKNOWN_NAME.format(name=name, names=", ".join(table)))
    return table[name]
