"""What a folder is mounted from: decides between events and polling, and is part of a share's identity."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

_MOUNTINFO = Path("/proc/self/mountinfo")
_OCTAL = re.compile(r"\\([0-7]{3})")
_NETWORK = re.compile(r"cifs|smb|nfs|fuse|9p|afs|ceph|lustre|gfs2|ocfs2|gluster|ncp|vboxsf|virtiofs|drvfs|davfs|prl_fs")


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount: file system type and what is mounted."""

    kind: str
    source: str

    @property
    def local(self) -> bool:
        """Whether every writer is a process of this machine: leases and inotify then tell the truth."""
        return _NETWORK.match(self.kind) is None


def find_mount(folder: str, mountinfo: str) -> Mount:
    """The mount an absolute, resolved path lies on, by the text of /proc/self/mountinfo."""
    best, found = -1, Mount("", "")
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        point = _unescaped(left.split(" ")[4])
        under = folder == point or folder.startswith(point.rstrip("/") + "/")
        if under and len(point) >= best:
            kind, source, *_options = right.split(" ")
            best, found = len(point), Mount(kind, _unescaped(source))
    return found


def mount_of(folder: Path) -> Mount:
    """The mount a folder lies on now. Raises OSError.

    A local one is named by its file system's own id: names of devices change with their order.
    """
    text = _MOUNTINFO.read_text("utf-8", "surrogateescape") if _MOUNTINFO.exists() else ""
    mount = find_mount(str(folder.resolve()), text)
    return Mount(mount.kind, f"fsid {os.statvfs(folder).f_fsid:x}") if mount.local else mount


def _unescaped(field: str) -> str:
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), field)
