"""Seeded random numbers as a pure function of (seed, stream, index): the index is the whole state.

The generator is SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators,
2014), used as a hash of a counter. Every use has a stream of its own, so that more numbers for one
use never shift those of another. It uses integer arithmetic only: the bits are the same on every
machine and in every backend.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


class RandomStream(IntEnum):
    """The uses of random numbers, each with a stream of its own."""

    DATA = 1
    NOISE = 2
    SPLIT = 3
    WEIGHTS = 4
    SHUFFLE = 5
    DROPOUT = 6


def _mix(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def key(seed: int, stream: RandomStream, part: int = 0) -> int:
    """Return the start of an independent sequence for this use; `part` tells apart layers, or
    epochs.
    """
    state = np.array([seed & _MASK], dtype=np.uint64)
    for word in (int(stream), part):
        state = _mix(state + np.uint64(_GOLDEN * (word + 1) & _MASK))
    return int(state[0])


def bits(start: int, count: int) -> npt.NDArray[np.uint64]:
    """Return `count` words of 64 random bits, (count,), from the sequence that `key` started."""
    counter = np.arange(1, count + 1, dtype=np.uint64)
    return _mix(np.uint64(start) + counter * np.uint64(_GOLDEN))


def uniform(start: int, count: int, low: float = 0.0, high: float = 1.0) -> Floats:
    """Return `count` numbers, uniform over [low, high)."""
    fractions = (bits(start, count) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return low + (high - low) * fractions


def normal(start: int, count: int) -> Floats:
    """Return `count` numbers with mean 0 and standard deviation 1, by the transform of Box and
    Muller (1958).
    """
    pairs = (count + 1) // 2
    u = uniform(start, 2 * pairs)
    radius = np.sqrt(-2.0 * np.log1p(-u[:pairs]))
    angle = 2.0 * np.pi * u[pairs:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]


def permutation(start: int, count: int) -> Integers:
    """Return 0 … count−1 in random order, (count,), by the shuffle of Fisher and Yates (Durstenfeld
    1964).
    """
    high_bits = (bits(start, count) >> np.uint64(32)).tolist()
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        other = high_bits[last] * (last + 1) >> 32
        order[last], order[other] = order[other], order[last]
    return np.array(order, dtype=np.int64)
