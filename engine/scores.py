"""How good predictions are: the confusion of classes, and how far off numbers are."""

from __future__ import annotations

import numpy as np

from engine.random import Floats, Integers


def confusion(found: Integers, wanted: Integers, classes: int) -> Integers:
    """How many samples of each wanted class (row) were found to be of each class (column),
    (classes, classes), from (samples,) each.
    """
    counts = np.bincount(wanted * classes + found, minlength=classes * classes)
    return counts.reshape(classes, classes)


def rmse(found: Floats, wanted: Floats) -> float:
    """The root of the mean squared difference, in units of the target; NaN without samples."""
    return float(np.sqrt(np.mean((found - wanted) ** 2))) if len(wanted) else float("nan")


def r2(found: Floats, wanted: Floats) -> float:
    """The coefficient of determination, 1 − Σ(f − w)² / Σ(w − mean)²: the share of the targets'
    variance that is explained. NaN for fewer than two samples or targets that do not vary.
    """
    if len(wanted) < 2:
        return float("nan")
    varies = float(((wanted - wanted.mean()) ** 2).sum())
    return 1.0 - float(((found - wanted) ** 2).sum()) / varies if varies else float("nan")
