"""Checks of what a learner did: pure functions of an attempt that return what is still missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from engine.script.numbers import NumberError, read_answer, read_numbers
from engine.training.run import Run
from playground.expression.scene import Scene, scene
from playground.expression.state import Lab


@dataclass(frozen=True)
class Attempt:
    """What a learner did: the typed answer, and the lab or the run of the page."""

    answer: str = ""
    lab: Lab | None = None
    run: Run | None = None

    @cached_property
    def scene(self) -> Scene | None:
        """What the expression lab shows, if its text has no error."""
        try:
            return scene(self.lab) if self.lab else None
        except (ValueError, ArithmeticError):
            return None


Check = Callable[[Attempt], str]
"""Returns what is still to be done, in a sentence; empty if nothing is."""


def check_numbers(*targets: float, tolerance: float = 0.01, hint: str) -> Check:
    """Return a check for these numbers. The tolerance is relative to each target, or to 0.1 if the
    target is smaller.
    """

    def is_right(number: float, target: float) -> bool:
        return abs(number - target) <= tolerance * max(abs(target), 0.1)

    def check(attempt: Attempt) -> str:
        try:
            if len(targets) == 1:
                numbers = [read_answer(attempt.answer, lambda number: is_right(number, targets[0]))]
            else:
                numbers = read_numbers(attempt.answer, len(targets))
        except NumberError as error:
            return f"{error} {hint}"
        return "" if all(map(is_right, numbers, targets)) else hint

    return check


def check_lab(is_done: Callable[[Scene], bool], hint: str) -> Check:
    """Return a check for what the expression lab shows."""
    return lambda attempt: "" if attempt.scene and is_done(attempt.scene) else hint


def check_run(is_done: Callable[[Run], bool], hint: str) -> Check:
    """Return a check for the run on the page."""
    return lambda attempt: "" if attempt.run and is_done(attempt.run) else hint


def check_choice(correct: str, hint: str) -> Check:
    """Return a check for the correct choice."""
    return lambda attempt: "" if attempt.answer == correct else hint


def check_all(*checks: Check) -> Check:
    """Return a check that returns the hint of the first check that fails."""

    def check(attempt: Attempt) -> str:
        hints = (single(attempt) for single in checks)
        return next((hint for hint in hints if hint), "")

    return check


def check_first_loss(not_started: str, hint: str) -> Check:
    """Return a check for the training loss at step 0, after at least one step."""

    def check(attempt: Attempt) -> str:
        if attempt.run is None or attempt.run.step < 1:
            return not_started
        loss = float(attempt.run.curve.train[0])
        return check_numbers(loss, tolerance=0.02, hint=hint)(attempt)

    return check


def check_output(tolerance: float, hint: str) -> Check:
    """Return a check for the present output of the expression lab."""

    def check(attempt: Attempt) -> str:
        output = attempt.scene.nodes[-1].data if attempt.scene else 0.0
        return check_numbers(output, tolerance=tolerance, hint=hint)(attempt)

    return check


def check_first_rise(min_steps: int, not_started: str, no_rise: str, hint: str) -> Check:
    """Return a check for the first gradient step that raises the output, with the gradients not set
    to zero.
    """

    def check(attempt: Attempt) -> str:
        scene = attempt.scene
        if scene is None or not scene.lab.forgotten or scene.graph.trail.steps < min_steps:
            return not_started
        outputs = scene.graph.trail.outputs
        rises = (i for i in range(1, len(outputs)) if outputs[i] > outputs[i - 1])
        step = next(rises, 0)
        return check_numbers(step, hint=hint)(attempt) if step else no_rise

    return check
