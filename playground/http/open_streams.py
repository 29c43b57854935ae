"""The streams that are open, counted by visitor, address and room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping


class OpenStreams:
    """How many streams are open, by whose they are."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self.ending = False

    def one(self, whose: Iterable[str], chunks: Iterator[bytes]) -> Iterator[bytes]:
        """One more for each of these, until it ends by itself or the server does."""
        self._open.update(whose)
        try:
            for chunk in chunks:
                yield chunk
                if self.ending:
                    return
        finally:
            self._open.subtract(whose)
            self._open = +self._open

    def full(self, most: Mapping[str, int]) -> str:
        """Who of these has as many as it may; nobody is the empty string."""
        return next((who for who, count in most.items() if self._open[who] >= count), "")

    def end(self) -> None:
        """Every stream ends with its next heartbeat: its page finds the next server by itself."""
        self.ending = True
