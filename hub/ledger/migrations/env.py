"""Alembic's entry: migrate on the connection, and in the transaction, that the hub handed over."""

from __future__ import annotations

from alembic import context

from hub.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
