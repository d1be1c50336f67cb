"""The door to the schema's versions, which only those who may change it open."""

from __future__ import annotations

from sqlalchemy import Engine


def upgrade(engine: Engine) -> None:
    """Bring the ledger to this program's schema. Raises StorageError, where the ledger is newer too."""
    # Alembic is a sixth of the time in which a command that only looks would start.
    from hub.ledger import upgrading  # noqa: PLC0415 - for that start

    upgrading.upgrade(engine)
