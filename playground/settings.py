"""Every setting of a deployment, with its default and a sentence; each is read from
`PLAYGROUND_…`.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from engine.training.sweeps import MAX_SWEEP_RUNS, MAX_SWEEP_STEPS


class Deployment(BaseSettings):
    """How this instance is run. `PLAYGROUND_DATA=/srv/playground` sets `data`, and so on."""

    model_config = SettingsConfigDict(env_prefix="PLAYGROUND_", frozen=True)

    data: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("backprop-playground", appauthor=False),
        description="The folder that keeps what must outlast a restart.",
    )
    secret: str = Field(
        "",
        description="What cookies are signed with; without it one is made once and kept in `data`.",
    )
    database_url: str = Field(
        "",
        description="The database that keeps runs, rooms and long texts; without it SQLite in "
        "`data`.",
    )
    redis_url: str = Field(
        "",
        description="The Redis through which several web processes and workers share runs; "
        "without it this process does everything.",
    )
    allowed_hosts: str = Field(
        "",
        description="Names under which this instance may be called, as in "
        "`playground.example.edu`, with spaces between; addresses, `localhost` and this machine's "
        "own name always are.",
        pattern=r"^[\w.:\[\]\- ]*$",
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=9,
        description="How many proxies stand before this instance, whose `X-Forwarded-…` headers "
        "are believed.",
    )
    path_prefix: str = Field(
        "",
        description="The path below which it is served, as in `/playground`.",
        pattern=r"^(/[\w.\-]+)*$",
    )
    log: Literal["text", "json"] = Field(
        "text",
        description="How the server logs: warnings as text, or every request as a line of JSON.",
    )
    metrics_from: str = Field(
        "127.0.0.0/8 ::1/128",
        description="Networks that may read `/metrics`, with spaces between.",
    )
    runs: int = Field(
        1000, ge=1, description="Runs in memory at once; the others are in the store."
    )
    runs_kept: int = Field(
        100_000, ge=1, description="Runs in the store; of more the longest unused without a name "
        "go, and where all were used in the last six hours none can be begun.",
    )  # fmt: skip
    runs_per_hour: int = Field(
        10_000, ge=1, description="Runs that one address (of IPv6 a /64) may begin in an hour."
    )
    runs_per_visitor: int = Field(
        50, ge=1, description="Runs without a name kept for one visitor; the longest unused goes "
        "first.",
    )  # fmt: skip
    named_per_visitor: int = Field(
        100, ge=1, description="Runs with a name, and moments shared, for one visitor."
    )
    run_days: float = Field(
        30, gt=0, description="Days until an unused run without a name, or sweep, is deleted."
    )
    sweeps_per_visitor: int = Field(
        10, ge=1, description="Sweeps kept for one visitor; the oldest goes first."
    )
    sweep_runs: int = Field(MAX_SWEEP_RUNS, ge=1, description="Runs of one sweep.")
    sweep_steps: int = Field(
        MAX_SWEEP_STEPS, ge=1, description="Steps that each run of a sweep takes."
    )
    snapshot_bytes: int = Field(
        4_000_000, ge=0, description="Bytes of snapshots kept of one run, at most 400 of them."
    )
    parameters: int = Field(
        40_000, ge=10, description="Weights and biases of one network, together."
    )
    samples: int = Field(5_000, ge=4, le=5_000, description="Samples of one run.")
    cpu_seconds: float = Field(
        120, gt=0, description="Seconds a minute that one visitor's runs may compute."
    )
    streams_per_visitor: int = Field(
        20, ge=1, description="Pages of one visitor that receive frames at once."
    )
    streams_per_address: int = Field(
        400, ge=1, description="Pages behind one address (of IPv6 a /64) that receive frames."
    )
    followers_per_room: int = Field(1_200, ge=1, description="Pages that follow one room.")
    requests_per_minute: int = Field(
        2_400, ge=1, description="Requests of one visitor in a minute."
    )
    requests_per_minute_address: int = Field(
        24_000, ge=1, description="Requests in a minute from one address (of IPv6 a /64)."
    )
    new_visitors_per_hour: int = Field(
        1_000, ge=1, description="New cookies in an hour for one address (of IPv6 a /64)."
    )
    rooms_per_hour: int = Field(
        60, ge=1, description="Rooms that one address (of IPv6 a /64) may open in an hour."
    )
    wrong_codes_per_minute: int = Field(
        60, ge=1, description="Codes of rooms that there are not, from one address in a minute."
    )
    tables_per_hour: int = Field(
        300, ge=1, description="People's own data that one address may bring in an hour."
    )
    named_per_day: int = Field(
        2_000, ge=1, description="Runs named, and moments shared, from one address in a day."
    )
    room_requests_per_minute: int = Field(
        60_000, ge=1, description="Requests of all followers of one room in a minute."
    )
    connections: int = Field(4_000, ge=10, description="Connections open at once.")
    connections_per_address: int = Field(
        3_000, ge=10, description="Connections of one address (of IPv6 a /64), where no proxy "
        "stands before this instance.",
    )  # fmt: skip
    silence_seconds: float = Field(
        20, gt=0, description="How long a connection may say nothing, or take nothing, before it "
        "is closed.",
    )  # fmt: skip
    idle_minutes: float = Field(
        30, gt=0, description="How long a run plays on while nobody does anything on its page."
    )
    texts: int = Field(
        10_000, ge=1, description="Long expressions kept for links; the longest unused goes first."
    )
    tables: int = Field(
        1000, ge=1, description="People's own data kept; the longest unused go first."
    )
    upload: int = Field(512 * 1024, ge=1024, description="Bytes of data brought at once.")
    replay_seconds: float = Field(
        20,
        gt=0,
        description="How long a run may take to be computed again, for its replay or to an earlier "
        "moment of it.",
    )
    embed_ancestors: str = Field(
        "",
        description="Sites that may show a panel in a frame, as in `https://moodle.example.edu`, "
        "with spaces between; none without it.",
        pattern=r"^[\w:/.*\- ]*$",
    )
    rooms: int = Field(200, ge=1, description="Rooms open at once.")
    threads: int = Field(2, ge=1, description="Threads that train and draw.")

    def store_url(self) -> str:
        """Where runs, rooms and texts are kept."""
        return self.database_url or f"sqlite:///{self.data / 'playground.db'}"

    def signing_key(self) -> str:
        """The secret, from the setting or from the data folder, where only its owner can read it.

        Where the folder cannot be written the secret lasts as long as the process.
        """
        if self.secret:
            return self.secret
        kept = self.data / "secret"
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            try:
                with open(kept, "x", opener=_owner_only) as file:
                    file.write(secrets.token_urlsafe(48))
            except FileExistsError:
                pass
            return kept.read_text()
        except OSError:
            return secrets.token_urlsafe(48)


CLASSROOM: dict[str, int | float] = {
    "runs": 400,
    "runs_per_visitor": 5,
    "sweeps_per_visitor": 2,
    "sweep_runs": 100,
    "texts": 2_000,
    "tables": 200,
    "upload": 128 * 1024,
    "replay_seconds": 10,
    "cpu_seconds": 20,
    "streams_per_visitor": 6,
    "threads": max(2, os.cpu_count() or 2),
}
"""What `playground --classroom` sets: room for 80 people with all their runs, and for none to take
the others' share. A variable that is set wins.
"""


def classroom() -> Deployment:
    """The deployment of a class: the environment's, and the table's where that says nothing."""
    given = Deployment()
    missing = {
        name: value for name, value in CLASSROOM.items() if name not in given.model_fields_set
    }
    return given.model_copy(update=missing)


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
