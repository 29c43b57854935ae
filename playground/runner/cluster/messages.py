"""A run as web processes and workers hand it to each other: its whole (how it began, and its log),
which changes by commands alone, and its tip (how far it has come), which changes all the time.

A whole has an edition; a tip says of which one it is, so that who has the whole reads the tip
alone. Tips are in order by the number of the lease under which they were published, and by their
own count.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

from engine.training.data import Data
from engine.training.run import Run
from engine.training.snapshots import pack, restore
from playground.storage.run_rows import log, restored


@dataclass(frozen=True)
class Tip:
    """How far a run has come, and how it stands."""

    edition: str
    order: tuple[int, int]
    playing: bool
    speed: str
    notice: str
    past: int | None
    """The step that is looked at, where it is an earlier one."""
    state: bytes

    def pack(self) -> bytes:
        """As bytes."""
        head = {
            "edition": self.edition, "order": self.order, "playing": self.playing,
            "speed": self.speed, "notice": self.notice, "past": self.past,
        }  # fmt: skip
        return json.dumps(head, separators=(",", ":")).encode() + b"\n" + self.state

    @classmethod
    def unpack(cls, body: bytes) -> Tip:
        """From the bytes that `pack` made."""
        first, _, state = body.partition(b"\n")
        head: dict[str, Any] = json.loads(first)
        return cls(**head | {"order": tuple(head["order"])}, state=state)


@dataclass(frozen=True)
class Whole:
    """How a run began, and its log; `whose` is the number of its visitor."""

    edition: str
    whose: str
    settings: str
    backend: str
    data: str
    log: tuple[tuple[int, str], ...]
    steps: tuple[int, ...]
    """Of the snapshots that are saved."""

    def pack(self) -> bytes:
        """As bytes."""
        return json.dumps(self.__dict__, separators=(",", ":")).encode()

    @classmethod
    def unpack(cls, body: bytes) -> Whole:
        """From the bytes that `pack` made."""
        found = json.loads(body)
        found["log"] = tuple((step, command) for step, command in found["log"])
        found["steps"] = tuple(found["steps"])
        return cls(**found)

    def run(self, state: bytes, samples: Data) -> Run:
        """The run, as far as a tip's state has come."""
        return restored(self.settings, self.backend, samples, self.log, state)


def whole_of(run: Run, whose: str, data: str, steps: tuple[int, ...], edition: str = "") -> Whole:
    """The whole of a run, in a new edition unless one is named."""
    return Whole(
        edition or secrets.token_urlsafe(6), whose, run.settings.model_dump_json(), run.backend,
        data, log(run.log), steps,
    )  # fmt: skip


def state_of(run: Run) -> bytes:
    """What of a run a tip carries."""
    return pack(run, with_curve=True)


def moved(run: Run, tip: Tip) -> Run:
    """A run of the tip's edition, as far as the tip has come."""
    return restore(run, tip.state)
