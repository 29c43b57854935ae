"""Runs of 200 steps whose programs are compared with them: every optimizer, schedule, loss and
penalty is in one of them, and in one of them people change everything that can be changed.
"""

from __future__ import annotations

from functools import cache, reduce
from typing import Any

import numpy as np

from engine.random import Floats
from engine.training.apply_command import apply_command
from engine.training.commands import Edit, NewSetting, NewWeight, NewWeights, RunCommand, Undo
from engine.training.run import Run, advance, begin
from engine.training.settings import Settings

STEPS = 200
SMALL = {"samples": 40, "hidden": (4, 3)}
SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "squares": {
        "optimizer": "momentum", "schedule": "linear", "period": 150, "factor": 0.2,
        "loss": "squares", "rate": 0.002, "l2": 0.01,
    },
    "hinge": {
        "optimizer": "nesterov", "schedule": "cosine", "period": 120, "loss": "hinge",
        "rate": 0.02, "clip": 0.5,
    },
    "two classes": {
        "optimizer": "rmsprop", "schedule": "step", "period": 50, "factor": 0.5, "loss": "bce",
        "rate": 0.01, "activation": ("relu",), "l1": 0.001,
    },
    "four classes": {
        "optimizer": "adam", "schedule": "1/t", "period": 100, "loss": "ce", "dataset": "blobs",
        "classes": 4, "rate": 0.02, "warmup": 20, "batch": 0,
    },
    "dropout": {
        "optimizer": "adamw", "loss": "huber", "rate": 0.01, "l1": 0.001, "l2": 0.02, "clip": 1.0,
        "dropout": 0.2, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4,
    },
    "features": {
        "features": ("x1", "x2", "x1sq", "sinx1", "own"), "standardise": True,
        "feature": "s = sigmoid(800 * x1); max(x1 * x2, x1, 0) + softplus(2) * s",
        "activation": ("gelu", "softplus"),
    },
    "numbers": {"dataset": "plane", "activation": ("leaky_relu", "abs"), "rate": 0.02},
    "no hidden layer": {"hidden": ()},
    "three outputs": {
        "dataset": "blobs", "classes": 3, "output": "sigmoid", "activation": ("sin", "cos"),
    },
    "three logits": {
        "dataset": "blobs", "classes": 3, "loss": "bce", "activation": ("sigmoid",), "test": 0.0,
    },
    "one layer of logits": {
        "dataset": "blobs", "classes": 3, "loss": "ce", "hidden": (), "optimizer": "momentum",
        "batch": 100, "rate": 0.05,
    },
}  # fmt: skip


CHANGED = "changed"
NAMES = (*SETTINGS, CHANGED)


def settings_of(name: str) -> Settings:
    """The settings of one of these runs."""
    return Settings(**(SMALL | SETTINGS[name]))


def changed_run() -> Run:
    """A run in which samples, weights and hyperparameters change while it trains."""
    settings = Settings(**SMALL, optimizer="adam", rate=0.02)
    run = _change(
        begin(settings),
        Edit(how="add", index=3, at=(0.25, -0.5), target=1.0),
        NewWeight(place=0, value=0.7),
    )
    run = _change(
        advance(run, 33),
        NewSetting(name="rate", text="0.05"),
        Edit(how="erase", index=5),
        Edit(how="add", index=0, at=(1.0, 1.0), target=0.0, testing=True),
    )
    run = _change(
        advance(run, 20),
        *(NewSetting(name=name, text=text) for name, text in (("batch", "7"), ("l2", "0.01"))),
        Undo(),
        *(NewSetting(name=name, text=text) for name, text in (("schedule", "cosine"),)),
        NewSetting(name="period", text="300"),
    )
    run = _change(
        advance(run, 21),  # in the middle of an epoch
        NewSetting(name="batch", text="0"),
        Edit(how="move", index=2, at=(0.5, 0.6)),
        NewWeight(place=4, value=-0.3),
        NewSetting(name="clip", text="0.5"),
        NewSetting(name="beta1", text="0.8"),
    )
    run = _change(
        advance(run, 15),
        *(
            NewSetting(name=name, text=text)
            for name, text in (("dropout", "0.3"), ("batch", "9"), ("warmup", "300"))
        ),
        NewSetting(name="l1", text="0.002"),
    )
    run = advance(run, 31)
    run = _change(run, NewWeights(values=tuple((0.9 * run.parameters).tolist())))
    return _change(advance(run, 80), NewSetting(name="rate", text="0.01"))


def _change(run: Run, *commands: RunCommand) -> Run:
    return reduce(apply_command, commands, run)


@cache
def trained(name: str) -> Run:
    """One of the runs at its last step."""
    return changed_run() if name == CHANGED else advance(begin(settings_of(name)), STEPS)


@cache
def batch_losses(run: Run) -> Floats:
    """The loss of the batch of every step of a run, before its update, (steps,)."""
    state, log, losses = begin(run.settings, run.backend, run.first_data), list(run.log), []
    while state.step < run.step:
        while log and log[0][0] == state.step:
            state = apply_command(state, log.pop(0)[1])
        steps = (log[0][0] if log else run.step) - state.step
        result = state.model.program.descend(
            state.parameters, state.moments, state.samples.train, state.training,
            start=state.step, steps=steps, cursor=state.cursor, backend=state.backend,
        )  # fmt: skip
        losses.append(result.losses)
        state = advance(state, steps)
    return np.concatenate(losses)
