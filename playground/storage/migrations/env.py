"""How Alembic reaches the database: through the connection that the store passes, or, if a person
uses its command, through `PLAYGROUND_DATABASE_URL`.
"""

from __future__ import annotations

import os

import sqlalchemy as sa
from alembic import context

from playground.storage.schema import TABLES

connection = context.config.attributes.get("connection")
if connection is None:
    connection = sa.create_engine(os.environ["PLAYGROUND_DATABASE_URL"]).connect()
context.configure(connection=connection, target_metadata=TABLES)
with context.begin_transaction():
    context.run_migrations()
