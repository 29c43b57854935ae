"""Pages of runs whose numbers are as large or as small as numbers are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.frames import View
from engine.settings import read
from engine.training import Run, advance, begin
from playground.pages.network import lab_page
from playground.panels import PANELS

RUNS: list[dict[str, Any]] = [
    {"hidden": "3,2", "dataset": "moons"},
    {"hidden": "3", "dataset": "blobs", "classes": "3", "output": "softmax", "loss": "ce"},
    {"hidden": "4,4,4", "dataset": "plane", "activation": "relu", "optimizer": "adam"},
    {"hidden": "", "dataset": "curve", "activation": "linear"},
]
MAGNITUDES = [5e-324, 1e-310, 1e-160, 1e-20, 1e20, 1e153, 1e200, 1.7e308]


def extreme(texts: dict[str, Any], magnitude: float, steps: int) -> Run:
    """A run that has trained, with weights of this magnitude."""
    made, wrong = read({key: str(value) for key, value in texts.items()} | {"samples": "20"})
    assert made is not None, wrong
    run = advance(begin(made), steps)
    signs = np.where(np.arange(run.parameters.size) % 3, 1.0, -1.0)
    return replace(run, parameters=signs * magnitude)


@pytest.mark.parametrize("panel", PANELS)
@given(st.sampled_from(RUNS), st.sampled_from(MAGNITUDES), st.integers(0, 3), st.booleans())
@settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_panel_is_drawn_whatever_the_weights(
    app: Flask, panel: str, texts: dict[str, Any], magnitude: float, steps: int, log: bool
) -> None:
    run = extreme(texts, magnitude, steps)
    with app.test_request_context("/network"):
        page = lab_page(run, None, view=View(panel=panel, log=log))
        app.jinja_env.get_template("network/lab.html").render(page | {"address": "/network"})
