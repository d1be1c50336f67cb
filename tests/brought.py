"""Brings in all that a hub needs when it starts, for processes that are forked afterwards. No thread runs."""

from __future__ import annotations

import gc
from datetime import UTC, datetime

import alembic.command
import psycopg
import pymysql

import hub.app
import hub.cli.running
import hub.ledger.upgrading
import hub.testing
import plugins.centralhub
import plugins.eoffice
import plugins.folderdrop
from hub.calendar.guessed import guessed

__all__ = ["alembic", "hub", "plugins", "psycopg", "pymysql"]

for year in range(2026, datetime.now(UTC).year + 2):
    guessed(year)  # its library is slow the first time it is asked
# A child's collector that walks over all this would copy it.
gc.freeze()
