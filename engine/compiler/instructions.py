"""The form of a lowered program: instructions of integers over one memory plan.

An instruction is a line of integers, one for each `Field`. A *row* is where a node's numbers lie: 0
and above are rows of one number a sample, −1 and below are vectors that all samples share. A *slot*
is the place of a leaf in the pool, which holds the parameters first, then the constants.
"""

from __future__ import annotations

from enum import IntEnum

from engine.hyperparameters import HYPERPARAMETERS


class Kind(IntEnum):
    """What an instruction does."""

    SHARE = 0
    """The leaf in the slot WEIGHT is copied to the shared vector OUT."""
    ELEMENTWISE = 1
    """OUT = OP(A, B), A alone where OP has one operand."""
    AFFINE = 2
    """OUT = OP(bias + Σ weight · row), one unit over rows that lie anywhere: COUNT terms, which
    `terms` lists from WEIGHT on as (row, slot, flow).
    """
    LAYER = 3
    """UNITS rows from OUT = OP(biases + weights · COUNT rows from A): a whole layer."""


class Flow(IntEnum):
    """What becomes of a gradient that flows to an operand."""

    NONE = 0
    STORED = 1
    """It is the first that the operand receives in the backward pass."""
    ADDED = 2


class Field(IntEnum):
    """The integers of an instruction."""

    KIND = 0
    OP = 1
    """Place in the operation table, −1 where a unit has no activation."""
    OUT = 2
    A = 3
    B = 4
    A_FLOW = 5
    B_FLOW = 6
    COUNT = 7
    UNITS = 8
    WEIGHT = 9
    """Slot of the first weight; unit after unit."""
    BIAS = 10
    """Slot of the first bias."""
    NUMBER = 11
    """Which of the program's `numbers` belongs to the operation."""
    TRAINED = 12
    """1 where weights receive gradients, 2 where biases do, 3 where both do."""


class Task(IntEnum):
    """The integers that the native loop reads, and those it writes back."""

    MODE = 0
    TRAINED_CODE = 1
    """Instructions that the loss needs, the first ones."""
    INPUTS = 2
    MASKS = 3
    SHARED = 4
    PARAMETERS = 5
    POOL = 6
    """Slots, rounded up to whole vectors."""
    LOSS = 7
    SAMPLES = 8
    BATCH = 9
    CHUNK = 10
    """Samples that pass through the program together."""
    SPACING = 11
    """Doubles from a row to the next."""
    STEPS = 12
    START = 13
    """Steps of training that came before."""
    OPTIMIZER = 14
    SCHEDULE = 15
    SEED = 16
    EPOCH = 17
    POSITION = 18
    HALF = 19
    """Which half of the state is the present one."""
    FINITE = 20
    EMPTIED = 21
    """Rows whose gradient is emptied before the backward pass: how many; `terms` lists them from
    EMPTIED_AT on.
    """
    EMPTIED_AT = 22
    GIVEN = 23
    """Input columns of the watched samples that are given; the others stay 0."""
    WATCHED = 24
    """Samples that a program is evaluated for: once, or every STRIDE steps of training."""
    WATCHED_CODE = 25
    """Instructions, the first ones, that this needs."""
    WATCHED_CHUNK = 26
    WATCHED_SPACING = 27
    ROWS = 28
    """Rows whose values for the watched samples are returned."""
    STRIDE = 29
    """0 where training watches nothing."""


KERNEL_HYPERPARAMETERS = tuple(
    name for name, declaration in HYPERPARAMETERS.items() if declaration.in_kernels
)
"""The hyperparameters that the native loop reads, as floats."""
MEAN = "mean"
"""A float beside them: 1 if the losses of a batch are averaged, 0 if they are added."""
SLOTS = {name: slot for slot, name in enumerate((*KERNEL_HYPERPARAMETERS, MEAN))}
"""Where each of these floats stands."""


class Mode(IntEnum):
    """How far the native loop goes."""

    FORWARD = 0
    GRADIENT = 1
    TRAIN = 2
