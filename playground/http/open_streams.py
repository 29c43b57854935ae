"""The open streams, counted by visitor, browser, address and room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence


class OpenStreams:
    """Counts the open streams of every owner: a visitor, a browser, an address or a room."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self.ending = False

    def add(self, owners: Sequence[str]) -> None:
        """Count one more stream for these owners."""
        self._open.update(owners)

    def remove(self, owners: Sequence[str]) -> None:
        """Count one stream less for these owners."""
        self._open.subtract(owners)
        self._open = +self._open

    def until_end(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Pass the chunks on until the stream or the server ends."""
        for chunk in chunks:
            yield chunk
            if self.ending:
                return

    def full_owner(self, limits: Mapping[str, int]) -> str:
        """Return the first owner whose streams reach its limit, or the empty string."""
        return next((name for name, limit in limits.items() if self._open[name] >= limit), "")

    def end(self) -> None:
        """End every stream with its next heartbeat. Its page then connects to the next server."""
        self.ending = True
