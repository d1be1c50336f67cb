"""The server that contract tests run on is what they need: recent, durable, private, gone afterwards."""

from __future__ import annotations

from pathlib import Path

import psycopg

from hub.testing import eventually
from tests.postgresql import Server


def test_the_server_is_recent_and_durable(postgresql_url: str) -> None:
    with psycopg.connect(postgresql_url) as connection:
        assert connection.info.server_version >= 150000
        rows = connection.execute(
            "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')"
        )
        settings: dict[str, str] = dict(rows.fetchall())
        assert connection.info.encoding == "utf-8"
    assert settings == {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


async def test_it_starts_once_and_leaves_nothing_behind() -> None:
    server = Server.planned()
    server.start()
    try:
        first = (server.folder / "data" / "postmaster.pid").read_text()
        Server(server.folder).start()
        assert (server.folder / "data" / "postmaster.pid").read_text() == first
    finally:
        server.remove()
    assert not server.folder.exists()
    await eventually(lambda: _state(first.split()[0]) in {"gone", "Z"})


def _state(process: str) -> str:
    try:
        return Path("/proc", process, "stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "gone"
