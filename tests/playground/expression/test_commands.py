"""The commands of the expression lab, as pure functions of its state."""

from __future__ import annotations

import re

import pytest

from engine.script.parser import parse
from playground.expression.changes import parse_number
from playground.expression.commands import apply
from playground.expression.predictions import is_right, pose
from playground.expression.scene import scene
from playground.expression.state import Lab
from playground.expression.text_commands import RefusedNumberError
from playground.labs.leaf_study import leaf_study

LECTURE = Lab(code="a = 2\nb = -3\nc = 10\nf = -2\ne = a * b\nd = e + c\nL = d * f\n")


def after(lab: Lab, *commands: str, **fields: str) -> Lab:
    """The lab after several commands with the same form."""
    for command in commands:
        lab = apply(lab, command, fields)
    return lab


def test_the_walk_goes_forward_back_and_to_both_ends() -> None:
    first = after(LECTURE, "first")
    assert first.step == 0
    assert after(first, "forward", "forward").step == 2
    assert after(first, "forward", "back").step == 0
    assert after(first, "last").step is None
    assert after(first, "seek", step="3").step == 3
    assert after(first, "seek", step="x").step == 0


def test_the_walk_plays_until_its_end_and_starts_again() -> None:
    lab = after(LECTURE, "play")
    assert (lab.step, lab.playing) == (0, True)
    last = len(scene(lab).walk.steps)
    for step in range(last):
        assert after(lab, "tick", **{"from": "77"}) == lab
        lab = apply(lab, "tick", {"from": str(step)})
    assert (lab.step, lab.playing) == (None, False)
    assert not after(after(lab, "play"), "pause").playing
    assert after(LECTURE, "call", calls="2").calls == 2


def test_a_prediction_is_counted_and_an_answer_can_be_shown() -> None:
    lab = after(after(LECTURE, "predict"), "forward")
    step = scene(lab).question_step
    assert step is not None
    assert "L" not in {node.label for node in scene(lab).grads}
    right = after(lab, "answer", answer=str(step.after))
    assert (right.right, right.attempts) == (1, 1)
    assert scene(right).question_step is None
    assert after(right, "answer", answer="3") == right
    wrong = after(lab, "answer", answer="77")
    assert (wrong.right, wrong.attempts) == (0, 1)
    assert after(lab, "reveal").attempts == 0
    assert not after(lab, "predict").predict
    assert is_right(2.01, 2.0)
    assert not is_right(2.1, 2.0)


def test_a_class_is_asked_what_the_solution_shows() -> None:
    lab = after(LECTURE, "last", leaf="a").with_(leaf="a")
    hidden, solved = pose(lab)
    assert hidden.leaf == ""
    assert scene(hidden).question_step is not None
    assert scene(solved).question_step is None
    again, solved_again = pose(hidden)
    assert scene(again).question_step is not None
    assert scene(solved_again).question_step is None


def test_a_node_is_taken_apart_folded_and_found() -> None:
    neuron = Lab(code="x = 1\nw = 2\nn = x * w\no = tanh(n)\n")
    opened = after(neuron, "open", node="o")
    assert len(scene(opened).nodes) > len(scene(neuron).nodes)
    assert "Taken apart" in scene(opened).graph.expansion_note
    assert after(opened, "close", node="o").opened == ()
    folded = after(LECTURE, "fold_all")
    assert after(folded, "unfold", node="e").folded == ("*", "e")
    assert after(after(LECTURE, "fold", node="e"), "unfold_all").folded == ()
    assert after(LECTURE, "strip").bare
    assert after(LECTURE, "find", node="e").node == "e"
    assert after(LECTURE, "find", node=" ").node == ""
    with pytest.raises(ValueError, match=r"no node called ee\. Did you mean e\?"):
        after(LECTURE, "find", node="ee")


def test_a_number_is_typed_and_marked_as_an_input() -> None:
    touched = after(LECTURE, "touch", leaf="a", **{"number-a": "\N{MINUS SIGN}1,5"})
    assert touched.code.startswith("a = -1.5\n")
    assert after(LECTURE, "touch", leaf="a", **{"number-a": "2"}) == LECTURE
    assert after(LECTURE, "mark", leaf="a").inputs == ("a",)
    assert after(LECTURE, "mark", "mark", leaf="a").inputs == ()
    with pytest.raises(ValueError, match="z is not a named number in this expression"):
        after(LECTURE, "touch", leaf="z", **{"number-z": "1"})
    with pytest.raises(ValueError, match="The answer must be finite"):
        parse_number("inf", "The answer")
    with pytest.raises(ValueError, match="The answer: Write a number"):
        parse_number("x2", "The answer")


@pytest.mark.parametrize("typed", ["1e6", "1E-3", "-2.50", ".5", "5."])
def test_a_number_stays_in_the_text_as_it_was_typed(typed: str) -> None:
    lab = after(LECTURE, "touch", leaf="b", **{"number-b": typed})
    assert f"b = {typed}\n" in lab.code
    current = scene(lab)
    assert current.literal(current.expression.names["b"]) == typed


@pytest.mark.parametrize(("typed", "literal"), [("−4,5", "-4.5"), ("2/4", "0.5"), ("007", "7")])
def test_a_number_that_the_language_writes_differently_is_translated(
    typed: str, literal: str
) -> None:
    assert f"b = {literal}\n" in after(LECTURE, "touch", leaf="b", **{"number-b": typed}).code


def test_a_refused_number_is_named_with_the_reason_and_the_number_that_stays() -> None:
    lab = Lab(code="x = 0.5\ny = 1/x + log(x)\n")
    with pytest.raises(RefusedNumberError) as refusal:
        after(lab, "touch", leaf="x", **{"number-x": "-10"})
    message = str(refusal.value)
    assert message.startswith("x cannot be −10: ")
    assert "above 0" in message
    assert message.endswith("x stays at 0.5.")


def test_numbers_after_gradient_steps_are_those_that_the_text_shows() -> None:
    lab = after(Lab(code="w = 1.0336\ny = (w - 3)**2"), "descend", rate="0.05", count="10")
    current = scene(lab)
    reread = parse(current.graph.text)
    assert reread.names["w"].data == current.expression.names["w"].data
    assert all(len(text) <= 14 for text in re.findall(r"[\d.]+", current.graph.text))
    ended = scene(after(Lab(code="w = 0.3\ny = w * 3"), "descend", rate="0.1"))
    assert ended.graph.text.startswith("w = 0\n")  # not 5.55e-17


def test_a_rate_beyond_its_limit_is_refused_with_the_limit() -> None:
    with pytest.raises(
        ValueError, match=r"Rate cannot be 1e300\. The nearest possible value is 1,000"
    ):
        after(LECTURE, "choose", rate="1e300")
    with pytest.raises(ValueError, match=r"Rate cannot be 0\.$"):
        after(LECTURE, "choose", rate="0")


def test_gradient_steps_are_taken_back_or_kept() -> None:
    lab = after(LECTURE, "descend", "descend", rate="0.1", count="2")
    assert lab.moves == ("0.1*4",)
    assert after(lab, "descend", way="up").moves == ("0.1*4", "-0.1*1")
    assert after(lab, "restart").moves == ()
    settled = after(lab, "settle")
    assert settled.moves == ()
    assert settled.code == scene(lab).graph.text
    assert after(lab, "forget").forgotten
    with pytest.raises(ValueError, match="There is no format x"):
        after(lab, "choose", format="x")
    with pytest.raises(ValueError, match="Rate cannot be 0"):
        after(lab, "choose", rate="0")
    assert after(lab, "choose", leaf="a", second="a").second == ""


def test_a_leaf_is_explored_alone_or_with_another() -> None:
    assert leaf_study(scene(LECTURE)) is None
    alone = leaf_study(scene(LECTURE.with_(leaf="a")))
    assert alone is not None
    assert alone["sentence"].startswith("If a changes by h = 0.001, L changes by 0.006. ΔL/h = 6")
    assert {"function", "nudges"} <= alone.keys()
    pair = leaf_study(scene(LECTURE.with_(leaf="a", second="b")))
    assert pair is not None
    assert [trace["name"] for trace in pair["map"]["data"]] == ["output", "path", "here"]
    hidden = leaf_study(scene(LECTURE.with_(leaf="a", predict=True, step=4)))
    assert hidden is not None
    assert hidden.keys() == {"sentence", "function"}
