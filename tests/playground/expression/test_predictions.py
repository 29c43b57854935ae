"""Predict first: a question waits, a wrong answer may be corrected, and First begins again."""

from __future__ import annotations

from playground.expression.commands import apply
from playground.expression.scene import scene
from playground.expression.slips import help_with
from playground.expression.state import Lab
from playground.messages import expression as messages
from playground.messages import slips

LAB = Lab(code="a = 2\nb = -3\nc = a * b\n")


def predicting(**form: str) -> Lab:
    """Return the lab at the question for b's gradient or a's, after those before it."""
    lab = apply(LAB, "predict", {})
    lab = apply(apply(lab, "forward", {}), "answer", {"answer": "1"})
    return apply(lab, "forward", {})


def test_a_wrong_prediction_leaves_the_question_open_and_is_named() -> None:
    lab = predicting()
    step = scene(lab).question_step
    assert step is not None
    assert help_with(step, lab) == ""
    wrong = apply(lab, "answer", {"answer": "3"})
    assert scene(wrong).question_step == step
    assert help_with(step, wrong) == f"✗ Not 3. {slips.SIGN}"
    again = apply(wrong, "answer", {"answer": "77"})
    assert help_with(step, again) == f"✗ Not 77. {messages.HINT}"
    right = apply(again, "answer", {"answer": str(step.after)})
    assert scene(right).question_step is None
    assert (right.right, right.attempts, right.tries, right.tried) == (2, 4, 0, "")


def test_play_waits_at_a_question_and_goes_on_after_it() -> None:
    lab = apply(predicting(), "play", {})
    assert lab.playing
    assert apply(lab, "tick", {"from": str(scene(lab).step_index)}) == lab
    lab = apply(lab, "reveal", {})
    assert lab.playing
    assert apply(lab, "tick", {"from": str(scene(lab).step_index)}) != lab


def test_first_begins_the_predictions_again() -> None:
    lab = predicting()
    for _ in range(3):
        lab = apply(lab, "answer", {"answer": "77"})
    lab = apply(apply(lab, "reveal", {}), "first", {})
    assert (lab.step, lab.right, lab.attempts, lab.answers, lab.tries) == (0, 0, 0, (), 0)
    total = 0
    while lab.step is not None or scene(lab).question_step:
        step = scene(lab).question_step
        if step:
            lab, total = apply(lab, "answer", {"answer": repr(step.after)}), total + 1
        else:
            lab = apply(lab, "forward", {})
    assert lab.right == total == 3


def test_a_wrong_prediction_is_forgotten_where_the_walk_goes_on() -> None:
    wrong = apply(predicting(), "answer", {"answer": "77"})
    on = apply(wrong, "back", {})
    assert (on.tried, on.tries) == ("", 0)


def test_a_skipped_gradient_is_predicted_from_the_table() -> None:
    """The button ? in the table Nodes goes to the step of the gradient."""
    lab = apply(predicting(), "last", {})
    current = scene(lab)
    node = current.find("a")
    assert node is not None
    step = current.walk.last_step_to(node, current.step_index)
    question = scene(apply(lab, "seek", {"step": str(step)})).question_step
    assert question is not None
    assert question.receiver is node
