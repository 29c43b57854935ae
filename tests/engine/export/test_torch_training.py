"""The training that is exported to PyTorch, read as text. tests/golden/test_programs.py runs it."""

from __future__ import annotations

from engine.export.network import write_network
from engine.training.run import advance, begin
from engine.training.settings import Settings

SMALL = {"samples": 20, "hidden": (2,)}
OPTIONS = {"period": 4, "factor": 0.3, "warmup": 3, "decay": 0.1, "l1": 0.01, "l2": 0.02, "clip": 2}


def program(**settings: object) -> str:
    return write_network("pytorch", advance(begin(Settings(**SMALL, **settings)), 2))  # type: ignore[arg-type]


def test_plain_gradient_descent_is_written_without_what_it_does_not_need() -> None:
    text = program(rate=0.25, batch=0)
    assert "optimizer = torch.optim.SGD(\n    network.parameters(),\n    lr=RATE,\n)" in text
    assert (
        "        samples = TRAIN\n"
        "        batch_loss = loss(network(samples[:, :-1]), read_targets(samples))\n"
        "        optimizer.zero_grad()\n"
        "        batch_loss.backward()\n"
        "        optimizer.step()\n"
        "        losses.append(batch_loss.item())\n"
    ) in text


def test_every_hyperparameter_that_matters_is_written() -> None:
    text = program(optimizer="adam", schedule="step", beta1=0.8, **OPTIONS)
    for line in (
        "    betas=(BETA1, BETA2),",
        "    eps=EPSILON,",
        "    weight_decay=L2,",
        "BETA1 = 0.8",
        "CLIP = 2.0",
        "    rate = RATE * FACTOR ** (done // PERIOD)",
        "    rate = rate * min(1, (done + 1) / WARMUP)",
        "        (batch_loss + L1 * sum(w.abs().sum() for w in network.parameters())).backward()",
        "        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)",
        '        optimizer.param_groups[0]["lr"] = learning_rate(step - 1)',
    ):
        assert line in text.splitlines()


def test_the_l2_penalty_of_adamw_is_not_its_weight_decay() -> None:
    text = program(optimizer="adamw", **OPTIONS)
    assert "    weight_decay=DECAY," in text
    assert text.index("backward()") < text.index("alpha=L2") < text.index("optimizer.step()")
