"""People's own data: tables stored as CSV under their hash."""

from __future__ import annotations

from functools import lru_cache

from engine.training.csv_table import Table, parse_csv
from engine.training.data import Data, data_from_table, is_own
from engine.training.settings import Settings
from playground.messages import network as messages
from playground.storage.texts import TextStore


def own_data(settings: Settings, tables: TextStore) -> Data | None:
    """Return a person's own data, if the settings refer to them.

    Raises LookupError, with a message for people, if they are no longer stored.
    """
    if not is_own(settings):
        return None
    text = tables.find(settings.data)
    if text is None:
        raise LookupError(messages.DATA_GONE)
    return data_from_table(_table(text), settings)


@lru_cache(maxsize=32)
def _table(text: str) -> Table:
    return parse_csv(text)
