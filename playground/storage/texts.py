"""Texts too long for a URL, stored under their hash."""

from __future__ import annotations

from dataclasses import dataclass

from playground.storage.store import Store


@dataclass(frozen=True)
class TextStore:
    """Texts of one kind. If there are more than `max_texts`, the longest unused are deleted."""

    store: Store
    kind: str
    max_texts: int

    def keep(self, text: str) -> str:
        """Store a text; return its hash."""
        return self.store.keep_text(self.kind, text, self.max_texts)

    def find(self, digest: str) -> str | None:
        """Return the text with this hash; None if it is not stored."""
        return self.store.find_text(self.kind, digest)
