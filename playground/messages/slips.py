"""One sentence for each slip with a gradient, the same alone and in a class."""

from __future__ import annotations

SIGN = "The size is right. Check the sign."
REPLACED = (
    "Gradients add up: add what comes back to {name} along every path. A new part does not replace "
    "the parts before it."
)
NO_UPSTREAM = (
    "That is the local derivative alone. Multiply it by the upstream gradient, the gradient of "
    "{users}."
)
NO_LOCAL = (
    "That is the upstream gradient alone. Multiply the local derivative of {users} with respect "
    "to {name} by it."
)
OTHER_FACTOR = (
    "For a product, the local derivative is the other factor: not {name} itself, but the number "
    "that {name} is multiplied by."
)
DATA = "That is the data of {name}, not its gradient."
OUTPUT = "That is the data of {name}. How fast does {name} change if {name} itself changes?"
