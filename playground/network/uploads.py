"""People's own data: tables that are kept as CSV under their hash."""

from __future__ import annotations

from functools import lru_cache

from engine.training.csv_table import Table, read
from engine.training.data import Data, is_own, own
from engine.training.settings import Settings
from playground.storage.texts import TextStore


def data_of(settings: Settings, tables: TextStore) -> Data | None:
    """A person's own data, where the settings speak of them. Raises LookupError, in words, where
    they are not kept.
    """
    if not is_own(settings):
        return None
    text = tables.find(settings.data)
    if text is None:
        raise LookupError("These data are not kept here any more. Paste or upload them again.")
    return own(_table(text), settings)


@lru_cache(maxsize=32)
def _table(text: str) -> Table:
    return read(text)
