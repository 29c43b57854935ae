"""The form of a run's settings: which fields there are, what they offer, and what is wrong."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict

from engine.hyperparameters import Hyperparameter
from engine.losses import LOSSES
from engine.nn import INITIALISATIONS
from engine.ops import ACTIVATIONS
from engine.optimizers import OPTIMIZERS
from engine.outputs import OUTPUTS
from engine.schedules import SCHEDULES
from engine.training.commands import CHANGEABLE
from engine.training.datasets import DATASETS
from engine.training.features import FEATURES
from engine.training.features import OWN as OWN_FEATURE
from engine.training.settings import AUTO, DECLARATIONS, OWN, Settings
from engine.training.settings_parser import parse_settings

CHOICES: dict[str, dict[str, str]] = {
    "dataset": {name: each.title for name, each in DATASETS.items() if name != OWN},
    "init": {name: name for name in INITIALISATIONS},
    "loss": {name: each.title for name, each in LOSSES.items()},
    "optimizer": {name: each.title for name, each in OPTIMIZERS.items()},
    "activation": {name: name for name in ACTIVATIONS},
    "output": {name: name for name in (AUTO, *OUTPUTS)},
    "schedule": {name: each.title for name, each in SCHEDULES.items()},
}
"""What the fields that choose from a table offer."""


def shown(name: str, text: str) -> str:
    """A setting's value for people, from its text: `AdamW`, `8, 8`, `yes`."""
    if DECLARATIONS[name].value_type is bool:
        return "yes" if text == "1" else "no"
    return CHOICES.get(name, {}).get(text, text).replace(",", ", ")


MARKS = {name: each.title for name, each in FEATURES.items()} | {OWN_FEATURE: "own"}
"""What the features are called beside their boxes."""


def _trained(folded: bool) -> tuple[str, ...]:
    """The hyperparameters that the form shows under More, or those that it always shows."""
    return tuple(
        name
        for name, declaration in DECLARATIONS.items()
        if isinstance(declaration, Hyperparameter) and declaration.is_folded == folded
    )


GROUPS = (
    ("Data", ("dataset", "formula", "samples", "noise", "classes", "test", "features", "feature",
              "standardise")),
    ("Network", ("hidden", "activation", "output", "init")),
    ("Training", ("loss", *_trained(folded=False))),
)  # fmt: skip
MORE = _trained(folded=True)
"""Fields of the training that are under More until someone opens it or sets one of them."""


def texts(fields: MultiDict[str, str]) -> dict[str, str]:
    """The settings' texts of a form or a query, in which boxes that are ticked share a name."""
    found = {name: values[-1] for name, values in fields.lists()}
    if "features" in fields:
        found["features"] = ",".join(filter(None, fields.getlist("features")))
    return found


def reshaped(texts: dict[str, str], how: str) -> dict[str, str]:
    """The texts with another network: `more.2` and `fewer.2` change the neurons of layer 2,
    `insert.2` puts a layer after it, `remove.2` takes it out, `relu.2` is its activation.

    What cannot be is passed over; every layer keeps its own activation.
    """
    settings, _ = parse_settings(
        {name: texts[name] for name in ("hidden", "activation") if name in texts}
    )
    what, _, number = how.partition(".")
    first = 0 if what == "insert" else 1
    if settings is None or number not in map(str, range(first, len(settings.hidden) + 1)):
        return texts
    hidden, activations, at = list(settings.hidden), list(settings.activations), int(number) - 1
    match what:
        case "more":
            hidden[at] += 1
        case "fewer" if hidden[at] > 1:
            hidden[at] -= 1
        case "fewer" | "remove":
            del hidden[at], activations[at]
        case "insert":
            hidden.insert(at + 1, hidden[at] if hidden else NEW_LAYER)
            activations.insert(at + 1, activations[at] if activations else settings.activation[0])
        case name if name in ACTIVATIONS:
            activations[at] = name
    return texts | {
        "hidden": ",".join(map(str, hidden)),
        "activation": ",".join(activations or settings.activation[:1]),
    }


NEW_LAYER = 4
"""The neurons of a layer that is the first one."""


def form(texts: dict[str, str], errors: dict[str, str], live: Any = None) -> dict[str, Any]:
    """What the settings' template shows: fields in groups, what was typed, and what is wrong.

    The fields of a live run that can be changed while it goes on are `changeable`.
    """
    dataset = DATASETS.get(texts["dataset"], DATASETS["moons"])
    is_own = dataset.name == OWN
    hidden = {"samples", "noise"} if dataset.samples is not None or is_own else set()
    hidden |= {"classes"} if dataset.classes[0] == dataset.classes[1] or is_own else set()
    hidden |= set() if dataset.formula else {"formula"}
    hidden |= {"features"} if dataset.dimensions != 2 else set()
    if "features" in hidden or OWN_FEATURE not in texts["features"].split(","):
        hidden |= {"feature"}
    schedule, optimizer = SCHEDULES.get(texts["schedule"]), OPTIMIZERS.get(texts["optimizer"])
    hidden |= {"period", "factor"} - set(schedule.reads if schedule else ())
    hidden |= {"decay"} - set(optimizer.reads if optimizer else ())
    usual, hidden = Settings().texts(), hidden - set(errors)
    return {
        "groups": GROUPS,
        "more": MORE,
        "open": any(
            texts[name] != usual[name] or name in errors for name in MORE if name not in hidden
        ),
        "fields": DECLARATIONS,
        "choices": CHOICES,
        "datasets": DATASETS,
        "marks": MARKS,
        "ticked": texts["features"].split(","),
        "own_data": is_own,
        "left_out": hidden,
        "texts": texts | {"formula": texts["formula"] or dataset.formula},
        "errors": errors,
        "dataset": dataset,
        "fresh": (int(texts["seed"]) + 1) % 2**31
        if texts["seed"].isdecimal() and len(texts["seed"]) < 20
        else 0,
        "changeable": CHANGEABLE if live else (),
    }
