"""Values to text, the inverse of `engine.script.parser`; and a run's sample as an expression."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from engine import python_ast
from engine.export import messages
from engine.training.run import Run
from engine.value import Value, sort_topologically


def write_statements(output: Value, leaf_data: Mapping[Value, float]) -> str:
    """Return the graph as statements, one per line, which `engine.script.parser.parse` reads back.

    Labels become names, with underscores for dots; a Value without a label stands where it is used.
    `leaf_data` replaces the data of these leaves; they come first.
    """
    formulas: dict[Value, ast.expr] = {}
    lines = []
    nodes = sort_topologically(output)
    in_graph = set(nodes)
    first = [leaf for leaf in leaf_data if leaf in in_graph]
    for node in first + [node for node in nodes if node not in leaf_data]:
        if node.op is None:
            value = leaf_data.get(node, node.data)
            number: ast.expr = ast.Constant(abs(value))
            formula = ast.UnaryOp(ast.USub(), number) if value < 0 else number
        else:
            operands = [formulas[operand] for operand in node.operands]
            attributes: list[ast.expr] = [ast.Constant(number) for number in node.attributes]
            letters = node.op.bind(operands, attributes, ast.Name("y"))
            formula = _Substitution(letters).visit(python_ast.parse_formula(node.op.text))
        if node.label or node is output:
            name = (node.label or "y").replace(".", "_")
            lines.append(f"{name} = {ast.unparse(formula)}")
            formula = ast.Name(name)
        formulas[node] = formula
    return "\n".join(lines) + "\n"


class _Substitution(ast.NodeTransformer):
    """Replaces letters with formulas, and leaves functions as they are."""

    def __init__(self, letters: Mapping[str, ast.expr]) -> None:
        self.letters = letters

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.letters.get(node.id, node)


def write_sample(run: Run, index: int) -> tuple[str, tuple[str, ...]]:
    """Return the loss of one training sample (counted from 0) with the run's weights, as text, and
    the names of the inputs and targets in it.

    Raises IndexError for an index that is too large.
    """
    model = run.model
    samples = run.samples.train
    if not 0 <= index < len(samples):
        raise IndexError(messages.SAMPLE_COUNT.format(samples=len(samples)))
    leaves = (*model.inputs, *model.targets)
    leaf_data = dict(zip(leaves, samples[index].tolist(), strict=True))
    leaf_data |= dict(zip(model.mlp.parameters(), run.parameters.tolist(), strict=True))
    return write_statements(model.loss, leaf_data), tuple(leaf.label for leaf in leaves)
