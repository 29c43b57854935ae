"""The gallery of the expression lab: small stories, each with what to look for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playground.expression.state import Lab


@dataclass(frozen=True, slots=True)
class Preset:
    """A story: its title, one sentence of what to look for, and the lab as it begins."""

    title: str
    hint: str
    lab: Lab

    @property
    def key(self) -> str:
        """What the lab's state calls it."""
        return self.lab.story

    @property
    def query(self) -> str:
        """Return the query of the link that opens it."""
        return self.lab.query("playing", "speed")


def _story(key: str, title: str, hint: str, code: str, **state: Any) -> Preset:
    return Preset(title, hint, Lab(code=code, story=key, **state))


NEURON = (
    "x1 = 2\nx2 = 0\nw1 = -3\nw2 = 1\nb = 6.8813735870195432\nn = x1*w1 + x2*w2 + b\no = tanh(n)\n"
)

PRESETS: tuple[Preset, ...] = (
    _story(
        "product",
        "The lecture's expression",
        "Each gradient is the product of the local derivatives on the way from L.",
        "a = 2\nb = -3\nc = 10\nf = -2\ne = a * b\nd = e + c\nL = d * f\n",
    ),
    _story(
        "neuron",
        "A neuron with tanh",
        "x2 is 0, so w2 has no influence: its gradient is 0.",
        NEURON,
    ),
    _story(
        "apart",
        "The same neuron, tanh taken apart",
        "Other operations inside of o, the same gradients everywhere else. Close o: they are one.",
        NEURON,
        opened=("o",),
    ),
    _story(
        "twice",
        "A value used twice",
        "Both ways from b to a count: walk back, and see the second gradient added to the first.",
        "a = 3\nb = a + a\n",
    ),
    _story(
        "both",
        "Two values, each used twice",
        "a reaches f through d and through e; its gradient is the sum of both ways.",
        "a = -2\nb = 3\nd = a * b\ne = a + b\nf = d * e\n",
    ),
    _story(
        "forgotten",
        "A forgotten zero_grad",
        "Gradients of earlier steps are still there, so every step is longer: the loss is driven "
        "past its minimum and up again. Step on, then begin again with zero_grad() called.",
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
        "At its second call the leaves add to what they have: every gradient at a leaf doubles.",
        "a = 2\nb = -3\nc = a * b\nL = c * c\n",
        calls=2,
    ),
    _story(
        "dead",
        "A dead relu",
        "n is negative, so relu is flat: no gradient comes through, and descending moves nothing. "
        "Drag b above 5 and it lives.",
        "x1 = 2\nx2 = 1\nw1 = -3\nw2 = 1\nb = 1\nt = 1\nn = x1*w1 + x2*w2 + b\no = relu(n)\n"
        "loss = (o - t)**2\n",
        inputs=("x1", "x2", "t"),
        leaf="b",
    ),
    _story(
        "vanishing",
        "Ten sigmoids: the gradient vanishes",
        "Every sigmoid multiplies the gradient by at most a quarter: read the grads from s10 to x.",
        "x = 1\ns1 = sigmoid(x)\n" + "".join(f"s{i} = sigmoid(s{i - 1})\n" for i in range(2, 11)),
    ),
    _story(
        "exploding",
        "A product of eight: the gradient explodes",
        "Every factor multiplies the gradient by w: drag w a little and see grad go up by powers.",
        "w = 3\nh1 = w * 0.5\n" + "".join(f"h{i} = h{i - 1} * w\n" for i in range(2, 9)),
        leaf="w",
    ),
    _story(
        "softmax",
        "Softmax and cross-entropy, three classes",
        "The gradient of each score is its probability, less 1 for the true class: the first.",
        "z1 = 2\nz2 = 1\nz3 = -1\ne1 = exp(z1)\ne2 = exp(z2)\ne3 = exp(z3)\ns = e1 + e2 + e3\n"
        "p1 = e1 / s\nloss = -log(p1)\n",
    ),
    _story(
        "squares",
        "Least squares through three points",
        "The loss over slope and intercept: each step goes against the arrow, down the valley.",
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
        "The derivative of x to the sixth is six times x to the fifth.",
        "x = 2\ny = (x**2)**3\n",
    ),
    _story(
        "logistic",
        "The logistic loss of one point",
        "The gradient of the score z is the prediction less the target.",
        "x = 1.5\nw = 0.8\nb = -0.2\nt = 1\nz = w*x + b\np = sigmoid(z)\n"
        "loss = -(t * log(p) + (1 - t) * log(1 - p))\n",
        inputs=("x", "t"),
    ),
)
