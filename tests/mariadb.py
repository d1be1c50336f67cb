"""The run's own MariaDB server: Debian's binaries, as an unprivileged user, on a Unix socket."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql

_UNPRIVILEGED = ("nobody", "nogroup")
_STARTING = 60.0


@dataclass(frozen=True)
class MariaDB:
    """A server that runs in `folder`, once somebody started it. Processes that share a run share it. Needs root."""

    folder: Path

    @classmethod
    def planned(cls) -> MariaDB:
        """A server of its own, not yet started; its path is short, as a socket's must be."""
        return cls(Path(tempfile.gettempdir()) / f"hub-my-{os.getpid()}-{os.urandom(4).hex()}")

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.folder / "s"

    @property
    def version(self) -> str:
        """Of the server that was started; "" where none was."""
        said = self.folder / "version"
        return said.read_text("utf-8") if said.exists() else ""

    def start(self) -> None:
        """Start it where nobody did; return when it accepts connections."""
        with self._locked():
            if not (self.folder / "data").exists():
                self._install()
            if not (self.folder / "pid").exists():
                self._serve()

    def run(self, statement: str, database: str = "") -> list[tuple[object, ...]]:
        """Carry out one statement as the server's master."""
        with (
            pymysql.connect(
                unix_socket=str(self.socket), user="root", password="", database=database or None, autocommit=True
            ) as admin,
            admin.cursor() as cursor,
        ):
            cursor.execute(statement)
            return list(cursor.fetchall())

    def remove(self) -> None:
        """Stop it and leave nothing behind."""
        if (self.folder / "pid").exists():
            number = int((self.folder / "pid").read_text())
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
            _until(lambda: not Path(f"/proc/{number}").exists() or _is_dead(number), 30.0)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.with_suffix(".lock").unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self.folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _install(self) -> None:
        self.folder.mkdir(mode=0o755)
        shutil.chown(self.folder, *_UNPRIVILEGED)
        self._run("mariadb-install-db", "--auth-root-authentication-method=normal", "--skip-test-db")

    def _serve(self) -> None:
        options = ["--socket", str(self.socket), "--pid-file", str(self.folder / "pid"), "--skip-networking"]
        # Of its own: a server that starts deletes the tables on the way that lie in a common one.
        (self.folder / "tmp").mkdir(exist_ok=True)
        shutil.chown(self.folder / "tmp", *_UNPRIVILEGED)
        options += ["--tmpdir", str(self.folder / "tmp")]
        options += ["--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M", "--max-connections=60"]
        # It outlives whoever starts it: other workers of the run use it too.
        detached = ("sh", "-c", f'"$@" </dev/null >>{self.folder}/log 2>&1 &', "sh")
        command = [*detached, *self._command("mariadbd", *options)]
        subprocess.run(command, check=True, start_new_session=True, **self._as_nobody)
        _until(self._answers, _STARTING, lambda: (self.folder / "log").read_text("utf-8", "replace")[-2000:])
        [[version]] = self.run("SELECT VERSION()")
        (self.folder / "version").write_text(str(version), "utf-8")

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as knock:
            return knock.connect_ex(str(self.socket)) == 0

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            self._command(program, *arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False, **self._as_nobody,
        )  # fmt: skip
        assert done.returncode == 0, f"{program}: {done.stdout.decode('utf-8', 'replace')}"

    def _command(self, program: str, *arguments: str) -> Sequence[str]:
        found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/usr/bin")
        assert found, f"{program} is not installed: see requirements/debian.txt"
        return (found, "--no-defaults", f"--datadir={self.folder / 'data'}", *arguments)

    @property
    def _as_nobody(self) -> dict[str, Any]:
        environment = {"PATH": f"{os.environ['PATH']}:/usr/sbin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        return {
            "user": _UNPRIVILEGED[0],
            "group": _UNPRIVILEGED[1],
            "extra_groups": [],
            "cwd": self.folder,
            "env": environment,
        }


def _is_dead(number: int) -> bool:
    """Whether only its parent has not yet asked how it ended."""
    with suppress(OSError):
        return ") Z" in Path(f"/proc/{number}/stat").read_text()
    return True


def _until(fact: Callable[[], bool], seconds: float, words: Callable[[], str] = str) -> None:
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end, words()
        time.sleep(0.05)
