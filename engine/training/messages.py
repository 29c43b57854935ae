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
    "{loss} is a loss for classes, but the targets of these samples are numbers. Choose {losses}."
)

WHOLE_NUMBERS = "Write whole numbers separated by commas, e.g. 8, 8."
YES_OR_NO = "Write 1 for yes, 0 for no."
UNKNOWN_DATA = "No data is stored under this hash."
TOO_LONG = "At most {limit} characters."
FINITE_NUMBER = "Write a finite number."
AT_LEAST = "Must be at least {limit}."
ABOVE = "Must be greater than {limit}."
AT_MOST = "Must be at most {limit}."
BELOW = "Must be less than {limit}."

CORRECTED = "{title}: this page opens with {value} instead of {text}. {why}"
NOTHING = "nothing"

# --- Commands ------------------------------------------------------------------------------------

NOTHING_TO_UNDO = "There is nothing to undo."
NO_PARAMETER = "This network has only {parameters:,} parameters."
OTHER_COUNT = "There are {values:,} numbers; the network has {parameters:,} parameters."

# --- Data ----------------------------------------------------------------------------------------

COORDINATES = "A point has {dimensions} coordinates here."
TOO_FAR = "Coordinates must be finite and at most 1,000,000,000."
CLASSES = "There are only {classes} classes."
TOO_MANY_POINTS = "There are {limit:,} points, the maximum. Erase some first."
TOO_FEW_POINTS = "Keep at least two training points."
NO_POINT = "There is no point number {number}."
NO_OWN_DATA = "Paste or upload your points first, on the tab Data."
NO_OWN_FEATURE = "Write a formula of x1 and x2, such as x1 * x2, or clear the box."
OTHER_RUN = "This snapshot belongs to another run."

# --- Tables --------------------------------------------------------------------------------------

ROW = "Row {row}: {problem}"
NO_ROWS = "There are no rows. Write x1, x2 and a label in every row."
TOO_MANY_ROWS = "There are {rows:,} rows. The limit is {limit:,}."
NO_NUMBER = "{cell!r} is not a number."
EMPTY_CELL = "a cell is empty."
EMPTY_LABEL = "the label is empty."
TOO_LARGE = "a number is beyond ±1,000,000,000."
TOO_FEW_TRAINING_ROWS = "Leave at least two rows for training."
ONE_LABEL = "All rows have the label {label!r}. Write at least two different labels."


def more_rows(rows: int) -> str:
    """Return the last line of a list of rows, for those that it leaves out."""
    return f"And {_count(rows, 'more row')}."


def too_few_rows(rows: int, limit: int) -> str:
    """Return the message for a table with fewer rows than a run needs."""
    return f"There {'is' if rows == 1 else 'are'} {_count(rows, 'row')}. Write at least {limit}."


def wrong_cells(cells: int) -> str:
    """Return the message for a row that does not have three cells."""
    return f"{_count(cells, 'cell')} instead of 3; write x1, x2, and a label or a number."


def too_many_labels(labels: int, numbers: int, limit: int) -> str:
    """Return the message for more different labels than there may be classes. `numbers` rows have
    a number as the label.
    """
    mixed = f" (numbers in {_count(numbers, 'row')}, text in the others)" if numbers else ""
    return f"There are {labels} different labels{mixed}. At most {limit} classes are possible."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


# --- The stop rule -------------------------------------------------------------------------------

STOPPED_AT_STEP = "Stopped at step {step:,}."
STOPPED_AT_LOSS = (
    "Stopped at step {step:,}. The training loss is {loss}, and the stop rule says at most {limit}."
)
STOPPED_WITHOUT_GAIN = (
    "Stopped at step {step:,}. The {which} loss has not improved since step {best:,}."
)
DIVERGED = "Diverged after step {step:,}."

# --- Sweeps --------------------------------------------------------------------------------------

CHOOSE_SETTING = "Choose a setting."
CHOOSE_OTHER = "Choose a setting that differs from the first."
SOME_VALUES = "Write at least one value."
TOO_MANY_VALUES = "More than {limit} values."
TWICE = "{value} occurs twice."
SEMICOLONS = " Put ; between values that contain commas, e.g. 8; 8, 8."
STEPS = "Write a whole number from 1 to {limit:,}."
TOO_MANY_RUNS = "{product} = {runs:,} runs. The limit is {limit}."
RANGE_FORM = "{text}: write a range like 0.001..1 x7."
RANGE_FROM_ZERO = "{text}: a range by equal factors begins above 0."
RANGE_ENDS = "{text}: write the smaller number first, and 2 to {limit} values."
