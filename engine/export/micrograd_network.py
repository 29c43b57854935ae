"""A trained network as a program for micrograd, whose Values it is built from."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from engine import python_ast
from engine.export import messages
from engine.export.program import (
    Part,
    write_function,
    write_matrix,
    write_read_function,
    write_script,
)
from engine.export.rewrite import HELPER, rewrite_formula
from engine.export.weights import TrainedLayer, trained_layers
from engine.ops import ACTIVATIONS, OPERATIONS, Operation
from engine.outputs import OUTPUTS
from engine.training.run import Run

_LAYER = [
    "return [",
    "    sum((w * xi for w, xi in zip(row, x)), b) for row, b in zip(weights, biases)",
    "]",
]
_PRINT = "for point in POINTS:\n    print(*(float(output.data) for output in predict(point)))"


def write_micrograd(run: Run) -> str:
    """Return the run as a program for micrograd."""
    layers = trained_layers(run)
    parameters = "\n".join(map(_write_parameters, layers))
    predict = ["x = read(np.array([point], dtype=float))[0].tolist()"]
    operations: dict[str, Operation] = {}
    for index, layer in enumerate(layers):
        lines, used = _write_layer(index, layer)
        predict += lines
        operations |= used
    needs_reduce = "reduce(" in "".join(predict)
    imports = "import numpy as np\nfrom micrograd.engine import Value"
    samples = write_matrix(run.data.inputs.tolist())
    parts: list[Part] = [
        ("", f"from functools import reduce\n\n{imports}" if needs_reduce else imports),
        (messages.POINTS, f"POINTS = {samples}"),
        (messages.TRAINED, f"LAYERS = [\n{parameters}\n]"),
    ]
    if operations:
        functions = "\n\n\n".join(map(_write_operation, operations.values()))
        parts += [("", HELPER.strip()), ("", functions)]
    parts += [
        (messages.READ, write_read_function(run, "np")),
        (messages.PRE_ACTIVATIONS, write_function("layer(x, weights, biases)", _LAYER)),
        (messages.PREDICT_ONE, write_function("predict(point)", [*predict, "return x"])),
        (messages.PREDICTIONS, _PRINT),
    ]
    return write_script(run, parts)


def _write_layer(index: int, layer: TrainedLayer) -> tuple[list[str], dict[str, Operation]]:
    """Return the lines that apply a layer to x, and the operations that they use."""
    lines = [f"x = layer(x, *LAYERS[{index}])"]
    if layer.activation in ACTIVATIONS:
        operation = ACTIVATIONS[layer.activation]
        if operation is None:
            return lines, {}
        return [*lines, f"x = [{operation.name}(z) for z in x]"], {operation.name: operation}
    expansion = OUTPUTS[layer.activation].expansion
    *first, last = expansion.split("; ")
    words = [word for word in re.findall(r"\w+", expansion) if word in OPERATIONS]
    return [*lines, *first, f"x = {last}"], {word: OPERATIONS[word] for word in words}


def _write_operation(operation: Operation) -> str:
    letters = {"a": python_ast.parse_formula("a.data")}
    value = rewrite_formula(operation.text, letters, "np")
    rule = operation.local_derivative_texts[0]
    derivative = rewrite_formula(rule, letters | {"y": ast.Name("y")}, "np", simplify=True)
    body = [f"y = {value}", f"return operation(y, (a, {derivative}))"]
    return write_function(f"{operation.name}(a)", body)


def _write_parameters(layer: TrainedLayer) -> str:
    rows = "".join(f"        {_write_values(row)},\n" for row in layer.weights.tolist())
    return f"    ([\n{rows}    ], {_write_values(layer.biases.tolist())}),"


def _write_values(numbers: Sequence[float]) -> str:
    return f"[{', '.join(f'Value({number!r})' for number in numbers)}]"
