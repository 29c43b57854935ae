"""What programs for all libraries share: their header, their parts, and the layout of code."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Collection, Iterable, Sequence

from engine.export import messages
from engine.export.rewrite import rewrite_formula, rewrite_statements
from engine.ops import ACTIVATIONS
from engine.outputs import OUTPUTS
from engine.training.features import FEATURES
from engine.training.features import OWN as OWN_FEATURE
from engine.training.run import Run

Part = tuple[str, str]
"""The comment of a part of a program, and its code."""

COMMENT_WIDTH = 98
"""Characters of a line of a comment, without its sign."""


def write_header(run: Run) -> list[str]:
    """Return a description of the program, line by line. Text that people typed cannot leave its
    line.
    """
    lines = [messages.TITLE, messages.STEP.format(step=run.step)]
    if run.is_edited:
        lines.append(messages.EDITED.format(count=len(run.log)))
    if run.data.classes:
        output = OUTPUTS[run.settings.output_activation()]
        names = [ascii(name) for name in run.data.classes]
        if run.model.sizes[-1] == 1:
            first, second = names
            line = messages.ONE_OUTPUT.format(
                low=output.low, first=first, high=output.high, second=second
            )
        else:
            line = messages.SEVERAL_OUTPUTS.format(classes=", ".join(names))
        lines.append(line)
    texts = run.settings.texts().items()
    return [*lines, *(f"{name}: {' '.join(text.split())}" for name, text in texts if text)]


def write_script(run: Run, parts: Iterable[Part]) -> str:
    """Return a program: the header as comments, then the parts, with blank lines between."""
    head = "\n".join(f"# {line}" for line in write_header(run))
    text, is_definition = head + "\n", False
    for comment, code in parts:
        was_definition, is_definition = is_definition, code.startswith(("def ", "class "))
        text += "\n\n" if was_definition or is_definition else "\n"
        text += "".join(f"# {line}\n" for line in textwrap.wrap(comment, COMMENT_WIDTH))
        text += code + "\n"
    return text


def write_read_function(run: Run, module: str, defined: Collection[str] = ()) -> str:
    """Return the function `read` in NumPy or PyTorch: the features of points, minus their means,
    divided by their standard deviations.
    """
    features, dimensions = run.scaling, run.data.inputs.shape[1]
    inputs = [f"x{i + 1}" for i in range(dimensions)]
    letters: dict[str, ast.expr] = {name: ast.Name(name) for name in inputs}
    columns = []
    for name in features.names:
        text = FEATURES[name].text if name in FEATURES else name
        text = features.own if name == OWN_FEATURE else text
        column = rewrite_statements(text, letters, module, defined)
        varies = any(re.search(rf"\b{name}\b", column) for name in inputs)
        columns.append(column if varies else f"{column} + 0 * x1")
    lines, result = [], "points"
    if columns != inputs:
        lines.append(f"{', '.join(inputs)} = points.T")
        result = f"{module}.stack([{', '.join(columns)}], -1)"
    deviations = features.standard_deviations
    is_scaled = any(features.means) or any(deviation != 1.0 for deviation in deviations)
    if is_scaled:
        array = "np.array" if module == "np" else "torch.tensor"
        lines += [
            f"means = {array}({list(features.means)!r})",
            f"deviations = {array}({list(deviations)!r})",
        ]
        result = f"({result} - means) / deviations"
    return write_function("read(points)", [*lines, f"return {result}"])


def write_activation(name: str, letter: str, module: str, defined: Collection[str] = ()) -> str:
    """Return the outputs of an activation, or of softmax, as a formula of its pre-activations."""
    letters: dict[str, ast.expr] = {"a": ast.Name(letter)}
    if name in ACTIVATIONS:
        operation = ACTIVATIONS[name]
        if operation is None:
            return letter
        return rewrite_formula(operation.text, letters, module, defined=defined)
    output = OUTPUTS[name]
    return rewrite_formula(output.numpy if module == "np" else output.torch, letters)


def write_function(signature: str, body: Sequence[str]) -> str:
    """Return a function."""
    return write_block(f"def {signature}", body)


def write_block(head: str, body: Sequence[str]) -> str:
    """Return a head and its indented body."""
    return "\n".join([f"{head}:", *(f"    {line}" if line else "" for line in body)])


def write_matrix(rows: Sequence[Sequence[float]], indent: str = "") -> str:
    """Return a matrix as a literal, one row per line, with all digits."""
    return "[\n" + "".join(f"{indent}    {row!r},\n" for row in rows) + f"{indent}]"
