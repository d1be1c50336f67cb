"""Signs that a program copies a share to somebody's cloud: it renames, doubles and deletes behind people's backs."""

from __future__ import annotations

import os
from contextlib import suppress

from plugins.folderdrop.clerk.files import open_file

_MARKS = {
    ".tmp.driveupload": "Google Drive",
    ".tmp.drivedownload": "Google Drive",
    ".dropbox": "Dropbox",
    ".dropbox.cache": "Dropbox",
}
_MOUNTS = {
    "fuse.rclone": "rclone",
    "fuse.onedriver": "OneDrive",
    "fuse.google-drive-ocamlfuse": "Google Drive",
    "fuse.DriveFS": "Google Drive",
}
_LONGEST = 4096
_SYNCED = (
    "Thư mục của đơn vị đang được {name} đồng bộ lên mạng nên có thể mất văn bản; "
    "cần tắt đồng bộ thư mục này (the share is synced to a cloud)."
)


def signs(root: int, kind: str) -> list[str]:
    """What tells that a share is synced, in words; `kind` is its file system. Raises OSError."""
    inside = os.listdir(root)
    found = {name for mark, name in _MARKS.items() if mark in inside} | {_MOUNTS.get(kind, "")}
    if "desktop.ini" in map(str.lower, inside) and _is_onedrive(root, inside):
        found.add("OneDrive")
    return [_SYNCED.format(name=name) for name in sorted(found - {""})]


def _is_onedrive(root: int, inside: list[str]) -> bool:
    said = b""
    for name in inside:
        if name.lower() == "desktop.ini":
            with suppress(OSError), os.fdopen(open_file(root, name), "rb") as file:
                said += file.read(_LONGEST)
    return b"onedrive" in said.replace(b"\0", b"").lower()
