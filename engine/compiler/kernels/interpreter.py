"""The native loop: one compiled function, `run`, executes every program that `lowering.py` makes.

Nothing compiles when the network, the data, the loss or the optimizer changes.

Samples lie innermost, padded to whole vectors: the lanes beyond the last sample repeat it and share
its gradient. A gradient of 0 there would make NaN of an infinite local derivative, because 0 · ∞ is
NaN. What is the same for all samples occupies one vector, all lanes equal; its gradient is the sum
of its lanes.
"""

from __future__ import annotations

import math
from typing import Any

from engine.compiler.instructions import MEAN, SLOTS, Mode, Task
from engine.compiler.kernels.compilation import calling, entry, kernel
from engine.compiler.kernels.passes import backward, forward, place_of
from engine.compiler.kernels.rng import (
    DROPOUT_STREAM,
    SHUFFLE_STREAM,
    fill_masks,
    random_key,
    shuffle,
)
from engine.compiler.kernels.update import SGD, add_penalty, clip, finite, scheduled_rate, update
from engine.compiler.kernels.vectors import (
    Pointer,
    W,
    at,
    get,
    get_int,
    load,
    memory,
    put,
    shared_from,
    splat,
    store,
    total,
    with_lane,
)


@kernel
def load_samples(
    columns: Pointer, samples: int, inputs: int, order: Pointer, shuffled: bool, first: int,
    count: int, n: int, D: Pointer, first_row: int, spacing: int,
) -> None:  # fmt: skip
    """Copy `count` samples to the input rows and repeat the last one up to n."""
    for i in range(inputs):
        source, row = i * samples, first_row + i * spacing
        if shuffled:
            for q in range(count):
                put(D, row + q, get(columns, source + get_int(order, first + q)))
        else:
            for q in range(count):
                put(D, row + q, get(columns, source + first + q))
        for q in range(count, n):
            put(D, row + q, get(D, row + count - 1))


@kernel
def sum_of_losses(
    D: Pointer, G: Pointer, place: int, shared: bool, count: int, n: int, weight: float
) -> float:
    """Return the sum of the samples' losses, and set the gradient of every loss to `weight`.

    The last sample and the lanes that repeat it share its weight by halves, which are exact.
    """
    if shared:
        store(G, place, with_lane(splat(0.0), 0, weight * count))
        return float(get(D, place) * count)
    sums, whole = splat(0.0), count // W * W
    for q in range(0, whole, W):
        sums = sums + load(D, place + q)
        store(G, place + q, splat(weight))
    result = float(total(sums))
    for q in range(whole, count):
        result += get(D, place + q)
    if whole < n:
        store(G, place + whole, shared_from(count - 1 - whole, weight))
    return result


@kernel
def fill(D: Pointer, first: int, count: int, number: float) -> None:
    for i in range(first, first + count):
        put(D, i, number)


(
    MODE, TRAINED_CODE, INPUTS, MASKS, SHARED, PARAMETERS, POOL, LOSS, SAMPLES, BATCH, CHUNK,
    SPACING, STEPS, START, OPTIMIZER, SCHEDULE, SEED, EPOCH, POSITION, HALF, FINITE, EMPTIED,
    EMPTIED_AT, GIVEN, WATCHED, WATCHED_CODE, WATCHED_CHUNK, WATCHED_SPACING, ROWS, STRIDE,
) = map(int, Task)  # fmt: skip


@calling
def watch(
    task: Any, code: Pointer, terms: Pointer, numbers: Pointer, pool: Pointer, columns: Pointer,
    rows: Pointer, D: Pointer, values: Pointer,
) -> None:  # fmt: skip
    """Evaluate the program for the watched samples; `values` (rows, samples) are their rows."""
    samples, chunk, spacing = task[WATCHED], task[WATCHED_CHUNK], task[WATCHED_SPACING]
    filled, inputs, first_row = task[GIVEN], task[INPUTS], task[SHARED] * W
    fill(D, first_row + filled * spacing, (inputs - filled) * spacing, 0.0)
    fill(D, first_row + inputs * spacing, task[MASKS] * spacing, 1.0)
    for first in range(0, samples, chunk):
        count = min(chunk, samples - first)
        n = (count + W - 1) // W * W
        load_samples(columns, samples, filled, rows, False, first, count, n, D, first_row, spacing)
        forward(code, 0, task[WATCHED_CODE], terms, numbers, pool, D, first_row, spacing, n)
        for i in range(task[ROWS]):
            row, out = get_int(rows, i), i * samples + first
            place = place_of(row, first_row, spacing)
            if row < 0:
                fill(values, out, count, get(D, place))
                continue
            whole = count // W * W
            for q in range(0, whole, W):
                store(values, out + q, load(D, place + q))
            for q in range(whole, count):
                put(values, out + q, get(D, place + q))


CLIP_SLOT, L1_SLOT, L2_SLOT, DROPOUT_SLOT, MEAN_SLOT = (
    SLOTS[name] for name in ("clip", "l1", "l2", "dropout", MEAN)
)
FORWARD, GRADIENT, TRAIN = map(int, Mode)


@entry
def run(
    task: Any, settings: Any, code: Any, terms: Any, numbers: Any, columns: Any, order: Any,
    state: Any, slopes: Any, data: Any, gradients: Any, losses: Any, watched: Any, rows: Any,
    values: Any,
) -> int:  # fmt: skip
    """Evaluate, differentiate or train a program; returns the number of finished steps.

    `task` and `settings` are laid out as `Task` and `SLOTS` say; the place in the epoch, the
    present half of the state, and whether everything stayed finite are written back to `task`.
    All arrays are of one dimension, int64 or float64.

    columns (inputs · samples,), one input after the other; order (samples,), space for a shuffle;
    state (2 · 3 · pool,), two halves of parameters and two moments: each step reads one half
    and writes the other; slopes (pool,), the gradient of the pool; data and gradients, the memory
    of the program; losses (steps,); watched (given · watched samples,), as columns; rows, whose
    values are returned; values (rows · watched samples,), once for every time training watches.
    """
    mode, trained_code = task[MODE], task[TRAINED_CODE]
    inputs, masks, parameters, pool_size = task[INPUTS], task[MASKS], task[PARAMETERS], task[POOL]
    samples, batch, chunk, spacing = task[SAMPLES], task[BATCH], task[CHUNK], task[SPACING]
    steps, start, seed, half = task[STEPS], task[START], task[SEED], task[HALF]
    epoch, position, emptied_at = task[EPOCH], task[POSITION], task[EMPTIED_AT]
    dropout, mean = settings[DROPOUT_SLOT], settings[MEAN_SLOT] != 0.0
    longest, l1, l2 = settings[CLIP_SLOT], settings[L1_SLOT], settings[L2_SLOT]
    D, G, P, slope = memory(data), memory(gradients), memory(state), memory(slopes)
    program, listed, constants = memory(code), memory(terms), memory(numbers)
    source, places, options = memory(columns), memory(order), memory(settings)
    first_row, half_size = task[SHARED] * W, 3 * pool_size
    loss_place = place_of(task[LOSS], first_row, spacing)
    trained_size = (parameters + W - 1) // W * W
    first_mask, stride, points = first_row + inputs * spacing, task[STRIDE], 0
    watched_at, rows_at, values_at = memory(watched), memory(rows), memory(values)
    if mode == FORWARD:
        watch(task, program, listed, constants, P, watched_at, rows_at, D, values_at)
        return 0
    fill(D, first_mask, masks * spacing, 1.0)
    shuffled = batch < samples
    resident = batch >= samples and chunk >= samples
    fresh = True
    if shuffled:
        shuffle(random_key(seed, SHUFFLE_STREAM, epoch), places, samples)
    task[FINITE] = 1
    done = 0
    while done < steps:
        batch_samples = min(batch, samples - position)
        weight = 1.0 / batch_samples if mean else 1.0
        pool = at(P, half * half_size)
        for i in range(0, trained_size, W):
            store(slope, i, splat(0.0))
        loss = 0.0
        for first in range(0, batch_samples, chunk):
            count = min(chunk, batch_samples - first)
            n = (count + W - 1) // W * W
            if fresh or not resident:
                load_samples(
                    source, samples, inputs, places, shuffled, position + first, count, n,
                    D, first_row, spacing,
                )  # fmt: skip
            if mode == TRAIN and masks and dropout > 0.0:
                fill_masks(
                    random_key(seed, DROPOUT_STREAM, start + done), D, first_mask, masks, spacing,
                    first, count, n, batch_samples, dropout,
                )  # fmt: skip
            forward(program, 0, trained_code, listed, constants, pool, D, first_row, spacing, n)
            loss += sum_of_losses(D, G, loss_place, task[LOSS] < 0, count, n, weight)
            for i in range(task[EMPTIED]):
                row = get_int(listed, emptied_at + i)
                for q in range(0, n, W):
                    store(G, place_of(row, first_row, spacing) + q, splat(0.0))
            backward(
                program, trained_code, listed, constants, pool, slope, parameters,
                D, G, first_row, spacing, n,
            )  # fmt: skip
        fresh = False
        losses[done] = loss * weight
        if mode == GRADIENT:
            return 1
        if l1 != 0.0:
            add_penalty(pool, slope, trained_size, l1, 0.0)
        if longest > 0.0:
            clip(slope, trained_size, longest)
        if l2 != 0.0:
            add_penalty(pool, slope, trained_size, 0.0, l2)
        rate = scheduled_rate(task[SCHEDULE], start + done, options)
        other = at(P, (1 - half) * half_size)
        update(
            task[OPTIMIZER], pool, other, trained_size, pool_size, slope, start + done + 1, rate,
            options,
        )  # fmt: skip
        good = math.isfinite(loss) and finite(slope, trained_size) and finite(other, trained_size)
        if good and task[OPTIMIZER] != SGD:
            good = finite(at(other, pool_size), trained_size)
            good = good and finite(at(other, 2 * pool_size), trained_size)
        if not good:
            task[FINITE] = 0
            break
        half = 1 - half
        position += batch_samples
        done += 1
        if position == samples:
            position, epoch = 0, epoch + 1
            if shuffled and done < steps:
                shuffle(random_key(seed, SHUFFLE_STREAM, epoch), places, samples)
        if stride > 0 and (start + done) % stride == 0:
            into = at(values_at, points * task[WATCHED])
            watch(
                task,
                program,
                listed,
                constants,
                at(P, half * half_size),
                watched_at,
                rows_at,
                D,
                into,
            )
            fill(D, first_mask, masks * spacing, 1.0)
            fresh, points = True, points + 1
    task[EPOCH], task[POSITION], task[HALF] = epoch, position, half
    return done
