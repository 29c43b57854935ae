"""Write infinite.json: graphs in which infinities or NaN arise, with what PyTorch makes of them.

    python -m tests.golden.write_infinite

Needs PyTorch, like `tests.golden.write`, which computes the graphs. Left out are numbers at which
PyTorch and IEEE 754 differ: the sign of a power of −0, and divisors whose inverse overflows.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import islice
from math import copysign, isfinite
from pathlib import Path
from typing import Any

from engine import ExpressionError, parse
from tests.golden import write

FILE = Path(__file__).with_name("infinite.json")
GRAPHS = 120
PUBLISHED = [
    "x = 0\nr = sqrt(x*x)\ny = max(r, 0.001)",
    "x = 0\nw = 0\nnorm = sqrt(x*x + w*w)",
    "x = 0\ny = x**0.5",
    "x = 0\ny = sqrt(x) - sqrt(x)",
    "x = -3.5\ny = sqrt(relu(x))",
    "x = 710\nw = 2\ny = exp(x)\nz = w / y",
]
LEAVES = (0, 0, 0, 1, -1, 2, -3.5, 0.5, 710, 1e200)
TEMPLATES = [*write.BINARY, *write.UNARY, "sqrt({})", "{}**0.5", "exp({})", "{} * 0"]


def texts() -> Iterator[str]:
    """Random programs about numbers at which slopes are infinite or results overflow."""
    draw = random.Random(18)
    while True:
        lines = [f"{name} = {draw.choice(LEAVES)!r}" for name in "xwb"]
        names = list("xwb")
        for step in range(draw.randint(2, 7)):
            operands = (draw.choice(names[-5:]) for _ in range(2))
            lines.append(f"y{step} = " + draw.choice(TEMPLATES).format(*operands))
            names.append(f"y{step}")
        yield "\n".join(lines)


def is_extreme(text: str) -> bool:
    """Whether the language takes the text, no value in it is −0, and something is not finite."""
    try:
        expression = parse(text)
    except ExpressionError:
        return False
    expression.output.backward()
    values = expression.nodes()
    if any(value.data == 0 and copysign(1.0, value.data) < 0 for value in values):
        return False
    return not all(isfinite(number) for value in values for number in (value.data, value.grad))


def main() -> None:
    if write.torch is None:
        raise SystemExit("PyTorch is missing: install the dependency group `golden`.")
    chosen = filter(is_extreme, texts())
    graphs: list[dict[str, Any]] = [write.graph(text) for text in PUBLISHED]
    graphs += (write.graph(text) for text in islice(chosen, GRAPHS - len(graphs)))
    text = json.dumps(
        {"torch": write.torch.__version__.split("+")[0], "graphs": graphs}, indent=None
    )
    FILE.write_text(text.replace('{"text"', '\n{"text"') + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
