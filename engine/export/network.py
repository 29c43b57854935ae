"""A run as a program: the trained network for NumPy, PyTorch or micrograd, or a notebook.

Each program needs only its library. It contains the data and the weights with all their digits,
prints the prediction for every sample, one per line, and has a function `predict` for any point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.export.micrograd_network import write_micrograd
from engine.export.notebook import write_notebook
from engine.export.numpy_network import write_numpy
from engine.export.torch_network import write_torch
from engine.training.run import Run


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A form for a run: its name for people, its file and media type, and its writer.

    No file has the name of the library that it imports: Python would import the file itself.
    """

    title: str
    filename: str
    media_type: str
    write: Callable[[Run], str]


NETWORK_FORMATS: dict[str, ExportFormat] = {
    "pytorch": ExportFormat("PyTorch", "network_pytorch.py", "text/x-python", write_torch),
    "numpy": ExportFormat("NumPy", "network_numpy.py", "text/x-python", write_numpy),
    "micrograd": ExportFormat(
        "micrograd", "network_micrograd.py", "text/x-python", write_micrograd
    ),
    "notebook": ExportFormat(
        "Notebook", "network.ipynb", "application/x-ipynb+json", write_notebook
    ),
}


def write_network(format: str, run: Run) -> str:
    """Return the run in one of NETWORK_FORMATS. Raises KeyError for an unknown one."""
    return NETWORK_FORMATS[format].write(run)
