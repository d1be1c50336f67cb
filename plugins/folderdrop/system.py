"""The few Linux calls that Python does not offer, each with what happens where it is missing."""

from __future__ import annotations

import ctypes
import errno
import os
import signal

_libc = ctypes.CDLL(None, use_errno=True)

_OPENAT2 = 437
_NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08
_RENAME_NOREPLACE = 1
_SYNC_FILE_RANGE_WRITE = 2
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM})


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def _error(path: bytes = b"") -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), os.fsdecode(path))


def open_directory(root: int, path: bytes) -> int:
    """Open a directory below `root` (a descriptor), never through a symbolic link. Raises OSError."""
    try:
        return _openat2(root, path)
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.EPERM, errno.EAGAIN):
            raise
    return _by_component(root, path)


def _openat2(root: int, path: bytes) -> int:
    how = _OpenHow(_DIRECTORY, 0, _BENEATH | _NO_SYMLINKS | _NO_MAGICLINKS)
    got: int = _libc.syscall(_OPENAT2, root, path, ctypes.byref(how), ctypes.sizeof(how))
    if got < 0:
        raise _error(path)
    return got


def _by_component(root: int, path: bytes) -> int:
    parts = path.split(b"/")
    if b".." in parts or b"" in parts:
        raise ValueError("a path below the folder")
    held = os.dup(root)
    for part in parts:
        try:
            inner = os.open(part, _DIRECTORY, dir_fd=held)
        finally:
            os.close(held)
        held = inner
    return held


def rename_new(source: int, name: bytes, target: int, new_name: bytes) -> None:
    """Rename between two open directories; FileExistsError where the new name is taken.

    Where the file system cannot promise that (NFS, some FUSE), a look comes first.
    """
    if _libc.renameat2(source, name, target, new_name, _RENAME_NOREPLACE) == 0:
        return
    error = _error(new_name)
    if error.errno not in _UNSUPPORTED:
        raise error
    if exists(target, new_name):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fsdecode(new_name))
    os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)


def exists(directory: int, name: bytes) -> bool:
    """Whether the directory has that name, whatever it is."""
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def start_writing_out(descriptor: int) -> None:
    """Ask the kernel to begin writing the file's dirty pages. A hint: nothing is promised."""
    if hasattr(_libc, "sync_file_range"):
        _libc.sync_file_range(descriptor, ctypes.c_int64(0), ctypes.c_int64(0), _SYNC_FILE_RANGE_WRITE)


def ignore_lease_breaks() -> None:
    """A writer that meets our lease makes the kernel send SIGIO, which would kill the process."""
    _libc.signal.argtypes, _libc.signal.restype = (ctypes.c_int, ctypes.c_void_p), ctypes.c_void_p
    _libc.signal(signal.SIGIO, int(signal.SIG_IGN))


def inotify_open() -> int:
    """A non-blocking inotify descriptor. Raises OSError where there is none to have."""
    if not hasattr(_libc, "inotify_init1"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    got: int = _libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if got < 0:
        raise _error()
    return got


def inotify_add(descriptor: int, directory: int, mask: int) -> int:
    """Watch an open directory; the watch's number. Raises OSError."""
    path = b"/proc/self/fd/%d" % directory
    got: int = _libc.inotify_add_watch(descriptor, path, ctypes.c_uint32(mask))
    if got < 0:
        raise _error(path)
    return got


def inotify_remove(descriptor: int, watch: int) -> None:
    """Stop watching; a watch already gone is fine."""
    _libc.inotify_rm_watch(descriptor, watch)
