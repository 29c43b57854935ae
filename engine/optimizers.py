"""Optimizers: how parameters move, given the gradient of the loss by them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.random import Floats

Moments = tuple[Floats, ...]


@dataclass(frozen=True, slots=True)
class Optimizer:
    """`update(parameters, gradient, moments, step, rate)` returns new parameters and moments.

    All arrays are (parameters,); `step` counts from 1; `moments` says how many arrays an optimizer
    carries from step to step.
    """

    name: str
    title: str
    formula: str
    moments: int
    update: Callable[[Floats, Floats, Moments, int, float], tuple[Floats, Moments]]


def _descend(
    parameters: Floats, gradient: Floats, moments: Moments, step: int, rate: float
) -> tuple[Floats, Moments]:
    return parameters - rate * gradient, moments


TABLE: tuple[Optimizer, ...] = (
    Optimizer("sgd", "Gradient descent", "w ← w − rate · grad", 0, _descend),
)

OPTIMIZERS: dict[str, Optimizer] = {optimizer.name: optimizer for optimizer in TABLE}
