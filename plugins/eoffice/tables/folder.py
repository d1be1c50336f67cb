"""Attachments that lie as files in a folder of the unit's: never read or written outside it. Blocking."""

from __future__ import annotations

import errno
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
_DRAFT = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
#: What an error says of the path itself, not of the share.
_OF_PATH = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ENXIO})
#: Names on a path; signs of a name, and bytes: a name has 255 with its number and its ending.
_DEEPEST, _LONGEST_NAME, _MOST_BYTES = 16, 100, 150


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
            if error.errno in _OF_PATH or (error.errno == errno.ENOENT and os.listdir(self._root)):
                raise _refused(path, f"không mở được ({error.strerror})") from None
            # The share is ill, or what is mounted there is gone: that says nothing of the document.
            raise OSError(error.errno, error.strerror, str(self._root.joinpath(*parts))) from error
        finally:
            os.close(held)
        return _checked(descriptor, path, largest)

    def put(self, delivery: str, number: int, name: str, content: bytes) -> str:
        """Write an attachment of a delivery, whole and durable; the same again takes its place. Its path.

        Raises OSError.
        """
        called, draft = f"{number}-{_safe(name)}", f".{number}"
        with suppress(FileExistsError):
            (self._root / delivery).mkdir(mode=0o775)
        place = os.open(self._root / delivery, _DIRECTORY)
        try:
            # Whatever stands there under our name, a link perhaps, is not written through.
            with suppress(FileNotFoundError):
                os.unlink(draft, dir_fd=place)
            with os.fdopen(os.open(draft, _DRAFT, 0o664, dir_fd=place), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, called, src_dir_fd=place, dst_dir_fd=place)
            _sync(place)
        finally:
            os.close(place)
        root = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            _sync(root)
        finally:
            os.close(root)
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
    cut = stem[:_LONGEST_NAME].encode()[:_MOST_BYTES].decode("utf-8", "ignore")
    return f"{cut.strip(' .') or 'tep'}{dot}{ending}"


def _sync(folder: int) -> None:
    try:
        os.fsync(folder)
    except OSError as error:
        # A share's file system may know no such thing; whatever else goes wrong is no success.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
