"""Deliveries that are kept back for a while are found at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_HELD = sa.text("state = 'held'")
_WELL = sa.text("kind = 'restored'")


def upgrade() -> None:
    """Create their index, and the one of endpoints that are well again."""
    op.create_index("ix_delivery_held", "delivery", ["due_at"], sqlite_where=_HELD, postgresql_where=_HELD)
    op.create_index("ix_event_well", "event", ["unit", "at"], sqlite_where=_WELL, postgresql_where=_WELL)
