"""The open streams, counted by visitor, address and room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping


class OpenStreams:
    """Counts the open streams of every owner: a visitor, an address or a room."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self.ending = False

    def count(self, owners: Iterable[str], chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Pass the chunks on, and count one more stream for these owners until the stream or the
        server ends.
        """
        self._open.update(owners)
        try:
            for chunk in chunks:
                yield chunk
                if self.ending:
                    return
        finally:
            self._open.subtract(owners)
            self._open = +self._open

    def full_owner(self, limits: Mapping[str, int]) -> str:
        """Return the first owner whose streams reach its limit, or the empty string."""
        return next((name for name, limit in limits.items() if self._open[name] >= limit), "")

    def end(self) -> None:
        """End every stream with its next heartbeat. Its page then connects to the next server."""
        self.ending = True
