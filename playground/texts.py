"""Texts too long for a URL, kept in the data folder under their hash."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any


class TextStore:
    """Each text is a file named by its SHA-256; beyond `most` the oldest go. `work` runs what
    blocks.
    """

    def __init__(self, folder: Path, most: int, work: Callable[..., Any]) -> None:
        self._folder, self._most, self._work = folder, most, work

    def keep(self, text: str) -> str:
        """Keep a text; returns its hash."""
        data = text.encode("utf-8", "surrogatepass")
        digest = hashlib.sha256(data).hexdigest()[:32]
        self._work(self._write, digest, data)
        return digest

    def find(self, digest: str) -> str | None:
        """The text with this hash, None where it is not kept."""
        if not re.fullmatch("[0-9a-f]{32}", digest):
            return None
        found: str | None = self._work(self._read, digest)
        return found

    def _write(self, digest: str, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / digest).write_bytes(data)
        kept = sorted(self._folder.iterdir(), key=lambda file: file.stat().st_mtime)
        for file in kept[: -self._most]:
            file.unlink(missing_ok=True)

    def _read(self, digest: str) -> str | None:
        try:
            return (self._folder / digest).read_text(encoding="utf-8", errors="surrogatepass")
        except OSError:
            return None
