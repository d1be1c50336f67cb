"""The daemon of a disk that fails on demand: every call goes to a folder behind it, unless a fault says otherwise.

Run as `python -m tests.crash.fuse_passthrough SOURCE MOUNT ORDERS`; tests use `tests.crash.fuse_disk`.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypedDict

import mfusepy


class Fault(TypedDict, total=False):
    """What goes wrong, with which calls. Only `call` must be there."""

    #: name of the call, with wildcards: "read", "write", "fsync", "open", "getattr", "*"
    call: str
    #: the file below the mount, with wildcards (a * meets slashes too): "blobs/*"
    path: str
    #: name of the error that it raises: "EIO"
    error: str
    #: seconds that it takes longer
    seconds: float
    #: a read gives its first byte with one bit turned
    flip: bool
    #: the first of the calls that is met, counted from 1
    turn: int
    #: so many calls are met; 0: all from there on. A read that fails once is asked again by the kernel: two, there
    times: int


class Faults:
    """The faults in force, read again whenever their file was replaced."""

    def __init__(self, orders: Path) -> None:
        self._orders, self._met = orders, orders.with_suffix(".met")
        self._lock, self._read, self._found = threading.Lock(), 0, list[Fault]()
        self._seen: list[int] = []

    def of(self, call: str, path: str) -> list[Fault]:
        """The faults that meet this call."""
        with self._lock:
            self._reread()
            return [fault for number, fault in enumerate(self._found) if self._meets(number, fault, call, path)]

    def _reread(self) -> None:
        if (inode := self._orders.stat().st_ino) != self._read:
            self._read, self._found = inode, json.loads(self._orders.read_text())
            self._seen = [0] * len(self._found)

    def _meets(self, number: int, fault: Fault, call: str, path: str) -> bool:
        if not fnmatchcase(call, fault["call"]) or not fnmatchcase(path, fault.get("path", "*")):
            return False
        self._seen[number] += 1
        first, times = fault.get("turn", 1), fault.get("times", 0)
        met = self._seen[number] >= first and (not times or self._seen[number] < first + times)
        if met:
            with self._met.open("a") as lines:
                lines.write(f"{call} {path}\n")
        return met


class Passthrough:
    """What the kernel asks of the mount, done in the folder behind it. Every method is a call of FUSE."""

    use_ns = True

    def __init__(self, source: Path, faults: Faults) -> None:
        self._source, self._faults = source, faults
        for name in _CALLS:
            setattr(self, name, self._guarded(name, getattr(self, name)))

    def _guarded(self, name: str, do: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            met = self._faults.of(name, arguments[0].strip("/"))
            time.sleep(sum(fault.get("seconds", 0.0) for fault in met))
            for fault in met:
                if error := fault.get("error"):
                    raise OSError(getattr(errno, error), error)
            result = do(*arguments)
            flipped = name == "read" and result and any(fault.get("flip") for fault in met)
            return bytes([result[0] ^ 1]) + result[1:] if flipped else result

        return call

    def _real(self, path: str) -> Path:
        return self._source / path.lstrip("/")

    def getattr(self, path: str, handle: int | None = None) -> dict[str, int]:
        found = os.lstat(self._real(path)) if handle is None else os.fstat(handle)
        names = ("mode", "ino", "nlink", "uid", "gid", "size", "blocks", "blksize", "rdev")
        times = {f"st_{name}": getattr(found, f"st_{name}_ns") for name in ("atime", "mtime", "ctime")}
        return {f"st_{name}": getattr(found, f"st_{name}") for name in names} | times

    def readdir(self, path: str, _handle: int) -> list[tuple[str, dict[str, int], int]]:
        with os.scandir(self._real(path)) as entries:
            found = [(entry.name, {"st_ino": entry.inode()}, 0) for entry in entries]
        return [*((dots, {"st_ino": 1}, 0) for dots in (".", "..")), *found]

    def statfs(self, path: str) -> dict[str, int]:
        found = os.statvfs(self._real(path))
        return {name: getattr(found, name) for name in dir(found) if name.startswith("f_")}

    def open(self, path: str, flags: int) -> int:
        return os.open(self._real(path), flags & ~os.O_NOFOLLOW)

    def create(self, path: str, mode: int, flags: int) -> int:
        return os.open(self._real(path), flags | os.O_CREAT, mode)

    def read(self, _path: str, size: int, offset: int, handle: int) -> bytes:
        return os.pread(handle, size, offset)

    def write(self, _path: str, data: bytes, offset: int, handle: int) -> int:
        return os.pwrite(handle, data, offset)

    def truncate(self, path: str, length: int, handle: int | None = None) -> None:
        os.truncate(self._real(path) if handle is None else handle, length)

    def flush(self, _path: str, _handle: int) -> None:
        return

    def release(self, _path: str, handle: int) -> None:
        os.close(handle)

    def fsync(self, _path: str, data_only: int, handle: int) -> None:
        (os.fdatasync if data_only else os.fsync)(handle)

    def fsyncdir(self, path: str, _data_only: int, _handle: int) -> None:
        descriptor = os.open(self._real(path), os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def mkdir(self, path: str, mode: int) -> None:
        self._real(path).mkdir(mode)

    def rmdir(self, path: str) -> None:
        self._real(path).rmdir()

    def unlink(self, path: str) -> None:
        self._real(path).unlink()

    def rename(self, old: str, new: str) -> None:
        self._real(old).rename(self._real(new))

    def link(self, new: str, old: str) -> None:
        os.link(self._real(old), self._real(new), follow_symlinks=False)

    def symlink(self, new: str, target: str) -> None:
        self._real(new).symlink_to(target)

    def readlink(self, path: str) -> str:
        return str(self._real(path).readlink())

    def chmod(self, path: str, mode: int) -> None:
        self._real(path).chmod(mode)

    def chown(self, path: str, uid: int, gid: int) -> None:
        os.lchown(self._real(path), uid - (uid == _SAME) * (_SAME + 1), gid - (gid == _SAME) * (_SAME + 1))

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> None:
        now = time.time_ns()
        os.utime(self._real(path), ns=times or (now, now), follow_symlinks=False)


#: What chown says for "leave it", as the kernel hands it on: it has no sign there.
_SAME = 2**32 - 1
_CALLS = [name for name in vars(Passthrough) if not name.startswith("_") and name != "use_ns"]
#: Nothing is remembered from one look to the next: the folder behind may change by itself, as on a server.
_OPTIONS = {"attr_timeout": 0, "entry_timeout": 0, "negative_timeout": 0, "ac_attr_timeout": 0, "use_ino": True}


def main(source: str, mount: str, orders: str) -> None:
    """Serve until the mount is gone."""
    os.umask(0)
    operations = Passthrough(Path(source), Faults(Path(orders)))
    mfusepy.FUSE(
        operations,
        mount,
        foreground=True,
        hard_remove=True,
        big_writes=True,
        allow_other=True,
        default_permissions=True,
        fsname="failing",
        **_OPTIONS,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
