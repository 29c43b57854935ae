"""What is computed: scalar autograd, networks, and their training. Knows nothing of pages or
servers.
"""

from engine.nn import MLP, Layer, Neuron
from engine.program import Program, compile
from engine.value import DomainError, Value

__all__ = ["MLP", "DomainError", "Layer", "Neuron", "Program", "Value", "compile"]
