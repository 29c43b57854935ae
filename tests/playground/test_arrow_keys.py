"""↑ and ↓ in fields: every number has a step or a factor that suits it."""

from __future__ import annotations

import json
from html import unescape

from engine.training.settings import DECLARATIONS
from playground.arrow_keys import setting_arrows


def rules(name: str) -> dict[str, float]:
    text = unescape(str(setting_arrows(DECLARATIONS[name])))
    return dict(json.loads(text.removeprefix('data-arrows="').removesuffix('"')))


def test_a_rate_is_multiplied_and_a_count_is_counted() -> None:
    assert rules("rate") == {"factor": 1.3, "high": 100, "least": 0.001}
    assert rules("l2") == {"factor": 1.3, "low": 0, "high": 1, "least": 0.0001}
    assert rules("batch") == {"step": 1, "low": 0, "high": 5000}
    assert rules("period") == {"step": 1, "factor": 1.3, "low": 1, "high": 1_000_000, "least": 1}
    assert rules("noise") == {"step": 0.05, "low": 0, "high": 1}


def test_every_number_and_nothing_else_answers_the_arrows() -> None:
    for name, declaration in DECLARATIONS.items():
        is_number = declaration.value_type in (int, float)
        assert bool(setting_arrows(declaration)) == is_number, name
        if is_number:
            assert {"step", "factor"} & set(rules(name))
