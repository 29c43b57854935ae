"""A person's own table: parsed, stored under its hash, and turned into settings that suit it."""

from __future__ import annotations

from engine.training import csv_table
from engine.training.settings import OWN, as_text
from engine.training.settings_parser import suggest_settings
from playground.storage.texts import TextStore

LOSSES = {0: "mse", 2: "bce", 3: "ce"}
"""The suggested loss by number of classes: none, two, and three or more."""


def store_table(table: csv_table.Table, tables: TextStore) -> dict[str, str]:
    """Store a table, and return the texts of settings that train on it."""
    text = csv_table.write_csv(
        table.inputs, table.targets, table.classes, table.header, table.is_test
    )
    texts = {"data": tables.keep(text), "loss": LOSSES[min(len(table.classes), 3)]}
    if table.test_share is not None:
        texts["test"] = as_text(table.test_share)
    return suggest_settings(OWN, {}) | texts
