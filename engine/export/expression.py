"""An expression leaves: as a program for micrograd or PyTorch, as NumPy by hand, as LaTeX.

What each operation is called elsewhere stands in the operation table. Every program prints the
output and the gradient of every wanted leaf, a line each, with all digits.
"""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from engine import python_ast
from engine.explain.walk import find_dependents
from engine.export.rewrite import HELPER, call_node, number_node, rewrite_formula
from engine.notation import latex_formula, latex_name, latex_number
from engine.ops import Operation
from engine.value import Value

Nodes = Sequence[Value]
"""A labelled graph, operands first, the output last."""


@dataclass(frozen=True, slots=True)
class ExpressionFormat:
    """A way out: its name for people, the ending of its files, and what writes it."""

    title: str
    ending: str
    write: Callable[[Nodes, Collection[Value]], str]


def write_expression(format: str, nodes: Nodes, wanted: Collection[Value]) -> str:
    """The graph in one of FORMATS; `wanted` are the leaves of which a gradient is wanted.

    Raises KeyError for a format that there is not.
    """
    return EXPRESSION_FORMATS[format].write(nodes, [node for node in nodes if node in set(wanted)])


def _micrograd(nodes: Nodes, wanted: Collection[Value]) -> str:
    names = _names(nodes, "Value np sys operation out")
    lines, helped = [], False
    for node, name in names.items():
        if node.op is None:
            lines.append(f"{name} = Value({node.data!r})")
            continue
        if _is_infix(node.op) and not (node.attributes and node.operands[0].data == 0):
            terms = [_term(each, names) for each in node.operands]
            if not any(each in names for each in node.operands):
                terms[0] = ast.Call(ast.Name("Value"), [terms[0]], [])
            lines.append(f"{name} = {_formula(node.op.text, node, terms)}")
            continue
        helped = True
        data = [
            ast.Attribute(term, "data") if each in names else term
            for each in node.operands
            for term in [_term(each, names)]
        ]
        lines.append(f"y = {_formula(node.op.text, node, data, 'np')}")
        pairs = "".join(
            f", ({names[each]}, {_formula(slope, node, data, 'np', ast.Name('y'))})"
            for each, slope in zip(node.operands, node.op.local_derivative_texts, strict=True)
            if each in names
        )
        lines.append(f"{name} = operation(y{pairs})")
    head = ["from micrograd.engine import Value"]
    if helped:
        head = ["import numpy as np", *head, *HELPER.splitlines()]
    if len(nodes) > 300:  # micrograd's backward() calls itself along every path
        head = ["import sys", "", *head, "", "sys.setrecursionlimit(10_000)"]
    output = names[nodes[-1]]
    prints = [f"print({f'{_called(nodes[-1])} ='!r}, float({output}.data))"]
    prints += [f"print({f'{leaf.label}.grad ='!r}, float({names[leaf]}.grad))" for leaf in wanted]
    return _lines(head, "", lines, "", f"{output}.backward()", prints)


def _torch(nodes: Nodes, wanted: Collection[Value]) -> str:
    names = _names(nodes, "torch")
    lines = []
    for node, name in names.items():
        if node.op is None:
            more = ", requires_grad=True" if node in wanted else ""
            lines.append(f"{name} = torch.tensor({node.data!r}{more})")
            continue
        terms = [_term(each, names) for each in node.operands]
        if not _is_infix(node.op) or not any(each in names for each in node.operands):
            terms = [
                term if each in names else call_node("torch", "tensor", term)
                for each, term in zip(node.operands, terms, strict=True)
            ]
        lines.append(f"{name} = {_formula(node.op.text, node, terms, 'torch')}")
    output = names[nodes[-1]]
    head = ["import torch", "", "torch.set_default_dtype(torch.float64)"]
    prints = [f"print({f'{_called(nodes[-1])} ='!r}, {output}.item())"]
    prints += [f"print({f'{leaf.label}.grad ='!r}, {names[leaf]}.grad.item())" for leaf in wanted]
    backward = [f"{output}.backward()"] if wanted else []
    return _lines(head, "", lines, "", backward, prints)


def _numpy(nodes: Nodes, wanted: Collection[Value]) -> str:
    names = _names(nodes, "np")
    slopes = _names(nodes, " ".join(names.values()), "d_")
    terms = {node: [_term(each, names) for each in node.operands] for node in nodes}
    forward = [
        f"{name} = "
        + (_formula(node.op.text, node, terms[node], "np") if node.op else repr(node.data))
        for node, name in names.items()
    ]
    flowing, begun = find_dependents(nodes, wanted), {nodes[-1]}
    backward = [f"{slopes[nodes[-1]]} = 1.0"] if nodes[-1] in flowing else []
    for node in reversed(nodes):
        if node.op is None or node not in flowing:
            continue
        for each, slope in zip(node.operands, node.op.local_derivative_texts, strict=True):
            if each in flowing:
                own = ast.Name(names[node])
                formula = f"({slope}) * upstream"
                term = _formula(formula, node, terms[node], "np", own, ast.Name(slopes[node]))
                backward.append(f"{slopes[each]} {'+=' if each in begun else '='} {term}")
                begun.add(each)
    prints = [f"print({f'{_called(nodes[-1])} ='!r}, float({names[nodes[-1]]}))"]
    prints += [f"print({f'{leaf.label}.grad ='!r}, float({slopes[leaf]}))" for leaf in wanted]
    back = ["", "# backward: each line is a local derivative times what has come from above"]
    return _lines(
        "import numpy as np", "", "# forward", forward, [*back, *backward] if backward else [], "",
        prints,
    )  # fmt: skip


def _latex(nodes: Nodes, wanted: Collection[Value]) -> str:
    def name(node: Value) -> str:
        return latex_name(node.label) if node.label else latex_number(node.data)

    def letters(node: Value) -> dict[str, str | float]:
        known: dict[str, str | float] = dict(zip("ab", map(name, node.operands), strict=False))
        return known | dict(zip("n", node.attributes, strict=False)) | {"y": name(node)}

    output, flowing = nodes[-1], find_dependents(nodes, wanted)

    def slope(node: Value) -> str:
        return rf"\frac{{\partial {name(output)}}}{{\partial {name(node)}}}"

    lines = []
    for node in nodes:
        if node.label:
            made = f"{latex_formula(node.op.text, letters(node))} = " if node.op else ""
            lines.append(f"{name(node)} &= {made}{latex_number(node.data, 6)}")
    sums: dict[Value, list[str]] = {output: ["1"]} if output in flowing else {}
    grads = {output: 1.0}
    for node in reversed(nodes):
        if node not in flowing:
            continue
        worth = latex_number(grads[node], 6)
        said = " + ".join(sums[node]).replace("+ -", "- ")
        lines.append(f"{slope(node)} &= {said}" + ("" if said == worth else f" = {worth}"))
        for i, (each, partial) in enumerate(
            zip(node.operands, node.local_derivatives(), strict=True)
        ):
            if each in flowing:
                assert node.op is not None
                rule = f"g * ({node.op.local_derivative_texts[i]})"
                if node.op.local_derivative_texts[i] == "1":
                    rule = "g"
                sums.setdefault(each, []).append(
                    latex_formula(rule, letters(node) | {"g": slope(node)})
                )
                grads[each] = grads.get(each, 0.0) + partial * grads[node]
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}\n"


EXPRESSION_FORMATS: dict[str, ExpressionFormat] = {
    "micrograd": ExpressionFormat("micrograd", "py", _micrograd),
    "pytorch": ExpressionFormat("PyTorch", "py", _torch),
    "numpy": ExpressionFormat("NumPy by hand", "py", _numpy),
    "latex": ExpressionFormat("LaTeX", "tex", _latex),
}


def _called(node: Value) -> str:
    return node.label or "output"


def _names(nodes: Nodes, reserved: str, prefix: str = "") -> dict[Value, str]:
    """An identifier for each labelled node, and for the output: its label where that is free."""
    taken = {*reserved.split(), *keyword.kwlist, *keyword.softkwlist, *dir(builtins), "y"}
    names: dict[Value, str] = {}
    for node in nodes:
        if not node.label and node is not nodes[-1]:
            continue
        name = prefix + _called(node).replace(".", "_")
        while name in taken:
            name += "_"
        taken.add(name)
        names[node] = name
    return names


def _is_infix(op: Operation) -> bool:
    return not isinstance(python_ast.parse_formula(op.text), ast.Call)


def _term(node: Value, names: Mapping[Value, str]) -> ast.expr:
    return ast.Name(names[node]) if node in names else number_node(node.data)


def _formula(
    text: str,
    node: Value,
    operands: Sequence[ast.expr],
    module: str = "",
    result: ast.expr | None = None,
    upstream: ast.expr | None = None,
) -> str:
    """A formula of the operation table as Python, its letters replaced, its functions taken from
    `module`.
    """
    letters = dict(zip("ab", operands, strict=False))
    for letter, number in zip("n", node.attributes, strict=False):
        letters[letter] = number_node(int(number) if number.is_integer() else number)
    letters |= {"y": result} if result else {}
    letters |= {"upstream": upstream} if upstream else {}
    return rewrite_formula(text, letters, module, result is not None)


def _lines(*parts: str | Sequence[str]) -> str:
    flat = [line for part in parts for line in ([part] if isinstance(part, str) else part)]
    return "\n".join(flat) + "\n"
