"""How each layer of a network fares: the size of its weights and gradients, and which units have
stopped to learn.

What a unit passes back is its activation's derivative, so that is what is looked at, whatever the
activation: the operation table's own partial, at the unit's sums. The shares that count as too
little are ours: they are where a person sees in the curves that nothing moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from engine.notation import format_number
from engine.ops import ACTIVATIONS
from engine.random import Floats, Integers
from engine.training import parameter_layout

BINS = 21
"""Bars of a histogram; odd, so that the middle one is around 0."""
FLAT, NEARLY_ALL = 0.01, 0.99
"""A unit is saturated where its derivative is below the first share of the largest, at the second
share of the samples."""
GULF = 1000.0
"""How many times a layer's gradient may differ from the output layer's."""
_NAMED = 8

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class LayerHealth:
    """One layer. Norms are Euclidean; `gradient_norm` is over weights and biases, the rest over
    weights.

    `histogram` (BINS,) counts the weights between −reach and reach in bars of one width. `dead` and
    `saturated` are units, from 1. `told` says what is wrong in sentences; empty where all is well.
    """

    name: str
    gradient_norm: float
    weight_norm: float
    histogram: Integers
    reach: float
    dead: tuple[int, ...]
    saturated: tuple[int, ...]
    told: str


def health(
    sizes: Sequence[int],
    activations: Sequence[str],
    parameters: Floats,
    gradient: Floats,
    sums: Sequence[Floats],
) -> tuple[LayerHealth, ...]:
    """Every layer, the output layer last.

    `parameters`, finite, and `gradient` are (parameters,) in the order of `parameter_layout.py`;
    `activations` are the hidden layers' names in `engine.ops.ACTIVATIONS`, `sums` their units
    before it, (units, samples). Of the output layer, whose slope belongs to the loss, no unit is
    called dead or saturated.
    """
    slopes = parameter_layout.split_layers(sizes, gradient)
    output = _typical(slopes[-1])
    layers = list(zip(parameter_layout.split_layers(sizes, parameters), slopes, strict=True))
    hidden = [
        _layer(f"layer {i}", *layer, output, activation, of_units)
        for i, (layer, activation, of_units) in enumerate(
            zip(layers[:-1], activations, sums, strict=True), 1
        )
    ]
    return (*hidden, _layer("output", *layers[-1], output))


def _layer(
    name: str,
    parameters: Floats,
    gradient: Floats,
    output: float,
    activation: str = "linear",
    sums: Floats = np.empty((0, 0)),
) -> LayerHealth:
    dead = dead_units(activation, sums)
    saturated = saturated_units(activation, sums) & ~dead
    told = (
        *_of_dead(name, _numbers(dead), _outputs(activation, sums[dead])),
        *_of_saturated(name, _numbers(saturated)),
        *_of_gradients(name, _typical(gradient), output),
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
        " ".join(told),
    )


def dead_units(activation: str, sums: Floats) -> Flags:
    """Of units with these sums (units, samples) those whose derivative is 0 at every sample.

    No gradient reaches their weights, so gradient descent cannot bring them back (Lu et al. 2019,
    Dying ReLU and initialization). (units,), all False without samples.
    """
    if not sums.shape[1]:
        return np.zeros(len(sums), dtype=np.bool_)
    flags: Flags = (_derivative(activation, sums) == 0.0).all(axis=1)
    return flags


def saturated_units(activation: str, sums: Floats) -> Flags:
    """Of units with these sums (units, samples) those on a flat part of a bounded activation.

    Their derivative is below FLAT of its largest at NEARLY_ALL of the samples or more; the effect
    is that of Glorot and Bengio 2010, who saw tanh and sigmoid layers stop so. (units,), all False
    where the activation's range has no bounds.
    """
    largest, bounded = _extent(activation)
    if not bounded or not sums.shape[1]:
        return np.zeros(len(sums), dtype=np.bool_)
    flat = np.abs(_derivative(activation, sums)) < FLAT * largest
    flags: Flags = flat.mean(axis=1) >= NEARLY_ALL
    return flags


@lru_cache
def _extent(activation: str) -> tuple[float, bool]:
    """The largest |derivative| of an activation, sampled, and whether its range has bounds: far
    out it is no larger than near 0.
    """
    near, far = np.linspace(-20.0, 20.0, 4001), np.array([-1e6, 1e6])
    reached = [np.abs(_outputs(activation, at)).max() for at in (near, far)]
    return float(np.abs(_derivative(activation, near)).max()), bool(reached[1] <= 2 * reached[0])


def _outputs(activation: str, sums: Floats) -> Floats:
    operation = ACTIVATIONS[activation]
    with np.errstate(all="ignore"):
        return sums if operation is None else np.asarray(operation.forward(sums))


def _derivative(activation: str, sums: Floats) -> Floats:
    operation = ACTIVATIONS[activation]
    if operation is None:
        return np.ones_like(sums)
    with np.errstate(all="ignore"):
        slope = operation.local_derivatives[0](sums, operation.forward(sums))
    return np.broadcast_to(slope, sums.shape)


def _norm(numbers: Floats) -> float:
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(numbers))


def _typical(gradient: Floats) -> float:
    """The root mean square over a layer's parameters, so that layers of any size compare."""
    return _norm(gradient) / float(np.sqrt(gradient.size))


def _numbers(flags: Flags) -> tuple[int, ...]:
    return tuple(int(i) + 1 for i in np.flatnonzero(flags))


def _of_dead(name: str, units: tuple[int, ...], outputs: Floats) -> list[str]:
    if not units:
        return []
    who, their = _units(name, units)
    level = float(outputs.flat[0])
    why = (
        f"{their} output is {format_number(level)} for every sample"
        if (outputs == level).all()
        else f"{their} activation is flat at every sample"
    )
    return [f"{who} dead: {why}, so no gradient reaches {their} weights."]


def _of_saturated(name: str, units: tuple[int, ...]) -> list[str]:
    if not units:
        return []
    who, their = _units(name, units)
    return [
        f"{who} saturated: for at least {100 * NEARLY_ALL:.0f} % of the samples {their} slope is "
        f"below {100 * FLAT:.0f} % of the steepest, so {their} weights hardly move."
    ]


def _of_gradients(name: str, typical: float, output: float) -> list[str]:
    """Vanishing and exploding gradients (Bengio, Simard and Frasconi 1994; Pascanu, Mikolov and
    Bengio 2013): weight by weight the layer gets less than 1/GULF, or more than GULF times, of what
    the output layer gets, or what is no number.
    """
    if not np.isfinite(typical):
        return [f"Gradients explode: those of {_the(name)} are no longer finite numbers."]
    if not 0.0 < output < np.inf:
        return []
    if typical == 0.0:
        return [f"Gradients vanish: {name} gets none."]
    if typical * GULF < output:
        return [
            f"Gradients vanish: {name} gets 1/{_times(output / typical)} of the output layer's."
        ]
    if typical > GULF * output:
        times = _times(typical / output)
        return [f"Gradients explode: {name} gets {times} times the output layer's."]
    return []


def _times(ratio: float) -> str:
    """To two digits: 2,300, or 4.1·10⁷."""
    return f"{float(f'{ratio:.2g}'):,.0f}" if ratio < 1e6 else format_number(ratio, 2)


def _the(name: str) -> str:
    return "the output layer" if name == "output" else name


def _units(name: str, units: tuple[int, ...]) -> tuple[str, str]:
    """`Units 2 and 5 of layer 1 are` and `their`."""
    if len(units) == 1:
        return f"Unit {units[0]} of {name} is", "its"
    texts = [str(unit) for unit in units[:_NAMED]]
    texts += [f"{len(units) - _NAMED} more"] if len(units) > _NAMED else []
    return f"Units {', '.join(texts[:-1])} and {texts[-1]} of {name} are", "their"
