"""Every kind of chart of the product, made of the numbers that one asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from math import inf, isfinite, nan

import numpy as np

import engine
from engine.explain.gradient_steps import Trajectory
from engine.inspection.frames import Frame, Surface, ViewOptions
from engine.inspection.frames import frame as make_frame
from engine.inspection.layer_health import BINS, LayerHealth
from engine.training.run import Curve, Run, begin
from engine.training.settings_parser import parse_settings
from engine.training.sweeps import Outcome, parse_sweep
from engine.value import Value, sort_topologically
from playground.figures import bars, curve, loss, surface, sweep
from playground.figures.style import Figure
from playground.panels import compare, layers, scores, space
from playground.rooms.answers_figure import answers_figure
from tests.playground.rooms.storage import question

Numbers = Sequence[float]

SERIES: dict[str, Numbers] = {
    "from 1e-300 to 1e300": [10.0**power for power in range(-300, 301, 60)],
    "huge, of both signs": [1e300, -1e300, 3e299, -1e200, 1e300],
    "the largest": [1.7e308, -1.7e308, 1.7e308],
    "tiny": [1e-300, 3e-300, 2e-300],
    "subnormal": [5e-324, 1e-320, 0.0],
    "one not a number": [0.5, 0.4, nan, 0.3, 0.2],
    "all equal": [0.3, 0.3, 0.3, 0.3],
    "one point": [0.7],
    "infinite at the end": [0.1, 1.0, 1e40, 1e150, inf, inf],
    "below zero": [1.0, 0.5, 0.0, -0.5, -1e-9],
    "close together": [1000001.0, 1000002.0, 1000001.5],
    "no finite number": [inf, nan, -inf],
    "ordinary": [-123.456, 3.0, 88.8, 2.5e-5, 12345.678],
}


def last_finite(values: Numbers) -> float:
    """Return the last number that is finite, or 1."""
    return next((value for value in reversed(values) if isfinite(value)), 1.0)


@cache
def run_of(**texts: str) -> Run:
    """A run of these settings, before its first step."""
    settings, wrong = parse_settings(texts)
    assert settings is not None, wrong
    return begin(settings)


@cache
def frame_of(**texts: str) -> Frame:
    """The first frame of that run."""
    return make_frame(run_of(**texts), ViewOptions())


def losses(values: Numbers) -> Curve:
    """A curve with these losses, and with these in reverse as the losses of the test."""
    return Curve(1, np.array(values), np.array(values[::-1]))


def predicting(frame: Frame, values: Numbers) -> Frame:
    """The frame with these numbers as predictions, again and again."""
    samples, outputs = frame.predictions.shape
    return replace(frame, predictions=np.resize(np.array(values), (samples, outputs)))


def trajectory(values: Numbers, leaves: tuple[Value, ...] = ()) -> Trajectory:
    """Gradient steps with these outputs, on which every leaf is at these numbers."""
    return Trajectory(leaves, [tuple(value for _ in leaves) for value in values], list(values))


def parabola(values: Numbers) -> tuple[list[Value], Value, Value]:
    """A sum with a square: its nodes and its two leaves, one of them at one of these numbers."""
    a, b = Value(last_finite(values), "a"), Value(0.5, "a_long_name")
    output = a + b * b
    output.label = "L"
    return sort_topologically(output), a, b


def reach(values: Numbers) -> float:
    """How far a curve is drawn to either side."""
    return max(2.0, 1.5 * abs(last_finite(values)))


def curve_chart(values: Numbers) -> Figure:
    """The output over a leaf."""
    nodes, a, _ = parabola(values)
    return curve.function(nodes, a, 1.0, reach(values))


def steep_chart(values: Numbers) -> Figure:
    """An output that is infinite at one place and not defined below it."""
    expression = engine.parse("x = 1; y = log(x) / x")
    x = expression.names["x"]
    return curve.function(
        sort_topologically(expression.output), x, last_finite(values), reach(values)
    )


def map_chart(values: Numbers) -> Figure:
    """The output over two leaves."""
    nodes, a, b = parabola(values)
    path = trajectory([last_finite(values)], (a, b))
    return curve.surface(nodes, (a, b), (last_finite(values), 1.0), 2.0, path)


def nudges_chart(values: Numbers) -> Figure:
    """The error of the difference quotient."""
    nodes, a, _ = parabola(values)
    return curve.nudges(nodes, a, last_finite(values), 1e-3)


def history_chart(values: Numbers) -> Figure:
    """The output after each gradient step."""
    return curve.history(trajectory(values), "L")


def layer(name: str, value: float) -> LayerHealth:
    """A layer whose gradient has this norm, and whose weights reach so far."""
    size = abs(value) if isfinite(value) else 0.0
    return LayerHealth(name, abs(value), size, np.arange(BINS), size or 1.0, (), (), "")


def gradients_chart(values: Numbers) -> Figure:
    """The norms of the gradients of eleven layers."""
    norms = np.resize(np.array(values), 11).tolist()
    names = [*(f"layer {number}" for number in range(1, 11)), "output"]
    return layers.gradients(tuple(map(layer, names, norms)))


def histogram_chart(values: Numbers) -> Figure:
    """The weights of a layer."""
    return layers.histogram(layer("layer 1", last_finite(values)))


def sweep_chart(values: Numbers, second: str = "") -> Figure:
    """The losses of a sweep over one setting, or over two."""
    texts = {"first": "rate", "first_values": ", ".join(f"0.{i}" for i in range(1, 8))}
    texts |= {"second": "l2", "second_values": second} if second else {}
    plan, wrong = parse_sweep(texts | {"steps": "1"})
    assert plan is not None, wrong
    outcomes = {
        cell: Outcome(loss, loss, Curve(), "numpy", diverged=not isfinite(loss))
        for cell, loss in enumerate(np.abs(np.resize(np.array(values), plan.runs)).tolist())
    }
    return sweep.figure(plan, outcomes, [list(axis.values) for axis in plan.axes], 0)


def plane_chart(values: Numbers) -> Figure:
    """A surface over a plane that reaches so far."""
    end = abs(last_finite(values)) or 1.0
    outputs = np.linspace(-1.0, 1.0, 49).reshape(1, 7, 7)
    return compare.surface_figure(Surface(outputs, ((-end, end), (0.0, end)), -1.0, 1.0), False)


def space_chart(values: Numbers, hidden: str) -> Figure:
    """The grid as the first layer maps it, with weights of this size."""
    run = run_of(dataset="moons", hidden=hidden, samples="20")
    weights = np.resize(np.array([1.0, -0.5, 0.25]), run.parameters.size)
    moved = replace(run, parameters=weights * last_finite(values))
    view = ViewOptions(panel="space")
    return space.figures(make_frame(moved, view), view, None)["space"]


def answers_chart(values: Numbers) -> Figure:
    """The answers of a class, and many others."""
    finite = [value for value in values if isfinite(value)]
    answers = {str(i): value for i, value in enumerate([*finite, *map(float, range(14))])}
    return answers_figure(question(1.0, answers))


SMALL_TABLE = {"dataset": "points"}
FUNCTION = {"dataset": "plane", "samples": "20"}

CHARTS: dict[str, Callable[[Numbers], Figure]] = {
    "loss": lambda values: loss.figure(losses(values)),
    "loss, logarithmic": lambda values: loss.figure(losses(values), ViewOptions(log=True)),
    "loss beside a pinned run": lambda values: loss.figure(
        losses([3.0, 2.0]), pinned=replace(run_of(**FUNCTION), curve=losses(values))
    ),
    "loss beside a pinned run, logarithmic": lambda values: loss.figure(
        losses([3.0, 2.0]),
        ViewOptions(log=True),
        replace(run_of(**FUNCTION), curve=losses(values)),
    ),
    "targets and predictions": lambda values: bars.figure(
        predicting(frame_of(**SMALL_TABLE), values)
    ),
    "predictions against targets": lambda values: scores.figures(
        predicting(frame_of(**FUNCTION), values), ViewOptions(), None
    )["scores"],
    "gradient norms": gradients_chart,
    "histogram of weights": histogram_chart,
    "space of two neurons": lambda values: space_chart(values, "2"),
    "space of eight neurons": lambda values: space_chart(values, "8"),
    "surface": lambda values: surface.figure(
        replace(frame_of(**FUNCTION), predictions=np.zeros((20, 1)))
    ),
    "surfaces of two runs": plane_chart,
    "sweep of one setting": sweep_chart,
    "sweep of two settings": lambda values: sweep_chart(values, "0, 0.001, 0.01, 0.1"),
    "output over a leaf": curve_chart,
    "output that is not defined everywhere": steep_chart,
    "output over two leaves": map_chart,
    "error of the difference quotient": nudges_chart,
    "gradient steps": history_chart,
    "answers of a class": answers_chart,
}
"""Twenty charts, each a function of hostile numbers."""
