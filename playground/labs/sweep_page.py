"""What the pages of sweeps show: the form of a new one, a sweep's results, and a visitor's list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.training.settings import DECLARATIONS, Settings
from engine.training.sweeps import AXES, SWEEPABLE, Sweep, example_values, join_values, parse_sweep
from playground.figures import loss
from playground.figures import sweep as sweep_figure
from playground.http.services import Services
from playground.messages.sweeps import duration
from playground.network import form
from playground.storage.sweep_rows import StoredSweep

DEFAULT_AXES = {"first": "rate", "second": "l2"}
"""The settings that a new sweep varies until the person chooses others."""
DEFAULT_STEPS = 500
MAX_VALUES = 1000
"""Maximum length of the values of one setting, in characters: both fit into an address."""

Texts = dict[str, str]


@dataclass(frozen=True)
class SweepForm:
    """The form of a new sweep: what the person typed, and the sweep that it describes or what is
    wrong with each field.
    """

    settings: Settings
    texts: Texts
    sweep: Sweep | None
    errors: Texts


def open_form(services: Services, settings: Settings, texts: Texts) -> SweepForm:
    """Return the form while a person fills it in: what is missing has a default."""
    texts = _completed(services, settings, texts)
    return SweepForm(settings, texts, *_read(services, texts))


def submitted_form(services: Services, settings: Settings, texts: Texts) -> SweepForm:
    """Return the form as a person submitted it."""
    sweep, errors = _read(services, texts)
    return SweepForm(settings, _completed(services, settings, texts), sweep, errors)


def form_page(services: Services, sweep_form: SweepForm) -> dict[str, Any]:
    """Return what the template of the form shows."""
    settings, texts = sweep_form.settings, sweep_form.texts
    hidden = form.form_context(settings.texts(), {})["left_out"]
    selected = {texts[axis] for axis in AXES}
    fields = DECLARATIONS
    offered = [name for name in SWEEPABLE if name not in hidden or name in selected]
    return {
        "base": settings.texts(),
        "texts": texts,
        "errors": sweep_form.errors,
        "axes": AXES,
        "offered": {name: fields[name].title for name in offered},
        "fields": fields,
        "sweep": sweep_form.sweep,
        "most": services.runner.sweeps.max_runs,
        "most_steps": services.runner.sweeps.max_steps,
        "longest": MAX_VALUES,
        "lab_query": settings.query(),
    }


def form_texts(sweep: Sweep) -> Texts:
    """Return the texts of the form that describes this sweep again."""
    texts = sweep.base | {"steps": str(sweep.steps), "second": ""}
    for name, axis in zip(AXES, sweep.axes, strict=False):
        texts |= {name: axis.name, f"{name}_values": join_values(axis.values)}
    return texts


def cell_number(sweep: Sweep, text: str) -> int | None:
    """Return the number of the cell that a person chose, or None if there is no such cell."""
    is_cell = text.isascii() and text.isdecimal() and len(text) < 9 and int(text) < sweep.runs
    return int(text) if is_cell else None


def sweep_page(services: Services, row: StoredSweep, number: int | None) -> dict[str, Any]:
    """Return what the template of a sweep shows, with one cell: the one of this number, or the best
    one so far.
    """
    runner, sweeping = services.runner, services.runner.sweeps
    sweep, outcomes = row.sweep, sweeping.cells(row)
    comparable = {n: cell for n, cell in outcomes.items() if not sweep_figure.marked(cell)}
    best = min(comparable, key=lambda n: comparable[n].loss, default=None)
    selected = best if number is None else number
    cell = sweeping.cell(row, selected) if selected is not None else None
    labels = [[form.display_text(axis.name, text) for text in axis.values] for axis in sweep.axes]
    figures = {"sweep": runner.compute(sweep_figure.figure, sweep, outcomes, labels, selected)}
    if cell is not None and len(cell.curve.train):
        figures["curve"] = runner.compute(loss.figure, cell.curve)
    marks = {sweep_figure.marked(cell) for cell in outcomes.values()}
    return {
        "kept": row,
        "sweep": sweep,
        "outcomes": outcomes,
        "rows": [_values(sweep, n) for n in range(sweep.runs)],
        "swept_title": title(sweep),
        "best": best,
        "asked": number,
        "at": selected,
        "cell": cell,
        "figures": figures,
        "marked": sweep_figure.marked,
        "marks": {words: mark for words, mark in sweep_figure.MARKS.items() if words in marks},
        "tested": any(cell.test == cell.test for cell in outcomes.values()),
        "left": duration(sweeping.seconds_left(row)),
        "waits": sweeping.is_waiting(row),
        "notice": sweeping.notice(row),
        "curves": loss.LINES,
        "lab_query": Settings.model_validate(sweep.base).query(),
    }


def sweep_list(services: Services, visitor: str) -> dict[str, Any]:
    """Return what the list of a visitor's sweeps shows."""
    return {"sweeps": services.runner.sweeps.of(visitor), "swept_title": title}


def title(sweep: Sweep) -> str:
    """Return the name of a sweep: `Learning rate × L2`."""
    return " × ".join(axis.title for axis in sweep.axes)


def _read(services: Services, texts: Texts) -> tuple[Sweep | None, Texts]:
    sweeping = services.runner.sweeps
    limits = sweeping.max_runs, sweeping.max_steps
    return services.runner.compute(parse_sweep, texts, *limits)


def _completed(services: Services, settings: Settings, texts: Texts) -> Texts:
    """Return the texts of the form. A setting that was just chosen gets its examples as values."""
    steps = min(DEFAULT_STEPS, services.runner.sweeps.max_steps)
    completed = settings.texts() | {"steps": texts.get("steps", str(steps))}
    for axis in AXES:
        name = completed[axis] = texts.get(axis, DEFAULT_AXES[axis])
        values = texts.get(f"{axis}_values")
        if values is None or texts.get(f"{axis}_was", name) != name:
            values = example_values(name, settings.texts()) if name in SWEEPABLE else ""
        completed[f"{axis}_values"] = values[:MAX_VALUES]
    return completed


def _values(sweep: Sweep, number: int) -> list[str]:
    """Return the values of a cell's settings as people read them."""
    return [form.display_text(name, text) for name, text in sweep.values(number).items()]
