"""Turns a run into what the store keeps of it, and back: row, log as JSON, samples as bytes."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from engine import python_ast
from engine.training.apply_command import with_commands
from engine.training.commands import RunCommand
from engine.training.data import Data
from engine.training.run import Run, blank_run
from engine.training.settings import Settings
from engine.training.snapshots import pack, restore
from playground.storage.store import StoredRun

DESCRIPTION = "told"
"""The name of the array that holds classes, window and span, as stored archives have it."""

_COMMAND: TypeAdapter[RunCommand] = TypeAdapter(RunCommand)


def columns(run: Run) -> dict[str, Any]:
    """Return the columns of a run's row that change while it trains."""
    return {"step": run.step, "state": pack(run, with_curve=True), "backend": run.backend}


def log(entries: Sequence[tuple[int, RunCommand]]) -> tuple[tuple[int, str], ...]:
    """Return commands as JSON, with their steps."""
    return tuple((step, _COMMAND.dump_json(change).decode()) for step, change in entries)


def run_of(stored: StoredRun) -> Run:
    """Return a run as it was when it was saved."""
    row, samples = stored.row, samples_of(stored.data)
    return restore_run(row["settings"], row["backend"], samples, stored.log, row["state"])


def restore_run(
    settings: str, backend: str, samples: Data, log: Sequence[tuple[int, str]], state: bytes
) -> Run:
    """Return the run that began with these settings, as JSON, after the commands of this log, as
    JSON, in this state.
    """
    entries = tuple((step, _COMMAND.validate_json(body)) for step, body in log)
    blank = blank_run(Settings.model_validate_json(settings), backend, samples)
    return restore(with_commands(blank, entries), state)


def samples_as_bytes(data: Data) -> bytes:
    """Return the samples of a run as a NumPy archive, without pickle."""
    description = json.dumps({"classes": data.classes, "window": data.window, "span": data.span})
    arrays = {
        "inputs": data.inputs,
        "targets": data.targets,
        "is_test": data.is_test,
        DESCRIPTION: np.frombuffer(description.encode(), np.uint8),
    }
    body = io.BytesIO()
    np.savez(body, allow_pickle=False, **arrays)
    return body.getvalue()


def samples_of(body: bytes) -> Data:
    """Return the samples that `samples_as_bytes` has written."""
    return python_ast.retry_parse(lambda: _samples_of(body))  # NumPy parses Python


def _samples_of(body: bytes) -> Data:
    with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
        description = json.loads(arrays[DESCRIPTION].tobytes())
        low, high = description["window"]
        return Data(
            arrays["inputs"],
            arrays["targets"],
            arrays["is_test"],
            tuple(description["classes"]),
            (tuple(low), tuple(high)),
            tuple(description["span"]),
        )
