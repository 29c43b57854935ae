"""How a run trains, as PyTorch writes it: the optimizer, the schedule, and one step.

The optimizers, the schedules and the hyperparameters say it themselves, in their `pytorch`.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.compiler.training_options import Training
from engine.export import messages
from engine.export.program import Part, write_function
from engine.hyperparameters import HYPERPARAMETERS, Hyperparameter
from engine.optimizers import OPTIMIZERS
from engine.schedules import SCHEDULES


def write_training(training: Training) -> list[Part]:
    """Return the parts of a program that train `network` as a run does from here on.

    The optimizer's moments begin at 0.
    """
    rate = " * ".join(_rate_factors(training))
    lines = [f"optimizer = torch.optim.{_optimizer(training)}"]
    if rate:
        schedule = f"torch.optim.lr_scheduler.LambdaLR(optimizer, lambda done: {rate})"
        lines.append(f"scheduler = {schedule}")
    head = "import math\n\n" if "math." in rate else ""
    return [
        (messages.OPTIMIZER, head + "\n".join(lines)),
        (messages.TRAINING_STEP, write_function("step(loss)", _step(training, bool(rate)))),
    ]


def _optimizer(training: Training) -> str:
    """Return the call that makes the optimizer."""
    optimizer = OPTIMIZERS[training.optimizer]
    names = ["rate", *optimizer.reads]
    if training.l2 and not _has_own_decay(training):
        names.append("l2")
    arguments = _texts(training, (HYPERPARAMETERS[name] for name in names))
    name, _, constants = optimizer.pytorch.removesuffix(")").partition("(")
    parts = ["network.parameters()", *arguments, *filter(None, [constants])]
    return f"{name}({', '.join(parts)})"


def _rate_factors(training: Training) -> list[str]:
    """Return the factors of the rate after `done` steps."""
    schedule = SCHEDULES[training.schedule].pytorch.format(**vars(training))
    return [*filter(None, [schedule]), *_active(training, "rate")]


def _step(training: Training, has_schedule: bool) -> list[str]:
    """Return the lines of a function that takes one step for the loss of a batch."""
    loss = " + ".join(["loss", *_active(training, "loss")])
    lines = ["optimizer.zero_grad()"]
    lines.append(f"({loss}).backward()" if loss != "loss" else "loss.backward()")
    lines += _active(training, "gradient")
    if training.l2 and _has_own_decay(training):
        lines += [
            "for parameter in network.parameters():",
            f"    parameter.grad.add_(parameter.detach(), alpha={training.l2!r})",
        ]
    lines.append("optimizer.step()")
    return [*lines, "scheduler.step()"] if has_schedule else lines


def _has_own_decay(training: Training) -> bool:
    """Return whether the optimizer's weight_decay is not the L2 penalty, but `decay`."""
    return "decay" in OPTIMIZERS[training.optimizer].reads


def _active(training: Training, role: str) -> list[str]:
    """Return what PyTorch writes for the hyperparameters of this role that are not 0."""
    active = (
        hyperparameter
        for name, hyperparameter in HYPERPARAMETERS.items()
        if hyperparameter.pytorch_role == role and getattr(training, name)
    )
    return _texts(training, active)


def _texts(training: Training, hyperparameters: Iterable[Hyperparameter]) -> list[str]:
    """Return what PyTorch writes for these hyperparameters, each text once."""
    texts = (item.pytorch.format(**vars(training)) for item in hyperparameters)
    return list(dict.fromkeys(texts))
