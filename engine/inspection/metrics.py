"""How good predictions are: counts for classes, distances for numbers."""

from __future__ import annotations

import numpy as np

from engine.random import Floats, Integers


def confusion(found: Integers, wanted: Integers, classes: int) -> Integers:
    """How many samples of each wanted class (rows) were found to be of which (columns).

    Both are (n,) with numbers from 0 to below `classes`; the answer is (classes, classes).
    """
    counts = np.bincount(wanted * classes + found, minlength=classes * classes)
    return counts.astype(np.int64).reshape(classes, classes)


def rmse(found: Floats, wanted: Floats) -> float:
    """The root of the mean squared error, in the unit of `wanted`; both (n,). NaN without
    samples.
    """
    return float(np.sqrt(np.mean((found - wanted) ** 2))) if len(wanted) else float("nan")


def r2(found: Floats, wanted: Floats) -> float:
    """The coefficient of determination, 1 − Σ(wanted − found)² / Σ(wanted − mean)²; both (n,).

    1 is perfect, 0 as good as always saying the mean, below 0 worse. NaN where the wanted numbers
    do not vary, or are fewer than 2.
    """
    if len(wanted) < 2 or wanted.min() == wanted.max():
        return float("nan")
    left, whole = ((wanted - found) ** 2).sum(), ((wanted - wanted.mean()) ** 2).sum()
    return float(1.0 - left / whole)
