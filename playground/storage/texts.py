"""Texts too long for a URL, kept in the store under their hash."""

from __future__ import annotations

from dataclasses import dataclass

from playground.storage.store import Store


@dataclass(frozen=True)
class TextStore:
    """Texts of one kind; beyond `most` the longest unused go."""

    store: Store
    kind: str
    most: int

    def keep(self, text: str) -> str:
        """Keep a text; returns its hash."""
        return self.store.keep_text(self.kind, text, self.most)

    def find(self, digest: str) -> str | None:
        """The text with this hash, None where it is not kept."""
        return self.store.find_text(self.kind, digest)
