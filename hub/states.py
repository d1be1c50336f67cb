"""What connectors keep in their private folders (`Context.state`), packed to be copied away and brought back."""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import file_digest
from io import BytesIO
from pathlib import Path

from hub.errors import Damaged

ENDPOINTS = "endpoints"
#: Lies in an endpoint's folder after a restore until its connector has seen it; it says when the backup was made.
RESTORED = "restored"
_LINES, _PARTIAL = ".jsonl", ".part"


def pack(data: Path, target: Path) -> dict[str, str]:
    """Pack each endpoint's folder as `ENDPOINT.DIGEST.tar`, beside those of earlier times. Returns the digests.

    To be called after the ledger was copied: what is known of a delivery is then never older than the delivery.
    Raises OSError.
    """
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    packed = {folder.name: _packed(folder, target) for folder in _folders(data / ENDPOINTS)}
    _sync(target)
    return packed


def forget(target: Path, packed: Mapping[str, str]) -> None:
    """Remove what is packed there and no longer named. Raises OSError."""
    named = {_name(endpoint, digest) for endpoint, digest in packed.items()}
    for path in target.glob("*.tar"):
        if path.name not in named:
            path.unlink()


def damages(source: Path, packed: Mapping[str, str]) -> Iterator[str]:
    """What is not as it was packed: each endpoint's pack against its digest. Raises OSError."""
    for endpoint, digest in sorted(packed.items()):
        path = source / _name(endpoint, digest)
        if not path.is_file():
            yield f"{ENDPOINTS}/{endpoint}: {path.name} is missing"
        elif (found := _digest(path)) != digest:
            yield f"{ENDPOINTS}/{endpoint}: the content of {path.name} is another: {found}"


def unpack(source: Path, packed: Mapping[str, str], target: Path, made_at: str) -> None:
    """Bring every endpoint's folder back, with a note of when it was packed. Raises Damaged, OSError."""
    for endpoint, digest in packed.items():
        folder = target / endpoint
        folder.mkdir(parents=True, mode=0o700)
        try:
            with tarfile.open(source / _name(endpoint, digest)) as archive:
                archive.extractall(folder, filter="data")
        except tarfile.TarError as error:
            raise Damaged(f"{ENDPOINTS}/{endpoint}: {error}") from error
        (folder / RESTORED).write_text(made_at, "utf-8")
    # Everything at once: file by file, tens of thousands of them take minutes.
    os.sync()


def unreadable(data: Path) -> Iterator[str]:
    """What lies in the endpoints' folders and is not the JSON that its name promises. Raises OSError."""
    for folder in _folders(data / ENDPOINTS):
        for path in _files(folder):
            try:
                _read(path)
            except FileNotFoundError:  # put away by the running hub
                continue
            except ValueError as error:
                yield f"{path.relative_to(data)}: {error}"


def _read(path: Path) -> None:
    if path.suffix == ".json":
        json.loads(path.read_bytes())
    elif path.suffix == _LINES:
        with path.open("rb") as file:
            for line in file:
                # The last line may be on its way.
                json.loads(line if line.endswith(b"\n") else b"null")


def _packed(folder: Path, target: Path) -> str:
    draft = target / f".{folder.name}{_PARTIAL}"
    with draft.open("w+b") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for path in _files(folder):
                # What is gone by now was put away: into a file that is read later.
                with suppress(FileNotFoundError):
                    _add(archive, path, path.relative_to(folder).as_posix())
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        digest = file_digest(file, "sha256").hexdigest()
    draft.chmod(0o600)
    draft.replace(target / _name(folder.name, digest))
    return digest


def _add(archive: tarfile.TarFile, path: Path, name: str) -> None:
    with path.open("rb") as file:
        content, member = file.read(), tarfile.TarInfo(name)
        member.mtime, member.mode = int(os.fstat(file.fileno()).st_mtime), 0o600
    member.size = len(content)
    archive.addfile(member, BytesIO(content))


def _files(folder: Path) -> list[Path]:
    """Whole files only, those last that others are put away into."""
    found = [Path(above, name) for above, _, names in os.walk(folder) for name in names if not name.startswith(".")]
    plain = [path for path in found if path.is_file() and not path.is_symlink() and path.name != RESTORED]
    return sorted(plain, key=lambda path: (path.suffix == _LINES, path))


def _folders(endpoints: Path) -> list[Path]:
    return sorted(path for path in endpoints.iterdir() if path.is_dir()) if endpoints.is_dir() else []


def _name(endpoint: str, digest: str) -> str:
    return f"{endpoint}.{digest}.tar"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
