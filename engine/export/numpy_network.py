"""A trained network as a program in NumPy."""

from __future__ import annotations

from engine.export import messages
from engine.export.program import (
    PRINT_PREDICTIONS,
    Part,
    write_function,
    write_layer,
    write_matrix,
    write_read_function,
    write_script,
)
from engine.export.weights import trained_layers
from engine.training.run import Run


def write_numpy(run: Run) -> str:
    """Return the run as a program in NumPy."""
    return write_script(run, numpy_parts(run))


def numpy_parts(run: Run) -> list[Part]:
    """Return the parts of the program, which a notebook shows cell by cell."""
    layers = trained_layers(run)
    weights = "\n".join(
        f"W{number} = np.array({write_matrix(layer.weights.tolist())})\n"
        f"b{number} = np.array({layer.biases.tolist()!r})"
        for number, layer in enumerate(layers, 1)
    )
    predict = ["x = read(np.asarray(points, dtype=float))"]
    for number, layer in enumerate(layers, 1):
        predict += write_layer(f"x @ W{number}.T + b{number}", layer.activation, "np")
    return [
        ("", "import numpy as np"),
        (messages.SAMPLES, f"POINTS = np.array({write_matrix(run.data.inputs.tolist())})"),
        (messages.WEIGHTS, weights),
        (messages.READ, write_read_function(run, "np")),
        (messages.PREDICT, write_function("predict(points)", [*predict, "return x"])),
        (messages.PREDICTIONS, PRINT_PREDICTIONS),
    ]
