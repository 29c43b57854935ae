"""What the expression lab says: about the address, commands, gradients and single leaves."""

from __future__ import annotations

from playground.messages import count

LINK_GONE = "The expression of this link is no longer stored here."
UNKNOWN_VALUES = "Ignored unknown values in the link: {values}."
NEAREST_VALUE = (
    "The link says {name} = {value}, which is not possible. You see the nearest value: {nearest}."
)
STEP_BEYOND = "The walk has {last} steps. You see its end instead of step {step:,}."
NOT_OPENABLE = "There is no operation {name} to open."
WRONG_VALUE = "{name}: {reason}."
UNKNOWN_SPEED = "choose one of {speeds}"
UNKNOWN_STEP = "{step} is not a step of the walk"
UNKNOWN_PREDICTION = "{text} is not a prediction"
UNKNOWN_MOVE = "{text} is not a number of gradient steps"

TOO_MANY_NODES = "This would draw {nodes:,} nodes. The limit is {limit:,}. Fold a statement first."

WRONG_NUMBER = "{name}: {reason}"
NOT_FINITE = "{name} must be finite."
NOT_A_LEAF = "{name} is not a named number in this expression."
REFUSED_NUMBER = "{name} cannot be {value}: {reason} {name} stays at {before}."
NO_NODE = "There is no node called {name}."
DID_YOU_MEAN = " Did you mean {name}?"
NO_FORMAT = "There is no format {name}."
WRONG_CHOICE = "{name} cannot be {value}."
NEAREST_CHOICE = " The nearest possible value is {nearest}."
NO_PARAMETER = "There is no parameter to move. Give a number a name, as in w = 2."

RIGHT = "✓ Correct. {sentence}"
WRONG = "✗ Not {value}. {slip}"
HINT = "Multiply the local derivative by the upstream gradient, and add what is already there."
OUTPUT_HINT = "The output changes exactly as fast as itself."
TOO_EARLY = (
    "{node} passed its gradient on before {user} had added its part. What {node} passed on was too "
    "little, so some gradients are wrong."
)
RIGHT_ORDER = (
    "Every node waited for all nodes that use it, so every gradient is right: this is the order in "
    "which backward() goes."
)

QUOTIENT = "Δ{output}/h = {quotient}"
NUDGE = "If {leaf} changes by h = {h}, {output} changes by {change}. {quotient}"
GRADIENT_NEAR = "{nudge}. The gradient is {gradient}. The difference is {difference}."
NO_TANGENT = "{nudge}. The gradient is {gradient}, so there is no tangent to draw."


def expanded(new: int, others: int, difference: str) -> str:
    """Say what taking operations apart did to the gradients of the other nodes.

    `difference` is the largest relative difference, or empty if there is none.
    """
    exact = f" to within {difference}" if difference else ""
    return (
        f"Taken apart: {count(new, 'new node')}. The gradients of the other {others} are the same"
        f"{exact}."
    )
