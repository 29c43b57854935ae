"""The settings of a deployment, each with its default, its unit and a sentence about it.

Every setting is read from a variable: `PLAYGROUND_DATA` sets `data`.
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
    """How this instance runs. `PLAYGROUND_DATA=/srv/playground` sets `data`, and so on."""

    model_config = SettingsConfigDict(env_prefix="PLAYGROUND_", frozen=True)

    data: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("backprop-playground", appauthor=False),
        description="The folder for everything that must survive a restart.",
    )
    secret: str = Field(
        "",
        description="The secret that signs cookies. If it is empty, the server creates one in "
        "`data`.",
    )
    database_url: str = Field(
        "",
        description="The database for runs, rooms and long texts. If it is empty, the server uses "
        "SQLite in `data`.",
    )
    redis_url: str = Field(
        "",
        description="The Redis through which several web processes and workers share runs. If it "
        "is empty, this process does everything.",
    )
    allowed_hosts: str = Field(
        "",
        description="Names under which browsers may reach this instance, separated by spaces, for "
        "example `playground.example.edu`. IP addresses, `localhost` and the name of this machine "
        "are always allowed.",
        pattern=r"^[\w.:\[\]\- ]*$",
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=9,
        description="Number of proxies in front of this instance. The server believes their "
        "`X-Forwarded-…` headers.",
    )
    path_prefix: str = Field(
        "",
        description="The path under which the instance is served, for example `/playground`.",
        pattern=r"^(/[\w.\-]+)*$",
    )
    log: Literal["text", "json"] = Field(
        "text",
        description="What the server logs: `text` for warnings as text, `json` for every request "
        "as a line of JSON.",
    )
    metrics_from: str = Field(
        "127.0.0.0/8 ::1/128",
        description="Networks that may read `/metrics`, separated by spaces.",
    )
    runs: int = Field(
        1000, ge=1, description="Maximum number of runs in memory. All others are in the database."
    )
    runs_kept: int = Field(
        100_000,
        ge=1,
        description="Maximum number of runs in the database. Beyond it, the least recently "
        "used unnamed run is deleted. If all of them were used in the last six hours, no new run "
        "can start.",
    )
    runs_per_hour: int = Field(
        10_000,
        ge=1,
        description="Maximum number of runs that one address (IPv6: one /64) may start per hour.",
    )
    runs_per_visitor: int = Field(
        50,
        ge=1,
        description="Maximum number of unnamed runs of one visitor. Beyond it, the least recently "
        "used one is deleted.",
    )
    named_per_visitor: int = Field(
        100, ge=1, description="Maximum number of named runs, and of shared states, of one visitor."
    )
    run_days: float = Field(
        30, gt=0, description="Days without use before an unnamed run or a sweep is deleted."
    )
    sweeps_per_visitor: int = Field(
        10,
        ge=1,
        description="Maximum number of sweeps of one visitor. Beyond it, the oldest is deleted.",
    )
    sweep_runs: int = Field(
        MAX_SWEEP_RUNS, ge=1, description="Maximum number of runs in one sweep."
    )
    sweep_steps: int = Field(
        MAX_SWEEP_STEPS, ge=1, description="Maximum number of steps of each run in a sweep."
    )
    snapshot_bytes: int = Field(
        4_000_000,
        ge=0,
        description="Maximum size of the snapshots of one run, in bytes. A run has at most 400 "
        "snapshots.",
    )
    parameters: int = Field(
        40_000, ge=10, description="Maximum number of weights and biases in one network."
    )
    samples: int = Field(5_000, ge=4, le=5_000, description="Maximum number of samples in one run.")
    cpu_seconds: float = Field(
        120, gt=0, description="Computing time of one visitor's runs, in seconds per minute."
    )
    hidden_minutes: float = Field(
        10,
        gt=0,
        description="Minutes that a run plays on after its last page was hidden, for example "
        "because its reader looks at another tab.",
    )
    streams_per_browser: int = Field(
        4,
        ge=1,
        description="Maximum number of live streams that the pages of one browser hold at the same "
        "time. Its other pages ask for the newest state a few times a second. Over HTTP/1.1 a "
        "browser opens six connections to a server, in all its tabs together.",
    )
    streams_per_visitor: int = Field(
        20, ge=1, description="Maximum number of one visitor's pages that receive live updates."
    )
    embedded_runs: int = Field(
        300,
        ge=1,
        description="Maximum number of runs in embedded panels. Beyond it, the least recently used "
        "one that nobody watches is deleted.",
    )
    streams_per_address: int = Field(
        400,
        ge=1,
        description="Maximum number of pages of one address (IPv6: one /64) that receive live "
        "updates.",
    )
    followers_per_room: int = Field(
        1_200, ge=1, description="Maximum number of pages that follow one room."
    )
    requests_per_minute: int = Field(
        2_400, ge=1, description="Maximum number of requests of one visitor per minute."
    )
    requests_per_minute_address: int = Field(
        24_000,
        ge=1,
        description="Maximum number of requests of one address (IPv6: one /64) per minute.",
    )
    new_visitors_per_hour: int = Field(
        1_000,
        ge=1,
        description="Maximum number of new visitors of one address (IPv6: one /64) per hour. The "
        "followers of one room count together.",
    )
    rooms_per_hour: int = Field(
        60,
        ge=1,
        description="Maximum number of rooms that one address (IPv6: one /64) may open per hour.",
    )
    wrong_codes_per_minute: int = Field(
        60, ge=1, description="Maximum number of wrong room codes of one address per minute."
    )
    tables_per_hour: int = Field(
        300, ge=1, description="Maximum number of tables that one address may upload per hour."
    )
    named_per_day: int = Field(
        2_000,
        ge=1,
        description="Maximum number of runs that one address may name or share per day.",
    )
    room_requests_per_minute: int = Field(
        60_000,
        ge=1,
        description="Maximum number of requests of all followers of one room per minute.",
    )
    connections: int = Field(4_000, ge=10, description="Maximum number of open connections.")
    connections_per_address: int = Field(
        3_000,
        ge=10,
        description="Maximum number of open connections of one address (IPv6: one /64). It "
        "applies without a proxy only.",
    )
    silence_seconds: float = Field(
        20,
        gt=0,
        description="Seconds until the server closes a connection that sends or receives nothing.",
    )
    idle_minutes: float = Field(
        30, gt=0, description="Minutes without any action on its page before a run pauses."
    )
    texts: int = Field(
        10_000,
        ge=1,
        description="Maximum number of long expressions that are stored for links. Beyond it, the "
        "least recently used one is deleted.",
    )
    tables: int = Field(
        1000,
        ge=1,
        description="Maximum number of uploaded tables. Beyond it, the least recently used one "
        "is deleted.",
    )
    upload: int = Field(512 * 1024, ge=1024, description="Maximum size of an upload, in bytes.")
    replay_seconds: float = Field(
        20,
        gt=0,
        description="Maximum time to recompute a run, for a replay or to go back to an earlier "
        "step, in seconds.",
    )
    embed_ancestors: str = Field(
        "",
        description="Sites that may show a panel in a frame, separated by spaces, for example "
        "`https://moodle.example.edu`. If it is empty, no site may.",
        pattern=r"^[\w:/.*\- ]*$",
    )
    lessons: Path | None = Field(
        None,
        description="A folder with lessons of your own, as Markdown files. "
        "`playground lessons check` tries them.",
    )
    rooms: int = Field(200, ge=1, description="Maximum number of open rooms.")
    threads: int = Field(2, ge=1, description="Number of threads that train and draw.")

    def store_url(self) -> str:
        """Return the URL of the database."""
        return self.database_url or f"sqlite:///{self.data / 'playground.db'}"

    def signing_key(self) -> str:
        """Return the secret, from its setting or from the data folder, where only its owner can
        read it. If nothing can be written there, the secret lasts as long as the process.
        """
        if self.secret:
            return self.secret
        path = self.data / "secret"
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            try:
                with open(path, "x", opener=_owner_only) as file:
                    file.write(secrets.token_urlsafe(48))
            except FileExistsError:
                pass
            return path.read_text()
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
"""What `playground --classroom` sets: 80 people have room for all their runs, and nobody can take
the share of the others. A variable that is set wins.
"""


def classroom() -> Deployment:
    """Return the deployment of a class: the environment's settings, then those of the table."""
    deployment = Deployment()
    defaults = {
        name: value for name, value in CLASSROOM.items() if name not in deployment.model_fields_set
    }
    return deployment.model_copy(update=defaults)


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
