"""Exported PyTorch programs train as our runs do: their numbers are in programs.json (see
write_programs.py), and they run where PyTorch is installed.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from engine.export.network import write_network
from engine.export.weights import trained_layers
from engine.random import Floats
from engine.training.run import Run
from tests.golden.runs import NAMES, STEPS, batch_losses, trained
from tests.golden.write_descent import unpack
from tests.golden.write_programs import FILE, fingerprint, torch_result

GOLDEN = json.loads(FILE.read_text(encoding="utf-8"))
CLOSE = {"rtol": 1e-9, "atol": 1e-9}


def weights_of(run: Run) -> Floats:
    """Layer by layer, first the weights, then the biases."""
    layers = trained_layers(run)
    return np.concatenate([part for x in layers for part in (x.weights.ravel(), x.biases)])


@pytest.mark.parametrize("golden", GOLDEN["programs"], ids=lambda golden: golden["name"])
def test_a_pytorch_program_has_the_losses_and_the_weights_of_the_run(
    golden: dict[str, Any],
) -> None:
    run = trained(golden["name"])
    losses = batch_losses(run)
    assert len(losses) == STEPS
    np.testing.assert_allclose(losses, unpack(golden["losses"]), **CLOSE)
    np.testing.assert_allclose(weights_of(run), unpack(golden["weights"]), **CLOSE)
    assert fingerprint(write_network("pytorch", run)) == golden["program"], (
        "The program has changed. Write programs.json again: python -m tests.golden.write_programs"
    )


def test_the_file_has_every_run() -> None:
    assert [golden["name"] for golden in GOLDEN["programs"]] == list(NAMES)


def test_every_program_trains_in_the_pytorch_that_is_installed() -> None:
    pytest.importorskip("torch")
    for name in NAMES:
        run = trained(name)
        losses, weights = torch_result(write_network("pytorch", run))
        np.testing.assert_allclose(losses, batch_losses(run), **CLOSE)
        np.testing.assert_allclose(weights, weights_of(run), **CLOSE)
