"""Taking a file so that nobody can change it any more: claim, seal, lease, hash, and giving it back.

The order is what makes it safe: out of reach first, then sealed, then checked for an old writer, then read.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import os
from typing import Self

from plugins.folderdrop import system
from plugins.folderdrop.share import Dirs, Owner
from plugins.folderdrop.stability import TAIL, Look, Writers

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_SEALED = 0o400
_CHUNK = 1 << 17
_NO_LEASE = frozenset({errno.EACCES, errno.EPERM, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK})


def look_at(directory: int, name: bytes) -> Look:
    """What a name shows, without following or opening it. Raises OSError."""
    return as_look(os.stat(name, dir_fd=directory, follow_symlinks=False))


def as_look(found: os.stat_result) -> Look:
    """The parts of a stat that matter here."""
    return Look(found.st_ino, found.st_size, found.st_mtime_ns, found.st_mode, found.st_nlink)


def writers_of(descriptor: int, local: bool) -> Writers:
    """Whether some process has this file open for writing, asked by a lease that is dropped at once."""
    if not local:
        return Writers.UNKNOWN
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        if error.errno == errno.EAGAIN:
            return Writers.SOME
        if error.errno in _NO_LEASE:
            return Writers.UNKNOWN
        raise
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return Writers.NONE


class Held:
    """A regular file held open for reading; its name may lie in `out/` or among the claims."""

    def __init__(self, name: bytes, descriptor: int) -> None:
        self.name, self.descriptor = name, descriptor
        found = os.fstat(descriptor)
        self.look = as_look(found)
        self.owner = Owner(found.st_uid, found.st_gid, found.st_mode & 0o777)
        #: nobody else can change it: it may become the blob itself
        self.safe = False

    @classmethod
    def open(cls, directory: int, name: bytes) -> Self:
        """Open without following a link or waiting for a pipe. Raises OSError."""
        return cls(name, os.open(name, _READ, dir_fd=directory))

    def close(self) -> None:
        """Let go of the descriptor."""
        os.close(self.descriptor)

    def tail(self) -> bytes:
        """The last bytes of the file."""
        return os.pread(self.descriptor, TAIL, max(0, self.look.size - TAIL))

    def claim(self, dirs: Dirs) -> bool:
        """Take the name out of `out/` in one step. False: it was swapped meanwhile; what came lies among the claims.

        Raises FileExistsError where an earlier file of that name is not done yet.
        """
        system.rename_new(dirs.out, self.name, dirs.claims, self.name)
        return look_at(dirs.claims, self.name).inode == self.look.inode

    def seal(self) -> bool:
        """Make the file ours and read-only. False: we may not."""
        try:
            if self.owner.uid != os.geteuid():
                os.fchown(self.descriptor, os.geteuid(), -1)
            if self.owner.mode != _SEALED:
                os.fchmod(self.descriptor, _SEALED)
        except PermissionError:
            return False
        return True

    def put_back(self, dirs: Dirs) -> None:
        """Undo the claim, owner and mode too. It stays among the claims where a new file has the name, or
        where it is a blob already: that file is never anybody else's again.
        """
        if self.look.links > 1:
            return
        self.owner.restore(self.descriptor)
        try:
            system.rename_new(dirs.claims, self.name, dirs.out, self.name)
        except FileExistsError:
            return

    def digest(self) -> str:
        """SHA-256 of the whole file, in hex."""
        hashing = Hashing(self.descriptor)
        buffer = memoryview(bytearray(_CHUNK))
        while hashing.readinto(buffer):
            pass
        return hashing.digest

    def unchanged(self) -> bool:
        """Whether size and time still are what they were."""
        now = as_look(os.fstat(self.descriptor))
        return (now.size, now.mtime_ns) == (self.look.size, self.look.mtime_ns)


class Hashing(io.RawIOBase):
    """Reads a descriptor from its start, once, and hashes what passes."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        os.lseek(descriptor, 0, os.SEEK_SET)
        self._descriptor, self._sum, self.size = descriptor, hashlib.sha256(), 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Fill the buffer."""
        got = os.readv(self._descriptor, [buffer])
        self._sum.update(memoryview(buffer)[:got])
        self.size += got
        return got

    @property
    def digest(self) -> str:
        """SHA-256 of what passed, in hex."""
        return self._sum.hexdigest()
