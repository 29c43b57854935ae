"""Learning-rate schedules: the rate of a step, given how many steps came before.

All read the same three numbers: the first rate, a period in steps, and a factor, which is the share
of the first rate that is left after a period (`1/t` does not read it).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi


@dataclass(frozen=True, slots=True)
class Schedule:
    """`rate(first, done, period, factor)` is the rate of the step after `done` steps.

    `pytorch` is the same divided by the first rate, as a Python expression of `done` for
    torch.optim.lr_scheduler.LambdaLR; `{name}` stands for the value of that hyperparameter.
    """

    name: str
    title: str
    formula: str
    rate: Callable[[float, int, int, float], float]
    pytorch: str
    reads: tuple[str, ...] = ("period", "factor")
    """The hyperparameters that it reads, beside the rate."""


def _constant(first: float, done: int, period: int, factor: float) -> float:
    return first


def _linear(first: float, done: int, period: int, factor: float) -> float:
    """torch.optim.lr_scheduler.LinearLR(start_factor=1, end_factor=factor, total_iters=period)."""
    return first * (1.0 + (factor - 1.0) * min(1.0, done / period))


def _cosine(first: float, done: int, period: int, factor: float) -> float:
    """CosineAnnealingLR(T_max=period, eta_min=factor · first), constant after the period;
    Loshchilov and Hutter 2017.
    """
    wave = 0.5 * (1.0 + cos(pi * min(1.0, done / period)))
    return first * (factor + (1.0 - factor) * wave)


def _step(first: float, done: int, period: int, factor: float) -> float:
    """StepLR(step_size=period, gamma=factor)."""
    return float(first * factor ** (done // period))


def _inverse(first: float, done: int, period: int, factor: float) -> float:
    """LambdaLR(lambda done: 1 / (1 + done / period)); Robbins and Monro 1951."""
    return first / (1.0 + done / period)


def warm_up(rate: float, done: int, warmup: int) -> float:
    """Return the rate of the step after `done` steps, if it rises linearly over `warmup` steps.

    LambdaLR(lambda done: min(1, (done + 1) / warmup)); Goyal et al. 2017.
    """
    return rate * min(1.0, (done + 1) / warmup) if warmup else rate


TABLE: tuple[Schedule, ...] = (
    Schedule("constant", "Constant", "rate", _constant, "", ()),
    Schedule(
        "linear",
        "Linear",
        "rate · (1 − (1 − factor) · step / period)",
        _linear,
        "(1 + ({factor} - 1) * min(1, done / {period}))",
    ),
    Schedule(
        "cosine",
        "Cosine",
        "rate · (factor + (1 − factor) · (1 + cos(π · step / period)) / 2)",
        _cosine,
        "({factor} + (1 - {factor}) * (1 + math.cos(math.pi * min(1, done / {period}))) / 2)",
    ),
    Schedule(
        "step",
        "Steps",
        "rate · factor^⌊step / period⌋",
        _step,
        "{factor} ** (done // {period})",
    ),
    Schedule(
        "1/t",
        "1/t",
        "rate / (1 + step / period)",
        _inverse,
        "1 / (1 + done / {period})",
        ("period",),
    ),
)

SCHEDULES: dict[str, Schedule] = {schedule.name: schedule for schedule in TABLE}
