"""A run leaves as a program: the trained network for NumPy, PyTorch or micrograd, or a notebook.

Each stands alone with its library: data and weights are in it with all digits, it prints the
prediction for every sample, a line each, and `predict` gives that for any point. What activations
are called elsewhere stands in the operation table.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from engine import python_ast
from engine.export.rewrite import HELPER, rewrite_formula, rewrite_statements
from engine.export.weights import trained_layers
from engine.ops import ACTIVATIONS, OPERATIONS, Operation
from engine.outputs import OUTPUTS
from engine.training.features import FEATURES
from engine.training.features import OWN as OWN_FEATURE
from engine.training.run import Run


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A way out: its name for people, its file, and what writes it.

    No file is called like the library that it imports: Python would import the file itself.
    """

    title: str
    filename: str
    kind: str
    write: Callable[[Run], str]


Part = tuple[str, str]
"""What a part of a program is for, and its code."""


def write_network(format: str, run: Run) -> str:
    """The run as one of PROGRAMS. Raises KeyError for one that there is not."""
    return NETWORK_FORMATS[format].write(run)


def _numpy_parts(run: Run) -> list[Part]:
    units = trained_layers(run)
    numbers = "\n".join(
        f"W{place} = np.array({_rows(layer.weights.tolist())})\n"
        f"b{place} = np.array({layer.biases.tolist()!r})"
        for place, layer in enumerate(units, 1)
    )
    lines = ["x = read(np.asarray(points, dtype=float))"]
    for place, layer in enumerate(units, 1):
        lines += _applied(f"x @ W{place}.T + b{place}", layer.activation, "np")
    return [
        ("", "import numpy as np"),
        (_DATA, f"POINTS = np.array({_rows(run.data.inputs.tolist())})"),
        ("The trained weights: one row a neuron, one column an input.", numbers),
        (_READ, _function("read(points)", _reading(run, "np"))),
        (
            "The outputs for points (points, dimensions).",
            _function("predict(points)", [*lines, "return x"]),
        ),
        ("The prediction for every sample.", _PRINT),
    ]


def _numpy(run: Run) -> str:
    return _script(run, _numpy_parts(run))


def _torch(run: Run) -> str:
    units = trained_layers(run)
    numbers = ",\n".join(
        f"    ({_rows(layer.weights.tolist(), '    ')}, {layer.biases.tolist()!r})"
        for layer in units
    )
    made = [
        f"self.layer{place} = torch.nn.Linear{layer.weights.shape[::-1]}"
        for place, layer in enumerate(units, 1)
    ]
    flow = ["x = read(points)"]
    for place, layer in enumerate(units, 1):
        flow += _applied(f"self.layer{place}(x)", layer.activation, "torch")
    network = [
        *_function("__init__(self)", ["super().__init__()", *made]).splitlines(),
        "",
        *_function("forward(self, points)", [*flow, "return x"]).splitlines(),
    ]
    predict = [
        "with torch.no_grad():",
        "    return network(torch.as_tensor(points, dtype=torch.float64))",
    ]
    filled = (
        "network = Network()\n"
        "with torch.no_grad():\n"
        "    for layer, (weights, biases) in zip(network.children(), PARAMETERS):\n"
        "        layer.weight.copy_(torch.tensor(weights))\n"
        "        layer.bias.copy_(torch.tensor(biases))"
    )
    return _script(
        run,
        [
            ("", "import torch\n\ntorch.set_default_dtype(torch.float64)"),
            (_DATA, f"POINTS = torch.tensor({_rows(run.data.inputs.tolist())})"),
            (
                "The trained weights and biases: one row a neuron, one column an input.",
                f"PARAMETERS = [\n{numbers},\n]",
            ),
            (_READ, _function("read(points)", _reading(run, "torch"))),
            ("", _block("class Network(torch.nn.Module)", network)),
            ("", filled),
            (
                "The outputs for points (points, dimensions).",
                _function("predict(points)", predict),
            ),
            ("The prediction for every sample.", _PRINT),
        ],
    )


def _micrograd(run: Run) -> str:
    units = trained_layers(run)
    numbers = "\n".join(
        "    ([\n"
        + "".join(f"        {_values(row)},\n" for row in layer.weights.tolist())
        + f"    ], {_values(layer.biases.tolist())}),"
        for layer in units
    )
    flow = ["x = read(np.array([point], dtype=float))[0].tolist()"]
    used: dict[str, Operation] = {}
    for place, layer in enumerate(units):
        flow.append(f"x = layer(x, *LAYERS[{place}])")
        operation = ACTIVATIONS.get(layer.activation)
        if operation is not None:
            used[operation.name] = operation
            flow.append(f"x = [{operation.name}(each) for each in x]")
        elif layer.activation not in ACTIVATIONS:
            parts = OUTPUTS[layer.activation].expansion
            used |= {name: OPERATIONS[name] for name in re.findall(r"\w+", parts)
                     if name in OPERATIONS}  # fmt: skip
            *first, last = parts.split("; ")
            flow += [*first, f"x = {last}"]
    sums = [
        "return [",
        "    sum((w * each for w, each in zip(row, x)), b) for row, b in zip(weights, biases)",
        "]",
    ]
    functions = "\n\n\n".join(_micrograd_function(operation) for operation in used.values())
    helped = [("", HELPER.strip()), ("", functions)] if used else []
    needs = "from functools import reduce\n\n" if "reduce(" in "".join(flow) else ""
    return _script(
        run,
        [
            ("", f"{needs}import numpy as np\nfrom micrograd.engine import Value"),
            (_DATA, f"POINTS = {_rows(run.data.inputs.tolist())}"),
            (
                "The trained weights and biases: one row a neuron, one number an input.",
                f"LAYERS = [\n{numbers}\n]",
            ),
            *helped,
            (_READ, _function("read(points)", _reading(run, "np"))),
            ("The sums of a layer.", _function("layer(x, weights, biases)", sums)),
            (
                "The outputs for one point, as Values.",
                _function("predict(point)", [*flow, "return x"]),
            ),
            (
                "The prediction for every sample.",
                "for point in POINTS:\n    print(*(float(each.data) for each in predict(point)))",
            ),
        ],
    )


def _micrograd_function(operation: Operation) -> str:
    data = {"a": python_ast.parse_formula("a.data")}
    value = rewrite_formula(operation.text, data, "np")
    slope = rewrite_formula(
        operation.local_derivative_texts[0], data | {"y": ast.Name("y")}, "np", brief=True
    )
    return _function(f"{operation.name}(a)", [f"y = {value}", f"return operation(y, (a, {slope}))"])


def _notebook(run: Run) -> str:
    """Notebook format 4.5: https://nbformat.readthedocs.io/en/latest/format_description.html."""
    _, *lines = _header(run)
    cells = [("markdown", _TITLE + "\n\n" + "\n".join(f"    {line}" for line in lines))]
    for told, code in _numpy_parts(run):
        cells += [("markdown", told)] if told else []
        cells.append(("code", code))
    cells.append(("markdown", "The first output over the plane. This needs matplotlib."))
    cells.append(("code", _plot(run)))
    made = {
        "cells": [
            {
                "id": f"cell-{place}", "cell_type": kind, "metadata": {},
                "source": text.splitlines(keepends=True),
            } | ({"execution_count": None, "outputs": []} if kind == "code" else {})
            for place, (kind, text) in enumerate(cells)
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }  # fmt: skip
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def _plot(run: Run) -> str:
    (left, right), (bottom, top) = run.data.window
    beyond = "".join([", 0 * x.ravel()"] * (run.data.inputs.shape[1] - 2))
    targets = run.data.targets.tolist()
    return f"""try:
    import matplotlib.pyplot as plt
except ImportError:
    print("The picture needs matplotlib: pip install matplotlib")
else:
    TARGETS = {targets!r}
    x, y = np.meshgrid(np.linspace({left!r}, {right!r}, 100), np.linspace({bottom!r}, {top!r}, 100))
    z = predict(np.column_stack([x.ravel(), y.ravel(){beyond}]))[:, 0].reshape(x.shape)
    plt.contourf(x, y, z, levels=20, cmap="coolwarm")
    plt.colorbar(label="first output")
    plt.scatter(POINTS[:, 0], POINTS[:, 1], c=TARGETS, cmap="viridis", edgecolors="white")
    plt.xlabel("x1")
    plt.ylabel("x2")
    plt.show()"""


NETWORK_FORMATS: dict[str, ExportFormat] = {
    "pytorch": ExportFormat("PyTorch", "network_pytorch.py", "text/x-python", _torch),
    "numpy": ExportFormat("NumPy", "network_numpy.py", "text/x-python", _numpy),
    "micrograd": ExportFormat("micrograd", "network_micrograd.py", "text/x-python", _micrograd),
    "notebook": ExportFormat("Notebook", "network.ipynb", "application/x-ipynb+json", _notebook),
}

_TITLE = "A network trained in Backprop Playground."
_DATA = "The samples, one a row."
_READ = "What the network reads of points."
_PRINT = "for row in predict(POINTS).tolist():\n    print(*row)"


def _header(run: Run) -> list[str]:
    """What the program is, a line each; texts that people typed cannot leave their line."""
    lines = [_TITLE, f"step: {run.step}"]
    if run.is_edited:
        lines.append(f"edited since it began: {len(run.log)} times, which the settings do not say")
    if run.data.classes:
        output = OUTPUTS[run.settings.output_activation()]
        low, high = output.low, output.high
        names = [ascii(name) for name in run.data.classes]
        lines.append(
            f"output: {low:g} for {names[0]}, {high:g} for {names[1]}"
            if run.model.sizes[-1] == 1
            else f"outputs, the largest of which wins: {', '.join(names)}"
        )
    texts = run.settings.texts().items()
    return [*lines, *(f"{name}: {' '.join(text.split())}" for name, text in texts if text)]


def _script(run: Run, parts: Iterable[Part]) -> str:
    head = "\n".join(f"# {line}" for line in _header(run))
    text, defined = head + "\n", False
    for told, code in parts:
        before, defined = defined, code.startswith(("def ", "class "))
        text += "\n\n" if before or defined else "\n"
        text += (f"# {told}\n" if told else "") + code + "\n"
    return text


def _reading(run: Run, module: str) -> list[str]:
    """The body of `read`: features of points, minus their means, by their spreads."""
    read, dimensions = run.scaling, run.data.inputs.shape[1]
    inputs = [f"x{i + 1}" for i in range(dimensions)]
    letters: dict[str, ast.expr] = {name: ast.Name(name) for name in inputs}
    columns = []
    for name in read.names:
        text = (
            read.own if name == OWN_FEATURE else FEATURES[name].text if name in FEATURES else name
        )
        column = rewrite_statements(text, letters, module)
        varies = any(re.search(rf"\b{each}\b", column) for each in inputs)
        columns.append(column if varies else f"{column} + 0 * x1")
    lines, scaled = (
        [],
        read.means != (0.0,) * len(columns) or read.standard_deviations != (1.0,) * len(columns),
    )
    made = "points"
    if columns != inputs:
        lines.append(f"{', '.join(inputs)} = points.T")
        made = f"{module}.stack([{', '.join(columns)}], -1)"
    if scaled:
        array = "np.array" if module == "np" else "torch.tensor"
        lines += [
            f"means = {array}({list(read.means)!r})",
            f"spreads = {array}({list(read.standard_deviations)!r})",
            f"return ({made} - means) / spreads",
        ]
        return lines
    return [*lines, f"return {made}"]


def _applied(sums: str, activation: str, module: str) -> list[str]:
    """The lines that make x the outputs of a layer with these sums."""
    lines = [f"x = {sums}"]
    x: dict[str, ast.expr] = {"a": ast.Name("x")}
    if activation in ACTIVATIONS:
        operation = ACTIVATIONS[activation]
        return lines if operation is None else [
            *lines, f"x = {rewrite_formula(operation.text, x, module)}"
        ]  # fmt: skip
    output = OUTPUTS[activation]
    return [*lines, f"x = {rewrite_formula(output.numpy if module == 'np' else output.torch, x)}"]


def _function(signature: str, body: Sequence[str]) -> str:
    return _block(f"def {signature}", body)


def _block(head: str, body: Sequence[str]) -> str:
    return "\n".join([f"{head}:", *(f"    {line}" if line else "" for line in body)])


def _rows(rows: Sequence[Sequence[float]], indent: str = "") -> str:
    """A matrix as a literal, one row a line, with all digits."""
    return "[\n" + "".join(f"{indent}    {row!r},\n" for row in rows) + f"{indent}]"


def _values(numbers: Sequence[float]) -> str:
    return f"[{', '.join(f'Value({number!r})' for number in numbers)}]"
