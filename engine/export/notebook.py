"""A run as a notebook: the NumPy program in cells, and a picture of its first output."""

from __future__ import annotations

import json
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
    cells.append(("markdown", messages.PICTURE))
    cells.append(("code", _write_plot(run)))
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


def _write_plot(run: Run) -> str:
    (left, right), (bottom, top) = run.data.window
    other_inputs = ", 0 * x.ravel()" * (run.data.inputs.shape[1] - 2)
    targets = run.data.targets.tolist()
    return f"""try:
    import matplotlib.pyplot as plt
except ImportError:
    print("The picture needs matplotlib: pip install matplotlib")
else:
    TARGETS = {targets!r}
    x, y = np.meshgrid(np.linspace({left!r}, {right!r}, 100), np.linspace({bottom!r}, {top!r}, 100))
    z = predict(np.column_stack([x.ravel(), y.ravel(){other_inputs}]))[:, 0].reshape(x.shape)
    plt.contourf(x, y, z, levels=20, cmap="coolwarm")
    plt.colorbar(label="first output")
    plt.scatter(POINTS[:, 0], POINTS[:, 1], c=TARGETS, cmap="viridis", edgecolors="white")
    plt.xlabel("x1")
    plt.ylabel("x2")
    plt.show()"""
