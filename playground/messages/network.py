"""What the network lab says: about settings that are too large, commands, files and embedding."""

from __future__ import annotations

TOO_MANY_PARAMETERS = (
    "This network has {parameters:,} weights and biases. The limit is {limit:,}. "
    "Use fewer neurons or layers."
)
TOO_MANY_SAMPLES = "There are {samples:,} samples. The limit is {limit:,}."
DATA_GONE = "These data are no longer stored here. Paste or upload them again."

WRONG_SAMPLE = "{reason} You asked for number {number}."
GRAPH_TOO_LARGE = "The graph of this network's loss is too large to open. {reason}"

STEP_IS_A_NUMBER = "A step is a whole number, such as 120."
SAME_WEIGHT = "The weight has this value already. Write another one, then press Set."
FIXED_SETTING = "{name} cannot be changed during training."
SAMPLES_FULL = "Limit reached: {limit:,} samples. Erase some first."
WRONG_FIELD = "{field}: {reason}"

TABLE_TOO_LARGE = "This table is too large. The limit is {limit:,} KB. Leave out some rows."
TABLE_UNREADABLE = "This table cannot be used"

WEIGHTS_LOADED = "{parameters:,} weights and biases loaded."
OTHER_NETWORK = (
    "The file has another network ({network}), so it begins a new run. The run at step {step:,} is "
    "kept in My runs."
)
WEIGHTS_TOO_LARGE = "This file is too large. The limit for a file of weights is {limit} MB."
REPLAY_TOO_LONG = (
    "Computing {steps:,} steps again takes longer than the limit of {limit:g} seconds. "
    "Reset the run, train it for fewer steps, and export the replay then."
)

RESET = "Back at step 0."
SET_BACK = " The settings are those of the start again: {values}."
FORMER_RUN_IN_MY_RUNS = "The run at step {step:,} is kept in My runs."
FORMER_RUN_LOST = "What was trained could not be kept: {reason}"
NEW_RUN = "These settings begin a new run. The run at step {step:,} is kept in My runs."
NOT_DIVERGED = "This run has not diverged. Press Play to continue."
STARTED_AGAIN = "A new run plays with {title} {value}. The run that diverged is kept in My runs."
WENT_BACK = (
    "The run continues from step {step:,}, with {title} {value}. The run that diverged is kept in "
    "My runs."
)

EMBEDDABLE = "These panels can be embedded: {panels}."
NOTHING_TO_EMBED = "There is nothing to embed at this address."

GRAPH_TOO_LARGE_TO_DRAW = (
    "This would draw {nodes:,} nodes. The limit is {limit:,}. Close an operation first."
)
MINI_BATCH = "a mini-batch"
DROPOUT = "dropout"

FOLDED_LAYER = "layer {number}: {neurons} neurons, {norm}"
