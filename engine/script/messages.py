"""What the parser says about a text: what is wrong, and a hint that says what would work.

Messages follow "Line 2, column 5:" and so begin in lower case; hints are sentences.
"""

from __future__ import annotations

import ast

# --- parts of Python that the language does not have ---------------------------------------------

NOT_IN_LANGUAGE = "{construct} is not part of this language."
WRITE_STATEMENT = "Write name = expression."
_NO_IMPORT = "All functions are available: you need no import."
_WRITE_OUT = "Write out every statement, one name per line."
_WRITE_STEPS = "Write out every step, one name per line."
_CHOOSE = "max and min can choose between two numbers."
_SINGLE_NUMBERS = "Names hold single numbers: write x1, x2."
_GROUP = "Group with round brackets: (a + b) * c."
_NUMBERS_AND_NAMES = "Use only numbers and names."

CONSTRUCTS: dict[type[ast.AST], tuple[str, str]] = {
    ast.AugAssign: ("an assignment that changes a name", "Use another name for the new value."),
    ast.AnnAssign: ("a type annotation", WRITE_STATEMENT),
    ast.Import: ("an import", _NO_IMPORT),
    ast.ImportFrom: ("an import", _NO_IMPORT),
    ast.FunctionDef: ("a function definition", _WRITE_OUT),
    ast.Lambda: ("a function definition", _WRITE_OUT),
    ast.For: ("a loop", _WRITE_STEPS),
    ast.While: ("a loop", _WRITE_STEPS),
    ast.If: ("a condition", _CHOOSE),
    ast.IfExp: ("a condition", _CHOOSE),
    ast.Compare: ("a comparison", _CHOOSE),
    ast.BoolOp: ("a logical operation", _CHOOSE),
    ast.Attribute: ("a dot", "Functions stand alone: write tanh(x), not x.tanh() or math.tanh(x)."),
    ast.Subscript: ("an index in square brackets", _SINGLE_NUMBERS),
    ast.NamedExpr: ("an assignment inside an expression", "Put it on its own line."),
    ast.Set: ("an expression in curly brackets", _GROUP),
    ast.Dict: ("an expression in curly brackets", _GROUP),
    ast.List: ("a list", _SINGLE_NUMBERS),
    ast.Tuple: ("a comma", "Write one statement per line, or put a semicolon between them."),
    ast.Starred: ("a star", "Write every number out."),
    ast.JoinedStr: ("text in quotes", _NUMBERS_AND_NAMES),
}
"""What a construct is called, and a hint."""

NOT_AN_OPERATION = "{sign} is not an operation here."
_SIGNS = "The operations are +, -, *, / and **."
_OPPOSITE = "For the negative of x write -x."
SIGNS: dict[type[ast.AST], tuple[str, str]] = {
    ast.Mod: ("%", _SIGNS),
    ast.FloorDiv: ("//", "Division is /."),
    ast.MatMult: ("@", "Multiplication is *."),
    ast.BitXor: ("^", "A power is **."),
    ast.BitOr: ("|", "The absolute value is abs(x)."),
    ast.BitAnd: ("&", _SIGNS),
    ast.LShift: ("<<", _SIGNS),
    ast.RShift: (">>", _SIGNS),
    ast.Invert: ("~", _OPPOSITE),
    ast.Not: ("not", _OPPOSITE),
}
"""How a sign of Python is written, and a hint."""
OTHER_SIGN = _SIGNS

NOT_A_NUMBER = "{constant} is not a number."
CONSTANTS: dict[type, str] = {
    str: "text in quotes",
    bytes: "text in quotes",
    complex: "an imaginary number",
}
NUMBER_FORMS = "Numbers look like 2, 0.5 or 1e-3."

# --- limits --------------------------------------------------------------------------------------

TOO_LONG = "the text has {characters:,} characters. The limit is {limit:,}."
SHORTEN = "Make it shorter."
TOO_MANY_NODES = "the graph has more than {limit:,} nodes."
COMPUTE_LESS = "Shorten the expression."
TOO_DEEP = "this is nested more than {limit} levels deep."
FAR_TOO_DEEP = "this is nested too deeply."
NAME_A_PART = "Give a part of it a name, on its own line."
TOO_LARGE = "this number is too large."
LARGEST_NUMBER = "1.79e308 is the largest."

# --- names, functions and statements -------------------------------------------------------------

EMPTY = "the expression is empty."
TRY = "Try: a = 2; b = a * a"
SIMILAR = "Did you mean {name}?"
ONE_NAME = "only one name per statement."
HAS_A_VALUE = "{name} already has a value, from line {line}."
OWN_NAME = "Use another name here."
NAME_IS_A_FUNCTION = "{name} is a function."
OTHER_NAME = "Choose another name."
WRITE = "Write {text}."
NO_VALUE = "{name} has no value yet."
GIVE_A_VALUE = "Give it a value on a line above: {name} = 1"
EXPONENT = "the exponent must be a number."
VARIABLE_EXPONENT = "For a variable exponent write exp(b * log(a))."
NUMBER_CALLED = "a number cannot be called."
WRITE_TIMES = "Between two factors write *."
NAME_IS_A_NUMBER = "{name} is a number."
WRITE_TIMES_NAME = "Between two factors write *: {name} * (…)"
NO_FUNCTION = "there is no function {name}."
FUNCTIONS = "The functions are {names}."
OPERAND_COUNT = "{name} takes {numbers}."
ONE_NUMBER = "one number"
MANY_NUMBERS = "{count} numbers"

# --- syntax --------------------------------------------------------------------------------------

INVALID_CHARACTER = "invalid character (U+{code:04X})."
REMOVE = "Remove it."
LOOK_ALIKE = "{character!r} is not part of this language."
WRITE_INSTEAD = "Write {text} instead."
LOOK_ALIKES = {"\N{MINUS SIGN}": "-", "×": "*", "·": "*", "÷": "/", "²": "**2"}
"""Characters that look like signs of the language, and what to write for them."""

NOT_AN_EXPRESSION = "this is not an expression"
UNEXPECTED = "{token!r} is not expected here"
SOMETHING_MISSING = "something is missing here"
SEPARATE = "Write +, -, *, / or ** between two numbers, and a line break between two statements."
_LINE_START = "Every statement begins at the start of its line."
SYNTAX_HINTS: dict[str, str] = {
    "unexpected indent": _LINE_START,
    "unindent": _LINE_START,
    "never closed": "Close it with ).",
    "unmatched": "Remove it, or open it with (.",
    "nested": NAME_A_PART,
    "cannot assign": "Write one name on the left of =.",
    "leading zeros": NUMBER_FORMS,
    "string": _NUMBERS_AND_NAMES,
    "literal": "Between two factors write *, and begin a name with a letter.",
    "character": REMOVE,
    "missing": WRITE_STATEMENT,
}
"""Hints by a word in the message of Python's parser."""

# --- formulas for many points --------------------------------------------------------------------

FORMULA_ERROR = (
    "In the formula, column {column}: {message} "
    "A formula can use {variables}, numbers, and the functions of the expression lab."
)
FORMULA_UNDEFINED = (
    "The formula is not defined at {point}: it gives {result}. "
    "Choose one that is defined at every point."
)

# --- numbers that people type --------------------------------------------------------------------

NO_NUMBER = "Write a number, such as 0.5, 2/3 or 1e-3."
SEVERAL_NUMBERS = "Write one number. Here are {numbers}."
TWO_MEANINGS = "The comma can mean two things. Write {decimal} or {grouped}."
NOT_WHOLE = "Write a whole number."
OTHER_COUNT = "Write {count} numbers, with commas between them: {example}."
