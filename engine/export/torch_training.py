"""How a run trains, as PyTorch writes it: the optimizer, and one step of training.

The optimizers, the schedules and the hyperparameters say it themselves, in their `pytorch`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from engine.export import messages
from engine.export.course import Course
from engine.export.program import Part
from engine.export.training_program import constant_names, has_rate_function
from engine.hyperparameters import HYPERPARAMETERS
from engine.optimizers import OPTIMIZERS


def write_optimizer(course: Course) -> list[Part]:
    """Return the part of a program that makes the optimizer of its `network`."""
    optimizer = OPTIMIZERS[course.start.settings.optimizer]
    name, _, fixed = optimizer.pytorch.removesuffix(")").partition("(")
    parts = ["network.parameters()", *_options(course), *filter(None, [fixed])]
    arguments = "".join(f"    {part},\n" for part in parts)
    return [(messages.OPTIMIZER, f"optimizer = torch.optim.{name}(\n{arguments})")]


def change_options(course: Course, names: Collection[str]) -> list[str]:
    """Return the line that gives the optimizer its hyperparameters, if some of these constants are
    among them.
    """
    options = ", ".join(_options(course))
    has_new = any(re.search(rf"\b{name}\b", options) for name in names)
    return [f"optimizer.param_groups[0].update({options})"] if has_new else []


def write_step(course: Course) -> list[str]:
    """Return the lines of one step for the batch `samples`."""
    lines, network = list[str](), "network(samples[:, :-1])"
    if course.has_dropout:
        lines.append("masks = dropout_masks(step - 1, len(samples))")
        network = "network(samples[:, :-1], masks)"
    lines += [
        f"batch_loss = loss({network}, read_targets(samples))",
        "optimizer.zero_grad()",
    ]
    total = " + ".join(["batch_loss", *_active(course, "loss")])
    lines.append(f"({total}).backward()" if total != "batch_loss" else "batch_loss.backward()")
    lines += _active(course, "gradient")
    if course.uses("l2") and _has_own_decay(course):
        lines += [
            "for w in network.parameters():",
            "    w.grad.add_(w.detach(), alpha=L2)",
        ]
    if has_rate_function(course):
        lines.append('optimizer.param_groups[0]["lr"] = learning_rate(step - 1)')
    return [*lines, "optimizer.step()"]


def _options(course: Course) -> list[str]:
    """Return the arguments of the optimizer that are hyperparameters."""
    names = ["rate", *OPTIMIZERS[course.start.settings.optimizer].reads]
    if course.uses("l2") and not _has_own_decay(course):
        names.append("l2")
    return _texts(names)


def _has_own_decay(course: Course) -> bool:
    """Return whether the optimizer's weight_decay is not the L2 penalty, but `decay`."""
    return "decay" in OPTIMIZERS[course.start.settings.optimizer].reads


def _active(course: Course, role: str) -> list[str]:
    """Return what PyTorch writes for the hyperparameters of this role that are not 0."""
    return _texts(
        name
        for name, hyperparameter in HYPERPARAMETERS.items()
        if hyperparameter.pytorch_role == role and course.uses(name)
    )


def _texts(names: Iterable[str]) -> list[str]:
    """Return what PyTorch writes for these hyperparameters, each text once."""
    texts = (HYPERPARAMETERS[name].pytorch.format(**constant_names()) for name in names)
    return list(dict.fromkeys(texts))
