"""Neurons, layers and the multi-layer perceptron, made of Values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from typing import TypeVar

from engine import random
from engine.ops import ACTIVATIONS
from engine.value import Value, apply, sum_values

Entry = TypeVar("Entry")
Weights = Callable[[int, int, int], tuple["random.Floats", "random.Floats"]]
"""(start of a random sequence, inputs, units) → weights (units, inputs) and biases (units,)."""


def _uniform(start: int, nin: int, nout: int) -> tuple[random.Floats, random.Floats]:
    drawn = random.uniform(start, nout * (nin + 1), -1.0, 1.0).reshape(nout, nin + 1)
    return drawn[:, :nin], drawn[:, nin]


def _xavier(start: int, nin: int, nout: int) -> tuple[random.Floats, random.Floats]:
    """Glorot and Bengio 2010: uniform within ±√(6 / (inputs + units)), so that variance is kept
    both ways.
    """
    bound = sqrt(6.0 / (nin + nout))
    drawn = random.uniform(start, nout * nin, -bound, bound).reshape(nout, nin)
    return drawn, drawn[:, 0] * 0.0


def _he(start: int, nin: int, nout: int) -> tuple[random.Floats, random.Floats]:
    """He et al. 2015: normal with variance 2 / inputs, for units that are off half of the time."""
    drawn = random.normal(start, nout * nin).reshape(nout, nin) * sqrt(2.0 / nin)
    return drawn, drawn[:, 0] * 0.0


INITIALISATIONS: dict[str, Weights] = {"uniform": _uniform, "xavier": _xavier, "he": _he}


class Neuron:
    """activation(w · x + b) for one weight an input and a bias.

    Raises ValueError for an activation that is not known, or where there are no weights.
    """

    def __init__(
        self, weights: Sequence[float], bias: float, activation: str = "tanh", label: str = ""
    ) -> None:
        if not len(weights):
            raise ValueError("a neuron has at least one input")
        self.w = [Value(w, f"{label}w{i + 1}" if label else "") for i, w in enumerate(weights)]
        self.b = Value(bias, f"{label}b" if label else "")
        self.activation = _known(activation, ACTIVATIONS)

    def pre_activation(self, x: Sequence[Value | float]) -> Value:
        """w · x + b, what the activation is applied to. Raises ValueError for a wrong number of
        inputs.
        """
        if len(x) != len(self.w):
            raise ValueError(f"this neuron has {len(self.w)} inputs, not {len(x)}")
        return sum_values([w * xi for w, xi in zip(self.w, x, strict=True)]) + self.b

    def __call__(self, x: Sequence[Value | float]) -> Value:
        out = self.pre_activation(x)
        return out if self.activation is None else apply(self.activation, out)

    def parameters(self) -> list[Value]:
        """The weights, then the bias."""
        return [*self.w, self.b]


class Layer:
    """`nout` neurons that read the same `nin` inputs."""

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
        start = random.key(draw_seed() if seed is None else seed, random.RandomStream.WEIGHTS, part)
        if nin < 1 or nout < 1:
            raise ValueError(f"a layer has inputs and neurons, not {nin} and {nout} of them")
        weights, biases = _known(init, INITIALISATIONS)(start, nin, nout)
        self.neurons = [
            Neuron(w.tolist(), float(b), activation, f"{label}n{i + 1}." if label else "")
            for i, (w, b) in enumerate(zip(weights, biases, strict=True))
        ]

    def __call__(self, x: Sequence[Value | float]) -> list[Value]:
        return [neuron(x) for neuron in self.neurons]

    def parameters(self) -> list[Value]:
        """Those of the neurons, one neuron after the other."""
        return [parameter for neuron in self.neurons for parameter in neuron.parameters()]


class MLP:
    """Layers of `nouts` units, each reading all of the one before; the first reads `nin` inputs.

    `activation` is one name for every hidden layer or one a hidden layer, `output` that of the last
    layer; both from `engine.ops.ACTIVATIONS`. `init` is a name of INITIALISATIONS. The same seed
    gives the same network; without one every network is new. Parameters are labelled like
    `l1.n2.w3`. Raises ValueError for an unknown name or a number of activations that does not fit.
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
            raise ValueError("a network has at least one layer")
        hidden = (
            [activation] * (len(nouts) - 1) if isinstance(activation, str) else list(activation)
        )
        if len(hidden) != len(nouts) - 1:
            raise ValueError(f"{len(nouts) - 1} hidden layers, but {len(hidden)} activations")
        seed = draw_seed() if seed is None else seed
        self.layers = [
            Layer(before, units, name, init=init, seed=seed, part=i, label=f"l{i + 1}.")
            for i, (before, units, name) in enumerate(
                zip((nin, *nouts), nouts, (*hidden, output), strict=False)
            )
        ]

    def __call__(self, x: Sequence[Value | float]) -> Value | list[Value]:
        """The output, or the list of outputs where there are several."""
        outputs = self.outputs(x)
        return outputs[0] if len(outputs) == 1 else outputs

    def outputs(self, x: Sequence[Value | float]) -> list[Value]:
        """The outputs as a list, however many there are."""
        for layer in self.layers:
            x = layer(x)
        return list(x)  # type: ignore[arg-type]

    def parameters(self) -> list[Value]:
        """Those of the layers, first layer first."""
        return [parameter for layer in self.layers for parameter in layer.parameters()]


def _known(name: str, table: Mapping[str, Entry]) -> Entry:
    if name not in table:
        raise ValueError(f"{name!r} is not one of {', '.join(table)}")
    return table[name]


def draw_seed() -> int:
    """A seed that was not used before, for who asks for none."""
    import secrets

    return secrets.randbits(63)
