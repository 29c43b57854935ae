"""Random numbers in kernels: the same as those of `engine/random.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.compiler.kernels.compilation import inlined, kernel
from engine.compiler.kernels.vectors import Pointer, get, get_int, put, put_int
from engine.random import RandomStream

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FACTOR1, _FACTOR2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_U1, _U11, _U27, _U30, _U31, _U32 = (np.uint64(n) for n in (1, 11, 27, 30, 31, 32))
SHUFFLE_STREAM = np.uint64(int(RandomStream.SHUFFLE))
DROPOUT_STREAM = np.uint64(int(RandomStream.DROPOUT))


@inlined
def mix(word: Any) -> Any:
    word = (word ^ (word >> _U30)) * _FACTOR1
    word = (word ^ (word >> _U27)) * _FACTOR2
    return word ^ (word >> _U31)


@kernel
def random_key(seed: int, stream: Any, part: int) -> Any:
    start = mix(np.uint64(seed) + _GOLDEN * (stream + _U1))
    return mix(start + _GOLDEN * (np.uint64(part) + _U1))


@kernel
def shuffle(start: Any, order: Pointer, count: int) -> None:
    """Fill `order` with 0 … count−1 in random order, by Fisher and Yates."""
    for i in range(count):
        put_int(order, i, i)
    for last in range(count - 1, 0, -1):
        high = mix(start + np.uint64(last + 1) * _GOLDEN) >> _U32
        other = np.int64((high * np.uint64(last + 1)) >> _U32)
        swapped = get_int(order, last)
        put_int(order, last, get_int(order, other))
        put_int(order, other, swapped)


@kernel
def fill_masks(
    start: Any, D: Pointer, first_mask: int, masks: int, spacing: int, first: int, count: int,
    n: int, batch: int, dropped: float,
) -> None:  # fmt: skip
    """Fill rows with 0 with probability `dropped`, else with 1 / (1 − dropped).

    The lanes from `count` to before n repeat the last sample.
    """
    scale = 1.0 / (1.0 - dropped)
    for m in range(masks):
        for q in range(count):
            word = mix(start + np.uint64(m * batch + first + q + 1) * _GOLDEN)
            u = np.float64(word >> _U11) * 2.0**-53
            put(D, first_mask + m * spacing + q, 0.0 if u < dropped else scale)
        for q in range(count, n):
            put(D, first_mask + m * spacing + q, get(D, first_mask + m * spacing + count - 1))
