"""Under which lease a run was saved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """The change."""
    lease = sa.Column("lease", sa.BigInteger(), nullable=False, server_default="0")
    op.add_column("runs", lease)
