"""The form of a run's settings: its fields, what they offer, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from werkzeug.datastructures import MultiDict

from engine.hyperparameters import Hyperparameter
from engine.losses import LOSSES
from engine.nn import INITIALISATIONS
from engine.notation import format_exactly
from engine.ops import ACTIVATIONS
from engine.optimizers import OPTIMIZERS, Optimizer
from engine.outputs import OUTPUTS
from engine.schedules import SCHEDULES, Schedule
from engine.script.numbers import NumberError, read_number, read_whole
from engine.training.commands import CHANGEABLE
from engine.training.datasets import DATASETS, Dataset
from engine.training.features import FEATURES
from engine.training.features import OWN as OWN_FEATURE
from engine.training.settings import AUTO, DECLARATIONS, OWN, Settings
from engine.training.settings_parser import parse_settings

CHOICES: dict[str, dict[str, str]] = {
    "dataset": {name: dataset.title for name, dataset in DATASETS.items() if name != OWN},
    "init": {name: name for name in INITIALISATIONS},
    "loss": {name: loss.title for name, loss in LOSSES.items()},
    "optimizer": {name: optimizer.title for name, optimizer in OPTIMIZERS.items()},
    "activation": {name: name for name in ACTIVATIONS},
    "output": {name: name for name in (AUTO, *OUTPUTS)},
    "schedule": {name: schedule.title for name, schedule in SCHEDULES.items()},
}
"""The choices of the fields that choose from a table, with their titles."""

MARKS = {name: feature.title for name, feature in FEATURES.items()} | {OWN_FEATURE: "own"}
"""The labels of the check boxes of the features."""
OWN_EXAMPLE = "x1**2 + x2**2"
"""The formula of a person's own feature until they write another."""


def _hyperparameters(live: bool, folded: bool = False) -> tuple[str, ...]:
    """Return the hyperparameters that act while a run plays, or those that restart it; those that
    the form shows under More, or those that it always shows.
    """
    return tuple(
        name
        for name, declaration in DECLARATIONS.items()
        if isinstance(declaration, Hyperparameter)
        and declaration.is_live == live
        and declaration.is_folded == folded
    )


GROUPS = (
    (
        "Data",
        (
            "dataset",
            "formula",
            "samples",
            "noise",
            "classes",
            "test",
            "features",
            "feature",
            "standardise",
        ),
    ),
    ("Network", ("hidden", "activation", "output", "init")),
    ("Learning", ("loss", *_hyperparameters(live=False))),
    ("Training", _hyperparameters(live=True)),
)
"""The names of the fields, by the group that they stand in. All of a group act at once, or all
begin a new run.
"""
MORE = _hyperparameters(live=True, folded=True)
"""Fields of the training that are under More until someone opens it or sets one of them."""
NEW_LAYER = 4
"""Neurons of a layer that is the first one."""
MAX_SEED = 2**31


def display_text(name: str, text: str) -> str:
    """Return a setting's value for people, from its text: `AdamW`, `8, 8`, `yes`, `1·10⁻⁵`."""
    value_type = DECLARATIONS[name].value_type
    if value_type is bool:
        return "yes" if text == "1" else "no"
    if value_type in (int, float):
        return format_exactly(read_number(text))
    return CHOICES.get(name, {}).get(text, text).replace(",", ", ")


def form_texts(fields: MultiDict[str, str]) -> dict[str, str]:
    """Return the settings' texts of a form or a query. The check boxes of features share a name. A
    feature of one's own begins with an example.
    """
    texts = {name: values[-1] for name, values in fields.lists()}
    if "features" in fields:
        texts["features"] = ",".join(filter(None, fields.getlist("features")))
    if OWN_FEATURE in texts.get("features", "").split(",") and not texts.get("feature", "").strip():
        texts["feature"] = OWN_EXAMPLE
    return texts


def reshape(texts: dict[str, str], how: str) -> dict[str, str]:
    """Return the texts with another network: `more.2` and `fewer.2` change the neurons of layer 2,
    `insert.2` inserts a layer after it, `remove.2` removes it, `relu.2` is its activation.

    An impossible change is ignored; every layer keeps its own activation.
    """
    network: dict[str, str] = {
        name: texts[name] for name in ("hidden", "activation") if name in texts
    }
    settings, _ = parse_settings(network)
    what, _, number = how.partition(".")
    first = 0 if what == "insert" else 1
    if settings is None or number not in map(str, range(first, len(settings.hidden) + 1)):
        return texts
    hidden, activations, index = list(settings.hidden), list(settings.activations), int(number) - 1
    match what:
        case "more":
            hidden[index] += 1
        case "fewer" if hidden[index] > 1:
            hidden[index] -= 1
        case "fewer" | "remove":
            del hidden[index], activations[index]
        case "insert":
            neurons = hidden[index] if hidden else NEW_LAYER
            activation = activations[index] if activations else settings.activation[0]
            hidden.insert(index + 1, neurons)
            activations.insert(index + 1, activation)
        case name if name in ACTIVATIONS:
            activations[index] = name
    return texts | {
        "hidden": ",".join(map(str, hidden)),
        "activation": ",".join(activations or settings.activation[:1]),
    }


def form_context(
    texts: dict[str, str], errors: dict[str, str], is_live: bool = False
) -> dict[str, Any]:
    """Return what the settings' template shows: fields in groups, what was typed, what is wrong.

    The fields of a live run that may change while it plays are `changeable`.
    """
    dataset = DATASETS.get(texts["dataset"], DATASETS["moons"])
    hidden = _hidden_fields(dataset, texts) - set(errors)
    defaults = Settings().texts()
    return {
        "groups": [(title, names, set(names) <= set(CHANGEABLE)) for title, names in GROUPS],
        "more": MORE,
        "open": any(
            texts[name] != defaults[name] or name in errors for name in MORE if name not in hidden
        ),
        "fields": DECLARATIONS,
        "choices": CHOICES,
        "datasets": DATASETS,
        "marks": MARKS,
        "ticked": texts["features"].split(","),
        "own_data": dataset.name == OWN,
        "left_out": hidden,
        "texts": texts | {"formula": texts["formula"] or dataset.formula},
        "errors": errors,
        "dataset": dataset,
        "fresh": _next_seed(texts["seed"]),
        "changeable": CHANGEABLE if is_live else (),
    }


def _hidden_fields(dataset: Dataset, texts: dict[str, str]) -> set[str]:
    """Return the fields that do not matter with this dataset, schedule and optimizer."""
    is_own = dataset.name == OWN
    hidden = {"samples", "noise"} if dataset.samples is not None or is_own else set()
    hidden |= {"classes"} if dataset.classes[0] == dataset.classes[1] or is_own else set()
    hidden |= set() if dataset.formula else {"formula"}
    hidden |= {"features"} if dataset.dimensions != 2 else set()
    if "features" in hidden or OWN_FEATURE not in texts["features"].split(","):
        hidden |= {"feature"}
    schedule, optimizer = SCHEDULES.get(texts["schedule"]), OPTIMIZERS.get(texts["optimizer"])
    hidden |= _all_reads(SCHEDULES.values()) - set(schedule.reads if schedule else ())
    return hidden | _all_reads(OPTIMIZERS.values()) - set(optimizer.reads if optimizer else ())


def _all_reads(table: Iterable[Optimizer | Schedule]) -> set[str]:
    """Return the hyperparameters that only some entries of a table read."""
    return {name for entry in table for name in entry.reads}


def _next_seed(text: str) -> int:
    """Return the seed after this one, 0 after a text that is none."""
    try:
        return (read_whole(text) + 1) % MAX_SEED
    except NumberError:
        return 0
