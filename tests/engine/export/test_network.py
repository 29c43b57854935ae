"""Exported networks predict the same numbers as the page."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from engine.export.network import NETWORK_FORMATS, write_network
from engine.export.weights import FORMAT, parse_weights, trained_layers, write_weights
from engine.inspection.frames import frame
from engine.training.apply_command import apply_command
from engine.training.commands import Edit, NewWeights
from engine.training.data import Data
from engine.training.features import FEATURES
from engine.training.run import Run, advance, begin
from engine.training.settings import Settings
from tests.golden.write_programs import execute

NUMBERS = Data(
    np.array([[x / 4.0, y / 3.0] for x in range(5) for y in range(4)]),
    np.array([float(x * y - 3) for x in range(5) for y in range(4)]),
    np.arange(20) % 5 == 0,
    (),
    ((-1.0, 2.0), (-1.0, 2.0)),
    (-3.0, 9.0),
)
"""Points whose targets are numbers, not classes."""


def trained(data: Data | None = None, **chosen: object) -> Run:
    few = {"samples": 24, "hidden": (4, 3)} | chosen
    return advance(begin(Settings(**few), data=data), 30)  # type: ignore[arg-type]


RUNS = {
    "tanh": lambda: trained(),
    "mixed": lambda: trained(activation=("relu", "softplus"), init="he"),
    "leaky": lambda: trained(activation=("leaky_relu", "sin")),
    "gelu": lambda: trained(activation=("gelu",)),
    "bce": lambda: trained(loss="bce", activation=("sigmoid",)),
    "softmax": lambda: trained(dataset="blobs", classes=3, loss="ce"),
    "three outputs": lambda: trained(dataset="blobs", classes=3),
    "hinge": lambda: trained(loss="hinge", activation=("abs", "cos")),
    "regression": lambda: trained(NUMBERS, rate=0.01),
    "features": lambda: trained(features=tuple(FEATURES), standardise=True),
    "own feature": lambda: trained(
        features=("x1", "own"), feature="max(x1 * x2, 0) + sin(2) * abs(x2)", standardise=True
    ),
    "constant feature": lambda: trained(features=("x1", "own"), feature="2 * 3"),
    "no hidden layers": lambda: trained(hidden=()),
    "edited": lambda: apply_command(
        trained(), Edit(how="add", index=3, at=(0.25, -0.5), target=1.0, test=False)
    ),
}


class Runs(dict[str, Run]):
    """Runs by name; each one is trained when a test first uses it."""

    def __missing__(self, name: str) -> Run:
        self[name] = RUNS[name]()
        return self[name]


@pytest.fixture(scope="module")
def runs() -> Runs:
    return Runs()


def started(name: str, run: Run, folder: Path) -> str:
    """What a program prints when it runs from a file with its own name."""
    file = folder / NETWORK_FORMATS[name].filename
    file.write_text(write_network(name, run), encoding="utf-8")
    command = [sys.executable, file.name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def predicted(text: str) -> list[list[float]]:
    return [[float(number) for number in line.split()] for line in text.splitlines()]


@pytest.mark.parametrize("name", RUNS)
def test_a_micrograd_program_predicts_what_the_page_shows(
    name: str, runs: Runs, tmp_path: Path
) -> None:
    run = runs[name]
    printed = predicted(started("micrograd", run, tmp_path))
    np.testing.assert_allclose(printed, frame(run).predictions, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", RUNS)
def test_a_program_predicts_what_the_page_shows(name: str, runs: Runs) -> None:
    run = runs[name]
    predictions = execute(write_network("numpy", run))["predict"](run.data.inputs)
    np.testing.assert_allclose(predictions, frame(run).predictions, rtol=1e-9, atol=1e-9)


def test_predict_answers_for_any_point(runs: Runs) -> None:
    run = runs["softmax"]
    names = execute(write_network("micrograd", run))
    predictions = [
        [output.data for output in names["predict"](point)] for point in run.data.inputs[:3]
    ]
    np.testing.assert_allclose(predictions, frame(run).predictions[:3], rtol=1e-9)


def test_a_program_lists_the_settings_of_its_training(runs: Runs) -> None:
    head = write_network("numpy", runs["edited"])
    assert "# step: 30" in head
    assert "# hidden: 4,3" in head
    assert "# changes since step 0, which the settings do not show: 1" in head


def test_typed_text_cannot_leave_its_comment(tmp_path: Path) -> None:
    run = trained(formula="x1\nraise SystemExit(1)\n#")
    assert len(predicted(started("micrograd", run, tmp_path))) == 24
    assert len(execute(write_network("numpy", run))["losses"]) == 30


@pytest.mark.parametrize("name", ["tanh", "softmax", "features"])
def test_the_cells_of_the_notebook_run_in_order(name: str, runs: Runs) -> None:
    run = runs[name]
    notebook = json.loads(write_network("notebook", run))
    try:
        from nbformat import validate
    except ImportError:
        assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    else:
        validate(notebook)
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    names = execute("\n\n".join(code))
    predictions = names["predict"](run.data.inputs)
    np.testing.assert_allclose(predictions, frame(run).predictions, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", RUNS)
def test_weights_come_back_to_the_last_bit(name: str, runs: Runs) -> None:
    run = runs[name]
    fresh = begin(run.settings, data=run.first_data)
    loaded = apply_command(fresh, NewWeights(values=parse_weights(write_weights(run), fresh)))
    assert loaded.parameters.tobytes() == run.parameters.tobytes()
    assert json.loads(write_weights(run))["format"] == FORMAT


def test_the_layers_of_the_file_are_those_of_the_network(runs: Runs) -> None:
    run = runs["mixed"]
    by_name = dict(zip((p.label for p in run.model.mlp.parameters()), run.parameters, strict=True))
    layers = trained_layers(run)
    assert [layer.activation for layer in layers] == ["relu", "softplus", "tanh"]
    assert layers[1].weights[2, 3] == by_name["l2.n3.w4"]
    assert layers[2].biases[0] == by_name["l3.n1.b"]


def test_a_file_for_another_network_says_where_they_differ(runs: Runs) -> None:
    run = runs["tanh"]
    for other, message in {
        trained(hidden=(4,)): "Number of layers: 2 in the file, 3 in this network.",
        trained(hidden=(4, 5)): "The weights of layer 2 are 5 × 4; this network has 3 × 4.",
        trained(
            activation=("relu",)
        ): "Layer 1 has the activation relu in the file and tanh in this network.",
    }.items():
        with pytest.raises(ValueError, match=message.replace(".", r"\.")):
            parse_weights(write_weights(other), run)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "format"),
        ('{"format": "other"}', "format"),
        (json.dumps({"format": FORMAT}), "Number of layers: 0 in the file"),
    ],
)
def test_another_kind_of_file_is_an_error_in_words(text: str, message: str, runs: Runs) -> None:
    with pytest.raises(ValueError, match=message):
        parse_weights(text, runs["tanh"])


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@hypothesis_settings(max_examples=200, deadline=None)
@given(st.integers(0, 2), st.sampled_from(["weights", "biases", "activation"]), st.data())
def test_a_broken_file_is_an_error_in_words(place: int, part: str, data: st.DataObject) -> None:
    run = BROKEN
    content = json.loads(write_weights(run))
    layer = content["layers"][place]
    value = data.draw(ANYTHING)
    if data.draw(st.booleans()) and part != "activation":
        layer[part][0] = value
    else:
        layer[part] = value
    try:
        numbers = parse_weights(json.dumps(content), run)
    except ValueError as error:
        numbers, text = None, str(error)
    if numbers is None:
        assert text.endswith(".")
    else:
        assert len(numbers) == len(run.parameters)
        assert np.isfinite(numbers).all()


BROKEN = begin(Settings(samples=8, hidden=(2, 2)))


def test_a_pytorch_program_has_a_linear_layer_per_layer_and_its_activations(runs: Runs) -> None:
    program = write_network("pytorch", runs["mixed"])
    for line in (
        "        self.layer1 = torch.nn.Linear(2, 4)",
        "        self.layer3 = torch.nn.Linear(3, 1)",
        "        x = torch.relu(x)",
        "        x = torch.logaddexp(torch.zeros_like(x), x)",
        "        x = torch.tanh(x)",
    ):
        assert line in program.splitlines()
    assert "o = torch.softmax(z, dim=-1)" in write_network("pytorch", runs["softmax"])
    assert "deviations = torch.tensor([" in write_network("pytorch", runs["features"])
