"""What those are called who have no name: a colour and an animal."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection

COLOURS = ("amber", "blue", "coral", "green", "grey", "ivory", "jade", "lilac", "ochre", "plum",
           "red", "rose", "silver", "teal", "violet", "white")  # fmt: skip
ANIMALS = ("badger", "bison", "crane", "dove", "falcon", "fox", "gecko", "hare", "heron", "ibis",
           "lynx", "newt", "otter", "owl", "seal", "stork")  # fmt: skip


def another(taken: Collection[str]) -> str:
    """A name that nobody here has."""
    free = [name for c in COLOURS for a in ANIMALS if (name := f"{c} {a}") not in taken]
    if free:
        return secrets.choice(free)
    number = len(taken) + 1
    while f"number {number}" in taken:
        number += 1
    return f"number {number}"


def number_of(visitor: str) -> str:
    """The number by which an operator knows a visitor; the visitor cannot be told from it."""
    return hashlib.sha256(visitor.encode()).hexdigest()[:12]
