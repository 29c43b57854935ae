"""How good predictions are: counts for classes, errors for numbers."""

from __future__ import annotations

import numpy as np

from engine.random import Floats, Integers


def confusion(predicted: Integers, true: Integers, classes: int) -> Integers:
    """Return the confusion matrix (classes, classes): true classes by row, predicted by column.

    Both arguments are (n,) with class indices from 0 to below `classes`.
    """
    counts = np.bincount(true * classes + predicted, minlength=classes * classes)
    return counts.astype(np.int64).reshape(classes, classes)


def rmse(predicted: Floats, true: Floats) -> float:
    """Return the root of the mean squared error, in the unit of `true`; both (n,). NaN without
    samples.
    """
    return float(np.sqrt(np.mean((predicted - true) ** 2))) if len(true) else float("nan")


def r2(predicted: Floats, true: Floats) -> float:
    """Return the coefficient of determination, 1 − Σ(true − predicted)² / Σ(true − mean)²; both
    (n,).

    1 is perfect, 0 as good as always predicting the mean, below 0 worse. NaN if the true values do
    not vary, or are fewer than 2.
    """
    if len(true) < 2 or true.min() == true.max():
        return float("nan")
    residual, total = ((true - predicted) ** 2).sum(), ((true - true.mean()) ** 2).sum()
    return float(1.0 - residual / total)
