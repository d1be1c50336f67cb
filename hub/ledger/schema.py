"""The door to the schema's versions, which only those who may change it open."""

from __future__ import annotations

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from hub.ledger.writer import translate

#: this program's schema: the newest of the migrations
NEWEST = "0004"


def upgrade(engine: Engine) -> None:
    """Bring the ledger to this program's schema. Raises StorageError, where the ledger is newer too."""
    if _version(engine) == NEWEST:
        return
    # Alembic is a sixth of the time in which a hub or a command starts, and hardly any start needs it.
    from hub.ledger import upgrading  # noqa: PLC0415 - for that start

    upgrading.upgrade(engine)


def _version(engine: Engine) -> str | None:
    try:
        with engine.begin() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError as error:
        raise translate(error) from error
