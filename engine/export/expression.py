"""An expression as a program for micrograd or PyTorch, as NumPy by hand, or as LaTeX.

The operation table holds the name of each operation in these libraries. Every program prints the
output and the gradient of every target leaf, one per line, with all digits.
"""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from engine import python_ast
from engine.explain.equations import bind_written, write_name, write_rule
from engine.explain.walk import find_dependents
from engine.export import messages
from engine.export.rewrite import (
    HELPER,
    NUMPY_FUNCTIONS,
    call_node,
    number_node,
    rewrite_formula,
    write_definitions,
)
from engine.latex import LATEX
from engine.notation import ATOM, Written
from engine.ops import Operation
from engine.value import Value

Nodes = Sequence[Value]
"""A labelled graph, operands first, the output last."""
_QUIET = (f"# {messages.EXTREMES}", 'np.seterr(all="ignore")')
"""The lines of a program whose numbers overflow or are not finite."""
MODERATE = 1e100
"""Numbers up to this size have squares and cubes that are finite."""
RECURSIVE_NODES = 300
"""Nodes above which micrograd's recursive `backward()` may need a larger stack."""


@dataclass(frozen=True, slots=True)
class ExpressionFormat:
    """A form for an expression: its name for people, the ending of its files, and its writer."""

    title: str
    ending: str
    write: Callable[[Nodes, Collection[Value]], str]


def write_expression(format: str, nodes: Nodes, targets: Collection[Value]) -> str:
    """Return the graph in one of EXPRESSION_FORMATS, with the gradients of the `targets`.

    Raises KeyError for an unknown format.
    """
    ordered = [node for node in nodes if node in set(targets)]
    return EXPRESSION_FORMATS[format].write(nodes, ordered)


def _write_micrograd(nodes: Nodes, targets: Collection[Value]) -> str:
    names = _name_nodes(nodes, "Value np sys operation out result")
    is_extreme = has_extremes(nodes, targets)
    lines, needs_helper = [], False
    for node, name in names.items():
        if node.op is None:
            lines.append(f"{name} = Value({_leaf(node, is_extreme)})")
        elif _micrograd_has(node, is_extreme):
            terms = [_term(operand, names) for operand in node.operands]
            if not any(operand in names for operand in node.operands):
                first = call_node("np", "float64", terms[0]) if is_extreme else terms[0]
                terms[0] = ast.Call(ast.Name("Value"), [first], [])
            lines.append(f"{name} = {_formula(node.op.text, node, terms)}")
        else:
            needs_helper = True
            lines += _micrograd_operation(node, name, names)
    head = ["from micrograd.engine import Value"]
    if needs_helper or is_extreme:
        head = ["import numpy as np", *head, *(HELPER if needs_helper else "").splitlines()]
    head += ["", *_QUIET] if is_extreme else []
    if len(nodes) > RECURSIVE_NODES:
        head = ["import sys", "", *head, "", "sys.setrecursionlimit(10_000)"]
    output = names[nodes[-1]]
    prints = [
        f"print({f'{_title(nodes[-1])} ='!r}, float({output}.data))",
        *(f"print({f'{leaf.label}.grad ='!r}, float({names[leaf]}.grad))" for leaf in targets),
    ]
    return _join(head, "", lines, "", f"{output}.backward()", prints)


def _micrograd_has(node: Value, is_extreme: bool) -> bool:
    """Return whether micrograd has the operation of this node, at these numbers.

    It computes a power of 0 with a negative one, and a quotient as a product, which overflows.
    """
    assert node.op is not None
    if node.attributes and node.operands[0].data == 0:
        return False
    return _is_infix(node.op) and not (is_extreme and node.op.expansion)


def _micrograd_operation(node: Value, name: str, names: Mapping[Value, str]) -> list[str]:
    """Return the lines for an operation that micrograd does not have."""
    assert node.op is not None
    terms = {operand: _term(operand, names) for operand in node.operands}
    data = [
        ast.Attribute(terms[operand], "data") if operand in names else terms[operand]
        for operand in node.operands
    ]
    pairs = "".join(
        f", ({names[operand]}, {_formula(rule, node, data, 'np', ast.Name('result'))})"
        for operand, rule in zip(node.operands, node.op.local_derivative_texts, strict=True)
        if operand in names
    )
    result = _formula(node.op.text, node, data, "np")
    return [f"result = {result}", f"{name} = operation(result{pairs})"]


def _write_torch(nodes: Nodes, targets: Collection[Value]) -> str:
    names = _name_nodes(nodes, "torch")
    lines = []
    for node, name in names.items():
        if node.op is None:
            option = ", requires_grad=True" if node in targets else ""
            lines.append(f"{name} = torch.tensor({node.data!r}{option})")
            continue
        terms = [_term(operand, names) for operand in node.operands]
        if not _is_infix(node.op) or not any(operand in names for operand in node.operands):
            terms = [
                term if operand in names else call_node("torch", "tensor", term)
                for operand, term in zip(node.operands, terms, strict=True)
            ]
        lines.append(f"{name} = {_formula(node.op.text, node, terms, 'torch')}")
    output = names[nodes[-1]]
    head = ["import torch", "", "torch.set_default_dtype(torch.float64)"]
    prints = [
        f"print({f'{_title(nodes[-1])} ='!r}, {output}.item())",
        *(f"print({f'{leaf.label}.grad ='!r}, {names[leaf]}.grad.item())" for leaf in targets),
    ]
    backward = [f"{output}.backward()"] if targets else []
    return _join(head, "", lines, "", backward, prints)


def _write_numpy(nodes: Nodes, targets: Collection[Value]) -> str:
    names = _name_nodes(nodes, "np")
    gradients = _name_nodes(nodes, " ".join(names.values()), "d_")
    is_extreme = has_extremes(nodes, targets)
    terms = {node: [_term(operand, names) for operand in node.operands] for node in nodes}
    forward = []
    for node, name in names.items():
        if is_extreme and node.op and not any(operand in names for operand in node.operands):
            terms[node][0] = call_node("np", "float64", terms[node][0])
        number = _leaf(node, is_extreme)
        formula = (
            _formula(node.op.text, node, terms[node], "np", defined=NUMPY_FUNCTIONS)
            if node.op
            else number
        )
        forward.append(f"{name} = {formula}")
    output = nodes[-1]
    flowing, started = find_dependents(nodes, targets), {output}
    backward = [f"{gradients[output]} = 1.0"] if output in flowing else []
    for node in reversed(nodes):
        if node.op is None or node not in flowing:
            continue
        for operand, rule in zip(node.operands, node.op.local_derivative_texts, strict=True):
            if operand in flowing:
                result, upstream = ast.Name(names[node]), ast.Name(gradients[node])
                product = _contribution(rule) if node.op.selects else f"({rule}) * upstream"
                term = _formula(product, node, terms[node], "np", result, upstream, NUMPY_FUNCTIONS)
                sign = "+=" if operand in started else "="
                backward.append(f"{gradients[operand]} {sign} {term}")
                started.add(operand)
    prints = [
        f"print({f'{_title(output)} ='!r}, float({names[output]}))",
        *(f"print({f'{leaf.label}.grad ='!r}, float({gradients[leaf]}))" for leaf in targets),
    ]
    backward = ["", messages.BACKWARD, *backward] if backward else []
    definitions = write_definitions("\n".join([*forward, *backward]))
    head = ["import numpy as np"]
    for comment, definition in definitions:
        head += ["", "", f"# {comment}", definition]
    head += ["", ""] if definitions else [""]
    head += [*_QUIET, ""] if is_extreme else []
    head.append(messages.FORWARD)
    return _join(head, forward, backward, "", prints)


def _write_latex(nodes: Nodes, targets: Collection[Value]) -> str:
    output, flowing = nodes[-1], find_dependents(nodes, targets)

    def name(node: Value) -> Written:
        return write_name(node, LATEX)

    def gradient(node: Value) -> str:
        return LATEX.gradient(name(node).text)

    def contribution(node: Value, index: int, local_derivative: float) -> str:
        rule = write_rule(node, index, LATEX) or LATEX.number(local_derivative)
        if rule.text == "1":
            return gradient(node)
        factors = {"local": rule, "upstream": Written(gradient(node), ATOM)}
        return LATEX.formula("local * upstream", factors).text

    lines = []
    for node in nodes:
        if node.label:
            formula = ""
            if node.op:
                formula = LATEX.formula(node.op.text, bind_written(node, name)).text + " = "
            lines.append(f"{name(node).text} &= {formula}{LATEX.number(node.data, 6).text}")
    contributions: dict[Value, list[str]] = {output: ["1"]} if output in flowing else {}
    gradients = _compute_gradients(nodes, targets)
    for node in reversed(nodes):
        if node not in flowing:
            continue
        number = LATEX.number(gradients[node], 6).text
        total = " + ".join(contributions[node]).replace("+ -", "- ")
        lines.append(f"{gradient(node)} &= {total}" + ("" if total == number else f" = {number}"))
        for i, (operand, local_derivative) in enumerate(
            zip(node.operands, node.local_derivatives(), strict=True)
        ):
            if operand in flowing:
                term = contribution(node, i, local_derivative)
                contributions.setdefault(operand, []).append(term)
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}\n"


EXPRESSION_FORMATS: dict[str, ExpressionFormat] = {
    "micrograd": ExpressionFormat("micrograd", "py", _write_micrograd),
    "pytorch": ExpressionFormat("PyTorch", "py", _write_torch),
    "numpy": ExpressionFormat("NumPy by hand", "py", _write_numpy),
    "latex": ExpressionFormat("LaTeX", "tex", _write_latex),
}


def has_extremes(nodes: Nodes, targets: Collection[Value]) -> bool:
    """Return whether numbers arise that are not finite, or so large that a power of them is not.

    Python's own numbers raise for some of them, and NumPy warns.
    """
    numbers = [*(node.data for node in nodes), *_compute_gradients(nodes, targets).values()]
    numbers += [derivative for node in nodes for derivative in node.local_derivatives()]
    return not all(abs(number) <= MODERATE for number in numbers)


def _compute_gradients(nodes: Nodes, targets: Collection[Value]) -> dict[Value, float]:
    """Return the gradients of the nodes on the way to the targets. The Values stay as they are."""
    flowing, gradients = find_dependents(nodes, targets), {nodes[-1]: 1.0}
    for node in reversed(nodes):
        if node in flowing:
            for operand, slope in zip(node.operands, node.local_derivatives(), strict=True):
                if operand in flowing:
                    gradients[operand] = gradients.get(operand, 0.0) + slope * gradients[node]
    return gradients


def _contribution(rule: str) -> str:
    """Return the rule of an operation that selects, times `upstream` in each case but that of 0, so
    that nothing of an infinite gradient reaches an operand that is not selected.
    """

    def product(case: ast.expr) -> ast.expr:
        match case:
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return ast.IfExp(test, product(body), product(orelse))
            case ast.Constant(value=0):
                return ast.Constant(0.0)
        return ast.BinOp(case, ast.Mult(), ast.Name("upstream"))

    return ast.unparse(product(python_ast.parse_formula(rule)))


def _title(node: Value) -> str:
    return node.label or "output"


def _name_nodes(nodes: Nodes, reserved: str, prefix: str = "") -> dict[Value, str]:
    """Return an identifier for each labelled node and for the output: the label if it is free."""
    taken_names = {*reserved.split(), *keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
    names: dict[Value, str] = {}
    for node in nodes:
        if not node.label and node is not nodes[-1]:
            continue
        name = prefix + _title(node).replace(".", "_")
        while name in taken_names:
            name += "_"
        taken_names.add(name)
        names[node] = name
    return names


def _is_infix(op: Operation) -> bool:
    return not isinstance(python_ast.parse_formula(op.text), ast.Call)


def _term(node: Value, names: Mapping[Value, str]) -> ast.expr:
    return ast.Name(names[node]) if node in names else number_node(node.data)


def _leaf(node: Value, is_extreme: bool) -> str:
    """Return the number of a leaf. Among extreme numbers it is one of NumPy's."""
    return f"np.float64({node.data!r})" if is_extreme else repr(node.data)


def _formula(
    text: str,
    node: Value,
    operands: Sequence[ast.expr],
    module: str = "",
    result: ast.expr | None = None,
    upstream: ast.expr | None = None,
    defined: Collection[str] = (),
) -> str:
    """Return a formula of the operation table as Python, with these operands, and with the
    functions of `module`.
    """
    assert node.op is not None
    attributes = [
        number_node(int(number) if number.is_integer() else number) for number in node.attributes
    ]
    letters = node.op.bind(operands, attributes, result or ast.Name("y"))
    letters |= {"upstream": upstream} if upstream else {}
    simplify = result is not None
    return rewrite_formula(text, letters, module, simplify=simplify, defined=defined)


def _join(*parts: str | Sequence[str]) -> str:
    lines = [line for part in parts for line in ([part] if isinstance(part, str) else part)]
    return "\n".join(lines) + "\n"
