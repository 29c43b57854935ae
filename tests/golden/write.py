"""Write golden.json: 300 graphs and networks with what PyTorch makes of them, in float64.

    python -m tests.golden.write

Needs PyTorch (the dependency group `golden`). Texts are translated here by Python itself, with
functions of PyTorch under the names of our language; layers, losses and descent are PyTorch's own.
Only the numbers with which a network begins are drawn by our engine. The same file comes out every
time, up to the last digits that another version of PyTorch may compute.
"""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from engine import MLP

try:
    import torch
except ImportError:  # the tests import every module; only writing needs it
    torch = None  # type: ignore[assignment]

FILE = Path(__file__).with_name("golden.json")
GRAPHS, NETWORKS = 170, 130

# --- graphs --------------------------------------------------------------------------------------


def functions() -> dict[str, Callable[..., Any]]:
    """What the functions of the language mean, by their names, for tensors and numbers."""

    def tensor(number: Any) -> Any:
        return torch.as_tensor(number, dtype=torch.float64)

    def of_tensors(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *numbers: function(*map(tensor, numbers))

    plain = {
        "exp": torch.exp, "log": torch.log, "sqrt": torch.sqrt, "tanh": torch.tanh,
        "sigmoid": torch.sigmoid, "relu": torch.relu, "sin": torch.sin, "cos": torch.cos,
        "leaky_relu": lambda x: torch.nn.functional.leaky_relu(x, 0.01),
        # torch's own softplus is only approximate above its threshold of 20.
        "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
        # torch's own gelu loses digits at negative numbers, where it adds 1 and −1.
        "gelu": lambda x: x * torch.sigmoid((8 / math.pi) ** 0.5 * (x + 0.044715 * x**3)),
        "abs": torch.abs, "max": torch.maximum, "min": torch.minimum,
    }  # fmt: skip
    return {name: of_tensors(function) for name, function in plain.items()}


def graph(text: str) -> dict[str, Any]:
    """The output of a text, and its gradient by everything that has a name."""
    functions_by_name = functions()
    names: dict[str, Any] = {}
    for line in text.split("\n"):
        name, _, right = line.partition(" = ")
        value = eval(right, {"__builtins__": {}}, functions_by_name | names)
        if isinstance(value, float | int):
            value = torch.tensor(float(value), dtype=torch.float64, requires_grad=True)
        value.retain_grad()
        names[name] = value
    value.backward()
    grads = {
        name: 0.0 if value.grad is None else float(value.grad) for name, value in names.items()
    }
    return {"text": text, "output": float(value.detach()), "grads": grads}


PUBLISHED = [
    "a = 2\nb = -3\nc = 10\nf = -2\ne = a*b\nd = e + c\nL = d*f",
    "x1 = 2\nx2 = 0\nw1 = -3\nw2 = 1\nb = 6.8813735870195432\no = tanh(x1*w1 + x2*w2 + b)",
    "x1 = 2\nx2 = 0\nw1 = -3\nw2 = 1\nb = 6.8813735870195432\nn = x1*w1 + x2*w2 + b\n"
    "e = exp(2*n)\no = (e - 1) / (e + 1)",
    "a = 3\nb = a + a",
    "a = -2\nb = 3\nd = a * b\ne = a + b\nf = d * e",
    "x = 1.5\ny = (x**2)**3",
]
CORNERS = [
    "a = 0\ny = relu(a) + 3*abs(a) + 5*leaky_relu(a)",
    "a = 2\nb = 2\ny = max(a, b) * 3 + min(a, b) * 5",
    "a = 2\ny = max(a, a) * min(a, a)",
    "a = 40\ny = softplus(a) - softplus(-a) + sigmoid(-a)",
    "a = -300\ny = sigmoid(a) + softplus(a)",
    "a = 0\ny = a**2 + a**1 + a**0",
    "a = 1.5\nb = -0.7\ny = gelu(a) * 3 + gelu(b) * gelu(a + b) - gelu(20 * b) + gelu(9 * a)",
]
BINARY = ["({} + {})", "({} - {})", "{} * {}", "{} / {}", "max({}, {})", "min({}, {})"]
UNARY = [
    "-{}", "{}**2", "{}**3", "{}**-1", "{}**0.5", "{}**-2", "{}**1.5", "exp({})", "log({})",
    "sqrt({})", "tanh({})", "sigmoid({})", "relu({})", "leaky_relu({})", "softplus({})",
    "sin({})", "cos({})", "abs({})",
]  # fmt: skip


def texts() -> Iterator[str]:
    """Random programs whose values stay moderate, so that rounding stays in the last digits."""
    draw = random.Random(20)
    functions_by_name = functions()
    while True:
        lines = [
            f"{name} = {draw.choice((-1, 1)) * draw.uniform(0.2, 2):.3f}"
            for name in "abcdefg"[: draw.randint(1, 6)]
        ]
        values = {line[0]: torch.tensor(float(line[4:]), dtype=torch.float64) for line in lines}
        pieces, count = list(values), 0
        steps = draw.choice((4, 15, 50, 120))
        while count < steps:
            template = draw.choice(BINARY + UNARY)
            # The latest piece, so that graphs get deep, with one from anywhere.
            latest = draw.choice(pieces[-3:])
            other = draw.choice([*pieces, f"{draw.uniform(0.1, 2):.2f}"])
            piece = template.format(*(f"({p})" if not p.isalnum() else p for p in (latest, other)))
            value = eval(piece, {"__builtins__": {}}, functions_by_name | values)
            if not (torch.isfinite(value) and 0.05 <= abs(float(value)) <= 2.5):
                piece = draw.choice(("sin({})", "cos({})", "tanh({})")).format(latest)
                value = eval(piece, {"__builtins__": {}}, functions_by_name | values)
            count += 1
            if len(piece) > 30 or draw.random() < 0.5 or count == steps:
                name = f"t{count}"
                lines.append(f"{name} = {piece}")
                values[name] = value
                pieces.append(name)
            else:
                pieces.append(piece)
        rights = " ".join(line.partition(" = ")[2] for line in lines)
        unused = [name for name in values if not re.search(rf"\b{name}\b", rights)]
        lines.append("y = " + " + ".join(unused))
        yield "\n".join(lines)


# --- networks ------------------------------------------------------------------------------------


def activations() -> dict[str, Callable[[Any], Any]]:
    return functions() | {"linear": lambda x: x}


def loss_of(name: str, outputs: Any, targets: Any) -> Any:
    """The loss of a batch; for bce and ce the outputs are the sums before the activation."""
    functional = torch.nn.functional
    match name:
        case "squares":
            return functional.mse_loss(outputs, targets, reduction="sum")
        case "mse":
            return functional.mse_loss(outputs, targets)
        case "hinge":
            return torch.clamp(1 - targets * outputs, min=0).sum(dim=1).mean()
        case "bce":
            errors = functional.binary_cross_entropy_with_logits(outputs, targets, reduction="none")
            return errors.sum(dim=1).mean()
        case "huber":
            return functional.huber_loss(outputs, targets)
        case "ce":
            return functional.cross_entropy(outputs, targets)
    raise ValueError(name)


def network(case: dict[str, Any]) -> dict[str, Any]:
    """The case with the first gradient, the losses before each step, and the final parameters.

    Parameters are in a row, neuron by neuron: its weights, then its bias.
    """
    sizes, functions_by_name = case["sizes"], activations()
    linears, rest = [], list(case["initial"])
    for nin, nout in pairwise(sizes):
        linear = torch.nn.Linear(nin, nout, dtype=torch.float64)
        rows = torch.tensor(rest[: nout * (nin + 1)], dtype=torch.float64).reshape(nout, nin + 1)
        del rest[: nout * (nin + 1)]
        with torch.no_grad():
            linear.weight.copy_(rows[:, :nin])
            linear.bias.copy_(rows[:, nin])
        linears.append(linear)
    assert not rest
    X = torch.tensor(case["inputs"], dtype=torch.float64)
    targets = torch.tensor(case["targets"], dtype=torch.float64)
    descent = torch.optim.SGD([p for linear in linears for p in linear.parameters()], case["rate"])

    def in_a_row(of: Callable[[Any], Any]) -> list[float]:
        return [
            float(number)
            for linear in linears
            for weights, bias in zip(of(linear.weight), of(linear.bias), strict=True)
            for number in (*weights, bias)
        ]

    losses, gradient = [], None
    for _ in range(case["steps"]):
        layer = X
        for linear, name in zip(linears, case["activations"], strict=True):
            layer = functions_by_name[name](linear(layer))
        loss = loss_of(case["loss"], layer, targets)
        descent.zero_grad()
        loss.backward()
        if gradient is None:
            gradient = in_a_row(lambda p: p.grad)
        descent.step()
        losses.append(float(loss.detach()))
    return case | {"gradient": gradient, "losses": losses, "final": in_a_row(torch.detach)}


def exercise() -> dict[str, Any]:
    """The four points, with their network, over the 1000 steps."""
    initial = [round(p.data, 6) for p in MLP(3, [4, 4, 1], seed=0).parameters()]
    return {
        "sizes": [3, 4, 4, 1], "activations": ["tanh"] * 3, "loss": "squares", "rate": 0.1,
        "inputs": [[2, 3, -1], [3, -1, 0.5], [0.5, 1, 1], [1, 1, -1]],
        "targets": [[1], [-1], [-1], [1]], "steps": 1000, "initial": initial,
    }  # fmt: skip


def networks() -> Iterator[dict[str, Any]]:
    draw = random.Random(21)
    no_activations = {"exp", "log", "sqrt", "max", "min"}
    hidden_names = [name for name in activations() if name not in no_activations]
    outputs_of = {
        "squares": ["tanh", "linear", "sigmoid"], "mse": ["tanh", "linear", "sigmoid"],
        "hinge": ["linear", "tanh"], "bce": ["linear"],
    }  # fmt: skip
    for seed in range(10_000):
        sizes = [draw.randint(1, 4), *(draw.randint(1, 6) for _ in range(draw.randint(0, 3)))]
        sizes.append(draw.choice((1, 1, 2, 3)))
        names = [draw.choice(hidden_names) for _ in sizes[2:]]
        loss = draw.choice(list(outputs_of))
        output = draw.choice(outputs_of[loss])
        init = draw.choice(("uniform", "xavier", "he"))
        mlp = MLP(sizes[0], sizes[1:], names, output, seed=seed, init=init)
        low = 0 if output == "sigmoid" or loss == "bce" else -1
        samples = draw.randint(1, 12)
        yield {
            "sizes": sizes, "activations": [*names, output], "loss": loss,
            "rate": 0.01 if loss == "squares" else draw.choice((0.05, 0.1)),
            "inputs": [[round(draw.gauss(0, 1), 3) for _ in range(sizes[0])]
                       for _ in range(samples)],
            "targets": [[draw.choice((low, 1)) for _ in range(sizes[-1])] for _ in range(samples)],
            "steps": 10, "initial": [round(p.data, 6) for p in mlp.parameters()],
        }  # fmt: skip


# --- the file ------------------------------------------------------------------------------------


def moderate_graphs() -> Iterator[dict[str, Any]]:
    for text in texts():
        case = graph(text)
        if len(text) < 4000 and all(abs(slope) < 1e3 for slope in case["grads"].values()):
            yield case


def moderate_networks() -> Iterator[dict[str, Any]]:
    for settings in networks():
        case = network(settings)
        if max(case["losses"]) < 50 and case["losses"][-1] < 1.5 * case["losses"][0]:
            yield case


def main() -> None:
    if torch is None:
        raise SystemExit("PyTorch is missing: install the dependency group `golden`.")
    torch.set_num_threads(1)
    graphs = [graph(text) for text in (*PUBLISHED, *CORNERS)]
    graphs += islice(moderate_graphs(), GRAPHS - len(graphs))
    nets = [network(exercise())]
    nets += islice(moderate_networks(), NETWORKS - 1)
    golden = {"torch": torch.__version__.split("+")[0], "graphs": graphs, "networks": nets}
    text = json.dumps(golden, separators=(",", ":"), allow_nan=False)
    for first in ('{"text"', '{"sizes"'):  # a case a line
        text = text.replace(first, f"\n{first}")
    FILE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
