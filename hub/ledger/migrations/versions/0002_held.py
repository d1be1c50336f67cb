"""Deliveries that are kept back for a while are found at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_HELD = sa.text("state = 'held'")


def upgrade() -> None:
    """Create their index."""
    op.create_index("ix_delivery_held", "delivery", ["due_at"], sqlite_where=_HELD, postgresql_where=_HELD)
