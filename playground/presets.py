"""The expressions that the expression lab offers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """An expression with its title and what to look for in it."""

    title: str
    hint: str
    text: str


PRESETS: tuple[Preset, ...] = (
    Preset(
        "A product of a sum",
        "Each gradient is the product of the local derivatives on the way from L.",
        "a = 2\nb = -3\nc = 10\nf = -2\ne = a * b\nd = e + c\nL = d * f\n",
    ),
    Preset(
        "A neuron with tanh",
        "x2 is 0, so w2 has no influence: its gradient is 0.",
        "x1 = 2\nx2 = 0\nw1 = -3\nw2 = 1\nb = 6.8813735870195432\n"
        "n = x1*w1 + x2*w2 + b\no = tanh(n)\n",
    ),
    Preset(
        "The same, tanh written out",
        "Other operations, the same gradients at the leaves.",
        "x1 = 2\nx2 = 0\nw1 = -3\nw2 = 1\nb = 6.8813735870195432\n"
        "n = x1*w1 + x2*w2 + b\ne = exp(2*n)\no = (e - 1) / (e + 1)\n",
    ),
    Preset(
        "A value used twice",
        "Both ways from b to a count: the gradients add up to 2.",
        "a = 3\nb = a + a\n",
    ),
    Preset(
        "Two values, each used twice",
        "Gradients from both uses are summed.",
        "a = -2\nb = 3\nd = a * b\ne = a + b\nf = d * e\n",
    ),
    Preset(
        "A power of a power",
        "The derivative of x to the sixth is six times x to the fifth.",
        "x = 2\ny = (x**2)**3\n",
    ),
    Preset(
        "A chain of sigmoids",
        "Every sigmoid multiplies the gradient by at most a quarter.",
        "x = 1\ns1 = sigmoid(x)\ns2 = sigmoid(s1)\ns3 = sigmoid(s2)\ns4 = sigmoid(s3)\n",
    ),
    Preset(
        "The logistic loss of one point",
        "The gradient of the score z is the prediction less the target.",
        "x = 1.5\nw = 0.8\nb = -0.2\nt = 1\nz = w*x + b\np = sigmoid(z)\n"
        "loss = -(t * log(p) + (1 - t) * log(1 - p))\n",
    ),
)
