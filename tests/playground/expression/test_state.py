"""The lab's state, its commands, and what they keep."""

from __future__ import annotations

import re
from itertools import pairwise
from math import inf

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from engine.script.errors import ExpressionError
from playground.expression.commands import apply
from playground.expression.scene import scene, scene_despite
from playground.expression.state import Lab, fields
from playground.expression.stories import NEURON, PRESETS

NAMES = st.lists(st.from_regex(r"[a-z]\d?", fullmatch=True), max_size=3, unique=True).map(tuple)
LABS = st.builds(
    Lab,
    code=st.text(st.characters(exclude_categories=("Cs",)), max_size=60),
    step=st.none() | st.integers(0, 99),
    inputs=NAMES,
    calls=st.integers(1, 3),
    folded=NAMES,
    bare=st.booleans(),
    rate=st.floats(1e-6, 1000),
    moves=st.lists(st.sampled_from(["0.1*3", "-0.05*1", "1e-07*9f"]), max_size=3).map(tuple),
    predict=st.booleans(),
    speed=st.sampled_from(["slow", "fast"]),
)


@given(LABS)
def test_the_address_gives_the_same_lab_again(lab: Lab) -> None:
    assert Lab.parse(fields(lab.query())) == (lab, "")


def test_what_an_address_cannot_mean_is_named_and_left_out() -> None:
    lab, wrong = Lab.parse({"code": "a = 1", "h": "5", "moves": "fast", "step": "3"})
    assert (lab.code, lab.h, lab.moves, lab.step) == ("a = 1", 0, (), 3)
    assert wrong == (
        "The link says h = 5, which is not possible. You see the nearest value: 0. "
        "Ignored unknown values in the link: moves=fast."
    )


def test_a_number_touched_after_gradient_steps_begins_from_where_they_led() -> None:
    lab = apply(Lab(code="w = 2\ny = w * w", rate=0.25), "descend", {"count": "1"})
    assert lab.moves == ("0.25*1",)
    assert scene(lab).graph.text == "w = 1\ny = w * w"
    touched = apply(lab, "touch", {"leaf": "w", "number-w": "5"})
    assert (touched.code, touched.moves) == ("w = 5\ny = w * w", ())
    settled = apply(lab, "settle", {})
    assert (settled.code, settled.moves) == ("w = 1\ny = w * w", ())
    assert apply(lab, "restart", {}).code == "w = 2\ny = w * w"


def test_steps_of_one_rate_are_one_move_and_up_is_another() -> None:
    lab = Lab(code="w = 2\ny = w * w", rate=0.1)
    for form in ({"count": "1"}, {"count": "10"}, {"way": "up"}, {"rate": "0.2"}):
        lab = apply(lab, "descend", form)
    assert lab.moves == ("0.1*11", "-0.1*1", "0.2*1")
    assert scene(lab).graph.trail.steps == 13


def test_inputs_do_not_descend() -> None:
    lab = Lab(code="x = 3\nw = 2\ny = w * x", inputs=("x",), rate=1.0)
    assert scene(apply(lab, "descend", {})).graph.text == "x = 3\nw = -1\ny = w * x"
    with pytest.raises(ValueError, match="There is no parameter to move"):
        apply(Lab(code="x = 3\ny = x * 2", inputs=("x",)), "descend", {})


@pytest.mark.parametrize(
    ("before", "command", "after"),
    [((), "fold", ("n",)), (("n",), "unfold", ()), (("*",), "unfold", ("*", "n")),
     (("*", "n"), "fold", ("*",)), (("n",), "fold", ("n",)), (("*", "n"), "unfold", ("*", "n"))],
)  # fmt: skip
def test_folds_are_listed_shortly(
    before: tuple[str, ...], command: str, after: tuple[str, ...]
) -> None:
    lab = Lab(code=NEURON, folded=before)
    assert apply(lab, command, {"node": "n"}).folded == after


def test_a_walk_that_is_written_to_stays_where_it_is_while_the_graph_is_the_same() -> None:
    lab = Lab(code="a = 2\nb = a * a", step=1, story="s")
    same = apply(lab, "write", {"text": "a = 7  # more\nb = a * a"})
    assert (same.step, same.story) == (1, "s")
    other = apply(lab, "write", {"text": "a = 2\nb = a + a"})
    assert (other.step, other.story) == (None, "")


def test_an_infinite_gradient_is_shown_with_its_reason_and_no_step_is_taken() -> None:
    lab = Lab(code="x = 0\ny = 2 * sqrt(x)")
    current = scene(lab)
    assert current.grads[current.leaves[0]] == inf
    assert "At x = 0 the curve of sqrt(x) is vertical" in current.sentence.text
    with pytest.raises(ValueError, match=r"step 1 is not possible: x\.grad is ∞\."):
        apply(lab, "descend", {"count": "1"})


def test_an_operation_that_would_overflow_inside_is_not_opened() -> None:
    lab = Lab(code="n = 400\no = tanh(n)")
    with pytest.raises(ValueError, match=r"exp\(800\) is too large .* overflows to ∞"):
        apply(lab, "open", {"node": "o"})
    infinite = scene(Lab(code="x = 0\nr = sqrt(x)\no = r - x", opened=("o",)))
    assert infinite.graph.expansion_note.endswith("other 3 are the same.")


def test_a_long_sum_on_one_line_is_a_statement_like_any_other() -> None:
    code = "a = 1\ny = " + " + ".join(["a"] * 102)
    current = scene(Lab(code=code, folded=("y",)))
    assert current.nodes[-1].data == 102
    assert current.grads[current.leaves[0]] == 102


def test_what_stands_above_an_error_is_still_a_scene() -> None:
    lab = Lab(code="a = 2\nb = a * a\nc = log(-b)\nd = (c")
    with pytest.raises(ExpressionError) as refused:
        scene(lab)
    remaining = scene_despite(lab, refused.value)
    assert remaining is not None
    assert remaining.nodes[-1].label == "b"
    assert scene_despite(Lab(code="log(0)"), ExpressionError("", 1, 1)) is None


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_stories_show_what_they_say(preset: object) -> None:
    current = scene(preset.lab)  # type: ignore[attr-defined]
    grads = {node.label: grad for node, grad in current.grads.items()}
    outputs = current.graph.trail.outputs
    match preset.key:  # type: ignore[attr-defined]
        case "product":
            assert [grads[name] for name in "abcf"] == [6, -4, -2, 4]
        case "neuron" | "apart":
            assert grads["w2"] == 0
            assert grads["x1"] == pytest.approx(-1.5)
        case "twice":
            assert grads["a"] == 2
        case "forgotten":
            assert min(outputs) < 0.1 < outputs[0] < outputs[-1]
        case "again":
            once = scene(preset.lab.with_(calls=1))  # type: ignore[attr-defined]
            single = {node.label: grad for node, grad in once.grads.items()}
            assert (grads["a"], grads["b"]) == (2 * single["a"], 2 * single["b"])
        case "dead":
            assert grads["w1"] == grads["w2"] == grads["b"] == 0
            alive = apply(preset.lab, "touch", {"leaf": "b", "number-b": "5.5"})  # type: ignore[attr-defined]
            assert any(grad for node, grad in scene(alive).grads.items() if node.label == "b")
        case "vanishing":
            chain = [grads["x"], *(grads[f"s{i}"] for i in range(1, 11))]
            assert all(a < b / 4 + 1e-12 for a, b in pairwise(chain))
            assert chain[0] < 1e-6
        case "exploding":
            assert grads["w"] > 1000
        case "softmax":
            names = {node.label: node.data for node in current.nodes}
            p = [names[f"e{i}"] / names["s"] for i in (1, 2, 3)]
            expected = [p[0] - 1, p[1], p[2]]
            assert [grads[f"z{i}"] for i in (1, 2, 3)] == pytest.approx(expected)
        case "squares":
            assert all(b < a for a, b in pairwise(outputs))


# --- from a network ------------------------------------------------------------------------------


def test_a_large_network_opens_folded_and_by_reference(client: FlaskClient) -> None:
    answer = client.get("/network/graph?hidden=16,16&sample=2")
    assert answer.status_code == 302
    where = answer.headers["Location"]
    assert re.fullmatch(r"/expression\?code=~[0-9a-f]{32}&inputs=x1%2Cx2%2Ct&folded=%2A", where)
    page = client.get(where).get_data(as_text=True)
    assert "too many to edit here" in page
    assert "l2_n16" in page
    state = re.search(r'id="state" value="([^"]+)"', page)
    assert state
    assert len(state[1]) < 200
    form = {"state": state[1].replace("&amp;", "&"), "command": "find", "node": "l1_n1_w1"}
    response = client.post("/expression", data=form)
    assert response.status_code == 200
    assert 'id="slider-l1_n1_w1"' in response.text
    address = response.headers["HX-Replace-Url"]
    assert "node=l1_n1_w1" in address
    assert "folded=%2A%2Cl1_n1" in address
    touched = client.post("/expression", data=form | {
        "command": "touch", "leaf": "l1_n1_w1", "number-l1_n1_w1": "0.5",
    })  # fmt: skip
    assert touched.status_code == 200
    assert touched.headers["HX-Push-Url"].partition("&")[0] != where.partition("&")[0]


def test_what_is_typed_stays_bounded_though_it_is_long(client: FlaskClient) -> None:
    long = "a = 1\n" + "\n".join(f"a{i} = a + {i}" for i in range(600))
    refused = client.post("/expression", data={"text": long, "command": "write"})
    assert refused.status_code == 422
    assert "The limit is 4,000" in refused.text
    assert client.get("/expression", query_string={"code": long, "large": "1"}).status_code == 422


@pytest.mark.parametrize(
    ("query", "message"),
    [("sample=0", "There are 160 training samples. You asked for number 0."),
     ("sample=9999", "There are 160 training samples."), ("sample=²", "number ²"),
     ("hidden=64,64,64", "too large to open"), ("rate=-1", "422")],
)  # fmt: skip
def test_a_graph_that_cannot_be_opened_says_why(
    client: FlaskClient, query: str, message: str
) -> None:
    answer = client.get(f"/network/graph?{query}")
    assert answer.status_code == 422
    assert message in answer.text or message == "422"


def test_a_walk_goes_over_the_graph_that_is_shown_whatever_others_wrote_meanwhile() -> None:
    lab = Lab(code="a = 0.25\nb = a - 0.5", step=1)
    scene(lab)
    for number in range(20):
        with pytest.raises(ExpressionError, match="above 0"):
            scene(Lab(code=f"x = 0\ny = log(x) + {number}"))
    current = scene(lab.with_(node="a"))
    assert current.step is not None
    assert current.step.node in current.nodes
