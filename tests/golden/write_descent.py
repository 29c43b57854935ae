"""Write descent.json: what PyTorch makes of the cases of tests/golden/cases.py, in float64.

    python -m tests.golden.write_descent

Needs PyTorch (the dependency group `golden`). Layers, losses, optimizers, schedulers and clipping
are PyTorch's own; the networks, their batches and the masks of dropout are drawn by our engine.
Arrays are kept as base64 of little-endian float64.
"""

from __future__ import annotations

import base64
import json
import warnings
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from engine.compiler.training_options import Training
from engine.random import Floats
from tests.golden.cases import PATH_STEPS, Case, batches, built, drawn, path
from tests.golden.write import activations, loss_of

try:
    import torch
except ImportError:  # the tests import every module; only writing needs it
    torch = None  # type: ignore[assignment]

FILE = Path(__file__).with_name("descent.json")
UPDATES, PATHS = 500, 30
STEADY = 1e-12
"""A path is kept that a perturbation of 1e-15 moves by less, far within what the test allows."""


class Descent:
    """A case in PyTorch: its parameters as one tensor, its optimizer and its scheduler."""

    def __init__(self, case: Case) -> None:
        self.case, training = case, case.training
        self.flat = torch.tensor(case.parameters, requires_grad=True)
        self.adds_l2 = training.optimizer == "adamw"  # whose weight_decay is another thing
        self.optimizer = _optimizer(self.flat, training, 0.0 if self.adds_l2 else training.l2)
        self._remember()
        self.scheduler = _scheduler(self.optimizer, training)
        self.done = 0
        for _ in range(case.start):
            self._advance()

    def _remember(self) -> None:
        names = {
            "momentum": ["momentum_buffer"], "nesterov": ["momentum_buffer"],
            "rmsprop": ["square_avg"], "adam": ["exp_avg", "exp_avg_sq"],
            "adamw": ["exp_avg", "exp_avg_sq"],
        }.get(self.case.training.optimizer, [])  # fmt: skip
        if self.case.start and names:
            state = self.optimizer.state[self.flat]
            state["step"] = torch.tensor(float(self.case.start))
            for name, moment in zip(names, self.case.moments, strict=True):
                state[name] = torch.tensor(moment)

    def _advance(self) -> None:
        self.done += 1
        annealed = self.case.training.schedule == "cosine"  # it would rise again after its period
        if not annealed or self.done <= self.case.training.period:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.scheduler.step()

    def loss(self, rows: list[int], masks: Floats | None = None) -> Any:
        """The loss over these rows of the batch; masks are (hidden neurons, rows)."""
        functions, case = activations(), self.case
        layer, at, neuron = torch.tensor(case.inputs[rows]), 0, 0
        for place, (nin, nout) in enumerate(pairwise(case.sizes)):
            block = self.flat[at : at + nout * (nin + 1)].reshape(nout, nin + 1)
            at += nout * (nin + 1)
            layer = torch.nn.functional.linear(layer, block[:, :nin], block[:, nin])
            layer = functions[case.activations[place]](layer)
            if masks is not None and place < len(case.sizes) - 2:
                layer = layer * torch.tensor(masks[neuron : neuron + nout].T)
                neuron += nout
        return loss_of(case.loss, layer, torch.tensor(case.targets[rows]))

    def gradient(self) -> tuple[float, Floats]:
        """The loss and its gradient over the whole batch, without dropout."""
        loss = self.loss(list(range(len(self.case.inputs))))
        (slope,) = torch.autograd.grad(loss, self.flat)
        return float(loss.detach()), slope.numpy()

    def update(self, rows: list[int]) -> float:
        """One update on these rows; the loss before it, without penalties."""
        training, masks = self.case.training, None
        if training.dropout:
            masks = training.masks(self.done, self.case.dropped, len(rows))
        loss = self.loss(rows, masks)
        whole = loss + training.l1 * self.flat.abs().sum()
        self.optimizer.zero_grad()
        whole.backward()
        if training.clip:
            torch.nn.utils.clip_grad_norm_([self.flat], training.clip)
        if self.adds_l2:
            self.flat.grad.add_(self.flat.detach(), alpha=training.l2)
        self.optimizer.step()
        self._advance()
        return float(loss.detach())

    @property
    def parameters(self) -> Floats:
        """Where they are now."""
        now: Floats = self.flat.detach().numpy().copy()
        return now


def _optimizer(flat: Any, training: Training, l2: float) -> Any:
    optim, rate, epsilon = torch.optim, training.rate, training.epsilon
    betas = (training.beta1, training.beta2)
    match training.optimizer:
        case "sgd":
            return optim.SGD([flat], rate, weight_decay=l2)
        case "momentum":
            return optim.SGD([flat], rate, momentum=0.9, weight_decay=l2)
        case "nesterov":
            return optim.SGD([flat], rate, momentum=0.9, nesterov=True, weight_decay=l2)
        case "rmsprop":
            return optim.RMSprop([flat], rate, eps=epsilon, weight_decay=l2)
        case "adam":
            return optim.Adam([flat], rate, betas, epsilon, weight_decay=l2)
        case "adamw":
            return optim.AdamW([flat], rate, betas, epsilon, weight_decay=training.decay)
    raise ValueError(training.optimizer)


def _scheduler(optimizer: Any, training: Training) -> Any:
    schedulers, period, factor = torch.optim.lr_scheduler, training.period, training.factor
    match training.schedule:
        case "constant":
            return schedulers.LambdaLR(optimizer, lambda done: 1.0)
        case "linear":
            return schedulers.LinearLR(optimizer, 1.0, factor, period)
        case "cosine":
            return schedulers.CosineAnnealingLR(optimizer, period, factor * training.rate)
        case "step":
            return schedulers.StepLR(optimizer, period, factor)
        case "1/t":
            return schedulers.LambdaLR(optimizer, lambda done: 1.0 / (1.0 + done / period))
    raise ValueError(training.schedule)


def update_of(case: Case) -> tuple[float, Floats, Floats]:
    """PyTorch's loss and gradient of a case, and its parameters after one update."""
    descent = Descent(case)
    loss, gradient = descent.gradient()
    descent.update(list(range(len(case.inputs))))
    return loss, gradient, descent.parameters


def path_of(case: Case) -> tuple[Floats, Floats]:
    """PyTorch's losses, (PATH_STEPS,), and final parameters of a case."""
    descent = Descent(case)
    rows = batches(case.training, len(case.inputs), PATH_STEPS)
    return np.array([descent.update(row) for row in rows]), descent.parameters


def pack(array: Floats) -> str:
    """An array as text."""
    return base64.b64encode(array.astype("<f8").tobytes()).decode()


def unpack(text: str) -> Floats:
    """The array of such a text."""
    return np.frombuffer(base64.b64decode(text), "<f8").astype(np.float64)


def moved(case: Case, by: float = 1e-15) -> Case:
    """The case with its parameters perturbed, up and down in turn."""
    signs = np.where(np.arange(len(case.parameters)) % 2, 1.0, -1.0)
    return replace(case, parameters=case.parameters + by * signs)


def follow(case: Case) -> Floats:
    """The parameters of a case after PATH_STEPS updates by our own program."""
    program, _ = built(case)
    return program.descend(
        case.parameters, case.moments, case.table, case.training, start=0, steps=PATH_STEPS
    ).parameters


def steady_paths() -> Iterator[int]:
    """Seeds whose paths do not magnify rounding."""
    for seed in count():
        case = path(seed)
        shift = np.abs(follow(case) - follow(moved(case))).max()
        if shift < STEADY and case.dropped:
            yield seed


def main() -> None:
    if torch is None:
        raise SystemExit("PyTorch is missing: install the dependency group `golden`.")
    torch.set_num_threads(1)
    updates, paths = [], []
    for seed in range(UPDATES):
        loss, gradient, after = update_of(drawn(seed))
        updates.append(
            {"seed": seed, "loss": loss, "gradient": pack(gradient), "after": pack(after)}
        )
    for seed in islice(steady_paths(), PATHS):
        losses, final = path_of(path(seed))
        paths.append({"seed": seed, "losses": pack(losses), "final": pack(final)})
    golden = {"torch": torch.__version__.split("+")[0], "updates": updates, "paths": paths}
    text = json.dumps(golden, separators=(",", ":"), allow_nan=False)
    FILE.write_text(text.replace('{"seed"', '\n{"seed"') + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
