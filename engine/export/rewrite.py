"""Rewrite formulas of the playground's language for another library.

The operation table holds the name of each operation in the other libraries. Here formulas are taken
apart and put together again with those names.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from typing import cast

from engine import python_ast
from engine.ops import OPERATIONS, TABLE

HELPER = """

def operation(data, *operands):
    \"\"\"An operation that micrograd lacks: its result, operands with local derivatives.\"\"\"
    out = Value(data, [operand for operand, _ in operands])

    def _backward():
        for operand, local_derivative in operands:
            operand.grad += local_derivative * out.grad

    out._backward = _backward
    return out

"""
"""A function in programs for micrograd, which builds operations that micrograd does not have."""


NUMPY_FUNCTIONS = {operation.name: operation for operation in TABLE if operation.numpy_comment}
"""Operations that NumPy lacks: its programs define them as functions."""


def write_definitions(code: str) -> list[tuple[str, str]]:
    """Return the NUMPY_FUNCTIONS that this code of a program calls: comments and definitions."""
    return [
        (operation.numpy_comment, f"def {operation.text}:\n    return {operation.numpy}")
        for name, operation in NUMPY_FUNCTIONS.items()
        if re.search(rf"(?<![.\w]){name}\(", code)
    ]


def rewrite_formula(
    text: str,
    letters: Mapping[str, ast.expr],
    module: str = "",
    simplify: bool = False,
    arrays: bool = False,
    defined: Collection[str] = (),
) -> str:
    """Return a formula as Python, with other `letters` and with the functions of `module`, except
    those that the program has `defined` itself; `simplify` removes products with 1 and the like,
    `arrays` chooses element by element.
    """
    tree = python_ast.parse_formula(text)
    return ast.unparse(_Rewriter(letters, module, simplify, arrays, defined).visit(tree))


def rewrite_statements(
    text: str, letters: Mapping[str, ast.expr], module: str = "", defined: Collection[str] = ()
) -> str:
    """Return statements of the language, whose last is the result, as one formula in Python."""
    formulas, result = dict(letters), ast.expr()
    for statement in python_ast.parse_statements(text.strip()).body:
        assert isinstance(statement, ast.Assign | ast.Expr)
        result = _Rewriter(formulas, module, defined=defined).visit(statement.value)
        if isinstance(statement, ast.Assign):
            (target,) = statement.targets
            assert isinstance(target, ast.Name)
            formulas[target.id] = result
    return ast.unparse(result)


def number_node(value: float) -> ast.expr:
    """Return a number that can stand anywhere in a formula: −3 as a sign and a number."""
    size = ast.Constant(abs(value))
    is_negative = value < 0 or str(value).startswith("-")
    return ast.UnaryOp(ast.USub(), size) if is_negative else size


def call_node(module: str, function: str, *arguments: ast.expr) -> ast.expr:
    """Return `module.function(arguments)`."""
    return ast.Call(ast.Attribute(ast.Name(module), function), list(arguments), [])


def _with_fractions(node: ast.expr) -> ast.expr:
    """Return the formula with 3.0 for 3: tensors of whole numbers have fewer functions."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant):
            part.value = float(part.value)  # type: ignore[arg-type]
    return node


def _has_no_names(node: ast.expr) -> bool:
    return not any(isinstance(part, ast.Name) for part in ast.walk(node))


class _Rewriter(ast.NodeTransformer):
    """Replaces letters, and writes functions in the form of a module."""

    def __init__(
        self,
        letters: Mapping[str, ast.expr],
        module: str,
        simplify: bool = False,
        arrays: bool = False,
        defined: Collection[str] = (),
    ) -> None:
        self.letters, self.module = letters, module
        self.simplify, self.arrays, self.defined = simplify, arrays, defined

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.letters.get(node.id, node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if not isinstance(node.func, ast.Name) or node.func.id not in OPERATIONS:
            return cast(ast.expr, self.generic_visit(node))
        op = OPERATIONS[node.func.id].with_operands(len(node.args))
        arguments = [self.visit(argument) for argument in node.args]
        if self.module == "torch":  # whose functions do not take plain numbers
            arguments = [
                call_node("torch", "tensor", _with_fractions(argument))
                if _has_no_names(argument)
                else argument
                for argument in arguments
            ]
        if op.name in self.defined:
            return ast.Call(ast.Name(op.name), arguments, [])
        own_form = op.numpy if self.module == "np" else op.torch
        if not own_form:
            return call_node(self.module, op.name, *arguments)
        inner = _Rewriter(dict(zip(op.letters, arguments, strict=True)), self.module)
        rewritten = inner.visit(python_ast.parse_formula(own_form))
        return python_ast.parse_formula(ast.unparse(rewritten))

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        if not self.arrays:
            return cast(ast.expr, self.generic_visit(node))
        parts = [self.visit(part) for part in (node.test, node.body, node.orelse)]
        return call_node(self.module, "where", *parts)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right = self.visit(node.left), self.visit(node.right)
        first, second = _number(left), _number(right)
        if not self.simplify:
            return ast.BinOp(left, node.op, right)
        if isinstance(node.op, ast.Mult):
            if first == 0 and isinstance(right, ast.BinOp) and isinstance(right.op, ast.Pow):
                return ast.BinOp(left, node.op, right.left)  # of a ** 0, also at a = 0
            if first == 1:
                return right  # type: ignore[no-any-return]
            if first == -1:
                return ast.UnaryOp(ast.USub(), right)
        if isinstance(node.op, ast.Pow) and second == 1:
            return left  # type: ignore[no-any-return]
        if isinstance(node.op, ast.Sub) and isinstance(first, int) and isinstance(second, int):
            return number_node(first - second)
        return ast.BinOp(left, node.op, right)


def _number(node: ast.expr) -> float | int | None:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
    return None
