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
    "{name} is the output: its derivative with respect to itself is 1. {name}.grad ← {sum}."
)

BACKWARD_STEP = "{node} = {formula}, so {derivative}. {operand}.grad ← {sum} = {result}."
TIES = " [{first} = {second}] is 1 if both are equal, else 0."
ANOTHER_CONTRIBUTION = " This is the {count} contribution to {operand}.grad: contributions add up."
LEFTOVER = " The {gradient} is the old gradient of {operand}."

ASK_OUTPUT_GRADIENT = (
    "{name} is the output. What is {name}.grad, its derivative with respect to itself?"
)
ASK_GRADIENT = (
    "{node} = {formula}, and {node}.grad = {upstream}.{start} "
    "What is {operand}.grad after this step?"
)
ASK_START = " {operand}.grad is {gradient} before this step."

ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
)  # fmt: skip
ORDINAL_ENDINGS = {1: "st", 2: "nd", 3: "rd"}
"""By the last digit, beyond those words: 21st, 22nd. All others end with th."""

NOT_EXPANDABLE = "{label} cannot be opened for these numbers: {reason}"
TOO_MANY_STEPS = (
    "At most {limit} gradient steps are possible. "
    "Take fewer steps, or press “Start from here” first."
)
STEP_DIVERGED = (
    "Gradient step {step} with rate {rate} leads to numbers that are too large or not defined. "
    "Try a smaller rate."
)
