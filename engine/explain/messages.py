"""The sentences of the walk and the errors of this folder, as templates with named values."""

GIVEN = "Given: {leaves}."
GIVEN_AND_MORE = "Given: {leaves} and {count} more."
ONLY_CONSTANTS = "This expression has only constants."
LEFTOVER_GRADIENTS = " Gradients left from before, because nobody called zero_grad(): {gradients}."

BACKWARD_AGAIN = (
    "backward() for the {time} time, without zero_grad(): inner gradients start from 0, "
    "leaves keep theirs. "
)
OUTPUT_GRADIENT = "{name} is the output: its derivative by itself is 1. {name}.grad ← {sum}."

BACKWARD_STEP = "{node} = {formula}, so {derivative}. {operand}.grad ← {sum} = {result}."
TIES = " [{first} = {second}] counts 1 if both are equal, else 0."
ANOTHER_PATH = " This is the {count} path from {operand} to {output}: the contributions add up."
LEFTOVER = " The {gradient} is left from before."

ASK_OUTPUT_GRADIENT = "{name} is the output. What is {name}.grad, the derivative by itself?"
ASK_GRADIENT = (
    "{node} = {formula}, and {node}.grad = {upstream}.{start} "
    "What is {operand}.grad after this step?"
)
ASK_START = " {operand}.grad is {gradient} before this step."

ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
)  # fmt: skip

NOT_EXPANDABLE = "{label} cannot be taken apart at these numbers: {reason}"
TOO_MANY_STEPS = (
    "At most {limit} gradient steps are possible here. Take fewer, or start again from here."
)
STEP_DIVERGED = (
    "Gradient step {step} with rate {rate} leads to numbers that are too large or not defined. "
    "Try a smaller rate."
)
