"""The sentences of the walk and the errors of this folder, as templates with named values."""

GIVEN = "Given: {leaves}."
GIVEN_AND_MORE = "Given: {leaves} and {count} more."
ONLY_CONSTANTS = "This expression has only constants."
LEFTOVER_GRADIENTS = " zero_grad() was not called, so these gradients remain: {gradients}."

BACKWARD_AGAIN = (
    "backward() is called for the {time} time, without zero_grad(): inner nodes start from 0, "
    "leaves keep their gradients. "
)
OUTPUT_GRADIENT = (
    "{name} is the output: its derivative with respect to itself is 1. {name}.grad += 1, so {sum}."
)
NOBODY_RECEIVES = " Here no number gets a gradient: constants and inputs have none."

BACKWARD_STEP = "{node} = {formula}, so {derivative}. {gradient} += {contribution}, so {sum}."
PLACE = " for the {place} "
REASON = ", because "
TIES = " [{first} = {second}] is 1 if both are equal, else 0."
ANOTHER_CONTRIBUTION = " This is the {count} contribution to {operand}.grad: contributions add up."
LEFTOVER = " The {gradient} is the old gradient of {operand}."

OVERFLOW = (
    " The exact {what} is too large for a 64-bit number: the limit is about 1.8·10³⁰⁸. "
    "It overflows to {infinity}."
)
RESULT, LOCAL_DERIVATIVE, GRADIENT = "result", "local derivative", "gradient"
NO_VALUE = " {formula} has no value, so the result is not a number (NaN)."
NAN_SPREADS = " Every operation with NaN (not a number) gives NaN again: it spreads."
VERTICAL = " At {operand} = {number} the curve of {formula} is vertical: its slope is infinite."
LEFT_OUT = (
    " {formula} did not select {operand}, so {operand} gets nothing from it, not even a part of an "
    "infinite gradient, as in PyTorch."
)
NO_PRODUCT = " {product} has no value, so the product is not a number (NaN), as in PyTorch."
NO_SUM = " ∞ − ∞ has no value, so the sum is not a number (NaN), as in PyTorch."

ASK_OUTPUT_GRADIENT = (
    "{name} is the output. What is {name}.grad, its derivative with respect to itself?"
)
ASK_GRADIENT = (
    "{node} = {formula}, and {node}.grad = {upstream}.{place}{start} "
    "What is {operand}.grad after this step?"
)
ASK_PLACE = " This step goes to the {place} {operand}."
ASK_START = " {operand}.grad is {gradient} before this step."

ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
)  # fmt: skip
ORDINAL_ENDINGS = {1: "st", 2: "nd", 3: "rd"}
"""By the last digit, beyond those words: 21st, 22nd. All others end with th."""

PART_OVERFLOWS = "{formula} is too large for a 64-bit number. It overflows to {infinity}."
NOT_EXPANDABLE = "{label} cannot be opened for these numbers: {reason}"
TOO_MANY_STEPS = (
    "At most {limit} gradient steps are possible. "
    "Take fewer steps, or press “Start from here” first."
)
NO_STEP = (
    "Gradient step {step} is not possible: {leaf}.grad is {gradient}. Change a number, and try "
    "again."
)
STEP_DIVERGED = (
    "Gradient step {step} with rate {rate} leads to numbers that are too large or not defined. "
    "Try a smaller rate."
)
