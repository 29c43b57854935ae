"""stub"""

import numpy as np


def rmse(a, b):
    return float(np.sqrt(np.mean((a - b) ** 2))) if len(a) else float("nan")


def r2(a, b):
    return (
        float(1 - ((a - b) ** 2).sum() / ((b - b.mean()) ** 2).sum())
        if len(a) > 1
        else float("nan")
    )
