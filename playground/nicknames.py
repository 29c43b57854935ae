"""Names for visitors without a name: a colour and an animal in a class, a number for operators."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection

COLOURS = (
    "amber",
    "blue",
    "coral",
    "green",
    "grey",
    "ivory",
    "jade",
    "lilac",
    "ochre",
    "plum",
    "red",
    "rose",
    "silver",
    "teal",
    "violet",
    "white",
)
ANIMALS = (
    "badger",
    "bison",
    "crane",
    "dove",
    "falcon",
    "fox",
    "gecko",
    "hare",
    "heron",
    "ibis",
    "lynx",
    "newt",
    "otter",
    "owl",
    "seal",
    "stork",
)


def new_nickname(used: Collection[str]) -> str:
    """Return a random name that is not in use."""
    free = [name for c in COLOURS for a in ANIMALS if (name := f"{c} {a}") not in used]
    if free:
        return secrets.choice(free)
    number = len(used) + 1
    while f"number {number}" in used:
        number += 1
    return f"number {number}"


def number_of(visitor: str) -> str:
    """Return the number by which an operator knows a visitor; it does not reveal the id."""
    return hashlib.sha256(visitor.encode()).hexdigest()[:12]
