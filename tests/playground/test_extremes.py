"""Pages of runs whose numbers are as large or as small as numbers are."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from flask import Flask, render_template
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.export.network import NETWORK_FORMATS
from engine.export.weights import parse_weights, write_weights
from engine.inspection.frames import ViewOptions, frame
from engine.training.run import Curve, Run, advance, begin
from engine.training.settings_parser import parse_settings
from engine.training.sweeps import Outcome, parse_sweep
from playground.figures import sweep as sweep_figure
from playground.figures import thumbnails
from playground.http.frame_json import frame_json
from playground.http.services import services_of
from playground.labs.network_page import lab_page
from playground.network import replay_file
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
    valid, wrong = parse_settings(
        {key: str(value) for key, value in texts.items()} | {"samples": "20"}
    )
    assert valid is not None, wrong
    run = advance(begin(valid), steps)
    signs = np.where(np.arange(run.parameters.size) % 3, 1.0, -1.0)
    return replace(run, parameters=signs * magnitude)


@pytest.mark.parametrize("panel", PANELS)
@given(st.sampled_from(RUNS), st.sampled_from(MAGNITUDES), st.integers(0, 3), st.booleans())
@example(RUNS[0], 5e-324, 0, False)
@example(RUNS[3], 1e200, 1, True)
@settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_panel_is_drawn_whatever_the_weights(
    app: Flask, panel: str, texts: dict[str, Any], magnitude: float, steps: int, log: bool
) -> None:
    run = extreme(texts, magnitude, steps)
    with app.test_request_context("/network"):
        page = lab_page(services_of(app).runner, run, view=ViewOptions(panel=panel, log=log))
        app.jinja_env.get_template("network/lab.html").render(page | {"address": "/network"})


@given(st.sampled_from(RUNS), st.sampled_from(MAGNITUDES), st.integers(0, 3))
@example(RUNS[0], 1.7e308, 0)
@settings(
    deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_the_weights_a_run_can_be_listed_sent_and_taken_along(
    app: Flask, texts: dict[str, Any], magnitude: float, steps: int
) -> None:
    run = extreme(texts, magnitude, steps)
    assert thumbnails.surface(run)
    sent = app.json.dumps(frame_json(frame(run, ViewOptions()), ViewOptions(), 0.0))
    assert app.json.loads(sent)["step"] == steps
    for program in NETWORK_FORMATS.values():
        assert program.write(run)
    assert parse_weights(write_weights(run), run) == tuple(run.parameters)
    with app.test_request_context("/network"):
        page = replay_file.replay_page([replay_file.key_frame(run)])
        assert "</html>" in render_template("replay.html", **page)


@pytest.mark.parametrize("loss", [0.0, *MAGNITUDES, sys.float_info.max])
def test_a_sweep_is_drawn_whatever_the_losses(loss: float) -> None:
    texts = {"first": "rate", "first_values": "0.1, 0.2", "steps": "1"}
    sweep, wrong = parse_sweep(texts)
    assert sweep is not None, wrong
    outcomes = {cell: Outcome(loss, loss, Curve(), "numpy") for cell in range(sweep.runs)}
    heatmap = sweep_figure.figure(sweep, outcomes, [["0.1", "0.2"]])["data"][0]
    assert heatmap["zmin"] < heatmap["zmax"]
    assert np.isfinite(heatmap["z"]).all()


def test_a_sweep_tells_losses_apart_whatever_one_run_did_that_diverged() -> None:
    sweep, wrong = parse_sweep({"first": "rate", "first_values": "0.1, 0.2, 0.3", "steps": "1"})
    assert sweep is not None, wrong
    labels = [["0.1", "0.2", "0.3"]]

    def colours(losses: list[float]) -> tuple[list[float], list[str]]:
        outcomes = {i: Outcome(loss, loss, Curve(), "numpy") for i, loss in enumerate(losses)}
        figure = sweep_figure.figure(sweep, outcomes, labels)
        heatmap = figure["data"][0]
        low, high = heatmap["zmin"], heatmap["zmax"]
        return [min(1.0, (z - low) / (high - low)) for z in heatmap["z"][0]], figure["notes"]

    assert colours([1e-4, 1e-2, 1.0]) == (pytest.approx([0.0, 0.5, 1.0]), [])
    shares, notes = colours([1e-4, 1e-1, 1e300])
    assert shares == pytest.approx([0.0, 0.5, 1.0])
    assert notes == ["losses above 100 have one colour"]
