"""What is owed by when, and answers that wait for their document."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OWED = sa.text("state IN ('open', 'overdue', 'paused')")
_OVERDUE = sa.text("state = 'overdue'")
_BROKEN = sa.text("state = 'broken'")
_WAITS = sa.text("state = 'waiting'")
_TURNED_AWAY = sa.text("kind IN ('duplicate', 'echo', 'refused', 'quarantined')")


def upgrade() -> None:
    """Create both tables, and the indexes of what went to whom and of what was turned away."""
    op.create_table(
        "duty",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("envelope_id", sa.String(), sa.ForeignKey("envelope.id"), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("unit", "code", "rule")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("opened_at", "due_at", "next_at")),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("reminded", sa.Integer(), nullable=False),
    )
    op.create_index("ix_duty_envelope_id", "duty", ["envelope_id"])
    op.create_index("ix_duty_next", "duty", ["next_at"], sqlite_where=_OWED, postgresql_where=_OWED)
    op.create_index("ix_duty_owed", "duty", ["unit", "due_at"], sqlite_where=_OWED, postgresql_where=_OWED)
    op.create_index("ix_duty_overdue", "duty", ["due_at"], sqlite_where=_OVERDUE, postgresql_where=_OVERDUE)
    op.create_index("ix_duty_broken", "duty", ["ended_at"], sqlite_where=_BROKEN, postgresql_where=_BROKEN)
    op.create_table(
        "orphan",
        sa.Column("envelope_id", sa.String(), sa.ForeignKey("envelope.id"), primary_key=True),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("state", "document", "how", "candidates")),
    )
    op.create_index("ix_orphan_document", "orphan", ["document"])
    op.create_index("ix_orphan_waiting", "orphan", ["at"], sqlite_where=_WAITS, postgresql_where=_WAITS)
    op.create_index("ix_delivery_recipient", "delivery", ["recipient", "id"])
    op.create_index("ix_event_turned_away", "event", ["at"], sqlite_where=_TURNED_AWAY, postgresql_where=_TURNED_AWAY)
