"""The slips that people make with gradients, each with one sentence that names it.

A gradient is the sum of what its uses send back: local derivative · upstream gradient. A slip is
what comes out if one of these is left out or mixed up. Lessons, predictions and rooms name a wrong
number by these sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.explain.walk import Pass, Step, Walk
from engine.notation import format_number
from engine.value import Value
from playground.expression.predictions import TOLERANCE, is_right
from playground.expression.state import Lab
from playground.messages import expression as help_messages
from playground.messages import slips as messages

TRIES = 2
"""Number of wrong predictions of one gradient after which a hint is given."""


@dataclass(frozen=True, slots=True)
class Slip:
    """What somebody types who makes this slip, and the sentence that names it."""

    value: float
    sentence: str


def gradient_slips(walk: Walk, node: Value) -> list[Slip]:
    """Return the slips with the gradient of a node at the end of the walk."""
    if node is walk.nodes[-1]:
        return _output_slips(node, walk.gradients_after(len(walk.steps)).get(node, 1.0))
    steps = [step for step in walk.steps if _sends_to(step, node)]
    return _slips(node, steps, walk.leftover_gradients.get(node, 0.0))


def step_slips(step: Step) -> list[Slip]:
    """Return the slips with the gradient after one backward step."""
    if step.operand is None:
        return _output_slips(step.node, step.after)
    return _slips(step.receiver, [step], step.before)


def name_slip(slips: Sequence[Slip], typed: float) -> str:
    """Return the sentence of the slip that leads to a typed number. Empty if there is none."""
    return next((slip.sentence for slip in slips if is_right(typed, slip.value)), "")


def help_with(step: Step, lab: Lab) -> str:
    """Return what to say after the latest wrong prediction of a step: which slip it is, and after
    some tries a hint. Empty before the first.
    """
    if not lab.tried:
        return ""
    typed = float(lab.tried)
    slip = name_slip(step_slips(step), typed)
    hint = help_messages.OUTPUT_HINT if step.operand is None else help_messages.HINT
    wrong = help_messages.WRONG.format(value=format_number(typed), slip=slip).rstrip()
    return f"{wrong} {hint}" if lab.tries >= TRIES or not slip else wrong


def _output_slips(node: Value, gradient: float) -> list[Slip]:
    return distinct_slips([Slip(node.data, messages.OUTPUT.format(name=node.label))], gradient)


def _sends_to(step: Step, node: Value) -> bool:
    is_backward = step.direction is Pass.BACKWARD and step.operand is not None
    return is_backward and step.receiver is node


def _slips(node: Value, steps: Sequence[Step], before: float) -> list[Slip]:
    """Return the slips with the sum of what these steps send to a node that had `before`."""
    total = before + sum(step.local_derivative * step.upstream for step in steps)
    return distinct_slips(_all_slips(node, steps, before, total), total)


def _all_slips(node: Value, steps: Sequence[Step], before: float, total: float) -> Iterator[Slip]:
    name = node.label
    parts = [step.local_derivative * step.upstream for step in steps]
    if len(parts) > 1 or before:
        for part in parts if len(parts) > 1 else [*parts, before]:
            yield Slip(part, messages.REPLACED.format(name=name))
    yield Slip(-total, messages.SIGN)
    users = " and ".join(dict.fromkeys(step.node.label for step in steps))
    if any(step.upstream != 1 for step in steps):
        local = before + sum(step.local_derivative for step in steps)
        yield Slip(local, messages.NO_UPSTREAM.format(users=users))
    others = [_other_factor(step) for step in steps]
    if any(other is not None for other in others):
        mixed = before + sum(
            (step.local_derivative if other is None else node.data) * step.upstream
            for step, other in zip(steps, others, strict=True)
        )
        yield Slip(mixed, messages.OTHER_FACTOR.format(name=name))
    if any(step.local_derivative != 1 for step in steps):
        upstream = before + sum(step.upstream for step in steps)
        yield Slip(upstream, messages.NO_LOCAL.format(users=users, name=name))
    if any(other is not None for other in others):
        yield Slip(node.data, messages.OTHER_FACTOR.format(name=name))
    yield Slip(node.data, messages.DATA.format(name=name))


def _other_factor(step: Step) -> float | None:
    """Return the other factor, if the local derivative is the other operand of a product."""
    if step.operand is None or len(step.node.operands) != 2:
        return None
    other = step.node.operands[1 - step.operand]
    is_product = step.node.data == step.receiver.data * other.data
    is_factor = is_product and step.local_derivative == other.data != step.receiver.data
    return other.data if is_factor else None


def distinct_slips(slips: Iterable[Slip], right: float, tolerance: float = TOLERANCE) -> list[Slip]:
    """Return the slips whose numbers a person would not take for the right one, nor for another
    slip before it.
    """
    distinct: list[Slip] = []
    for slip in slips:
        before = (right, *(other.value for other in distinct))
        if not any(is_right(slip.value, value, tolerance) for value in before):
            distinct.append(slip)
    return distinct
