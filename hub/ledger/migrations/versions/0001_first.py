"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_OPEN = sa.text("state IN ('waiting', 'sending', 'deferred', 'uncertain')")
_DEAD = sa.text("state = 'dead'")
_KEPT = sa.text("verdict IN ('refused', 'quarantined', 'reading')")
_ANSWER = sa.text("kind = 'acknowledgement'")


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _big(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _small(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def upgrade() -> None:
    """Create every table of the first release."""
    op.create_table(
        "input",
        *_text("unit", "source_key", "verdict", "name"),
        *_big("at"),
        *_small("tries"),
        *_text("envelope_id", "code", "reason", "place", "digest"),
        *_big("size"),
        *_text("state"),
        sa.PrimaryKeyConstraint("unit", "source_key", name="pk_input"),
    )
    op.create_index("ix_input_kept", "input", ["verdict"], sqlite_where=_KEPT, postgresql_where=_KEPT)
    op.create_table(
        "envelope",
        *_text("id", "unit", "source_key", "kind", "origin", "document_id", "code", "subject"),
        *_text("business_key", "fingerprint", "about"),
        *_small("urgency"),
        *_text("digest"),
        *_big("size", "received_at"),
        sa.Column("repairs", sa.JSON(), nullable=False),
        *_text("variant"),
        *_big("span_offset", "span_length"),
        *_text("body"),
        sa.PrimaryKeyConstraint("id", name="pk_envelope"),
    )
    for column in ("document_id", "code", "business_key"):
        op.create_index(f"ix_envelope_{column}", "envelope", [column])
    op.create_index("ix_envelope_about", "envelope", ["about"], sqlite_where=_ANSWER, postgresql_where=_ANSWER)
    op.create_table(
        "lane",
        *_text("recipient"),
        *_big("tail"),
        *_text("owner"),
        *_big("epoch", "lease_until"),
        sa.PrimaryKeyConstraint("recipient", name="pk_lane"),
    )
    op.create_table(
        "delivery",
        *_text("id", "envelope_id", "recipient"),
        *_big("seq"),
        *_text("state"),
        *_small("urgency", "attempts", "bugs"),
        *_big("created_at", "due_at"),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("possible_duplicate", sa.Boolean(), nullable=False),
        *_text("receipt", "reason", "route"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.ForeignKeyConstraint(["envelope_id"], ["envelope.id"], name="fk_delivery_envelope_id"),
    )
    op.create_index("ix_delivery_envelope_id", "delivery", ["envelope_id"])
    op.create_index(
        "ix_delivery_open",
        "delivery",
        ["recipient", "seq", "urgency", "due_at"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
    op.create_index("ix_delivery_dead", "delivery", ["state"], sqlite_where=_DEAD, postgresql_where=_DEAD)
    op.create_table(
        "event",
        *_text("writer"),
        *_big("seq", "at"),
        *_text("kind", "envelope_id", "delivery_id", "unit", "data", "hash"),
        sa.PrimaryKeyConstraint("writer", "seq", name="pk_event"),
    )
    op.create_index("ix_event_envelope_id", "event", ["envelope_id"])
    op.create_table(
        "request",
        *_text("id"),
        *_big("at"),
        *_text("verb", "target"),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        *_text("result"),
        sa.PrimaryKeyConstraint("id", name="pk_request"),
    )
    op.create_table("meta", *_text("key", "value"), sa.PrimaryKeyConstraint("key", name="pk_meta"))
