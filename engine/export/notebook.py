"""A run as a notebook: the NumPy program in cells, then its losses and its output as pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from engine.export import messages
from engine.export.numpy_network import numpy_parts
from engine.export.program import write_header
from engine.training.run import Run


def write_notebook(run: Run) -> str:
    """Return the run in the notebook format 4.5, which
    https://nbformat.readthedocs.io/en/latest/format_description.html describes.
    """
    _, *lines = write_header(run)
    cells = [("markdown", messages.TITLE + "\n\n" + "\n".join(f"    {line}" for line in lines))]
    for comment, code in numpy_parts(run):
        cells += [("markdown", comment)] if comment else []
        cells.append(("code", code))
    for comment, lines in ((messages.CURVE, _CURVE), (messages.PICTURE, _write_picture(run))):
        cells += [("markdown", comment), ("code", _with_matplotlib(lines))]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": [_cell(number, kind, text) for number, (kind, text) in enumerate(cells)],
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _cell(number: int, kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "id": f"cell-{number}",
        "cell_type": kind,
        "metadata": {},
        "source": text.splitlines(keepends=True),
    }
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def _with_matplotlib(lines: Sequence[str]) -> str:
    """Return a cell that says what to install if matplotlib is missing."""
    return "\n".join(
        [
            "try:",
            "    import matplotlib.pyplot as plt",
            "except ImportError:",
            f'    print("{messages.NO_MATPLOTLIB}")',
            "else:",
            *(f"    {line}" for line in lines),
        ]
    )


_CURVE = [
    "plt.semilogy(range(1, len(losses) + 1), losses)",
    'plt.xlabel("step")',
    'plt.ylabel("loss of the batch")',
    "plt.show()",
]


def _write_picture(run: Run) -> list[str]:
    (left, right), (bottom, top) = run.data.window
    grid = [f"np.linspace({low!r}, {high!r}, 100)" for low, high in ((left, right), (bottom, top))]
    points = ", ".join(
        ["x.ravel()", "y.ravel()", *["0 * x.ravel()"] * (run.data.inputs.shape[1] - 2)]
    )
    tables = '(("training", TRAIN, "white"), ("test", TEST, "black"))'
    if not run.data.is_test.any():
        tables = '(("training", TRAIN, "white"),)'
    return [
        f"x, y = np.meshgrid({', '.join(grid)})",
        f"z = predict(np.column_stack([{points}]))[:, 0].reshape(x.shape)",
        'plt.contourf(x, y, z, levels=20, cmap="PuOr")',
        'plt.colorbar(label="first output")',
        f"for name, samples, edge in {tables}:",
        "    x1, x2, target = samples[:, 0], samples[:, 1], samples[:, -1]",
        '    plt.scatter(x1, x2, c=target, cmap="viridis", edgecolors=edge, label=name)',
        'plt.xlabel("x1")',
        'plt.ylabel("x2")',
        "plt.legend()",
        "plt.show()",
    ]
