"""Text to Values: the little language in which people write expressions.

Python's own parser reads the text; nothing of it is ever evaluated as Python. A walk over the
syntax tree accepts what stands in the operation table and refuses everything else by name and
place:

a = 2            # a named number is a leaf b = -3 L = (a * b + 10) * tanh(a) ** 2

Statements are `name = …`, or an expression alone; the last one is the output. Which sign or
function means which operation is read off the table's own texts (`a * b`, `tanh(a)`).
"""

from __future__ import annotations

import ast
import difflib
import io
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from engine import python_ast
from engine.ops import TABLE, Operation
from engine.value import DomainError, Value, apply, sort_topologically

MAX_CHARACTERS = 4_000
MAX_NODES = 1_000
MAX_DEPTH = 100


class ExpressionError(ValueError):
    """What is wrong with an expression, where (line and column from 1), and what would work."""

    def __init__(self, message: str, line: int, column: int, hint: str = "") -> None:
        super().__init__(f"Line {line}, column {column}: {message}" + (f" {hint}" if hint else ""))
        self.message, self.line, self.column, self.hint = message, line, column, hint


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed text: the `output`, the Values by `names`, and the names the output does not use.

    `literals` holds the numbers that were typed, by name, and `literal_spans` the first character
    and the end of each in the text. `formulas` holds the text to the right of = of every other
    name, `source_positions` the line and column of each operation, from 1.
    """

    text: str
    output: Value
    names: dict[str, Value] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    literal_spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    formulas: dict[str, str] = field(default_factory=dict)
    literals: dict[str, float] = field(default_factory=dict)
    source_positions: dict[Value, tuple[int, int]] = field(default_factory=dict)

    def nodes(self) -> list[Value]:
        """Every Value of the output's graph, each after its operands."""
        return sort_topologically(self.output)


def _grammar() -> dict[type[ast.AST] | str, Operation]:
    grammar: dict[type[ast.AST] | str, Operation] = {}
    for operation in TABLE:
        match python_ast.parse_formula(operation.text):
            case ast.BinOp(op=op) | ast.UnaryOp(op=op):
                grammar[type(op)] = operation
            case ast.Call(func=ast.Name(id=name)):
                grammar[name] = operation
    return grammar


_GRAMMAR = _grammar()
FUNCTIONS = tuple(name for name in _GRAMMAR if isinstance(name, str))
"""The functions of the language, in the order of the table."""

_REFUSED: dict[type[ast.AST], tuple[str, str]] = {
    ast.AugAssign: ("an assignment that changes a name", "Give the new value a name of its own."),
    ast.AnnAssign: ("a type annotation", "Write name = expression."),
    ast.Import: ("an import", "All functions are there already: no import is needed."),
    ast.ImportFrom: ("an import", "All functions are there already: no import is needed."),
    ast.FunctionDef: ("a function definition", "Write the expression out, one name a line."),
    ast.Lambda: ("a function definition", "Write the expression out, one name a line."),
    ast.For: ("a loop", "Write the steps out, one name a line."),
    ast.While: ("a loop", "Write the steps out, one name a line."),
    ast.If: ("a condition", "max and min can choose between two numbers."),
    ast.IfExp: ("a condition", "max and min can choose between two numbers."),
    ast.Compare: ("a comparison", "max and min can choose between two numbers."),
    ast.BoolOp: ("a logical operation", "max and min can choose between two numbers."),
    ast.Attribute: ("a dot", "Functions stand alone: write tanh(x), not x.tanh() or math.tanh(x)."),
    ast.Subscript: ("square brackets", "Names hold single numbers: write x1, x2."),
    ast.NamedExpr: ("an assignment inside of an expression", "Give it a line of its own."),
    ast.Set: ("curly brackets", "Group with round brackets: (a + b) * c."),
    ast.Dict: ("curly brackets", "Group with round brackets: (a + b) * c."),
    ast.List: ("a list", "Names hold single numbers: write x1, x2."),
    ast.Tuple: ("a comma", "One statement a line, or separate them with a semicolon."),
    ast.Starred: ("a star", "Write every number out."),
    ast.JoinedStr: ("a text", "Numbers and names are all there is."),
}
_SIGNS = "The operations are +, -, *, / and **."
_OPERATORS: dict[type[ast.AST], tuple[str, str]] = {
    ast.Mod: ("%", _SIGNS),
    ast.FloorDiv: ("//", "Division is /."),
    ast.MatMult: ("@", "Multiplication is *."),
    ast.BitXor: ("^", "A power is **."),
    ast.BitOr: ("|", "The absolute value is abs(x)."),
    ast.BitAnd: ("&", _SIGNS),
    ast.LShift: ("<<", _SIGNS),
    ast.RShift: (">>", _SIGNS),
    ast.Invert: ("~", "The opposite is -x."),
    ast.Not: ("not", "The opposite is -x."),
}
_NUMBERS = "Numbers look like 2, 0.5 or 1e-3."
_SHALLOWER = "Give a part of it a name, on a line of its own."
_SYNTAX_HINTS: dict[str, str] = {
    "unexpected indent": "Every statement begins at the start of its line.",
    "unindent": "Every statement begins at the start of its line.",
    "never closed": "Close it with ).",
    "unmatched": "Remove it, or open it with (.",
    "nested": _SHALLOWER,
    "cannot assign": "On the left of = stands one name.",
    "leading zeros": _NUMBERS,
    "string": "Numbers and names are all there is.",
    "literal": "Between two factors write *, and begin a name with a letter.",
    "character": "Remove it.",
    "missing": "Write name = expression.",
}
"""What would work, by a word of the message of Python's parser."""


def label_nodes(nodes: Sequence[Value]) -> None:
    """Give each computed Value that has no label one: v1, v2, … as far as they are free."""
    taken = {node.label for node in nodes}
    free = (f"v{i}" for i in range(1, 2 * len(nodes) + 2))
    free = (label for label in free if label not in taken)
    for node in nodes:
        if node.op is not None and not node.label:
            node.label = next(free)


def parse(
    text: str,
    names: Mapping[str, Value] | None = None,
    characters: int = MAX_CHARACTERS,
    nodes: int = MAX_NODES,
) -> Expression:
    """The Values of an expression, computed; `names` are known to it beforehand.

    Raises ExpressionError for what is not in the language, for text of more `characters` or a graph
    of more `nodes` than these, for nesting deeper than 100, and for numbers that an operation is
    not defined for.
    """
    if len(text) > characters:
        raise ExpressionError(
            f"the text has {len(text):,} characters; {characters:,} are the most.",
            1,
            1,
            "Make it shorter.",
        )
    return _Reader(text, names or {}, nodes).read()


class _Reader:
    def __init__(self, text: str, names: Mapping[str, Value], most: int) -> None:
        self.text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", " ")
        self.lines = self.text.split("\n")
        self.starts = list(accumulate((len(each) + 1 for each in self.lines), initial=0))
        self.names: dict[str, Value] = dict(names)
        self.lines_of: dict[str, int] = dict.fromkeys(names, 1)
        self.literal_spans: dict[str, tuple[int, int]] = {}
        self.formulas: dict[str, str] = {}
        self.source_positions: dict[Value, tuple[int, int]] = {}
        self.count = 0
        self.most = most

    def read(self) -> Expression:
        module = self._syntax()
        if not module.body:
            raise ExpressionError("there is nothing here yet.", 1, 1, "Try: a = 2; b = a * a")
        output: Value | None = None
        for statement in module.body:
            output = self._statement(statement)
        assert output is not None
        used = set(sort_topologically(output))
        unused = tuple(name for name, value in self.names.items() if value not in used)
        literals = {name: self.names[name].data for name in self.literal_spans}
        return Expression(
            self.text,
            output,
            self.names,
            unused,
            literal_spans=self.literal_spans,
            formulas=self.formulas,
            literals=literals,
            source_positions=self.source_positions,
        )

    def _syntax(self) -> ast.Module:
        for at, content in enumerate(self.lines, 1):
            for column, character in enumerate(content, 1):
                if character == "\0" or "\ud800" <= character <= "\udfff":
                    met = f"met a character that is no text (U+{ord(character):04X})."
                    raise ExpressionError(met, at, column, "Remove it.")
        try:
            return python_ast.parse_statements(self.text)
        except SyntaxError as error:
            raise self._syntax_error(error) from None
        except (ValueError, RecursionError, MemoryError, OverflowError):
            raise ExpressionError("met nesting that is too deep.", 1, 1, _SHALLOWER) from None

    def _syntax_error(self, error: SyntaxError) -> ExpressionError:
        line = min(max(error.lineno or 1, 1), len(self.lines))
        column = min(max(error.offset or 1, 1), len(self.lines[line - 1]) + 1)
        for look_alike, meant in {
            "\N{MINUS SIGN}": "-",
            "×": "*",
            "·": "*",
            "÷": "/",
            "²": "**2",
        }.items():
            for at, content in enumerate(self.lines, 1):
                if look_alike in content.partition("#")[0]:
                    met = content.index(look_alike) + 1
                    return ExpressionError(
                        f"met {look_alike!r}.", at, met, f"Write {meant} for it."
                    )
        message = (error.msg or "this does not read as an expression").partition(". ")[0]
        message = message.removeprefix("invalid syntax").removesuffix(f" (detected at line {line})")
        if not message or "comma" in message:
            message = self._met(line, column)
        hint = next(
            (hint for word, hint in _SYNTAX_HINTS.items() if word in message),
            "Between two numbers stands +, -, *, / or **, between two statements a line break.",
        )
        return ExpressionError(f"{message}.", line, column, hint)

    def _met(self, line: int, column: int) -> str:
        rest = self.lines[line - 1][column - 1 :]
        try:
            tokens = tokenize.generate_tokens(io.StringIO(rest.lstrip()).readline)
            met = next(token.string for token in tokens)
        except (tokenize.TokenError, StopIteration, SyntaxError, IndentationError):
            met = rest.strip()[:1]
        return (
            f"did not expect {met.strip()[:20]!r} here"
            if met.strip()
            else "something is missing here"
        )

    def _position(self, node: ast.AST) -> tuple[int, int]:
        """Its line and column, both from 1."""
        line = getattr(node, "lineno", 1)
        offset = getattr(node, "col_offset", 0)
        before = self.lines[line - 1].encode()[:offset] if line <= len(self.lines) else b""
        return line, len(before.decode(errors="ignore")) + 1

    def _error(self, node: ast.AST, message: str, hint: str = "") -> ExpressionError:
        return ExpressionError(message, *self._position(node), hint)

    def _refuse(self, node: ast.AST) -> ExpressionError:
        what, hint = _REFUSED.get(
            type(node), (f"{type(node).__name__.lower()}", "Write name = expression.")
        )
        return self._error(node, f"met {what}, which is not part of the language.", hint)

    def _statement(self, statement: ast.stmt) -> Value:
        match statement:
            case ast.Expr(value=expression):
                return self._value(expression, 1)
            case ast.Assign(targets=[ast.Name(id=name) as target], value=expression):
                return self._assign(name, target, expression)
            case ast.Assign(targets=[*_, target]):
                raise self._error(target, "one name at a time.", "Write name = expression.")
        raise self._refuse(statement)

    def _assign(self, name: str, target: ast.Name, expression: ast.expr) -> Value:
        if name in self.names:
            first = self.lines_of[name]
            hint = "Give this one a name of its own."
            raise self._error(target, f"{name} already has a value, from line {first}.", hint)
        if name in FUNCTIONS:
            raise self._error(target, f"{name} is a function.", "Choose another name.")
        value = self._value(expression, 1)
        value.label = value.label or name
        self.names[name] = value
        self.lines_of[name] = target.lineno
        if value.op is None and value.label == name:
            self.literal_spans[name] = self._place(expression)
        else:
            start, end = self._place(expression)
            self.formulas[name] = self.text[start:end]
        return value

    def _place(self, node: ast.expr) -> tuple[int, int]:
        """From which character of the text to which a node stands."""

        def offset(line: int, column: int) -> int:
            return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())

        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return offset(node.lineno, node.col_offset), offset(end_line, end_column)

    def _value(self, node: ast.expr, depth: int) -> Value:
        if depth > MAX_DEPTH:
            raise self._error(node, f"this is nested more than {MAX_DEPTH} deep.", _SHALLOWER)
        match node:
            case ast.Constant() | ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
                return self._counted(node, Value(self._number(node)))
            case ast.Name(id=name):
                return self._named(name, node)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self._value(operand, depth + 1)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self._power(node, left, right, depth)
            case ast.BinOp(left=left, op=op, right=right):
                operation = self._operator(op, node)
                return self._apply(
                    node, operation, self._value(left, depth + 1), self._value(right, depth + 1)
                )
            case ast.UnaryOp(op=op, operand=operand):
                return self._apply(node, self._operator(op, node), self._value(operand, depth + 1))
            case ast.Call():
                return self._call(node, depth)
        raise self._refuse(node)

    def _number(self, node: ast.expr) -> float:
        sign, constant = (-1.0, node.operand) if isinstance(node, ast.UnaryOp) else (1.0, node)
        value = constant.value if isinstance(constant, ast.Constant) else None
        if isinstance(value, bool) or not isinstance(value, int | float):
            what = {str: "a text", bytes: "a text", complex: "an imaginary number"}
            met = what.get(type(value), str(value))
            raise self._error(node, f"met {met}, which is not a number of the language.", _NUMBERS)
        try:
            number = sign * float(value)
        except OverflowError:
            number = float("inf")
        if number in (float("inf"), -float("inf")):
            raise self._error(node, "this number is too large.", "1.79e308 is the largest.")
        return number

    def _named(self, name: str, node: ast.Name) -> Value:
        if name in self.names:
            return self.names[name]
        if name in FUNCTIONS:
            raise self._error(node, f"{name} is a function.", f"Write {_GRAMMAR[name].text}.")
        hint = self._similar(name, [*self.names, *FUNCTIONS]) or (
            f"Give it a value on a line above: {name} = 1" if name.isidentifier() else ""
        )
        raise self._error(node, f"{name} has no value yet.", hint)

    def _operator(self, op: ast.AST, node: ast.expr) -> Operation:
        if type(op) in _GRAMMAR:
            return _GRAMMAR[type(op)]
        sign, hint = _OPERATORS.get(type(op), (type(op).__name__, _SIGNS))
        raise self._error(node, f"met {sign}, which is not an operation here.", hint)

    def _power(self, node: ast.expr, left: ast.expr, right: ast.expr, depth: int) -> Value:
        base = self._value(left, depth + 1)
        spared, names = self.count, self.names
        self.names = {}
        try:
            exponent = self._value(right, depth + 1)
        except ExpressionError as error:
            if any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(right)):
                hint = "For a variable exponent write exp(b * log(a))."
                raise self._error(right, "the exponent must be a number.", hint) from None
            raise error
        finally:
            self.names = names
        self.count = spared
        return self._apply(node, _GRAMMAR[ast.Pow], base, attributes=(exponent.data,))

    def _call(self, node: ast.Call, depth: int) -> Value:
        if not isinstance(node.func, ast.Name):
            if isinstance(node.func, ast.Attribute):
                raise self._refuse(node.func)
            raise self._error(node, "a number cannot be called.", "Between two factors write *.")
        name = node.func.id
        operation = _GRAMMAR.get(name)
        if operation is None:
            if name in self.names:
                raise self._error(
                    node, f"{name} is a number.", f"Between two factors write *: {name} * (…)"
                )
            hint = self._similar(name, FUNCTIONS) or f"The functions are {', '.join(FUNCTIONS)}."
            raise self._error(node, f"there is no function {name}.", hint)
        if node.keywords or len(node.args) != operation.arity:
            numbers = "one number" if operation.arity == 1 else f"{operation.arity} numbers"
            raise self._error(node, f"{name} takes {numbers}.", f"Write {operation.text}.")
        return self._apply(node, operation, *(self._value(each, depth + 1) for each in node.args))

    def _apply(
        self,
        node: ast.expr,
        operation: Operation,
        *operands: Value,
        attributes: tuple[float, ...] = (),
    ) -> Value:
        try:
            value = self._counted(node, apply(operation, *operands, attributes=attributes))
            self.source_positions[value] = self._position(node)
            return value
        except DomainError as error:
            raise self._error(node, f"{error}.") from None

    def _counted(self, node: ast.expr, value: Value) -> Value:
        self.count += 1
        if self.count > self.most:
            raise self._error(
                node, f"the graph has more than {self.most:,} nodes.", "Compute less."
            )
        return value

    @staticmethod
    def _similar(name: str, known: list[str] | tuple[str, ...]) -> str:
        close = difflib.get_close_matches(name.lower(), known, n=1)
        return f"Did you mean {close[0]}?" if close else ""
