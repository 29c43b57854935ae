"""A person chooses the order in which nodes pass on their gradients, and sees what comes of it."""

from __future__ import annotations

from playground.expression.commands import apply
from playground.expression.scene import scene
from playground.expression.state import Lab, fields

LAB = Lab(code="a = 3\nb = a * 2\nc = b + 1\nL = b * c\n", ordering=True)


def passed(*nodes: str) -> Lab:
    """Return the lab after these nodes passed their gradients on."""
    lab = LAB
    for node in nodes:
        assert node in {waiting.label for waiting in scene(lab).waiting}
        lab = apply(lab, "pass_on", {"node": node})
    return lab


def gradient(lab: Lab, name: str) -> float:
    current = scene(lab)
    return next(grad for node, grad in current.grads.items() if node.label == name)


def test_a_node_that_passes_on_too_early_leaves_a_wrong_gradient() -> None:
    early = passed("L", "b", "c")
    assert gradient(early, "a") == 14
    assert gradient(early, "b") == 13
    pair = scene(early).early
    assert pair is not None
    assert [node.label for node in pair] == ["b", "c"]


def test_the_right_order_gives_what_backward_gives() -> None:
    right = passed("L", "c", "b")
    assert scene(right).early is None
    assert not scene(right).waiting
    assert gradient(right, "a") == gradient(LAB.with_(ordering=False), "a") == 26


def test_only_a_node_with_a_gradient_can_pass_it_on_and_only_once() -> None:
    assert [node.label for node in scene(LAB).waiting] == ["L"]
    assert apply(LAB, "pass_on", {"node": "b"}) == LAB
    once = passed("L")
    assert apply(once, "pass_on", {"node": "L"}) == once
    assert apply(once, "order", {"again": "1"}).order == ()
    assert not apply(once, "order", {}).ordering


def test_the_order_stands_in_the_address() -> None:
    lab = passed("L", "b")
    assert Lab.parse(fields(lab.query())) == (lab, "")
