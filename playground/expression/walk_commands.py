"""Commands that move along the walk, or change how often backward() is called."""

from __future__ import annotations

from collections.abc import Mapping

from playground.expression.changes import reset_walk, with_choices
from playground.expression.scene import scene
from playground.expression.state import Lab

Form = Mapping[str, str]


def first(lab: Lab, form: Form) -> Lab:
    """Go to the start, before the first step. Predictions begin again there, too."""
    if lab.predict:
        lab = lab.with_(answers=(), right=0, attempts=0)
    return _at_step(lab, 0)


def last(lab: Lab, form: Form) -> Lab:
    """Go to the last step."""
    return _at_step(lab, len(scene(lab).walk.steps))


def forward(lab: Lab, form: Form) -> Lab:
    """Go to the next step that can be seen outside of folded statements."""
    current = scene(lab)
    end = len(current.walk.steps)
    steps = range(current.step_index + 1, end)
    return _at_step(lab, next((step for step in steps if current.is_visible(step)), end))


def back(lab: Lab, form: Form) -> Lab:
    """Go to the previous step that can be seen outside of folded statements."""
    current = scene(lab)
    steps = range(current.step_index - 1, 0, -1)
    return _at_step(lab, next((step for step in steps if current.is_visible(step)), 0))


def seek(lab: Lab, form: Form) -> Lab:
    """Go to the step of this number."""
    text = form.get("step", "")
    is_number = text.isascii() and text.isdecimal() and len(text) < 9
    return _at_step(lab, int(text) if is_number else 0)


def play(lab: Lab, form: Form) -> Lab:
    """Let the walk go on by itself. From its end it starts again."""
    current = scene(lab)
    end = len(current.walk.steps)
    return lab.with_(step=0 if current.step_index == end else current.step_index, playing=end > 0)


def tick(lab: Lab, form: Form) -> Lab:
    """Take the next step while the walk plays, unless another command came first. A gradient that
    a person is to predict is waited for.
    """
    current = scene(lab)
    if not lab.playing or current.question_step or form.get("from") != str(current.step_index):
        return lab
    return forward(lab, form)


def pause(lab: Lab, form: Form) -> Lab:
    """Stop the walk at its step."""
    return lab.with_(playing=False)


def call(lab: Lab, form: Form) -> Lab:
    """Call backward() once, twice or three times."""
    return reset_walk(with_choices(lab, {"calls": form.get("calls", "1")}))


def order(lab: Lab, form: Form) -> Lab:
    """Let the person choose which node passes its gradient on next, or leave that to backward().
    Pressed with `again`, the choice begins again.
    """
    is_chosen = not lab.ordering or form.get("again") == "1"
    return reset_walk(lab, ordering=is_chosen, order=(), calls=1, predict=False)


def pass_on(lab: Lab, form: Form) -> Lab:
    """Let a node that has a gradient pass it on to its operands."""
    node = form.get("node", "")
    if not lab.ordering or node not in (waiting.label for waiting in scene(lab).waiting):
        return lab
    return reset_walk(lab, order=(*lab.order, node))


def _at_step(lab: Lab, step: int) -> Lab:
    current = scene(lab)
    end = len(current.walk.steps)
    step = max(0, min(step, end))
    if step != current.step_index:
        lab = lab.with_(tried="", tries=0)
    return lab.with_(step=None if step == end else step, playing=lab.playing and step < end)
