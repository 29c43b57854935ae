"""A run as the store keeps it, and back: its row, its log as JSON, its samples as bytes."""

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
from playground.storage.store import Kept

_COMMAND: TypeAdapter[RunCommand] = TypeAdapter(RunCommand)


def columns(run: Run) -> dict[str, Any]:
    """The columns of its row that change as it goes on."""
    return {"step": run.step, "state": pack(run, with_curve=True), "backend": run.backend}


def log(entries: Sequence[tuple[int, RunCommand]]) -> tuple[tuple[int, str], ...]:
    """Commands with their steps, each as JSON."""
    return tuple((step, _COMMAND.dump_json(change).decode()) for step, change in entries)


def run_of(kept: Kept) -> Run:
    """The run that is kept, as it was when it was saved."""
    row = kept.row
    return restored(row["settings"], row["backend"], samples_of(kept.data), kept.log, row["state"])


def restored(
    settings: str, backend: str, samples: Data, log: Sequence[tuple[int, str]], state: bytes
) -> Run:
    """The run that began with these settings as JSON, to which the log's commands, as JSON,
    happened, as far as the state has come.
    """
    entries = tuple((step, _COMMAND.validate_json(body)) for step, body in log)
    blank = blank_run(Settings.model_validate_json(settings), backend, samples)
    return restore(with_commands(blank, entries), state)


def samples_as_bytes(data: Data) -> bytes:
    """The samples of a run as a NumPy archive, without pickle."""
    told = json.dumps({"classes": data.classes, "window": data.window, "span": data.span})
    body = io.BytesIO()
    np.savez(
        body, inputs=data.inputs, targets=data.targets, is_test=data.is_test,
        told=np.frombuffer(told.encode(), np.uint8),
    )  # fmt: skip
    return body.getvalue()


def samples_of(body: bytes) -> Data:
    """The samples that `samples_as_bytes` wrote."""
    return python_ast.retry_parse(lambda: _samples_of(body))  # an array's head is a text in Python


def _samples_of(body: bytes) -> Data:
    with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
        told = json.loads(arrays["told"].tobytes())
        low, high = told["window"]
        return Data(
            arrays["inputs"],
            arrays["targets"],
            arrays["is_test"],
            tuple(told["classes"]),
            (tuple(low), tuple(high)),
            tuple(told["span"]),
        )
