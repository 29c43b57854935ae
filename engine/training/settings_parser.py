"""Settings from the texts of a form or an address, with a sentence for everything that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from engine.notation import format_exactly
from engine.script.numbers import NumberError, read_number, read_whole
from engine.training import messages
from engine.training.datasets import DATASETS
from engine.training.features import OWN as OWN_FEATURE
from engine.training.features import feature_columns
from engine.training.settings import (
    DECLARATIONS,
    MAX_LAYERS,
    MAX_NEURONS,
    OWN,
    Settings,
    as_text,
    split_list,
)


def parse_settings(texts: Mapping[str, str]) -> tuple[Settings | None, dict[str, str]]:
    """Return settings from texts by name, and what is wrong with them: a sentence per setting.

    Missing settings take their defaults; other names are ignored. If anything is wrong, there are
    no settings.
    """
    values: dict[str, str | float] = {}
    errors: dict[str, str] = {}
    for name, declaration in DECLARATIONS.items():
        try:
            if name in texts:
                values[name] = _read(declaration.value_type, texts[name].strip())
        except NumberError as error:
            errors[name] = str(error)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems = reversed(error.errors())
        return None, errors | {str(item["loc"][0]): sentence(dict(item)) for item in problems}
    errors |= _formula_errors(settings) if not errors else {}
    return (None, errors) if errors else (settings, {})


def _read(value_type: type, text: str) -> str | float:
    """Return the number that a text stands for, where the setting is one, else the text."""
    if value_type is int:
        return read_whole(text)
    return read_number(text) if value_type is float else text


def plain_text(name: str, text: str) -> str:
    """Return a setting's text as the settings write it: `0,1` as `0.1`, `1/2` as `0.5`. A text that
    is no number stays, for `parse_settings` to refuse.
    """
    try:
        return as_text(_read(DECLARATIONS[name].value_type, text.strip()))
    except NumberError:
        return text


def nearest_settings(texts: Mapping[str, str]) -> tuple[Settings, dict[str, str]]:
    """Return the settings nearest to texts by name, and a sentence for each that was not allowed.

    A number out of its bounds becomes the nearest allowed one, what cannot be read the default.
    """
    corrected, problems = dict(texts), dict[str, str]()
    settings, errors = parse_settings(corrected)
    while settings is None:
        for name, problem in errors.items():
            if name == "feature":
                problems.setdefault("features", problem)
                corrected["features"] = _without_own_feature(corrected["features"])
                continue
            is_first = name not in problems
            problems.setdefault(name, problem)
            if is_first:
                corrected[name] = _nearest_text(name, corrected.get(name, ""))
            else:
                corrected[name] = _default(name)
        settings, errors = parse_settings(corrected)
    opened = settings.texts()
    return settings, {
        name: correction(name, texts.get(name, ""), opened[name], problem)
        for name, problem in problems.items()
    }


def correction(name: str, text: str, value: str, problem: str) -> str:
    """Return the sentence for a setting with which a page does not open."""
    return messages.CORRECTED.format(
        title=DECLARATIONS[name].title, value=value or messages.NOTHING, text=text[:40], why=problem
    )


def _default(name: str) -> str:
    return as_text(DECLARATIONS[name].default)


def _without_own_feature(text: str) -> str:
    others = [name for name in split_list(text) if name != OWN_FEATURE]
    return ",".join(others) or _default("features")


def _nearest_text(name: str, text: str) -> str:
    """Return the allowed text nearest to one that is not allowed, or the default."""
    declaration = DECLARATIONS[name]
    if name == "hidden":
        sizes = [part for part in split_list(text) if part.isdecimal()][:MAX_LAYERS]
        nearest = ",".join(str(max(1, min(int(size[:9]), MAX_NEURONS))) for size in sizes)
        return nearest or _default(name)
    if declaration.value_type not in (int, float):
        return _default(name)
    try:
        value = read_number(text)
    except ValueError:
        return _default(name)
    bounds, examples = declaration.bounds, declaration.examples
    if "gt" in bounds and value <= bounds["gt"]:
        value = min(examples)
    if "lt" in bounds and value >= bounds["lt"]:
        value = max(examples)
    value = max(bounds.get("ge", value), min(bounds.get("le", value), value))
    return as_text(round(value) if declaration.value_type is int else float(value))


def _formula_errors(settings: Settings) -> dict[str, str]:
    """Return what is wrong with the formulas, if the settings describe the data."""
    dataset = DATASETS[settings.dataset]
    if settings.dataset == OWN:
        return {}
    formula = settings.formula or dataset.formula
    try:
        inputs, _ = dataset.make(
            settings.samples, settings.classes, settings.noise, settings.seed, formula
        )
    except ValueError as error:
        return {"formula": str(error)}
    if OWN_FEATURE not in settings.features or inputs.shape[1] != 2:
        return {}
    try:
        feature_columns(inputs, settings.features, settings.feature)
    except ValueError as error:
        return {"feature": str(error)}
    return {}


def suggest_settings(dataset: str, texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts with what suits a dataset that a person has just chosen.

    The optimizer, the seed and one activation for all layers stay; one activation per layer would
    not fit the layers of the dataset.
    """
    fresh = Settings(dataset=dataset if dataset in DATASETS else "moons").texts()
    chosen = {name: texts[name] for name in ("activation", "optimizer", "seed") if name in texts}
    if len(split_list(chosen.get("activation", ""))) != 1:
        chosen.pop("activation", None)
    family = DATASETS[fresh["dataset"]]
    return fresh | chosen | {"noise": as_text(family.noise)} | family.suggested


def sentence(error: Mapping[str, Any]) -> str:
    """Return what a person reads about one of pydantic's errors."""
    bounds = error.get("ctx", {})
    match error["type"]:
        case "int_parsing" | "int_from_float" | "int_parsing_size":
            return messages.WHOLE_NUMBERS
        case "bool_parsing":
            return messages.YES_OR_NO
        case "string_pattern_mismatch":
            return messages.UNKNOWN_DATA
        case "string_too_long":
            return messages.TOO_LONG.format(limit=bounds["max_length"])
        case "finite_number":
            return messages.FINITE_NUMBER
        case "greater_than_equal":
            return messages.AT_LEAST.format(limit=format_exactly(bounds["ge"]))
        case "greater_than":
            return messages.ABOVE.format(limit=format_exactly(bounds["gt"]))
        case "less_than_equal":
            return messages.AT_MOST.format(limit=format_exactly(bounds["le"]))
        case "less_than":
            return messages.BELOW.format(limit=format_exactly(bounds["lt"]))
    return str(error["msg"])
