"""What people read about their runs and sweeps."""

from __future__ import annotations

FULL = (
    "This instance has no space for another run: all its {limit:,} runs were used in the last "
    "{hours:g} hours. Try again later."
)
TOO_MANY_KEPT = (
    "Limit reached: {limit:,} named or shared runs. Remove a name or delete a run, then try again."
)
TOO_MANY_CHANGES = (
    "This run has {changes:,} changes and cannot record more. Reset it, or start a new run."
)
REPLAY_TOO_SLOW = (
    "Step {step:,} was not reached: recomputing took longer than the limit of {seconds:g} seconds. "
    "It reached step {reached:,}."
)
EMBEDDED_FULL = (
    "This instance has no space for another run in a panel: people watch all {limit:,} of them. "
    "Try again later."
)
OVER_BUDGET = (
    "You have used this minute's {seconds:g} s of computing time. Your runs continue slowly."
)
IDLE = "Paused after {minutes:g} minutes of inactivity. Press Play to continue."
NOT_SAVED = "Changes are not saved at the moment ({reason}). The server will try again."
SWEEP_NOT_SAVED = "The sweep cannot be saved at the moment ({reason}). The server will try again."
SWEEP_NOT_STARTED = (
    "The sweep cannot reach a worker at the moment ({reason}). The server will try again."
)
CELL_FAILED = (
    "This cell failed because of an error on the server. The server's log has the details."
)
SHARED_NAME = "Shared run"
"""The name of a shared run that had none."""

COMPILING = "the native kernels are being compiled"
DATABASE_DOWN = "the database does not work ({reason})"
REDIS_DOWN = "Redis does not answer"
BUSY_ELSEWHERE = "another process is changing this run; try again"
OTHER_VERSION = "this run was written by another version of the program; reload the page"
