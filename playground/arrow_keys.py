"""How ↑ and ↓ change the number in a field: what static/js/number_fields.js reads there."""

from __future__ import annotations

import json

from markupsafe import Markup

from engine.hyperparameters import FACTOR, Declaration


def arrows(step: float = 0, factor: float = 0, **bounds: float) -> Markup:
    """Return the attribute of a field: ↑ adds `step` or multiplies by `factor`; with both, results
    are whole.

    `bounds` are `low` and `high`, the ends, and `least`, the number above 0 that follows on 0.
    """
    changes = {"step": step, "factor": factor}
    rules = {name: value for name, value in changes.items() if value} | bounds
    return Markup('data-arrows="{}"').format(json.dumps(rules))


def setting_arrows(setting: Declaration) -> Markup:
    """Return the attribute of a setting's field; nothing if the setting is no number."""
    if setting.value_type not in (int, float):
        return Markup("")
    is_whole = setting.value_type is int
    ends = {"ge": "low", "le": "high"}
    bounds = {ends[name]: bound for name, bound in setting.bounds.items() if name in ends}
    if not setting.is_logarithmic:
        return arrows(setting.step, **bounds)
    examples = [1.0] if is_whole else [example for example in setting.examples if example > 0]
    return arrows(1 if is_whole else 0, FACTOR, **bounds, least=min(examples, default=0.001))
