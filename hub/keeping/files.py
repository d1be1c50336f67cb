"""Files that appear whole and durable, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from hashlib import sha256
from pathlib import Path

from hub.errors import Damaged

_CHUNK = 1 << 20


def copy(source: Path, target: Path, digest: str = "", mode: int = 0o600) -> None:
    """Copy so that the target appears whole and durable. Raises Damaged where the bytes have another digest."""
    with source.open("rb") as file:
        _write_chunks(target, iter(partial(file.read, _CHUNK), b""), digest, mode)


def write(target: Path, content: bytes) -> None:
    """Write so that the target appears whole and durable. Raises OSError."""
    _write_chunks(target, [content])


def _write_chunks(target: Path, chunks: Iterable[bytes], digest: str = "", mode: int = 0o600) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft, found = target.with_name(f".{target.name}.part"), sha256()
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        for chunk in chunks:
            found.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if digest and found.hexdigest() != digest:
        draft.unlink()
        raise Damaged(f"its content is another: {found.hexdigest()}")
    draft.replace(target)
    sync(target.parent)


def sync(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
