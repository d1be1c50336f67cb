"""The central hub's directory of agencies, and the other codes that they answer to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "agency",
        *(sa.Column(name, sa.String(), primary_key=True) for name in ("kind", "code")),
        sa.Column("edition", sa.Integer(), primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("id", "pid", "name", "mail", "old_code")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("state", "more", "words", "found_by")),
        sa.Column("length", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("own_signs", "signs", "digest", "at")),
    )
    op.create_index("ix_agency_id", "agency", ["kind", "id", "code"])
    op.create_index("ix_agency_pid", "agency", ["kind", "pid"])
    op.create_index("ix_agency_searched", "agency", ["state", "length", "signs"])
    op.create_table(
        "agency_alias",
        *(sa.Column(name, sa.String(), primary_key=True) for name in ("alias", "kind", "code")),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_agency_alias_code", "agency_alias", ["code"])
    op.create_table(
        "agency_edition",
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("edition", sa.Integer(), nullable=False),
    )
