"""What web processes and workers send each other of a run: its definition (how it began, and its
log) and its progress (how far it has come). Only commands change the definition.

Each definition has an edition, and progress names its edition: who has the definition needs only
the progress. Progress is ordered by the number of the lease under which it was published, then by
its own count.

Every message names its version. A process that does not know the version raises
UnknownMessageError instead of guessing.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from engine.training.data import Data
from engine.training.run import Run
from engine.training.snapshots import pack, restore
from playground.storage.run_rows import log, restore_run

Message = TypeVar("Message")

VERSION = 2
"""Raise it when a message changes its form or meaning."""


class UnknownMessageError(Exception):
    """Another version of this program wrote the message."""


@dataclass(frozen=True)
class Progress:
    """How far a run has come, and how it is shown."""

    edition: str
    order: tuple[int, int]
    playing: bool
    speed: str
    notice: str
    past: int | None
    """The step that is shown, if it is an earlier one."""
    state: bytes

    def pack(self) -> bytes:
        """Return it as bytes."""
        head = {
            "version": VERSION,
            "edition": self.edition,
            "order": self.order,
            "playing": self.playing,
            "speed": self.speed,
            "notice": self.notice,
            "past": self.past,
        }
        return json.dumps(head, separators=(",", ":")).encode() + b"\n" + self.state

    @classmethod
    def unpack(cls, body: bytes) -> Progress:
        """Return what `pack` has written. Raises UnknownMessageError."""
        first, _, state = body.partition(b"\n")
        return _validate(_PROGRESS, _fields_of_version(first) | {"state": state})

    def advance(self, run: Run) -> Run:
        """Return a run of the same edition, as far as it has come."""
        return restore(run, self.state)


@dataclass(frozen=True)
class RunDefinition:
    """How a run began, and its log."""

    edition: str
    owner_number: str
    """The number of the visitor who owns it."""
    settings: str
    """As JSON."""
    backend: str
    data_hash: str
    log: tuple[tuple[int, str], ...]
    """Commands as JSON, with their steps."""

    @classmethod
    def of(cls, run: Run, owner_number: str, data_hash: str) -> RunDefinition:
        """Return the definition of a run, as a new edition."""
        return cls(
            secrets.token_urlsafe(6),
            owner_number,
            run.settings.model_dump_json(),
            run.backend,
            data_hash,
            log(run.log),
        )

    def pack(self) -> bytes:
        """Return it as bytes."""
        return json.dumps({"version": VERSION} | asdict(self), separators=(",", ":")).encode()

    @classmethod
    def unpack(cls, body: bytes) -> RunDefinition:
        """Return what `pack` has written. Raises UnknownMessageError."""
        return _validate(_DEFINITION, _fields_of_version(body))

    def run(self, state: bytes, samples: Data) -> Run:
        """Return the run as far as the state of its progress. Raises UnknownMessageError for
        settings or commands that this version does not know.
        """
        try:
            return restore_run(self.settings, self.backend, samples, self.log, state)
        except ValidationError as error:
            raise UnknownMessageError(str(error)) from error


def state_of(run: Run) -> bytes:
    """Return the state of a run as progress carries it."""
    return pack(run, with_curve=True)


def _fields_of_version(body: bytes) -> dict[str, Any]:
    """Return the fields of a message. Raises UnknownMessageError if its version is not ours."""
    try:
        fields: dict[str, Any] = json.loads(body)
        version = fields.pop("version", None)
    except (ValueError, AttributeError, TypeError) as error:
        raise UnknownMessageError("not a message") from error
    if version != VERSION:
        raise UnknownMessageError(f"version {version} instead of {VERSION}")
    return fields


def _validate(kind: TypeAdapter[Message], fields: dict[str, Any]) -> Message:
    """Return the message with these fields. Raises UnknownMessageError."""
    try:
        return kind.validate_python(fields)
    except ValidationError as error:
        raise UnknownMessageError(str(error)) from error


_PROGRESS, _DEFINITION = TypeAdapter(Progress), TypeAdapter(RunDefinition)
