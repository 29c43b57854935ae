"""Formulas of the playground's language as another library writes them.

What an operation is called elsewhere stands in the operation table; here formulas are taken apart
and put together again with those names.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from engine import python_ast
from engine.ops import OPERATIONS

HELPER = """

def operation(data, *operands):
    \"\"\"An operation that micrograd lacks: its result, operands with local derivatives.\"\"\"
    out = Value(data, [each for each, _ in operands])

    def _backward():
        for each, slope in operands:
            each.grad += slope * out.grad

    out._backward = _backward
    return out

"""
"""What a program for micrograd makes the operations of that micrograd does not have."""


def rewrite_formula(
    text: str, letters: Mapping[str, ast.expr], module: str = "", brief: bool = False
) -> str:
    """A formula as Python, its letters replaced, its functions taken from `module`; `brief` works
    out products with 1 and the like.
    """
    return ast.unparse(_Replaced(letters, module, brief).visit(python_ast.parse_formula(text)))


def rewrite_statements(text: str, letters: Mapping[str, ast.expr], module: str = "") -> str:
    """Statements of the language, the last of which is the result, as one formula in Python."""
    known, made = dict(letters), ast.expr()
    for statement in python_ast.parse_statements(text.strip()).body:
        assert isinstance(statement, ast.Assign | ast.Expr)
        made = _Replaced(known, module).visit(statement.value)
        if isinstance(statement, ast.Assign):
            (target,) = statement.targets
            assert isinstance(target, ast.Name)
            known[target.id] = made
    return ast.unparse(made)


def number_node(value: float) -> ast.expr:
    """A number that can stand anywhere in a formula: −3 as a sign and a number."""
    plain = ast.Constant(abs(value))
    negative = value < 0 or str(value).startswith("-")
    return ast.UnaryOp(ast.USub(), plain) if negative else plain


def call_node(module: str, function: str, *arguments: ast.expr) -> ast.expr:
    """`module.function(arguments)`."""
    return ast.Call(ast.Attribute(ast.Name(module), function), list(arguments), [])


def _is_number(node: ast.expr) -> bool:
    return not any(isinstance(each, ast.Name) for each in ast.walk(node))


class _Replaced(ast.NodeTransformer):
    """Puts in the letters and writes functions as the module does; where `brief`, products with 1
    and the like are worked out.
    """

    def __init__(self, letters: Mapping[str, ast.expr], module: str, brief: bool = False) -> None:
        self.letters, self.module, self.brief = letters, module, brief

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.letters.get(node.id, node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if not isinstance(node.func, ast.Name) or node.func.id not in OPERATIONS:
            node.args = [self.visit(each) for each in node.args]
            return node
        op = OPERATIONS[node.func.id]
        arguments = [self.visit(each) for each in node.args]
        if self.module == "torch":  # whose functions do not take plain numbers
            arguments = [
                call_node("torch", "tensor", each) if _is_number(each) else each
                for each in arguments
            ]
        own = op.numpy if self.module == "np" else op.torch
        if not own:
            return call_node(self.module, op.name, *arguments)
        inner = _Replaced(dict(zip("ab", arguments, strict=False)), self.module)
        return python_ast.parse_formula(ast.unparse(inner.visit(python_ast.parse_formula(own))))

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right = self.visit(node.left), self.visit(node.right)
        first, second = _worth(left), _worth(right)
        if not self.brief:
            return ast.BinOp(left, node.op, right)
        if isinstance(node.op, ast.Mult):
            if first == 0 or second == 0:
                return ast.Constant(0.0)
            if first == 1:
                return right  # type: ignore[no-any-return]
            if first == -1:
                return ast.UnaryOp(ast.USub(), right)
        if isinstance(node.op, ast.Pow) and second == 1:
            return left  # type: ignore[no-any-return]
        if isinstance(node.op, ast.Sub) and isinstance(first, int) and isinstance(second, int):
            return number_node(first - second)
        return ast.BinOp(left, node.op, right)


def _worth(node: ast.expr) -> float | int | None:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
    return None
