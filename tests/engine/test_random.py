"""Random numbers: the published generator, and distributions with the right statistics."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.random import RandomStream, bits, key, normal, permutation, uniform

SEEDS = st.integers(0, 2**63 - 1)
USES = list(RandomStream.__members__.values())
"""By name: two names for one number would share a sequence."""

# Published outputs of SplitMix64 (Vigna's splitmix64.c; Rosetta Code, "Pseudo-random
# numbers/Splitmix64", for the seed 1234567).
PUBLISHED = {
    0: [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC],
    1234567: [
        6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431,
        16408922859458223821,
    ],
}  # fmt: skip


def splitmix64(state: int, count: int) -> list[int]:
    """The published algorithm with Python's integers, one word at a time."""
    mask, words = (1 << 64) - 1, []
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        words.append(z ^ (z >> 31))
    return words


@pytest.mark.parametrize("seed", PUBLISHED)
def test_the_random_words_are_the_published_ones(seed: int) -> None:
    assert bits(seed, len(PUBLISHED[seed])).tolist() == PUBLISHED[seed]


@given(st.integers(0, 2**64 - 1))
def test_a_counter_gives_the_same_words_as_stepping(start: int) -> None:
    assert bits(start, 20).tolist() == splitmix64(start, 20)


@given(SEEDS, st.integers(1, 50), st.integers(0, 50))
def test_asking_for_more_numbers_never_changes_the_first(start: int, few: int, more: int) -> None:
    np.testing.assert_array_equal(uniform(start, few + more)[:few], uniform(start, few))
    np.testing.assert_array_equal(bits(start, few + more)[:few], bits(start, few))


@given(SEEDS)
def test_every_stream_and_part_has_its_own_sequence(seed: int) -> None:
    starts = [key(seed, stream, part) for stream in USES for part in range(20)]
    starts += [key(seed + 1, stream, part) for stream in USES for part in range(20)]
    assert len(set(starts)) == len(starts)


def test_the_streams_of_one_seed_are_not_correlated() -> None:
    columns = np.array([uniform(key(7, stream), 20_000) for stream in USES])
    parts = np.array([uniform(key(7, RandomStream.WEIGHTS, part), 20_000) for part in range(5)])
    neighbours = np.array([uniform(key(seed, RandomStream.DATA), 20_000) for seed in range(5)])
    for table in (columns, parts, neighbours):
        off = np.corrcoef(table) - np.eye(len(table))
        assert np.abs(off).max() < 5 / np.sqrt(20_000)


@given(SEEDS, st.floats(-100, 100), st.floats(0.001, 100))
def test_uniform_numbers_stay_in_their_range(start: int, low: float, width: float) -> None:
    numbers = uniform(start, 200, low, low + width)
    assert numbers.shape == (200,)
    assert numbers.min() >= low
    assert numbers.max() <= low + width


def test_uniform_numbers_fill_their_range_evenly() -> None:
    counts, _ = np.histogram(uniform(key(0, RandomStream.DATA), 100_000), bins=100, range=(0, 1))
    # Chi-squared with 99 degrees of freedom: 99 on average, standard deviation 14.
    assert ((counts - 1000) ** 2 / 1000).sum() == pytest.approx(99, abs=5 * 14)


def test_normal_numbers_have_the_moments_of_the_normal_distribution() -> None:
    numbers = normal(key(3, RandomStream.NOISE), 200_000)
    moments = [np.mean(numbers**power) for power in (1, 2, 3, 4)]
    # Standard errors: those of x, x², x³, x⁴ are 1, √2, √15, √96 by √n.
    for moment, expected, spread in zip(moments, (0, 1, 0, 3), (1, 2, 15, 96), strict=True):
        assert moment == pytest.approx(expected, abs=5 * np.sqrt(spread / 200_000))
    assert np.mean(np.abs(numbers) < 1) == pytest.approx(0.6827, abs=0.006)
    assert np.isfinite(numbers).all()


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_an_odd_number_of_normal_numbers_can_be_drawn(count: int) -> None:
    assert normal(5, count).shape == (count,)


@given(SEEDS, st.integers(0, 300))
def test_a_permutation_holds_every_index_once(start: int, count: int) -> None:
    assert sorted(permutation(start, count).tolist()) == list(range(count))


def test_all_orders_of_four_are_equally_likely() -> None:
    orders = [
        tuple(permutation(key(seed, RandomStream.SHUFFLE), 4).tolist()) for seed in range(12_000)
    ]
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 24
    # Chi-squared with 23 degrees of freedom: 23 on average, standard deviation 6.8.
    assert ((counts - 500) ** 2 / 500).sum() == pytest.approx(23, abs=5 * 6.8)
