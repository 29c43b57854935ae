"""Slips: what people type when they leave something out, and the sentence that names it."""

from __future__ import annotations

import pytest

from playground.expression.scene import scene
from playground.expression.slips import gradient_slips, name_slip, step_slips
from playground.expression.state import Lab
from playground.messages import slips as messages

PRODUCT = "a = 2\nb = -3\nc = 10\nf = -2\ne = a * b\nd = e + c\nL = d * f\n"


def named(code: str, name: str, typed: float) -> str:
    """Return what is said of a number typed for the gradient of a node."""
    current = scene(Lab(code=code))
    node = current.find(name)
    assert node is not None
    return name_slip(gradient_slips(current.walk, node), typed)


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("a", -6, messages.SIGN),
        ("a", -3, messages.NO_UPSTREAM.format(users="e")),
        ("a", -2, messages.NO_LOCAL.format(users="e", name="a")),
        ("a", -4, messages.OTHER_FACTOR.format(name="a")),
        ("a", 2, messages.OTHER_FACTOR.format(name="a")),
        ("c", 10, messages.DATA.format(name="c")),
        ("c", 1, messages.NO_UPSTREAM.format(users="d")),
        ("a", 5, ""),
    ],
)
def test_a_wrong_gradient_is_named_by_its_slip(name: str, typed: float, sentence: str) -> None:
    assert named(PRODUCT, name, typed) == sentence


def test_a_part_that_replaces_the_others_is_named() -> None:
    assert named("a = 3\nb = a + a", "a", 1) == messages.REPLACED.format(name="a")
    assert named("a = 3\nL = a*a + 2*a", "a", 2) == messages.REPLACED.format(name="a")


def test_no_slip_is_the_right_gradient() -> None:
    for code in (PRODUCT, "a = 3\nb = a + a", "x = 0\nw = 2\ny = x * w", "a = 1\nb = a * a"):
        current = scene(Lab(code=code))
        for node, gradient in current.grads.items():
            assert not name_slip(gradient_slips(current.walk, node), gradient)


def test_the_slips_of_a_single_step_count_what_is_already_there() -> None:
    walk = scene(Lab(code="a = 3\nb = a + a")).walk
    first, second = walk.steps[-2:]
    assert not name_slip(step_slips(first), first.after)
    assert name_slip(step_slips(second), 1) == messages.REPLACED.format(name="a")
    assert name_slip(step_slips(walk.steps[walk.forward]), 6) == messages.OUTPUT.format(name="b")
