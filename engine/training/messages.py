"""What people read about settings, data, tables, commands and the stop rule: errors and reasons.

Templates with named values stand first, functions where a sentence needs a choice.
"""

from __future__ import annotations

# --- Settings ------------------------------------------------------------------------------------

UNKNOWN_NAME = "There is no {what} {name!r}. Choose one of: {choices}."
NO_FEATURE = "Choose at least one feature for the network."
TOO_MANY_LAYERS = "At most {limit} layers; this has {layers}."
LAYER_SIZE = "A layer has 1 to {limit} neurons; one here has {neurons}."
ACTIVATIONS = "Give one activation for all layers, or one for each of the {layers} layers."
OUTPUT_FOR_LOSS = "{loss} needs the output {outputs}."
LOSS_FOR_CLASSES = (
    "{loss} is a loss for classes, and these samples have numbers as targets. Choose {losses}."
)

WHOLE_NUMBERS = "Write whole numbers separated by commas, e.g. 8, 8."
WHOLE_NUMBER = "Write a whole number."
YES_OR_NO = "Write 1 for yes, 0 for no."
UNKNOWN_DATA = "There are no data under this hash."
TOO_LONG = "At most {limit} characters."
NUMBER = "Write a number."
FINITE_NUMBER = "Write a finite number."
AT_LEAST = "Must be at least {limit}."
ABOVE = "Must be greater than {limit}."
AT_MOST = "Must be at most {limit}."
BELOW = "Must be less than {limit}."
