"""Text to Values: the little language in which people write expressions.

Python's own parser reads the text; nothing in it ever runs as Python. A walk over the syntax tree
accepts what the operation table has, and refuses everything else with its name and position:

    a = 2            # a named number is a leaf
    b = -3
    L = (a * b + 10) * tanh(a) ** 2

A statement is `name = …`, or an expression alone; the last one is the output.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, count
from math import isfinite

from engine import python_ast
from engine.ops import Operation
from engine.script import messages
from engine.script.errors import ExpressionError
from engine.script.grammar import FUNCTIONS, GRAMMAR, suggest
from engine.script.syntax_errors import check_characters, explain_syntax_error
from engine.value import DomainError, Value, apply, sort_topologically

MAX_CHARACTERS = 4_000
MAX_NODES = 1_000
MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed text: its `output`, the Values by `names`, and the names the output does not use.

    `literals` holds the numbers that were typed, by name, and `literal_spans` the first character
    and the end of each in the text. `formulas` holds the text to the right of = of every other
    name.
    """

    text: str
    output: Value
    names: dict[str, Value] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    literal_spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    formulas: dict[str, str] = field(default_factory=dict)
    literals: dict[str, float] = field(default_factory=dict)

    def nodes(self) -> list[Value]:
        """Return every Value of the output's graph, operands before their results."""
        return sort_topologically(self.output)


def label_nodes(nodes: Sequence[Value]) -> None:
    """Give every computed Value without a label one that is free: v1, v2, …"""
    labels = {node.label for node in nodes}
    free_labels = (label for i in count(1) if (label := f"v{i}") not in labels)
    for node in nodes:
        if node.op is not None and not node.label:
            node.label = next(free_labels)


def parse(
    text: str,
    names: Mapping[str, Value] | None = None,
    characters: int = MAX_CHARACTERS,
    nodes: int = MAX_NODES,
) -> Expression:
    """Return the Values of an expression, computed. The text may use the Values of `names`.

    Raises ExpressionError for anything that is not in the language, for more than this many
    `characters` or `nodes`, for more than 100 nested levels, and for numbers at which an operation
    is not defined. A result that overflows is infinite.
    """
    if len(text) > characters:
        message = messages.TOO_LONG.format(characters=len(text), limit=characters)
        raise ExpressionError(message, 1, 1, messages.SHORTEN)
    return _Builder(text, names or {}, nodes).build()


class _Builder:
    """Builds the Values of one text, statement by statement."""

    def __init__(self, text: str, names: Mapping[str, Value], max_nodes: int) -> None:
        self.text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", " ")
        self.lines = self.text.split("\n")
        self.line_starts = list(accumulate((len(line) + 1 for line in self.lines), initial=0))
        self.names: dict[str, Value] = dict(names)
        self.name_lines: dict[str, int] = dict.fromkeys(names, 1)
        self.literal_spans: dict[str, tuple[int, int]] = {}
        self.formulas: dict[str, str] = {}
        self.node_count = 0
        self.max_nodes = max_nodes

    def build(self) -> Expression:
        module = self._parse_python()
        if not module.body:
            raise ExpressionError(messages.EMPTY, 1, 1, messages.TRY)
        *statements, last = module.body
        for statement in statements:
            self._statement(statement)
        output = self._statement(last)
        nodes = set(sort_topologically(output))
        return Expression(
            self.text,
            output,
            self.names,
            unused=tuple(name for name, value in self.names.items() if value not in nodes),
            literal_spans=self.literal_spans,
            formulas=self.formulas,
            literals={name: self.names[name].data for name in self.literal_spans},
        )

    def _parse_python(self) -> ast.Module:
        check_characters(self.lines)
        try:
            return python_ast.parse_statements(self.text)
        except SyntaxError as error:
            raise explain_syntax_error(error, self.lines) from None
        except (ValueError, RecursionError, MemoryError, OverflowError):
            raise ExpressionError(messages.FAR_TOO_DEEP, 1, 1, messages.NAME_A_PART) from None

    # --- positions and errors

    def _position(self, node: ast.AST) -> tuple[int, int]:
        """Return the line and column of a node, both from 1."""
        line = getattr(node, "lineno", 1)
        offset = getattr(node, "col_offset", 0)
        before = self.lines[line - 1].encode()[:offset] if line <= len(self.lines) else b""
        return line, len(before.decode(errors="ignore")) + 1

    def _span(self, node: ast.expr) -> tuple[int, int]:
        """Return the first character of a node in the text, and the one after its end."""

        def offset(line: int, column: int) -> int:
            before = self.lines[line - 1].encode()[:column].decode()
            return self.line_starts[line - 1] + len(before)

        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return offset(node.lineno, node.col_offset), offset(end_line, end_column)

    def _error(self, node: ast.AST, message: str, hint: str = "") -> ExpressionError:
        return ExpressionError(message, *self._position(node), hint)

    def _refuse(self, node: ast.AST) -> ExpressionError:
        other = (type(node).__name__.lower(), messages.WRITE_STATEMENT)
        construct, hint = messages.CONSTRUCTS.get(type(node), other)
        return self._error(node, messages.NOT_IN_LANGUAGE.format(construct=construct), hint)

    # --- statements

    def _statement(self, statement: ast.stmt) -> Value:
        match statement:
            case ast.Expr(value=expression):
                return self._value(expression, 1)
            case ast.Assign(targets=[ast.Name(id=name) as target], value=expression):
                return self._assign(name, target, expression)
            case ast.Assign(targets=[*_, target]):
                raise self._error(target, messages.ONE_NAME, messages.WRITE_STATEMENT)
        raise self._refuse(statement)

    def _assign(self, name: str, target: ast.Name, expression: ast.expr) -> Value:
        if name in self.names:
            message = messages.HAS_A_VALUE.format(name=name, line=self.name_lines[name])
            raise self._error(target, message, messages.OWN_NAME)
        if name in FUNCTIONS:
            message = messages.NAME_IS_A_FUNCTION.format(name=name)
            raise self._error(target, message, messages.OTHER_NAME)
        value = self._value(expression, 1)
        value.label = value.label or name
        self.names[name] = value
        self.name_lines[name] = target.lineno
        start, end = self._span(expression)
        if value.op is None and value.label == name:
            self.literal_spans[name] = start, end
        else:
            self.formulas[name] = self.text[start:end]
        return value

    # --- expressions

    def _value(self, node: ast.expr, depth: int) -> Value:
        if depth > MAX_DEPTH:
            message = messages.TOO_DEEP.format(limit=MAX_DEPTH)
            raise self._error(node, message, messages.NAME_A_PART)
        match node:
            case ast.Constant() | ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
                return self._count(node, Value(self._number(node)))
            case ast.Name(id=name):
                return self._named_value(name, node)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._value(operand, depth + 1)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._power(node, left, right, depth)
            case ast.BinOp():
                return self._chain(node, depth)
            case ast.UnaryOp(op=op, operand=operand):
                operation = self._operation(op, node)
                return self._apply(node, operation, self._value(operand, depth + 1))
            case ast.Call():
                return self._call(node, depth)
        raise self._refuse(node)

    def _chain(self, node: ast.BinOp, depth: int) -> Value:
        """Return terms in a row, such as a + b − c. They can be many: only brackets nest."""
        links = [node]
        while isinstance(left := links[-1].left, ast.BinOp) and not isinstance(left.op, ast.Pow):
            links.append(left)
        operations = [self._operation(link.op, link) for link in links]
        value = self._value(left, depth + 1)
        for link, operation in zip(reversed(links), reversed(operations), strict=True):
            value = self._apply(link, operation, value, self._value(link.right, depth + 1))
        return value

    def _number(self, node: ast.expr) -> float:
        sign, constant = (-1.0, node.operand) if isinstance(node, ast.UnaryOp) else (1.0, node)
        value = constant.value if isinstance(constant, ast.Constant) else None
        if isinstance(value, bool) or not isinstance(value, int | float):
            kind = messages.CONSTANTS.get(type(value), str(value))
            message = messages.NOT_A_NUMBER.format(constant=kind)
            raise self._error(node, message, messages.NUMBER_FORMS)
        try:
            number = sign * float(value)
        except OverflowError:
            number = float("inf")
        if number in (float("inf"), -float("inf")):
            raise self._error(node, messages.TOO_LARGE, messages.LARGEST_NUMBER)
        return number

    def _named_value(self, name: str, node: ast.Name) -> Value:
        if name in self.names:
            return self.names[name]
        if name in FUNCTIONS:
            message = messages.NAME_IS_A_FUNCTION.format(name=name)
            raise self._error(node, message, messages.WRITE.format(text=GRAMMAR[name].text))
        hint = suggest(name, [*self.names, *FUNCTIONS])
        if not hint and name.isidentifier():
            hint = messages.GIVE_A_VALUE.format(name=name)
        raise self._error(node, messages.NO_VALUE.format(name=name), hint)

    def _operation(self, op: ast.AST, node: ast.expr) -> Operation:
        if type(op) in GRAMMAR:
            return GRAMMAR[type(op)]
        sign, hint = messages.SIGNS.get(type(op), (type(op).__name__, messages.OTHER_SIGN))
        raise self._error(node, messages.NOT_AN_OPERATION.format(sign=sign), hint)

    def _power(self, node: ast.expr, left: ast.expr, right: ast.expr, depth: int) -> Value:
        """The exponent is a number: it is computed here, without names, and makes no nodes."""
        base = self._value(left, depth + 1)
        node_count, names = self.node_count, self.names
        self.names = {}
        try:
            exponent = self._value(right, depth + 1)
        except ExpressionError as error:
            if any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(right)):
                raise self._error(right, messages.EXPONENT, messages.VARIABLE_EXPONENT) from None
            raise error
        finally:
            self.names = names
        self.node_count = node_count
        if not isfinite(exponent.data):
            raise self._error(right, messages.TOO_LARGE, messages.LARGEST_NUMBER)
        return self._apply(node, GRAMMAR[ast.Pow], base, attributes=(exponent.data,))

    def _call(self, node: ast.Call, depth: int) -> Value:
        if not isinstance(node.func, ast.Name):
            if isinstance(node.func, ast.Attribute):
                raise self._refuse(node.func)
            raise self._error(node, messages.NUMBER_CALLED, messages.WRITE_TIMES)
        name = node.func.id
        operation = GRAMMAR.get(name)
        if operation is None:
            raise self._no_function(name, node)
        try:
            operation = operation.with_operands(0 if node.keywords else len(node.args))
        except TypeError:
            numbers = messages.ONE_NUMBER
            if operation.arity > 1:
                numbers = messages.MANY_NUMBERS.format(count=operation.arity_text)
            message = messages.OPERAND_COUNT.format(name=name, numbers=numbers)
            hint = messages.WRITE.format(text=operation.text)
            raise self._error(node, message, hint) from None
        operands = [self._value(argument, depth + 1) for argument in node.args]
        return self._apply(node, operation, *operands)

    def _no_function(self, name: str, node: ast.Call) -> ExpressionError:
        if name in self.names:
            message = messages.NAME_IS_A_NUMBER.format(name=name)
            return self._error(node, message, messages.WRITE_TIMES_NAME.format(name=name))
        hint = suggest(name, FUNCTIONS) or messages.FUNCTIONS.format(names=", ".join(FUNCTIONS))
        return self._error(node, messages.NO_FUNCTION.format(name=name), hint)

    def _apply(
        self,
        node: ast.expr,
        operation: Operation,
        *operands: Value,
        attributes: tuple[float, ...] = (),
    ) -> Value:
        try:
            return self._count(node, apply(operation, *operands, attributes=attributes))
        except DomainError as error:
            raise self._error(node, f"{error}.") from None

    def _count(self, node: ast.expr, value: Value) -> Value:
        """Return the value, counted. Raises ExpressionError for too many."""
        self.node_count += 1
        if self.node_count > self.max_nodes:
            message = messages.TOO_MANY_NODES.format(limit=self.max_nodes)
            raise self._error(node, message, messages.COMPUTE_LESS)
        return value
