"""The random numbers of a run, written in plain Python: the order of the samples in every epoch,
and the neurons that dropout switches off.

NumPy's and PyTorch's own generators would give other batches. These functions are those of
`engine.random`.
"""

from __future__ import annotations

from engine.export import messages
from engine.export.course import Course, batch_size
from engine.export.program import Part, write_function
from engine.random import RandomStream
from engine.training.run import Run

_GENERATOR = """MASK, GOLDEN = 2**64 - 1, 0x9E3779B97F4A7C15


def mix(word):
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB & MASK
    return word ^ (word >> 31)


def random_words(stream, part, count):
    start = SEED
    for number in (stream, part):
        start = mix(start + GOLDEN * (number + 1) & MASK)
    return [mix(start + GOLDEN * number & MASK) for number in range(1, count + 1)]"""

_SHUFFLE = [
    f"words = random_words({RandomStream.SHUFFLE.value}, epoch, count)",
    "order = list(range(count))",
    "for last in range(count - 1, 0, -1):",
    "    other = (words[last] >> 32) * (last + 1) >> 32",
    "    order[last], order[other] = order[other], order[last]",
    "return order",
]

_BATCHES = [
    "while True:",
    "    order = shuffle(len(TRAIN), epoch)",
    "    for first in range(start, len(order), BATCH):",
    "        yield order[first : first + BATCH]",
    "    epoch, start = epoch + 1, 0",
]

_MASKS = {
    "np": ("np.array", "np.split(masks, {ends}, axis=1)"),
    "torch": ("torch.tensor", "masks.split({sizes}, dim=1)"),
}
"""By module: the function that makes an array, and the masks of the layers one by one."""


def write_random_numbers(course: Course, module: str) -> list[Part]:
    """Return the parts of a program that draw batches and masks, if the course needs them."""
    parts: list[Part] = []
    if course.has_batches or course.has_dropout:
        parts.append((messages.RANDOM, _GENERATOR))
    if course.has_batches:
        parts += [
            (messages.SHUFFLE, write_function("shuffle(count, epoch)", _SHUFFLE)),
            (messages.BATCHES, write_function("batches(epoch, start)", _BATCHES)),
            ("", write_batches(course.start)),
        ]
    if course.has_dropout:
        masks = write_function("dropout_masks(done, samples)", _write_masks(course, module))
        parts.append((messages.MASKS, masks))
    return parts


def write_batches(state: Run) -> str:
    """Return the statement that begins the batches at the place of this state."""
    start = state.cursor.position if batch_size(state) < len(state.samples.train) else 0
    return f"BATCHES = batches(epoch={state.cursor.epoch}, start={start})"


def changes_batches(before: Run, after: Run) -> bool:
    """Return whether the batches go on in another way."""
    sizes = [(batch_size(state), len(state.samples.train)) for state in (before, after)]
    return sizes[0] != sizes[1]


def _write_masks(course: Course, module: str) -> list[str]:
    sizes = list(course.start.settings.hidden)
    ends = [sum(sizes[: count + 1]) for count in range(len(sizes) - 1)]
    array, layers = _MASKS[module]
    return [
        f"words = random_words({RandomStream.DROPOUT.value}, done, {sum(sizes)} * samples)",
        f"keep = {array}([word >> 11 for word in words]) * 2.0**-53 >= DROPOUT",
        f"masks = (keep / (1 - DROPOUT)).reshape({sum(sizes)}, samples).T",
        f"return {layers.format(ends=ends, sizes=sizes)}",
    ]
