"""What is computed: scalar autograd, networks, training. Knows nothing of pages or servers."""

from engine.expression import Expression, ExpressionError, parse
from engine.nn import MLP, Layer, Neuron
from engine.program import Program, compile
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
