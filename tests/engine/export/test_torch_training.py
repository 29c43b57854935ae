"""The training that is exported to PyTorch, read as text and, where PyTorch is installed, run."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from engine import Value, compile
from engine.compiler.training_options import Training
from engine.export.torch_training import write_training
from engine.optimizers import OPTIMIZERS
from engine.schedules import SCHEDULES

OPTIONS = {
    "period": 4,
    "factor": 0.3,
    "warmup": 3,
    "beta1": 0.8,
    "beta2": 0.95,
    "epsilon": 1e-3,
    "decay": 0.1,
}
START = [0.7, -1.2]
STEPS = 9


def code_of(training: Training) -> str:
    return "\n\n".join(code for _, code in write_training(training))


def test_plain_gradient_descent_is_written_without_what_it_does_not_need() -> None:
    assert code_of(Training(rate=0.25)) == (
        "optimizer = torch.optim.SGD(network.parameters(), lr=0.25)\n\n"
        "def step(loss):\n    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()"
    )


def test_every_hyperparameter_that_matters_is_written() -> None:
    code = code_of(Training("adam", 0.03, schedule="step", l1=0.01, l2=0.02, clip=2.0, **OPTIONS))
    assert (
        "torch.optim.Adam(network.parameters(), lr=0.03, betas=(0.8, 0.95), eps=0.001, "
        "weight_decay=0.02)"
    ) in code
    assert "LambdaLR(optimizer, lambda done: 0.3 ** (done // 4) * min(1, (done + 1) / 3))" in code
    assert "(loss + 0.01 * sum(w.abs().sum() for w in network.parameters())).backward()" in code
    assert "torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)" in code


def test_the_l2_penalty_of_adamw_is_not_its_weight_decay() -> None:
    code = code_of(Training("adamw", l2=0.02, decay=0.1))
    assert "weight_decay=0.1" in code
    assert "alpha=0.02" in code
    assert code.index("backward()") < code.index("alpha=0.02") < code.index("optimizer.step()")


@pytest.mark.parametrize(("optimizer", "schedule"), list(product(OPTIMIZERS, SCHEDULES)))
def test_what_is_exported_takes_the_same_steps_in_pytorch(optimizer: str, schedule: str) -> None:
    torch = pytest.importorskip("torch")
    training = Training(optimizer, 0.05, schedule=schedule, l1=0.02, l2=0.1, clip=0.4, **OPTIONS)
    weights = [Value(w) for w in START]
    x = Value(0.0)
    program = compile((weights[0] * x + weights[1] - 1.0) ** 2, [x], weights)
    moments = tuple(np.zeros(2) for _ in range(OPTIMIZERS[optimizer].moments))
    ours = program.descend(
        np.array(START), moments, [[1.5]], training, start=0, steps=STEPS, backend="numpy"
    )
    network = torch.nn.ParameterList(torch.tensor(w, dtype=torch.float64) for w in START)
    names: dict[str, Any] = {"torch": torch, "network": network}
    exec(code_of(training), names)
    for _ in range(STEPS):
        names["step"]((network[0] * 1.5 + network[1] - 1.0) ** 2)
    theirs = [float(w.detach()) for w in network]
    np.testing.assert_allclose(ours.parameters, theirs, rtol=1e-9)
