"""The door to the schema's versions, which only those who may change it open."""

from __future__ import annotations

from sqlalchemy import Column, Engine, MetaData, PrimaryKeyConstraint, String, Table, inspect, text
from sqlalchemy.exc import DBAPIError

from hub.ledger.writer import translate
from hub.tables import metadata

#: this program's schema: the newest of the migrations
NEWEST = "0004"

#: as Alembic makes it
_VERSION = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


def upgrade(engine: Engine) -> None:
    """Bring the ledger to this program's schema. Raises StorageError, where the ledger is newer too."""
    if _version(engine) == NEWEST or _made(engine):
        return
    # Alembic is a sixth of the time in which a hub or a command starts, and hardly any start needs it.
    from hub.ledger import upgrading  # noqa: PLC0415 - for that start

    upgrading.upgrade(engine)


def _made(engine: Engine) -> bool:
    """Whether nothing was there: then it has the tables of today now, without the way through all the versions."""
    try:
        with engine.begin() as connection:
            if inspect(connection).get_table_names():
                return False
            metadata.create_all(connection, checkfirst=False)
            _VERSION.create(connection)
            connection.execute(_VERSION.insert().values(version_num=NEWEST))
    except DBAPIError as error:
        raise translate(error) from error
    return True


def _version(engine: Engine) -> str | None:
    try:
        with engine.begin() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError as error:
        raise translate(error) from error
