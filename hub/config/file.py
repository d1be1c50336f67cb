"""units.yaml on the disk: read as it stands, replaced whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hub.errors import HubError

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Found:
    """A file with its content at one moment. A link is followed, so that it stays one."""

    path: Path
    data: bytes

    @classmethod
    def at(cls, path: Path) -> Found:
        """The file as it is now. Raises OSError."""
        real = Path(os.path.realpath(path))
        return cls(real, real.read_bytes())

    @property
    def text(self) -> str:
        """Its text, without the mark that some editors put first. Raises UnicodeDecodeError."""
        return self.data.decode("utf-8-sig")

    def replace(self, text: str) -> None:
        """Put this text in its place: durable, or as it was. Raises HubError where somebody else changed it."""
        mark = _BOM if self.data.startswith(_BOM) else b""
        descriptor, name = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(mark + text.encode())
                self._take_after(file.fileno())
                file.flush()
                os.fsync(file.fileno())
            self._check_unchanged()
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync(self.path.parent)

    def _check_unchanged(self) -> None:
        if self.path.read_bytes() != self.data:
            raise HubError(f"{self.path.name} vừa được người khác sửa: chạy lại (it changed meanwhile, run again).")

    def _take_after(self, descriptor: int) -> None:
        """Mode and, where that is allowed, owner."""
        was = self.path.stat()
        with suppress(PermissionError):
            os.fchown(descriptor, was.st_uid, was.st_gid)
        os.fchmod(descriptor, was.st_mode & 0o7777)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
