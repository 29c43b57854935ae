"""What can go wrong with runs, apart from wrong input; each error says in words what to do."""

from __future__ import annotations


class FullError(Exception):
    """There is no space for another run. The message says what would make some."""


class UnreachableError(Exception):
    """The service that processes share runs through did not do what was asked of it."""
