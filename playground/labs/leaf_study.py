"""One leaf on its own, or two: how the output depends on them, and what a small change does."""

from __future__ import annotations

from typing import Any

from engine.explain.finite_differences import nudge_leaf
from engine.explain.walk import build_walk
from engine.notation import format_number
from engine.value import DomainError, Value
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
    gradients: tuple[float, float] | None = None
    try:
        gradients = _gradients(scene, leaf, second)
        sentence = messages.GRADIENT_NEAR.format(
            nudge=nudged,
            gradient=format_number(gradients[0], 6),
            difference=format_number(abs(moved.quotient - gradients[0]), 2),
        )
    except DomainError as error:
        sentence = messages.NO_GRADIENT.format(nudge=nudged, reason=error)
    if lab.predict:
        sentence, gradients = quotient, None
    page: dict[str, Any] = {"sentence": sentence}
    if second is None:
        page["function"] = curve.function(scene.nodes, leaf, gradients and gradients[0], width)
    else:
        page["map"] = curve.surface(
            scene.nodes, (leaf, second), gradients, width, scene.graph.trail
        )
    if gradients:
        page["nudges"] = curve.nudges(scene.nodes, leaf, gradients[0], moved.h)
    return page


def _gradients(scene: Scene, leaf: Value, second: Value | None) -> tuple[float, float]:
    """Return the gradients of one leaf and of another. Raises DomainError if one has none."""
    walked = build_walk(scene.nodes, [leaf, second] if second else [leaf])
    grads = walked.gradients_after(len(walked.steps))
    return grads.get(leaf, 0.0), grads.get(second, 0.0) if second else 0.0


def _width(leaf: Value) -> float:
    """Return how far the leaf's curve is drawn to either side."""
    return max(2.0, 1.5 * abs(leaf.data))
