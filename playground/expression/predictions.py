"""Predictions: gradients are hidden until a person, or a class, has said what they are."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, isnan

from engine.script.numbers import read_answer
from playground.expression.changes import reset_walk
from playground.expression.scene import scene
from playground.expression.state import Lab

Form = Mapping[str, str]
MAX_VISIBLE = 200
"""Maximum number of earlier gradients that stay visible while a class predicts one."""
TOLERANCE = 0.01
"""Largest relative difference of a right prediction."""


def predict(lab: Lab, form: Form) -> Lab:
    """Hide the gradients and start the backward pass, or show all gradients again."""
    if lab.predict:
        return lab.with_(predict=False, answers=(), tried="", tries=0)
    lab = lab.with_(ordering=False, order=())
    return reset_walk(lab, predict=True, right=0, attempts=0, step=scene(lab).walk.forward)


def answer(lab: Lab, form: Form) -> Lab:
    """Predict the gradient in question. A wrong prediction leaves the question open, for another
    try. Raises ValueError if the answer is not a number.
    """
    current = scene(lab)
    step = current.question_step
    if step is None:
        return lab
    value = read_answer(form.get("answer", ""), lambda value: is_right(value, step.after))
    lab = lab.with_(attempts=lab.attempts + 1)
    if not is_right(value, step.after):
        return lab.with_(tried=repr(value), tries=lab.tries + 1)
    answers = (*lab.answers, f"{current.step_index}~{value!r}")
    return lab.with_(answers=answers, right=lab.right + 1, tried="", tries=0)


def reveal(lab: Lab, form: Form) -> Lab:
    """Show the gradient in question. This does not count as a prediction."""
    entry = f"{scene(lab).step_index}~"
    return lab.with_(answers=(*lab.answers, entry), tried="", tries=0)


def pose(lab: Lab) -> tuple[Lab, Lab]:
    """Return the lab in which a class predicts the gradient of this step, and the lab that shows
    it.

    Earlier gradients stay visible. No leaf is explored, because a nudge would show the gradient.
    """
    current = scene(lab)
    here = f"{current.step_index}~"
    steps = {current.walk.last_step_to(node, current.step_index) for node in current.grads}
    visible = {f"{step}~" for step in steps if step is not None}
    answers = [entry for entry in lab.answers if not entry.startswith(here)]
    if not lab.predict:
        answers = sorted(visible - {here}) if len(visible) <= MAX_VISIBLE else []
    hidden = lab.with_(
        predict=True,
        answers=tuple(answers),
        tried="",
        tries=0,
        leaf="",
        second="",
        playing=False,
    )
    if not lab.predict:
        return hidden, lab.with_(playing=False)
    return hidden, hidden.with_(answers=(*answers, here))


def is_right(value: float, gradient: float, tolerance: float = TOLERANCE) -> bool:
    """Return whether a typed value equals a gradient, within a tolerance relative to it. ∞ equals
    ∞, and not a number equals not a number.
    """
    if not (isfinite(value) and isfinite(gradient)):
        return value == gradient or (isnan(value) and isnan(gradient))
    return abs(value - gradient) <= tolerance * abs(gradient) + 1e-12
