"""The gallery of the expression lab: short stories with a hint at what to look for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playground.expression.state import Lab


@dataclass(frozen=True, slots=True)
class Preset:
    """A story: its title, a hint at what to look for, and the lab at its start."""

    title: str
    hint: str
    lab: Lab

    @property
    def key(self) -> str:
        """The name of the story in the lab's state."""
        return self.lab.story

    @property
    def query(self) -> str:
        """The query of the link that opens it."""
        return self.lab.query("playing", "speed")


def _story(key: str, title: str, hint: str, code: str, **state: Any) -> Preset:
    return Preset(title, hint, Lab(code=code, story=key, **state))


NEURON = (
    "x1 = 2\nx2 = 0\nw1 = -3\nw2 = 1\nb = 6.8813735870195432\nn = x1*w1 + x2*w2 + b\no = tanh(n)\n"
)

PRESETS: tuple[Preset, ...] = (
    _story(
        "product",
        "Two products and a sum",
        "The gradient of a node is the product of the local derivatives on the path from L to it.",
        "a = 2\nb = -3\nc = 10\nf = -2\ne = a * b\nd = e + c\nL = d * f\n",
    ),
    _story(
        "neuron",
        "A neuron with tanh",
        "x2 is 0, so w2 has no influence on o: the gradient of w2 is 0.",
        NEURON,
    ),
    _story(
        "apart",
        "The same neuron, tanh taken apart",
        "Simpler operations replace tanh. All other gradients are the same. Close o to compare.",
        NEURON,
        opened=("o",),
    ),
    _story(
        "twice",
        "A value used twice",
        "b uses a twice, and each use adds 1 to the gradient of a. Press Back to see the first "
        "one alone.",
        "a = 3\nb = a + a\n",
    ),
    _story(
        "both",
        "Two values, each used twice",
        "Two paths lead from a to f: through d and through e. The gradient of a is the sum over "
        "both.",
        "a = -2\nb = 3\nd = a * b\ne = a + b\nf = d * e\n",
    ),
    _story(
        "order",
        "The order of the backward pass",
        "Under “This step” you choose which node passes its gradient on next. Let b go before c, "
        "and a.grad is 14. Let c go before b, and it is 26.",
        "a = 3\nb = a * 2\nc = b + 1\nL = b * c\n",
        ordering=True,
    ),
    _story(
        "forgotten",
        "A forgotten zero_grad",
        "The gradients of earlier steps are still there and push w too far: past the minimum, so "
        "the loss rises again. Undo all steps, turn Forget zero_grad() off, and step down again.",
        "x = 2\nt = 1\nw = 2\nloss = (w*x - t)**2\n",
        inputs=("x", "t"),
        leaf="w",
        rate=0.05,
        moves=("0.05*4f",),
        forgotten=True,
    ),
    _story(
        "again",
        "backward() called twice",
        "The second call adds to the gradients that the leaves already have, so these double. The "
        "inner node c starts from 0 with each call. In micrograd it keeps its gradient and passes "
        "it on again: there two calls make the gradient of a three times as large.",
        "a = 2\nb = -3\nc = a * b\nL = c * c\n",
        calls=2,
    ),
    _story(
        "dead",
        "A dead relu",
        "n is negative, where relu is flat. No gradient passes through, and gradient steps change "
        "nothing. Drag b above 5 to make the relu active again.",
        "x1 = 2\nx2 = 1\nw1 = -3\nw2 = 1\nb = 1\nt = 1\nn = x1*w1 + x2*w2 + b\no = relu(n)\n"
        "loss = (o - t)**2\n",
        inputs=("x1", "x2", "t"),
        leaf="b",
    ),
    _story(
        "vanishing",
        "Ten sigmoids: the gradient vanishes",
        "Each sigmoid multiplies the gradient by at most 1/4. Read the gradients from s10 back to "
        "x.",
        "x = 1\ns1 = sigmoid(x)\n" + "".join(f"s{i} = sigmoid(s{i - 1})\n" for i in range(2, 11)),
    ),
    _story(
        "exploding",
        "Eight factors w: the gradient explodes",
        "Each factor multiplies the gradient by w, from h8 back to h1. Drag w: the gradient "
        "of h1 is w to the seventh power.",
        "w = 3\nh1 = w * 0.5\n" + "".join(f"h{i} = h{i - 1} * w\n" for i in range(2, 9)),
        leaf="w",
    ),
    _story(
        "softmax",
        "Softmax and cross-entropy, three classes",
        "The gradient of each logit is its probability, minus 1 for the true class (here z1).",
        "z1 = 2\nz2 = 1\nz3 = -1\ne1 = exp(z1)\ne2 = exp(z2)\ne3 = exp(z3)\ns = e1 + e2 + e3\n"
        "p1 = e1 / s\nloss = -log(p1)\n",
    ),
    _story(
        "squares",
        "Least squares through three points",
        "The map shows the loss for each slope w and intercept b. Steps go against the arrow, "
        "downhill.",
        "x1 = -1\ny1 = -1\nx2 = 0\ny2 = 1\nx3 = 2\ny3 = 2\nw = -1\nb = -1\n"
        "r1 = w*x1 + b - y1\nr2 = w*x2 + b - y2\nr3 = w*x3 + b - y3\n"
        "loss = (r1**2 + r2**2 + r3**2) / 3\n",
        inputs=("x1", "y1", "x2", "y2", "x3", "y3"),
        folded=("r1", "r2", "r3"),
        leaf="w",
        second="b",
        rate=0.1,
        moves=("0.1*6",),
    ),
    _story(
        "power",
        "A power of a power",
        "The derivative of x to the sixth power is 6 times x to the fifth power.",
        "x = 2\ny = (x**2)**3\n",
    ),
    _story(
        "logistic",
        "The logistic loss of one point",
        "The gradient of the logit z is the prediction minus the target: p − t.",
        "x = 1.5\nw = 0.8\nb = -0.2\nt = 1\nz = w*x + b\np = sigmoid(z)\n"
        "loss = -(t * log(p) + (1 - t) * log(1 - p))\n",
        inputs=("x", "t"),
    ),
)
