"""The tables of the store. A change here needs a new version under `migrations/versions`."""

from __future__ import annotations

import sqlalchemy as sa

SCHEMA = "0004"
"""The version of the schema that this code reads and writes: the newest under
`migrations/versions`.
"""

TABLES = sa.MetaData()

RUNS = sa.Table(
    "runs",
    TABLES,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("visitor", sa.String(32), nullable=False, index=True),
    sa.Column("name", sa.String(80), nullable=False, default=""),
    sa.Column("stays", sa.Boolean, nullable=False, default=False),
    sa.Column("speed", sa.String(16), nullable=False),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("backend", sa.String(40), nullable=False),
    sa.Column("data", sa.String(64), nullable=False),
    sa.Column("step", sa.BigInteger, nullable=False),
    sa.Column("state", sa.LargeBinary, nullable=False),
    sa.Column("parent", sa.String(32), nullable=False, default=""),
    sa.Column("parent_step", sa.BigInteger, nullable=False, default=0),
    sa.Column("made", sa.Float, nullable=False),
    sa.Column("used", sa.Float, nullable=False, index=True),
    sa.Column("lease", sa.BigInteger, nullable=False, default=0, server_default="0"),
)
"""A run. If it `stays`, it is never deleted because it is unused. `parent` is the run that it is a
branch or a copy of. A shared run has no visitor as its owner. `lease` is the number of the lease
under which it was last saved; the holder of an earlier lease saves nothing any more.
"""

COMMANDS = sa.Table(
    "commands",
    TABLES,
    sa.Column("run", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("step", sa.BigInteger, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
"""The log of a run."""

SNAPSHOTS = sa.Table(
    "snapshots",
    TABLES,
    sa.Column("run", sa.String(32), primary_key=True),
    sa.Column("step", sa.BigInteger, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

DATA = sa.Table(
    "data",
    TABLES,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("made", sa.Float, nullable=False),
)
"""The samples that runs began with, without duplicates."""

TEXTS = sa.Table(
    "texts",
    TABLES,
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("digest", sa.String(32), primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("used", sa.Float, nullable=False),
)
"""Texts too long for a URL: expressions, and tables that people uploaded."""

ROOMS = sa.Table(
    "rooms",
    TABLES,
    sa.Column("code", sa.String(16), primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("used", sa.Float, nullable=False),
)

QUESTIONS = sa.Table(
    "questions",
    TABLES,
    sa.Column("room", sa.String(16), primary_key=True),
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("asked", sa.Float, nullable=False),
    sa.Column("closed", sa.Boolean, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
"""What the leaders of rooms asked, with all answers. They are deleted with their room."""

SWEEPS = sa.Table(
    "sweeps",
    TABLES,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("visitor", sa.String(32), nullable=False, index=True),
    sa.Column("spec", sa.Text, nullable=False),
    sa.Column("runs", sa.Integer, nullable=False),
    sa.Column("made", sa.Float, nullable=False),
    sa.Column("used", sa.Float, nullable=False, index=True),
    sa.Column("cancelled", sa.Boolean, nullable=False, default=False),
)
"""A sweep, `spec` as JSON. It is trained until it has `runs` cells, or is cancelled."""

CELLS = sa.Table(
    "cells",
    TABLES,
    sa.Column("sweep", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("train", sa.Float),
    sa.Column("test", sa.Float),
    sa.Column("step", sa.BigInteger, nullable=False),
    sa.Column("diverged", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("backend", sa.String(40), nullable=False),
    sa.Column("curve", sa.LargeBinary, nullable=False),
)
"""The finished cells of sweeps. A loss that is not a number is null."""
