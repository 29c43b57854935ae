"""The engine: scalar autograd, networks, training. It knows nothing of pages or servers.

Start with `value.py`, `ops.py` and `nn.py`: a Value, the table of operations, and networks of
Values. The other modules here are tables and tools that the folders build on: losses, outputs,
optimizers, schedules, random numbers, notation. A module at this level imports nothing from a
folder.

`compile` and `Program` are imported when somebody uses them, because they take longer to load.
"""

from typing import TYPE_CHECKING, Any

from engine.nn import MLP, Layer, Neuron
from engine.script.errors import ExpressionError
from engine.script.parser import Expression, parse
from engine.value import DomainError, Value

if TYPE_CHECKING:
    from engine.compiler.program import Program, compile

__all__ = [
    "MLP",
    "DomainError",
    "Expression",
    "ExpressionError",
    "Layer",
    "Neuron",
    "Program",
    "Value",
    "compile",
    "parse",
]


def __getattr__(name: str) -> Any:
    if name in ("Program", "compile"):
        from engine.compiler import program

        return getattr(program, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
