"""What the driver asks of a system: start, take documents, show where they arrive, stop."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

import inotify
import packets


class LeftOut(Exception):
    """The machine cannot run the system; the text says why."""


class System(ABC):
    """One system in one fresh folder. Entering starts it and returns when it is ready."""

    name: ClassVar[str]
    #: the event that shows a document whole in the receiver's folder
    whole: ClassVar[int] = inotify.MOVED_TO
    #: programs that must be installed
    needs: ClassVar[tuple[str, ...]] = ()
    #: seconds a start may take
    patience: ClassVar[float] = 60.0

    def __init__(self, home: Path) -> None:
        self.home = home
        self.staging = home / "staging"
        self.staging.mkdir(parents=True)
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def prepare(cls) -> None:
        """Install what is needed. Raises LeftOut."""
        missing = [program for program in cls.needs if shutil.which(program) is None]
        if missing:
            raise LeftOut(f"not installed: {', '.join(missing)}")

    @property
    @abstractmethod
    def drops(self) -> Path:
        """Where documents are dropped."""

    @property
    @abstractmethod
    def arrivals(self) -> Path:
        """Where documents appear."""

    @abstractmethod
    def start(self) -> None:
        """Start, and return when ready."""

    def stage(self, number: int, size: int) -> tuple[Path, packets.Print]:
        """Make a document on the same file system, so that dropping it costs next to nothing."""
        return packets.write(self.staging, number, size)

    def drop(self, staged: Path) -> None:
        """Hand one staged document over. Returns at once."""
        staged.rename(self.drops / staged.name)

    def arrived(self, path: Path) -> packets.Print | None:
        """The print of what lies there. None where it is damaged or foreign."""
        return packets.read(path.read_bytes())

    @property
    def pid(self) -> int:
        """The process whose tree is counted."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process.pid

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """End what was started, gently first."""
        if self._process is None or self._process.poll() is not None:
            return
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def spawn(self, command: Sequence[str | Path], ready: Callable[[], bool]) -> None:
        """Start a program in a process group of its own; return when `ready()` holds."""
        with (self.home / "stdout").open("wb") as out, (self.home / "stderr").open("wb") as err:
            self._process = subprocess.Popen(
                command, cwd=self.home, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
            )
        end = time.monotonic() + self.patience
        while not ready():
            if self._process.poll() is not None:
                raise RuntimeError(f"{self.name} ended before it was ready:\n{self.last_words()}")
            if time.monotonic() > end:
                raise RuntimeError(f"{self.name} was not ready in {self.patience:.0f} s:\n{self.last_words()}")
            time.sleep(0.02)

    def said(self, word: str) -> bool:
        """Whether the program's output has that word."""
        return word in (self.home / "stdout").read_text(errors="replace")

    def last_words(self) -> str:
        """The end of what the program said."""
        outputs = [path for path in (self.home / "stdout", self.home / "stderr") if path.exists()]
        return "\n".join(path.read_text(errors="replace") for path in outputs)[-2000:]


def free_port() -> int:
    """A TCP port of the loopback address that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
