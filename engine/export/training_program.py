"""A run as a program that trains: samples, initial weights, batches, changes and losses.

NumPy and PyTorch share the outline of the program, which is here. What they write in their own way
is in a `Library`: `numpy_network` and `torch_network` each hold one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.export import messages
from engine.export.course import Change, Course, RowEdit, batch_size, follow
from engine.export.program import Part, write_function, write_matrix, write_read_function
from engine.export.random_numbers import changes_batches, write_batches, write_random_numbers
from engine.export.rewrite import write_definitions
from engine.export.weights import TrainedLayer, trained_layers
from engine.hyperparameters import HYPERPARAMETERS
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.schedules import SCHEDULES
from engine.training.data import Data
from engine.training.run import Run

REPORTS = 20
"""Lines that a program prints while it trains, about."""


@dataclass(frozen=True, slots=True)
class Library:
    """What a library writes in its own way.

    `network` returns the parts from the initial weights to `predict`, `optimizer` those that
    compute gradients and keep moments, `step` the lines of a step for a batch `samples`, which
    end with `batch_loss`. `outputs` are the lines that assign what the loss and the metric read, z
    and o, for `samples`. `set_weights` and `edit_rows` write a change of weights and of samples;
    `set_options` what the optimizer needs after other hyperparameters; `compare` the largest
    difference of the weights from TRAINED.
    """

    module: str
    imports: str
    array: str
    network: Callable[[Course], list[Part]]
    loss: Callable[[Course], str]
    optimizer: Callable[[Course], list[Part]]
    step: Callable[[Course], list[str]]
    outputs: Callable[[Course], list[str]]
    set_weights: Callable[[Course, dict[int, float]], list[str]]
    edit_rows: Callable[[RowEdit], str]
    set_options: Callable[[Course, Collection[str]], list[str]]
    compare: Sequence[str]
    no_rows: str
    """A table without rows, `{columns}` wide."""
    defined: Collection[str] = ()
    """Operations that its programs define as functions."""


def write_parts(run: Run, library: Library) -> list[Part]:
    """Return the parts of a program that trains as the run did and ends with its weights."""
    course = follow(run)
    settings = course.start.settings
    loss = LOSSES[settings.loss]
    needs_math = any("math." in text for state in course.states for text in _schedule(state))
    head = ("", ("import math\n\n" if needs_math else "") + library.imports)
    parts: list[Part] = [
        *_write_samples(course, library),
        (messages.READ, write_read_function(run, library.module, library.defined)),
        (messages.TARGETS, write_function("read_targets(samples)", [_targets(course, library)])),
        *library.network(course),
        (
            messages.LOSS.format(title=loss.title, formula=loss.formula),
            write_function(f"loss({loss_letter(course)}, t)", [f"return {library.loss(course)}"]),
        ),
        (messages.HYPERPARAMETERS, "\n".join(_assign(constants(course, course.start)))),
        *write_random_numbers(course, library.module),
        *([_write_rate(course)] if has_rate_function(course) else []),
        *library.optimizer(course),
        (messages.EVALUATE.format(metric=_metric(course)), _write_evaluation(course, library)),
        (messages.REPORT, _write_report(course)),
        (messages.LOSSES, f"losses = []\nREPORT = {report_steps(course)}"),
        (messages.TRAIN, _write_training(course, library)),
        *_write_run(course, library),
        *_write_comparison(course, library),
    ]
    code = "\n".join(text for _, text in parts) if library.defined else ""
    return [head, *write_definitions(code), *parts]


def loss_letter(course: Course) -> str:
    """Return what the loss reads: z for logits, o for outputs."""
    return "z" if course.reads_logits else "o"


# --- samples -------------------------------------------------------------------------------------


def _write_samples(course: Course, library: Library) -> list[Part]:
    data = course.start.data
    inputs = ", ".join(f"x{number + 1}" for number in range(data.inputs.shape[1]))
    comment = messages.SAMPLES if course.has_test else messages.TRAINING_SAMPLES
    target = messages.NUMBER if data.is_regression else messages.CLASS
    names = ("TRAIN", "TEST") if course.has_test else ("TRAIN",)
    tables = [_write_table(name, data, name == "TEST", library) for name in names]
    return [(comment.format(inputs=inputs, target=target), "\n".join(tables))]


def _write_table(name: str, data: Data, is_test: bool, library: Library) -> str:
    chosen = data.is_test == is_test
    rows = [
        [*inputs, target]
        for inputs, target in zip(
            data.inputs[chosen].tolist(), data.targets[chosen].tolist(), strict=True
        )
    ]
    if not rows:
        return f"{name} = {library.no_rows.format(columns=data.inputs.shape[1] + 1)}"
    return f"{name} = {library.array}({write_matrix(rows)})"


def _targets(course: Course, library: Library) -> str:
    """Return the line that gives the targets of samples, (samples, outputs)."""
    run, column = course.start, "samples[:, -1:]"
    if run.data.is_regression:
        return f"return {column}"
    outputs, low, high = run.model.sizes[-1], run.model.low, run.model.high
    if outputs > 1:
        column = f"({column} == {library.module}.arange({outputs}))"
    scale = "" if high - low == 1.0 and outputs == 1 else f"{high - low!r} * "
    shift = f" - {-low!r}" if low else ""
    return f"return {scale}{column}{shift}"


# --- hyperparameters -----------------------------------------------------------------------------


def constants(course: Course, state: Run) -> dict[str, str]:
    """Return the hyperparameters that the course reads, by the names of their constants."""
    names = {"rate", *OPTIMIZERS[course.start.settings.optimizer].reads}
    names |= {name for name in ("warmup", "l1", "l2", "clip") if course.uses(name)}
    names |= {"dropout"} if course.has_dropout else set()
    names |= {name for other in course.states for name in SCHEDULES[other.now.schedule].reads}
    names |= {"batch"} if course.has_batches else set()
    names |= {"seed"} if course.has_batches or course.has_dropout else set()
    values = {name: repr(getattr(state.now, name)) for name in HYPERPARAMETERS if name in names}
    if "batch" in names:
        values["batch"] = repr(batch_size(state))
    if "clip" in names and not state.now.clip:
        values["clip"] = 'float("inf")'
    if "warmup" in names:
        values["warmup"] = repr(max(1, state.now.warmup))
    return {name.upper(): value for name, value in values.items()}


def constant_names() -> dict[str, str]:
    """Return the constants by the hyperparameters, for texts with `{name}`."""
    return {name: name.upper() for name in HYPERPARAMETERS}


def has_rate_function(course: Course) -> bool:
    """Return whether the learning rate depends on the step."""
    return any(_schedule(state) for state in course.states)


def _schedule(state: Run) -> list[str]:
    """Return the factors of the rate after `done` steps; none for a constant rate."""
    texts = [SCHEDULES[state.now.schedule].pytorch]
    texts += [HYPERPARAMETERS["warmup"].pytorch] if state.now.warmup else []
    return [text.format(**constant_names()) for text in texts if text]


def _write_rate(course: Course) -> Part:
    """Return the function of the rate, which may change after some steps."""
    branches = [(state.step, _schedule(state)) for state in course.states]
    kinds = [
        branch for i, branch in enumerate(branches) if not i or branch[1] != branches[i - 1][1]
    ]
    lines = []
    for step, factors in kinds:
        first, *others = factors or [""]
        products = [f"rate = RATE * {first}" if first else "rate = RATE"]
        products += [f"rate = rate * {factor}" for factor in others]
        indent = "    " if step else ""
        lines += [f"if done >= {step}:"] if step else []
        lines += [indent + product for product in products]
    if len(lines) == 1:
        return messages.RATE, write_function(
            "learning_rate(done)", [lines[0].replace("rate =", "return")]
        )
    return messages.RATE, write_function("learning_rate(done)", [*lines, "return rate"])


def _assign(values: dict[str, str]) -> list[str]:
    return [f"{name} = {value}" for name, value in values.items()]


# --- training ------------------------------------------------------------------------------------


def _metric(course: Course) -> str:
    return messages.RMSE if course.start.data.is_regression else messages.ACCURACY


def _write_evaluation(course: Course, library: Library) -> str:
    run = course.start
    lines = [*library.outputs(course)]
    if run.data.is_regression:
        metric = "((o - samples[:, -1:]) ** 2).mean() ** 0.5"
    else:
        middle = (run.model.low + run.model.high) / 2.0
        chosen = f"(o[:, 0] > {middle!r})" if run.model.sizes[-1] == 1 else "o.argmax(1)"
        lines.append(f"is_right = {chosen} == samples[:, -1]")
        metric = "is_right.sum() / len(samples)"
    values = f"float(loss({loss_letter(course)}, read_targets(samples))), float({metric})"
    return write_function("evaluate(samples)", [*lines, f"return {values}"])


def report_steps(course: Course) -> int:
    """Return the number of steps between two lines that a program prints."""
    return -(-course.steps // REPORTS)


def _write_report(course: Course) -> str:
    format = ":.6g" if course.start.data.is_regression else ":.1%"
    line = f'f"{{name}} loss {{value}}, {_metric(course)} {{metric{format}}}"'
    if not course.has_test:
        lines = [
            'name, (value, metric) = "training", evaluate(TRAIN)',
            f'print(f"step {{len(losses)}}:", {line})',
        ]
        return write_function("report()", lines)
    append = [f"    texts.append({line})"]
    append = ["    value, metric = evaluate(samples)", *append]
    if not all(state.data.is_test.any() for state in course.states):
        append = ["    if len(samples):", *(f"    {text}" for text in append)]
    lines = [
        "texts = []",
        'for name, samples in (("training", TRAIN), ("test", TEST)):',
        *append,
        'print(f"step {len(losses)}:", "; ".join(texts))',
    ]
    return write_function("report()", lines)


def _write_training(course: Course, library: Library) -> str:
    samples = "TRAIN[next(BATCHES)]" if course.has_batches else "TRAIN"
    lines = [
        "for step in range(len(losses) + 1, len(losses) + steps + 1):",
        f"    samples = {samples}",
        *(f"    {line}" for line in library.step(course)),
        "    losses.append(batch_loss.item())",
        "    if step % REPORT == 0:",
        "        report()",
    ]
    return write_function("train(steps)", lines)


def _write_run(course: Course, library: Library) -> list[Part]:
    ends = [*(change.step for change in course.changes), course.steps]
    comment = messages.RUN if course.end.step else messages.NOT_BEGUN
    parts = [(comment, f"report()\ntrain({ends[0]})")]
    for change, end in zip(course.changes, ends[1:], strict=True):
        code = _write_change(course, change, library)
        if code:
            parts.append((messages.CHANGE.format(step=change.step + 1), "\n".join(code)))
        if end > change.step:
            parts.append(("", f"train({end - change.step})"))
    if course.steps % report_steps(course):
        parts.append(("", "report()"))
    return parts


def _write_change(course: Course, change: Change, library: Library) -> list[str]:
    before, after = (constants(course, state) for state in (change.before, change.after))
    new = {name: value for name, value in after.items() if value != before[name]}
    lines = [*_assign(new), *library.set_options(course, new)]
    lines += library.set_weights(course, change.weights) if change.weights else []
    lines += [library.edit_rows(edit) for edit in change.edits]
    if course.has_batches and changes_batches(change.before, change.after):
        lines.append(write_batches(change.after))
    return lines


def _write_comparison(course: Course, library: Library) -> list[Part]:
    if not course.end.step:
        return []
    arrays = "".join(
        f"    {library.array}({text}),\n"
        for layer in trained_layers(course.end)
        for text in (write_matrix(layer.weights.tolist(), "    "), repr(layer.biases.tolist()))
    )
    difference = [*library.compare, f'print("{messages.DIFFERENCE}", f"{{difference:.1e}}")']
    return [(messages.COMPARE, f"TRAINED = [\n{arrays}]\n" + "\n".join(difference))]


def layers_of(run: Run, weights: dict[int, float]) -> list[TrainedLayer]:
    """Return the layers of a run with other weights, all of them by their place."""
    parameters = np.array([weights[place] for place in range(len(run.parameters))])
    return trained_layers(replace(run, parameters=parameters))
