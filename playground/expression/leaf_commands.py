"""Commands that explore one leaf or two, and take gradient steps."""

from __future__ import annotations

from collections.abc import Mapping

from engine.explain.gradient_steps import GradientSteps
from engine.export.expression import EXPRESSION_FORMATS
from playground.expression.changes import accept_steps, reset_walk, with_choices
from playground.expression.scene import scene
from playground.expression.state import MAX_STEPS, Lab, parse_move, write_move
from playground.messages import expression as messages

Form = Mapping[str, str]
CHOICES = ("leaf", "second", "h", "rate", "format", "speed")
"""The fields that a person chooses with the command `choose`."""


def choose(lab: Lab, form: Form) -> Lab:
    """Set some of the CHOICES. Raises ValueError for a value that is not offered."""
    chosen = with_choices(lab, {name: form[name] for name in CHOICES if name in form})
    if chosen.format and chosen.format not in EXPRESSION_FORMATS:
        raise ValueError(messages.NO_FORMAT.format(name=chosen.format[:40]))
    return chosen.with_(second="") if chosen.second == chosen.leaf else chosen


def descend(lab: Lab, form: Form) -> Lab:
    """Take `count` gradient steps on the parameters: down, or up if `way` says so.

    Raises ValueError if they lead to numbers that are not finite.
    """
    lab = with_choices(lab, {"rate": form.get("rate", str(lab.rate))})
    if not scene(lab).graph.trail.leaves:
        raise ValueError(messages.NO_PARAMETER)
    typed = form.get("count", "1")
    number = min(MAX_STEPS, int(typed)) if typed.isdecimal() else 1
    rate = -lab.rate if form.get("way") == "up" else lab.rate
    steps = GradientSteps(rate, max(1, number), lab.forgotten)
    stepped = reset_walk(lab, moves=_added(lab.moves, steps))
    scene(stepped)
    return stepped


def forget(lab: Lab, form: Form) -> Lab:
    """Forget zero_grad() from now on, or call it again."""
    return reset_walk(lab, forgotten=not lab.forgotten)


def restart(lab: Lab, form: Form) -> Lab:
    """Return to the numbers before the gradient steps."""
    return reset_walk(lab, moves=())


def settle(lab: Lab, form: Form) -> Lab:
    """Keep the numbers after the gradient steps, and start a new history there."""
    return reset_walk(accept_steps(lab))


def _added(moves: tuple[str, ...], steps: GradientSteps) -> tuple[str, ...]:
    """Return the moves with these steps at the end. Steps of the same kind become one move."""
    if moves:
        last = parse_move(moves[-1])
        if (last.rate, last.keeps_gradients) == (steps.rate, steps.keeps_gradients):
            steps = GradientSteps(steps.rate, last.count + steps.count, steps.keeps_gradients)
            moves = moves[:-1]
    return (*moves, write_move(steps))
