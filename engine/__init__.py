"""What is computed: scalar autograd, networks, training. Knows nothing of pages or servers."""

from engine.compiler.program import Program, compile
from engine.nn import MLP, Layer, Neuron
from engine.script.parser import Expression, ExpressionError, parse
from engine.value import DomainError, Value

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
