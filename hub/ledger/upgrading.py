"""The schema's versions: brought up to date at start, in one transaction; a newer one is refused."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from hub.errors import StorageError
from hub.ledger.writer import translate


def upgrade(engine: Engine) -> None:
    """Bring the ledger to this program's schema. Raises StorageError, where the ledger is newer too."""
    try:
        _upgrade(engine)
    except DBAPIError as error:
        raise translate(error) from error


def _upgrade(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    with engine.begin() as connection:
        if _version(connection) == _newest(config):
            return
        if _version(connection) not in {None, *_known(config)}:
            raise StorageError("the ledger was written by a newer hub: use that version")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _newest(config: Config) -> str | None:
    return ScriptDirectory.from_config(config).get_current_head()


def _known(config: Config) -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
