"""What people read about the layers of a network, and about a network that is too large to open."""

from __future__ import annotations

from collections.abc import Sequence

from engine.notation import format_number

MAX_NAMES = 8
"""Maximum number of neurons that a sentence names."""

OUTPUT_LAYER = "output"
"""The name of the output layer."""

TOO_LARGE_TO_OPEN = (
    "This network has {parameters:,} parameters. Its graph can be shown for at most {limit:,}."
)


def dead_neurons(layer: str, neurons: Sequence[int], output: float | None) -> str:
    """Say that these neurons are dead; `output` is what all give for every sample, if they do."""
    subject, their = _subject(layer, neurons)
    reason = (
        f"the derivative of {their} activation is 0 for every sample"
        if output is None
        else f"{their} output is {format_number(output)} for every sample"
    )
    return f"{subject} dead: {reason}, so no gradient reaches {their} weights."


def saturated_neurons(layer: str, neurons: Sequence[int], flat: float, share: float) -> str:
    """Say that these neurons are saturated, by the two shares that decide it."""
    subject, their = _subject(layer, neurons)
    return (
        f"{subject} saturated: for at least {share:.0%} of the samples the "
        f"derivative of {their} activation is below {flat:.0%} of its maximum, so {their} "
        "weights hardly change."
    )


def infinite_gradients(layer: str) -> str:
    """Say that a layer's gradients are no longer finite."""
    name = "the output layer" if layer == OUTPUT_LAYER else layer
    return f"Gradients explode: those of {name} are no longer finite numbers."


def no_gradients(layer: str) -> str:
    """Say that a layer's gradients are all 0."""
    name = "the output layer" if layer == OUTPUT_LAYER else layer
    return f"Gradients vanish: those of {name} are 0."


def small_gradients(layer: str, ratio: float) -> str:
    """Say that a layer's gradients are `ratio` times smaller than the output layer's."""
    return f"Gradients vanish: those of {layer} are 1/{_times(ratio)} of the output layer's."


def large_gradients(layer: str, ratio: float) -> str:
    """Say that a layer's gradients are `ratio` times larger than the output layer's."""
    return f"Gradients explode: those of {layer} are {_times(ratio)} times the output layer's."


def _times(ratio: float) -> str:
    """Return a ratio with two digits: 2,300, or 4.1·10⁷."""
    return format_number(ratio, 2)


def _subject(layer: str, neurons: Sequence[int]) -> tuple[str, str]:
    """Return the start of a sentence, `Neurons 2 and 5 of layer 1 are`, and `their` or `its`."""
    if len(neurons) == 1:
        return f"Neuron {neurons[0]} of {layer} is", "its"
    names = [str(neuron) for neuron in neurons[:MAX_NAMES]]
    names += [f"{len(neurons) - MAX_NAMES} more"] if len(neurons) > MAX_NAMES else []
    return f"Neurons {', '.join(names[:-1])} and {names[-1]} of {layer} are", "their"
