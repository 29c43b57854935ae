"""Values to text, the inverse of `engine.script.parser`; and a run's sample as an expression."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from engine import python_ast
from engine.training.run import Run
from engine.value import Value, sort_topologically


def write_statements(output: Value, numbers: Mapping[Value, float]) -> str:
    """The graph as statements, a line each, which `engine.script.parser.parse` reads again.

    Labelled Values become names, dots in them underscores; the others stand where they are used.
    `numbers` are what leaves are worth instead of their data; they come first.
    """
    written: dict[Value, ast.expr] = {}
    lines = []
    nodes = sort_topologically(output)
    used = set(nodes)
    first = [leaf for leaf in numbers if leaf in used]
    for node in first + [node for node in nodes if node not in numbers]:
        if node.op is None:
            value = numbers.get(node, node.data)
            number: ast.expr = ast.Constant(abs(value))
            formula = ast.UnaryOp(ast.USub(), number) if value < 0 else number
        else:
            letters: dict[str, ast.expr] = dict(
                zip("ab", (written[each] for each in node.operands), strict=False)
            )
            letters |= {
                letter: ast.Constant(value)
                for letter, value in zip("n", node.attributes, strict=False)
            }
            formula = _Filled(letters).visit(python_ast.parse_formula(node.op.text))
        if node.label or node is output:
            name = (node.label or "y").replace(".", "_")
            lines.append(f"{name} = {ast.unparse(formula)}")
            formula = ast.Name(name)
        written[node] = formula
    return "\n".join(lines) + "\n"


class _Filled(ast.NodeTransformer):
    def __init__(self, letters: Mapping[str, ast.expr]) -> None:
        self.letters = letters

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.letters.get(node.id, node)


def write_sample(run: Run, index: int) -> tuple[str, tuple[str, ...]]:
    """The loss of one training sample (counted from 0) with the run's weights, as text, and the
    names of what is given: inputs and targets.

    Raises IndexError for a sample that there is not.
    """
    model = run.model
    samples = run.samples.train
    if not 0 <= index < len(samples):
        raise IndexError(f"There are {len(samples)} training samples.")
    given = (*model.inputs, *model.targets)
    numbers = dict(zip(given, samples[index].tolist(), strict=True))
    numbers |= dict(zip(model.mlp.parameters(), run.parameters.tolist(), strict=True))
    return write_statements(model.loss, numbers), tuple(value.label for value in given)
