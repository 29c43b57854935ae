"""Every sentence of a story that says what a control does, or what there is to see, is so."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from playground.expression.commands import apply
from playground.expression.scene import scene
from playground.expression.state import Lab
from playground.expression.stories import PRESETS


def data(lab: Lab, name: str) -> float:
    node = scene(lab).find(name)
    assert node is not None
    return node.data


def grad(lab: Lab, name: str) -> float:
    current = scene(lab)
    node = current.find(name)
    assert node is not None
    return current.grads.get(node, 0.0)


def outputs(lab: Lab) -> list[float]:
    return scene(lab).graph.trail.outputs


def product(lab: Lab) -> None:
    assert grad(lab, "a") == data(lab, "f") * 1 * data(lab, "b")


def neuron(lab: Lab) -> None:
    assert data(lab, "x2") == grad(lab, "w2") == 0


def apart(lab: Lab) -> None:
    closed = apply(lab, "close", {"node": "o"})
    assert len(scene(closed).nodes) < len(scene(lab).nodes)
    for name in ("x1", "w1", "x2", "w2", "b", "n"):
        assert grad(closed, name) == pytest.approx(grad(lab, name), abs=1e-12)


def twice(lab: Lab) -> None:
    assert (grad(lab, "a"), grad(apply(lab, "back", {}), "a")) == (2, 1)


def both(lab: Lab) -> None:
    assert grad(lab, "a") == data(lab, "e") * data(lab, "b") + data(lab, "d") * 1


def order(lab: Lab) -> None:
    early = late = lab
    for node in "Lbc":
        early = apply(early, "pass_on", {"node": node})
    for node in "Lcb":
        late = apply(late, "pass_on", {"node": node})
    assert (grad(early, "a"), grad(late, "a")) == (14, 26)


def forgotten(lab: Lab) -> None:
    assert outputs(lab)[-1] > min(outputs(lab))
    again = apply(apply(lab, "restart", {}), "forget", {})
    again = apply(again, "descend", {"count": "4"})
    assert outputs(again) == sorted(outputs(again), reverse=True)


def twice_called(lab: Lab) -> None:
    once = apply(lab, "call", {"calls": "1"})
    for leaf in "ab":
        assert grad(lab, leaf) == 2 * grad(once, leaf)
    assert grad(lab, "c") == grad(once, "c")


def dead(lab: Lab) -> None:
    assert data(apply(lab, "descend", {"count": "10"}), "b") == data(lab, "b")
    assert grad(lab, "b") == 0
    assert grad(apply(lab, "touch", {"leaf": "b", "number-b": "5.1"}), "b") != 0
    assert grad(apply(lab, "touch", {"leaf": "b", "number-b": "4.9"}), "b") == 0


def vanishing(lab: Lab) -> None:
    names = ["x", *(f"s{i}" for i in range(1, 11))]
    grads = [grad(lab, name) for name in names]
    assert all(earlier <= later / 4 + 1e-15 for earlier, later in pairwise(grads))


def exploding(lab: Lab) -> None:
    for w in ("3", "2"):
        moved = apply(lab, "touch", {"leaf": "w", "number-w": w})
        assert grad(moved, "h1") == float(w) ** 7


def softmax(lab: Lab) -> None:
    total = data(lab, "s")
    for i in (1, 2, 3):
        probability = data(lab, f"e{i}") / total
        assert grad(lab, f"z{i}") == pytest.approx(probability - (i == 1))


def squares(lab: Lab) -> None:
    assert (lab.leaf, lab.second) == ("w", "b")
    assert outputs(lab) == sorted(outputs(lab), reverse=True)


def power(lab: Lab) -> None:
    assert grad(lab, "x") == pytest.approx(6 * data(lab, "x") ** 5)


def logistic(lab: Lab) -> None:
    assert grad(lab, "z") == pytest.approx(data(lab, "p") - data(lab, "t"))


CLAIMS: dict[str, Callable[[Lab], None]] = {
    "product": product,
    "neuron": neuron,
    "apart": apart,
    "twice": twice,
    "both": both,
    "order": order,
    "forgotten": forgotten,
    "again": twice_called,
    "dead": dead,
    "vanishing": vanishing,
    "exploding": exploding,
    "softmax": softmax,
    "squares": squares,
    "power": power,
    "logistic": logistic,
}


@pytest.mark.parametrize("story", PRESETS, ids=lambda story: story.key)
def test_what_a_story_says_is_so(story: object) -> None:
    preset = next(preset for preset in PRESETS if preset is story)
    CLAIMS[preset.key](preset.lab)
