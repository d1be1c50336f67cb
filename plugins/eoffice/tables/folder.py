"""Attachments that lie as files in a folder of the unit's: never read or written outside it. Blocking."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from hub import Refused

_SIGNS = re.compile(r"[/\\]")
_STRANGE = re.compile(r'[\x00-\x1f<>:"/\\|?*]')
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: A pipe must not hold up whoever opens it.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_DEEPEST, _LONGEST_NAME = 16, 100


class Folder:
    """The folder below which the paths of a column lie."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def open(self, path: str, largest: int) -> BinaryIO:
        """The file of that path, at most so many bytes. Raises Refused; OSError where there is no folder."""
        parts = _parts(path)
        held = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in parts[:-1]:
                inner = os.open(part, _DIRECTORY, dir_fd=held)
                os.close(held)
                held = inner
            descriptor = os.open(parts[-1], _FILE, dir_fd=held)
        except OSError as error:
            raise _refused(path, f"không mở được ({error.strerror})") from None
        finally:
            os.close(held)
        return _checked(descriptor, path, largest)

    def put(self, delivery: str, number: int, name: str, content: bytes) -> str:
        """Write an attachment of a delivery, whole and durable; the same again takes its place. Its path.

        Raises OSError.
        """
        place = self._root / delivery
        place.mkdir(mode=0o775, exist_ok=True)
        called = f"{number}-{_safe(name)}"
        draft = place / f".{number}"
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place / called)
        for folder in (place, self._root):
            _sync(folder)
        return f"{delivery}/{called}"


def _parts(path: str) -> list[str]:
    """The names on a path that stays below. Raises Refused of any other one."""
    parts = _SIGNS.split(path)
    wrong = {"", ".", ".."} & set(parts) or "\0" in path or ":" in path or len(parts) > _DEEPEST
    if wrong:
        raise _refused(path, "có đường dẫn ra ngoài thư mục tệp đính kèm")
    return parts


def _checked(descriptor: int, path: str, largest: int) -> BinaryIO:
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_size > largest:
        os.close(descriptor)
        reason = "lớn hơn mức cho phép" if stat.S_ISREG(found.st_mode) else "không phải là tệp"
        raise _refused(path, reason)
    return os.fdopen(descriptor, "rb")


def _refused(path: str, why: str) -> Refused:
    return Refused("attachment", f"Tệp đính kèm “{path[:200]}” {why}.", path[:200])


def _safe(name: str) -> str:
    """The name as any system takes it, its ending kept."""
    stem, dot, ending = _STRANGE.sub("_", name).strip(" .").rpartition(".")
    stem, ending = (stem, ending[:16]) if dot else (ending, "")
    return f"{stem[:_LONGEST_NAME].strip(' .') or 'tep'}{dot}{ending}"


def _sync(folder: Path) -> None:
    with suppress(OSError):
        # Where a folder cannot be synced its file system has its own ways.
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
