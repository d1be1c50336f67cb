"""A unit's folder: made once, recognised afterwards, and never entered by a side door."""

from __future__ import annotations

import json
import os
import secrets
import stat
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from hub import Deferred
from plugins.folderdrop import mounts, system

_MARKER = b"unit"
_PRIVATE = (b".hub", b".hub/claims", b".hub/tmp")
_PUBLIC = (b"out", b"in", b"error")
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


class Outage(Deferred):
    """The share is not there, or is not the one it was."""


@dataclass(frozen=True, slots=True)
class Identity:
    """How a share is recognised: the id in its marker, and what it is mounted from."""

    folder: str
    unit: str
    id: str
    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a file is, and what they may do with it."""

    uid: int
    gid: int
    mode: int

    def restore(self, descriptor: int) -> None:
        """Give an open file this owner and mode, as far as we may."""
        try:
            os.fchown(descriptor, self.uid, self.gid)
        except PermissionError:
            _try_group(descriptor, self.gid)
        os.fchmod(descriptor, self.mode)


def _try_group(descriptor: int, gid: int) -> None:
    try:
        os.fchown(descriptor, -1, gid)
    except PermissionError:
        return


@dataclass(frozen=True, slots=True)
class Dirs:
    """The share's folders, held open: whatever happens to their names meanwhile, these are they."""

    out: int
    in_: int
    error: int
    claims: int
    temporary: int
    #: writers can be told by a lease
    local: bool
    #: nobody but us can change what lies in claims
    private: bool

    def claim_path(self, name: bytes) -> str:
        """A claim's path through the held descriptor; good while this is open."""
        return f"/proc/self/fd/{self.claims}/{os.fsdecode(name)}"


def owner_of(directory: int) -> Owner:
    """Whom a new file in that folder is for; its mode follows the folder's."""
    found = os.fstat(directory)
    return Owner(found.st_uid, found.st_gid, found.st_mode & 0o666)


class Share:
    """One unit's folder."""

    def __init__(self, folder: Path, unit: str, memory: Path, public: Sequence[bytes] = _PUBLIC) -> None:
        self.folder, self._unit, self._memory = folder, unit, memory / "share.json"
        self._restored = memory / "restored"
        self._public = public
        self._known: Identity | None = None
        self._device: int | None = None
        self._here = threading.local()
        self.mount = mounts.Mount("", "")

    def establish(self) -> None:
        """See a new share's layout made; a known one may be away for now. Raises Outage, OSError."""
        self._known = self._remembered()
        if self._known is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            with ExitStack() as stack:
                root = self._root(stack)
                _make_layout(root, (*self._public, *_PRIVATE))
                self._remember(_marker_id(root, self._unit))
            with self.rooted():
                return

    @property
    def restored(self) -> datetime | None:
        """When the backup was made that the hub came back from, until the share was seen since. Raises OSError."""
        try:
            return datetime.fromisoformat(self._restored.read_text("utf-8"))
        except FileNotFoundError:
            return None

    @contextmanager
    def rooted(self) -> Iterator[int]:
        """Hold the share itself open. Raises Outage where this is not the share we know."""
        with ExitStack() as stack:
            root = self._root(stack)
            self._recognise(root)
            yield root

    @contextmanager
    def entered(self) -> Iterator[Dirs]:
        """Hold the share's folders open. Raises Outage where this is not the share we know.

        Entered again by the same thread, it gives what is held already.
        """
        held: Dirs | None = getattr(self._here, "dirs", None)
        if held is not None:
            yield held
            return
        with ExitStack() as stack:
            root = stack.enter_context(self.rooted())
            out, in_, error = (_held(stack, root, path) for path in _PUBLIC)
            _hub, claims, temporary = (_held(stack, root, path) for path in _PRIVATE)
            self._here.dirs = Dirs(out, in_, error, claims, temporary, self.mount.local, _is_private(claims))
            try:
                yield self._here.dirs
            finally:
                self._here.dirs = None

    def _root(self, stack: ExitStack) -> int:
        try:
            root = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise Outage(f"Không mở được thư mục chia sẻ (share is not there): {error.strerror}.") from error
        stack.callback(os.close, root)
        return root

    def _recognise(self, root: int) -> None:
        if self._known is None:
            raise Outage("Thư mục chia sẻ chưa được nhận dạng (share is not established yet).")
        try:
            marker, device = _read_marker(root), os.fstat(root).st_dev
            mount = self.mount if device == self._device else mounts.mount_of(self.folder)
        except (OSError, ValueError) as error:
            raise Outage(f"Thư mục chia sẻ mất dấu nhận dạng .hub/unit (share marker unreadable): {error}.") from error
        if (marker.get("id"), marker.get("unit")) != (self._known.id, self._known.unit):
            raise Outage("Dấu nhận dạng .hub/unit là của thư mục khác (share marker is another one's).")
        if device != self._device:
            self.mount = mount
            self._check_mount(self._known)
            self._device = device

    def _check_mount(self, known: Identity) -> None:
        """Raise Outage where the share lies on another device; a restored hub knows it by its marker alone, once."""
        if self._restored.exists():
            self._remember(known.id)
            self._restored.unlink(missing_ok=True)
        elif (self.mount.kind, self.mount.source) != (known.kind, known.source):
            raise Outage(
                f"Thư mục chia sẻ nằm trên ổ khác: {self.mount.kind} {self.mount.source}, trước là "
                f"{known.kind} {known.source} (share is on another device; if meant, delete {self._memory})."
            )

    def _remembered(self) -> Identity | None:
        try:
            known = Identity(**json.loads(self._memory.read_bytes()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise Outage(f"Không đọc được {self._memory} (cannot read what is known of the share): {error}.") from error
        here = replace(known, folder=str(self.folder)) if self._restored.exists() else known
        return here if (here.folder, here.unit) == (str(self.folder), self._unit) else None

    def _remember(self, marker_id: str) -> None:
        mount = mounts.mount_of(self.folder)
        self._known = Identity(str(self.folder), self._unit, marker_id, mount.kind, mount.source)
        self._memory.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._memory.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            write_whole(descriptor, descriptor, b".share.json", b"share.json", _as_json(asdict(self._known)))
        finally:
            os.close(descriptor)


def write_whole(
    temporary: int, directory: int, draft: bytes, name: bytes, content: bytes, owner: Owner | None = None
) -> None:
    """Make a small file appear whole and durable, replacing an older one of that name. Raises OSError."""
    descriptor = os.open(draft, _WRITE, 0o600, dir_fd=temporary)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        if owner is not None:
            owner.restore(descriptor)
        file.flush()
        os.fsync(descriptor)
    os.rename(draft, name, src_dir_fd=temporary, dst_dir_fd=directory)
    os.fsync(directory)


def _as_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def _make_layout(root: int, paths: Sequence[bytes]) -> None:
    with ExitStack() as stack:
        for path in paths:
            _held(stack, root, path)
    os.fsync(root)


def _held(stack: ExitStack, root: int, path: bytes) -> int:
    try:
        descriptor = _opened(root, path)
    except OSError as error:
        shown = os.fsdecode(path)
        raise Outage(f"Không vào được thư mục {shown} của đơn vị (cannot enter {shown}): {error.strerror}.") from error
    stack.callback(os.close, descriptor)
    return descriptor


def _opened(root: int, path: bytes) -> int:
    try:
        return system.open_directory(root, path)
    except FileNotFoundError:
        _make(root, path)
        return system.open_directory(root, path)


def _make(root: int, path: bytes) -> None:
    """Make one folder of the layout: the unit's own for the unit, the hub's for nobody else."""
    above, _, name = path.rpartition(b"/")
    parent = system.open_directory(root, above) if above else os.dup(root)
    try:
        os.mkdir(name, 0o700 if path in _PRIVATE else 0o775, dir_fd=parent)
        if path in _PUBLIC and os.geteuid() == 0:
            found = os.fstat(root)
            os.chown(name, found.st_uid, found.st_gid, dir_fd=parent, follow_symlinks=False)
    finally:
        os.close(parent)


def _is_private(directory: int) -> bool:
    found = os.fstat(directory)
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _read_marker(root: int) -> dict[str, str]:
    hub = system.open_directory(root, b".hub")
    try:
        descriptor = os.open(_MARKER, _READ, dir_fd=hub)
    finally:
        os.close(hub)
    try:
        content = os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
    marker = json.loads(content)
    if not isinstance(marker, dict):
        raise ValueError("not a marker")  # noqa: TRY004 - one error for every content that is none
    return marker


def _marker_id(root: int, unit: str) -> str:
    """The id in the share's marker, which is written where there is none yet."""
    try:
        marker = _read_marker(root)
    except FileNotFoundError:
        marker = {"unit": unit, "id": secrets.token_hex(16)}
        hub = system.open_directory(root, b".hub")
        try:
            write_whole(hub, hub, b".unit", _MARKER, _as_json(marker))
        finally:
            os.close(hub)
    if marker.get("unit") != unit:
        raise Outage(f"Thư mục này là của đơn vị {marker.get('unit')} (share belongs to another unit).")
    return marker["id"]
