"""How well each layer of a network learns: the size of its weights and gradients, and which neurons
have stopped learning.

A gradient passes through a neuron multiplied by its activation's derivative, so that is the
measure, whatever the activation: the operation table's own local derivative, at the neuron's
pre-activations.
The thresholds are ours: beyond them a person sees in the curves that nothing moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from engine.inspection import messages
from engine.ops import ACTIVATIONS
from engine.random import Floats, Integers
from engine.training.parameter_layout import split_layers

BINS = 21
"""Bars of a histogram; odd, so that the middle one is around 0."""
FLAT, NEARLY_ALL = 0.01, 0.99
"""A neuron is saturated if its derivative is below the first share of the largest, at the second
share of the samples."""
MAX_RATIO = 1000.0
"""How many times a layer's gradient may differ from the output layer's."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class LayerHealth:
    """One layer. Norms are Euclidean; `gradient_norm` is over weights and biases, the rest over
    weights.

    `histogram` (BINS,) counts the weights between −reach and reach in bars of one width. `dead` and
    `saturated` are neurons, from 1. `problems` says what is wrong in sentences; empty if all is
    well.
    """

    name: str
    gradient_norm: float
    weight_norm: float
    histogram: Integers
    reach: float
    dead: tuple[int, ...]
    saturated: tuple[int, ...]
    problems: str


def inspect_layers(
    sizes: Sequence[int],
    activations: Sequence[str],
    parameters: Floats,
    gradient: Floats,
    pre_activations: Sequence[Floats],
) -> tuple[LayerHealth, ...]:
    """Return the health of every layer, the output layer last.

    `parameters`, finite, and `gradient` are (parameters,) in the order of `parameter_layout.py`;
    `activations` are the hidden layers' names in `engine.ops.ACTIVATIONS`, `pre_activations` are
    theirs, (neurons, samples). No neuron of the output layer, whose derivative belongs to the loss,
    is called dead or saturated.
    """
    gradients = split_layers(sizes, gradient)
    output = _root_mean_square(gradients[-1])
    *hidden, last = zip(split_layers(sizes, parameters), gradients, strict=True)
    layers = [
        _inspect_layer(f"layer {number}", *layer, output, activation, values)
        for number, (layer, activation, values) in enumerate(
            zip(hidden, activations, pre_activations, strict=True), 1
        )
    ]
    return (*layers, _inspect_layer(messages.OUTPUT_LAYER, *last, output))


def _inspect_layer(
    name: str,
    parameters: Floats,
    gradient: Floats,
    output_gradient: float,
    activation: str = "linear",
    pre_activations: Floats = np.empty((0, 0)),
) -> LayerHealth:
    dead = find_dead(activation, pre_activations)
    saturated = find_saturated(activation, pre_activations) & ~dead
    problems = (
        *_dead_problems(name, dead, activation, pre_activations),
        *_saturated_problems(name, saturated),
        *_gradient_problems(name, _root_mean_square(gradient), output_gradient),
    )
    weights = parameters[:, :-1]
    reach = float(np.abs(weights).max()) or 1.0
    return LayerHealth(
        name,
        _norm(gradient),
        _norm(weights),
        np.histogram(weights / reach, BINS, (-1.0, 1.0))[0].astype(np.int64),
        reach,
        _numbers(dead),
        _numbers(saturated),
        " ".join(problems),
    )


def find_dead(activation: str, pre_activations: Floats) -> Flags:
    """Return which neurons have the derivative 0 at every sample, (neurons,).

    No gradient reaches their weights, so gradient descent cannot bring them back (Lu et al. 2019,
    Dying ReLU and initialization). `pre_activations` are (neurons, samples); all False without
    samples.
    """
    if not pre_activations.shape[1]:
        return np.zeros(len(pre_activations), dtype=np.bool_)
    flags: Flags = (_derivative(activation, pre_activations) == 0.0).all(axis=1)
    return flags


def find_saturated(activation: str, pre_activations: Floats) -> Flags:
    """Return which neurons are on a flat part of a bounded activation, (neurons,).

    Their derivative is below FLAT of its largest at NEARLY_ALL of the samples or more; Glorot and
    Bengio 2010 saw tanh and sigmoid layers stop learning like this. All False if the activation's
    range has no bounds, or without samples.
    """
    largest, is_bounded = _extent(activation)
    if not is_bounded or not pre_activations.shape[1]:
        return np.zeros(len(pre_activations), dtype=np.bool_)
    flat = np.abs(_derivative(activation, pre_activations)) < FLAT * largest
    flags: Flags = flat.mean(axis=1) >= NEARLY_ALL
    return flags


@lru_cache
def _extent(activation: str) -> tuple[float, bool]:
    """Return the largest |derivative| of an activation, sampled, and whether its range is bounded:
    far out it is no larger than near 0.
    """
    near, far = np.linspace(-20.0, 20.0, 4001), np.array([-1e6, 1e6])
    near_size, far_size = (np.abs(_outputs(activation, points)).max() for points in (near, far))
    return float(np.abs(_derivative(activation, near)).max()), bool(far_size <= 2 * near_size)


def _outputs(activation: str, pre_activations: Floats) -> Floats:
    operation = ACTIVATIONS[activation]
    with np.errstate(all="ignore"):
        if operation is None:
            return pre_activations
        return np.asarray(operation.forward(pre_activations))


def _derivative(activation: str, pre_activations: Floats) -> Floats:
    operation = ACTIVATIONS[activation]
    if operation is None:
        return np.ones_like(pre_activations)
    with np.errstate(all="ignore"):
        outputs = operation.forward(pre_activations)
        derivative = operation.local_derivatives[0](pre_activations, outputs)
    return np.broadcast_to(derivative, pre_activations.shape)


def _norm(numbers: Floats) -> float:
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(numbers))


def _root_mean_square(gradient: Floats) -> float:
    """Return the root mean square over a layer's parameters, so that layers of any size compare."""
    return _norm(gradient) / float(np.sqrt(gradient.size))


def _numbers(flags: Flags) -> tuple[int, ...]:
    """Return the numbers of the neurons with a flag, from 1."""
    return tuple(int(index) + 1 for index in np.flatnonzero(flags))


def _dead_problems(
    name: str, dead: Flags, activation: str, pre_activations: Floats
) -> Iterator[str]:
    if dead.any():
        outputs = _outputs(activation, pre_activations[dead])
        level = float(outputs.flat[0])
        is_constant = (outputs == level).all()
        yield messages.dead_neurons(name, _numbers(dead), level if is_constant else None)


def _saturated_problems(name: str, saturated: Flags) -> Iterator[str]:
    if saturated.any():
        yield messages.saturated_neurons(name, _numbers(saturated), FLAT, NEARLY_ALL)


def _gradient_problems(name: str, gradient: float, output: float) -> Iterator[str]:
    """Vanishing and exploding gradients (Bengio, Simard and Frasconi 1994; Pascanu, Mikolov and
    Bengio 2013): per parameter the layer's gradient is less than 1/MAX_RATIO of the output layer's,
    or more than MAX_RATIO times it, or not finite.
    """
    if not np.isfinite(gradient):
        yield messages.infinite_gradients(name)
    elif 0.0 < output < np.inf:
        if gradient == 0.0:
            yield messages.no_gradients(name)
        elif gradient * MAX_RATIO < output:
            yield messages.small_gradients(name, output / gradient)
        elif gradient > MAX_RATIO * output:
            yield messages.large_gradients(name, gradient / output)
