"""The network picture: every neuron has its place, and a line is the weight that it says."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.training import parameter_layout
from engine.training.apply_command import apply_command
from engine.training.commands import NewWeight
from engine.training.run import begin
from engine.training.settings import Settings
from playground.figures.picture import (
    MAX_LINES,
    MIN_SIDE,
    bias_index,
    biases,
    incoming_parameters,
    lines,
    picture,
    weight_name,
)
from playground.network import form


@given(st.integers(1, 8), st.lists(st.integers(1, 64), max_size=10), st.integers(1, 5))
@settings(deadline=None)
def test_neurons_stand_apart_within_the_picture(
    features: int, hidden: list[int], outputs: int
) -> None:
    sizes = (features, *hidden, outputs)
    drawn = picture(sizes)
    assert len(drawn.spots) == sum(sizes)
    assert drawn.side >= MIN_SIDE
    at = np.array([(spot.x, spot.y) for spot in drawn.spots])
    assert at.min() >= 0
    assert (at + drawn.side <= np.array([drawn.width, drawn.height]) + 1e-9).all()
    apart = np.abs(at[:, None] - at[None]).max(axis=2) + 1e9 * np.eye(len(at))
    assert apart.min() > drawn.side
    order = [(spot.layer, spot.x) for spot in drawn.spots]
    for (layer, x), (following, right) in itertools.pairwise(order):
        assert following == layer or right > x + drawn.side


def test_a_line_is_as_thick_as_its_weight_and_named_by_its_ends() -> None:
    run = begin(Settings(hidden=(3,)))
    run = apply_command(run, NewWeight(place=1, value=-5.0))
    weights = {line.index: line for line in lines(run, picture(run.model.sizes))}
    assert len(weights) == 2 * 3 + 3
    assert max(weights.values(), key=lambda line: line.width).index == 1
    assert weights[1].title == "weight from x2 to layer 1, neuron 1: −5"
    for place, line in weights.items():
        assert line.value == run.parameters[place]
    others = {bias_index(run, 1, unit) for unit in (1, 2, 3)} | {bias_index(run, 2, 1)}
    assert others.isdisjoint(weights)
    assert others | set(weights) == set(range(len(run.parameters)))


def test_a_bias_is_a_bar_below_its_neuron_as_long_as_it_is_large() -> None:
    run = begin(Settings(hidden=(3,), init="uniform"))
    run = apply_command(run, NewWeight(place=bias_index(run, 1, 2), value=-4.0))
    drawn = picture(run.model.sizes)
    bars = {line.index: line for line in biases(run, drawn)}
    assert sorted(bars) == [2, 5, 8, 12]
    longest = bars[5]
    assert longest.x2 - longest.x1 == drawn.side
    assert longest.title == "bias of layer 1, neuron 2: −4"
    for place, bar in bars.items():
        assert bar.value == run.parameters[place]
        assert bar.x2 - bar.x1 == pytest.approx(max(1.0, drawn.side * abs(bar.value) / 4.0))
    tops = [spot.y for spot in drawn.spots if spot.layer == 1]
    assert tops[0] + drawn.side < bars[2].y1 < tops[1]


def test_of_many_weights_the_largest_are_drawn() -> None:
    run = begin(Settings(hidden=(64, 64)))
    drawn_lines = lines(run, picture(run.model.sizes))
    assert len(drawn_lines) == MAX_LINES
    mask = np.zeros(len(run.parameters), dtype=np.bool_)
    for part in parameter_layout.split_layers(run.model.sizes, mask):
        part[:, -1] = True
    weights = np.sort(np.abs(run.parameters[~mask]))[::-1]
    assert min(abs(line.value) for line in drawn_lines) == pytest.approx(weights[MAX_LINES - 1])


def test_a_units_parameters_are_its_bias_and_its_weights() -> None:
    run = begin(Settings(hidden=(3, 2)))
    place = parameter_layout.parameter_index(run.model.sizes, 2, 2, 3)
    assert weight_name(run, place) == "weight from layer 1, neuron 3 to layer 2, neuron 2"
    names = [name for _, name in incoming_parameters(run, place)]
    assert names[0] == "bias of layer 2, neuron 2"
    assert len(names) == 4


@pytest.mark.parametrize(
    ("how", "hidden", "activation"),
    [
        ("more.2", "3,5", "relu,sin"),
        ("fewer.1", "2,4", "relu,sin"),
        ("remove.1", "4", "sin"),
        ("insert.2", "3,4,4", "relu,sin,sin"),
        ("insert.0", "4,3,4", "sin,relu,sin"),
        ("tanh.2", "3,4", "relu,tanh"),
        ("more.9", "3,4", "relu,sin"),
        ("more.x", "3,4", "relu,sin"),
        ("nothing.1", "3,4", "relu,sin"),
    ],
)
def test_a_network_is_reshaped_and_every_layer_keeps_its_activation(
    how: str, hidden: str, activation: str
) -> None:
    texts = form.reshape({"hidden": "3,4", "activation": "relu,sin", "seed": "4"}, how)
    assert texts == {"hidden": hidden, "activation": activation, "seed": "4"}
    assert form.reshape({"hidden": "1", "activation": "relu"}, "fewer.1")["hidden"] == ""
