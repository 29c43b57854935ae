"""stub"""

from dataclasses import dataclass

import numpy as np

OWN = "own"


@dataclass(frozen=True)
class Feature:
    name: str
    title: str
    text: str


FEATURES = {
    n: Feature(n, t, x)
    for n, t, x in (
        ("x1", "x1", "x1"),
        ("x2", "x2", "x2"),
        ("x1sq", "x1²", "x1 ** 2"),
        ("x2sq", "x2²", "x2 ** 2"),
        ("x1x2", "x1·x2", "x1 * x2"),
        ("sinx1", "sin πx1", "sin(3.14159 * x1)"),
        ("sinx2", "sin πx2", "sin(3.14159 * x2)"),
    )
}


def columns(inputs, names, own):
    if inputs.shape[1] != 2:
        return inputs
    x1, x2 = inputs.T
    f = {
        "x1": x1,
        "x2": x2,
        "x1sq": x1**2,
        "x2sq": x2**2,
        "x1x2": x1 * x2,
        "sinx1": np.sin(np.pi * x1),
        "sinx2": np.sin(np.pi * x2),
    }
    return np.column_stack([f[n] for n in names])


def labels(names):
    return tuple(names)


def titles(names, own):
    return tuple(names)
