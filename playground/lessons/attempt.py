"""What a learner did, and the numbers that can be read from it.

A lesson file names a number by a short expression: `a.grad`, `L`, `parameters + 1`. Names are what
the learner's own lab or run has, so the answer is true of what stands on their screen.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.explain.finite_differences import nudge_leaf
from engine.inspection.frames import frame
from engine.script.parser import parse
from engine.training.run import Run, begin, compute_losses
from engine.training.settings import Settings
from engine.value import Value
from playground.expression.scene import Scene, scene
from playground.expression.state import Lab

NAME = re.compile(r"(?<![\w.])[^\W\d]\w*(?:\.grad)?")
GRADIENT = ".grad"


@dataclass(frozen=True)
class Attempt:
    """What a learner did: the typed answer, and the lab, or the settings and the run, of the page.

    The page of a network has settings before it has a run.
    """

    answer: str = ""
    lab: Lab | None = None
    settings: Settings | None = None
    run: Run | None = None

    @cached_property
    def scene(self) -> Scene | None:
        """What the expression lab shows, if its text has no error."""
        try:
            return scene(self.lab) if self.lab else None
        except (ValueError, ArithmeticError):
            return None

    @cached_property
    def gradients(self) -> Scene | None:
        """The same with the walk as backward() goes, in which gradients are looked up."""
        if self.scene is None or not self.scene.lab.ordering:
            return self.scene
        return scene(self.scene.lab.with_(ordering=False, order=()))

    @cached_property
    def present_run(self) -> Run | None:
        """The run of the page, or the one that its settings would begin."""
        if self.run is None and self.settings is not None:
            return begin(self.settings)
        return self.run


def measure(text: str, attempt: Attempt) -> float:
    """Return the number that an expression of a lesson file has in an attempt.

    Raises LookupError for a name that the lab or the run does not have, and ExpressionError (a
    ValueError) for what is no expression.
    """
    numbers: dict[str, Value] = {}

    def replace_name(match: re.Match[str]) -> str:
        if text[match.end() :].lstrip().startswith("("):
            return match[0]  # a function
        name = f"number{len(numbers)}"
        numbers[name] = Value(read_quantity(match[0], attempt), name)
        return name

    return parse(NAME.sub(replace_name, text), numbers).output.data


def read_quantity(name: str, attempt: Attempt) -> float:
    """Return the number of this name. Raises LookupError if the attempt has none."""
    if name in EXPRESSION_QUANTITIES and attempt.scene:
        return EXPRESSION_QUANTITIES[name](attempt.scene)
    if name in RUN_QUANTITIES and attempt.present_run:
        return RUN_QUANTITIES[name](attempt.present_run)
    scene = attempt.gradients
    node = scene.find(name.removesuffix(GRADIENT)) if scene else None
    if scene is None or node is None:
        raise LookupError(name)
    if not name.endswith(GRADIENT):
        return node.data
    gradients = scene.walk.gradients_after(len(scene.walk.steps))
    if node not in gradients:
        raise LookupError(name)
    return gradients[node]


def _quotient(scene: Scene) -> float:
    leaf = next((leaf for leaf in scene.leaves if leaf.label == scene.lab.leaf), None)
    if leaf is None:
        raise LookupError("quotient")
    return nudge_leaf(scene.nodes, leaf, 10.0**scene.lab.h).quotient


def _first_rise(scene: Scene) -> float:
    outputs = scene.graph.trail.outputs
    rises = (i for i in range(1, len(outputs)) if outputs[i] > outputs[i - 1])
    step = next(rises, None)
    if step is None:
        raise LookupError("first_rise")
    return float(step)


def _best_test_step(run: Run) -> float:
    if np.isnan(run.curve.test).all():
        raise LookupError("best_test_step")
    return float(run.curve.steps[np.nanargmin(run.curve.test)])


EXPRESSION_QUANTITIES: dict[str, Callable[[Scene], float]] = {
    "quotient": _quotient,
    "first_rise": _first_rise,
    "start": lambda scene: scene.graph.trail.outputs[0],
}
"""Numbers of the expression lab, besides `a` (the data of a) and `a.grad`."""

RUN_QUANTITIES: dict[str, Callable[[Run], float]] = {
    "step": lambda run: float(run.step),
    "parameters": lambda run: float(len(run.parameters)),
    "first_loss": lambda run: float(run.curve.train[0]),
    "loss": lambda run: compute_losses(run)[0],
    "test_loss": lambda run: compute_losses(run)[1],
    "best_test_loss": lambda run: float(np.nanmin(run.curve.test)),
    "best_test_step": _best_test_step,
    "accuracy": lambda run: frame(run).accuracy[0],
    "test_accuracy": lambda run: frame(run).accuracy[1],
}
"""Numbers of a run."""
