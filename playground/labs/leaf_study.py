"""One leaf on its own, or two: how the output depends on them, and what a small change does."""

from __future__ import annotations

from math import isfinite
from typing import Any

from engine.explain.finite_differences import nudge_leaf
from engine.explain.walk import build_walk
from engine.notation import format_number
from engine.value import Value
from playground.expression.scene import Scene
from playground.figures import curve
from playground.messages import expression as messages


def leaf_study(scene: Scene) -> dict[str, Any] | None:
    """Return what the page shows of the chosen leaf: its curve, or a map of two, and a nudge.

    None if no leaf is chosen.
    """
    lab, output = scene.lab, scene.output_name
    leaf, second = (
        next((leaf for leaf in scene.leaves if leaf.label == name), None)
        for name in (lab.leaf, lab.second)
    )
    if leaf is None:
        return None
    leaves = [leaf, second] if second else [leaf]
    moved = nudge_leaf(scene.nodes, leaf, 10.0**lab.h)
    width = max(_width(leaf) for leaf in leaves)
    quotient = messages.QUOTIENT.format(output=output, quotient=format_number(moved.quotient, 6))
    nudged = messages.NUDGE.format(
        leaf=leaf.label,
        h=format_number(moved.h),
        output=output,
        change=format_number(moved.change, 6),
        quotient=quotient,
    )
    gradients = _gradients(scene, leaf, second)
    gradient = format_number(gradients[0], 6)
    if isfinite(gradients[0]):
        difference = format_number(abs(moved.quotient - gradients[0]), 2)
        sentence = messages.GRADIENT_NEAR.format(
            nudge=nudged, gradient=gradient, difference=difference
        )
    else:
        sentence = messages.NO_TANGENT.format(nudge=nudged, gradient=gradient)
    page: dict[str, Any] = {"sentence": quotient if lab.predict else sentence}
    drawn = gradients if all(map(isfinite, gradients)) and not lab.predict else None
    if second is None:
        page["function"] = curve.function(scene.nodes, leaf, drawn and drawn[0], width)
    else:
        page["map"] = curve.surface(scene.nodes, (leaf, second), drawn, width, scene.graph.trail)
    if drawn:
        page["nudges"] = curve.nudges(scene.nodes, leaf, drawn[0], moved.h)
    return page


def _gradients(scene: Scene, leaf: Value, second: Value | None) -> tuple[float, float]:
    """Return the gradients of one leaf and of another."""
    walked = build_walk(scene.nodes, [leaf, second] if second else [leaf])
    grads = walked.gradients_after(len(walked.steps))
    return grads.get(leaf, 0.0), grads.get(second, 0.0) if second else 0.0


def _width(leaf: Value) -> float:
    """Return how far the leaf's curve is drawn to either side."""
    return max(2.0, 1.5 * abs(leaf.data))
