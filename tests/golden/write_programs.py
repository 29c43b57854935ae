"""Write programs.json: the losses and weights that exported PyTorch programs print, in float64.

    python -m tests.golden.write_programs

Needs PyTorch (the dependency group `golden`). A program is recognised by its text without comments
and without the digits of numbers with a fraction, which may differ from machine to machine.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from engine.export.network import write_network
from engine.random import Floats
from tests.golden.runs import NAMES, trained
from tests.golden.write_descent import pack

try:
    import torch
except ImportError:  # the tests import every module; only writing needs it
    torch = None  # type: ignore[assignment]

FILE = Path(__file__).with_name("programs.json")
_FRACTION = re.compile(r"-?\d+\.\d+(e[-+]\d+)?|-?\d+e-?\d+")


def fingerprint(program: str) -> str:
    """What tells a program from others that compute something else."""
    lines = [line for line in program.splitlines() if line and not line.lstrip().startswith("#")]
    return hashlib.sha256(_FRACTION.sub("#", "\n".join(lines)).encode()).hexdigest()[:16]


def execute(program: str) -> dict[str, Any]:
    """What the names of a program stand for when it has run. It warns of nothing."""
    names: dict[str, Any] = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), np.errstate(over="raise", invalid="raise"):
        exec(compile(program, "exported", "exec"), names)
    return names | {"printed": printed.getvalue().splitlines()}


def torch_result(program: str) -> tuple[Floats, Floats]:
    """The losses of the batches, (steps,), and the weights, (parameters,), of a program in
    PyTorch: layer by layer, first the weights, then the biases.
    """
    names = execute(program)
    arrays = [w.detach().numpy().ravel() for w in names["network"].parameters()]
    return np.array(names["losses"]), np.concatenate(arrays)


def main() -> None:
    if torch is None:
        raise SystemExit("PyTorch is missing: install the dependency group `golden`.")
    torch.set_num_threads(1)
    programs = []
    for name in NAMES:
        text = write_network("pytorch", trained(name))
        losses, weights = torch_result(text)
        programs.append(
            {
                "name": name,
                "program": fingerprint(text),
                "losses": pack(losses),
                "weights": pack(weights),
            }
        )
    golden = {"torch": torch.__version__.split("+")[0], "programs": programs}
    text = json.dumps(golden, separators=(",", ":"), allow_nan=False)
    FILE.write_text(text.replace('{"name"', '\n{"name"') + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
