"""Into `in/`: a whole batch in one call. All written, all synced, then each appears by one rename, in order."""

from __future__ import annotations

import errno
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import BinaryIO

from hub import (
    Acknowledgement,
    Context,
    Damaged,
    Deferred,
    Delivery,
    Document,
    Envelope,
    Outcome,
    OutcomeUnknown,
    Receipt,
    Refused,
    failpoint,
)
from hub.carrying.intact import SMALL, intact
from hub.standards import edxml
from plugins.folderdrop import naming, system
from plugins.folderdrop.hands import turn
from plugins.folderdrop.share import Dirs, Owner, Share, owner_of

_CHUNK = 1 << 20
_HEADERS = 256
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_RANGE = frozenset({errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EPERM})
_NEW = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class _Draft:
    """A delivery written beside its place. No descriptor: it is in its place already."""

    delivery: Delivery
    name: bytes
    descriptor: int | None

    @property
    def temporary(self) -> bytes:
        """Its name until it is whole."""
        return _temporary(self.delivery)


class _Headers:
    """What stands around the attachments: the same for every recipient of an envelope, so all folders share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], tuple[bytes, bytes]] = OrderedDict()

    def of(self, envelope: Envelope, document: Document, hop: edxml.Trace) -> tuple[bytes, bytes]:
        """Head and tail of the packet as it goes on from here."""
        key = (envelope.id, hop.organ_id)
        with self._lock:
            if known := self._known.get(key):
                self._known.move_to_end(key)
                return known
        header = edxml.render(document, [hop])
        with self._lock:
            self._known[key] = header
            if len(self._known) > _HEADERS:
                self._known.popitem(last=False)
        return header


_headers = _Headers()


class Placer:
    """The blocking half of a folder's deliveries. Several lanes may call at once."""

    def __init__(self, share: Share, context: Context) -> None:
        self._share, self._context = share, context
        self._cleaning, self._cleaned = threading.Lock(), False

    def place(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """Outcomes of a leading part, as `Connector.send_many`. Raises Outage."""
        with self._share.entered() as dirs:
            self._clean(dirs)
            drafts: list[_Draft] = []
            try:
                with turn(sum(each.envelope.blob.size for each in deliveries), local=dirs.local):
                    failure = self._write_all(dirs, deliveries, drafts)
                synced, unsynced = _synced(drafts)
                outcomes = self._appear(dirs, synced)
            finally:
                for draft in drafts:
                    if draft.descriptor is not None:
                        os.close(draft.descriptor)
        failure = unsynced or failure
        return [*outcomes, failure] if failure else outcomes

    def find(self, delivery: Delivery) -> Receipt | None:
        """The receipt of a delivery that lies in `in/`. Raises Outage."""
        ending = naming.placed_ending(delivery).encode()
        with self._share.entered() as dirs:
            for name in _names(dirs.in_):
                if name.endswith(ending):
                    os.fsync(dirs.in_)
                    return Receipt(naming.shown(name))
        return None

    def clean(self) -> None:
        """Remove what an earlier run left half written, once. Raises Outage."""
        with self._share.entered() as dirs:
            self._clean(dirs)

    def _clean(self, dirs: Dirs) -> None:
        # Before the first draft of this run, so that none of its own is ever removed.
        with self._cleaning:
            if not self._cleaned:
                for name in _names(dirs.temporary):
                    os.unlink(name, dir_fd=dirs.temporary)
            self._cleaned = True

    def _write_all(self, dirs: Dirs, deliveries: Sequence[Delivery], drafts: list[_Draft]) -> Exception | None:
        """Write until one cannot be written; why it cannot."""
        owner = owner_of(dirs.in_)
        for delivery in deliveries:
            try:
                drafts.append(self._draft(dirs, owner, delivery))
            except Damaged as error:
                return Refused("damaged", f"Bản lưu của văn bản bị hỏng: {error}")
            except Refused as refused:
                return refused
            except OSError as error:
                return _before(error)
        return None

    def _draft(self, dirs: Dirs, owner: Owner, delivery: Delivery) -> _Draft:
        name = naming.placed_name(delivery).encode()
        if delivery.attempt > 1 and system.exists(dirs.in_, name):
            return _Draft(delivery, name, None)
        descriptor = os.open(_temporary(delivery), _NEW, 0o600, dir_fd=dirs.temporary)
        try:
            self._fill(descriptor, delivery.envelope)
            owner.restore(descriptor)
            system.start_writing_out(descriptor)
        except BaseException:
            os.close(descriptor)
            with suppress(OSError):
                os.unlink(_temporary(delivery), dir_fd=dirs.temporary)
            raise
        return _Draft(delivery, name, descriptor)

    def _fill(self, target: int, envelope: Envelope) -> None:
        body = envelope.body
        if isinstance(body, Acknowledgement):
            _write(target, [edxml.write_acknowledgement(body)])
            return
        with closing(intact(self._context.bodies, envelope.blob)) as source:
            if envelope.attachments_span == (0, 0):
                _write(target, edxml.write(body, source, [self._hop(envelope)]))
                return
            head, tail = _headers.of(envelope, body, self._hop(envelope))
            offset, length = envelope.attachments_span
            if envelope.blob.size <= SMALL:
                source.seek(offset)
                _write(target, [b"".join((head, source.read(length), tail))])
                return
            _write(target, [head])
            _copy(source, target, offset, length)
            _write(target, [tail])

    def _hop(self, envelope: Envelope) -> edxml.Trace:
        """Our line among the hops: who, and when the hub took it; the same at every attempt."""
        return edxml.Trace(self._context.province.id, edxml.write_time(envelope.received_at))

    def _appear(self, dirs: Dirs, drafts: Sequence[_Draft]) -> list[Outcome]:
        """Rename in order, sync the folder once."""
        if not drafts:
            return []
        try:
            failpoint("folderdrop.copied")
            for draft in drafts:
                if draft.descriptor is not None:
                    _rename(dirs, draft)
            os.fsync(dirs.in_)
            failpoint("folderdrop.placed")
        except OSError as error:
            # How far the share kept what it was given, nobody can tell.
            return [OutcomeUnknown(f"the share failed: {error}") for _draft in drafts]
        return [Receipt(draft.name.decode()) for draft in drafts]


def _names(directory: int) -> list[bytes]:
    with os.scandir(directory) as entries:
        return [os.fsencode(entry.name) for entry in entries]


def _temporary(delivery: Delivery) -> bytes:
    return b"." + delivery.id.encode()


def _synced(drafts: Sequence[_Draft]) -> tuple[Sequence[_Draft], Exception | None]:
    """The leading part whose bytes are on the disk, and what stopped the rest."""
    for count, draft in enumerate(drafts):
        try:
            if draft.descriptor is not None:
                os.fsync(draft.descriptor)
        except OSError as error:
            return drafts[:count], _before(error)
    return drafts, None


def _rename(dirs: Dirs, draft: _Draft) -> None:
    try:
        system.rename_new(dirs.temporary, draft.temporary, dirs.in_, draft.name)
    except FileExistsError:  # the name bears the delivery's id: it is this one
        os.unlink(draft.temporary, dir_fd=dirs.temporary)


def _before(error: OSError) -> Exception:
    """What failed before anything could appear is only put off."""
    if error.errno in _FULL:
        return Deferred("Ổ đĩa của thư mục chia sẻ đã đầy (the share's disk is full).")
    return Deferred(f"Không ghi được vào thư mục chia sẻ (cannot write to the share): {error}")


def _write(target: int, chunks: Iterable[bytes]) -> None:
    for chunk in chunks:
        rest = memoryview(chunk)
        while rest:
            rest = rest[os.write(target, rest) :]


def _copy(source: BinaryIO, target: int, offset: int, length: int) -> None:
    """Copy a span as it lies, in the kernel where that can do it."""
    while length:
        try:
            done = os.copy_file_range(source.fileno(), target, length, offset)
        except OSError as error:
            if error.errno not in _NO_RANGE:
                raise
            done = 0
        if not done:
            _copy_through(source, target, offset, length)
            return
        offset, length = offset + done, length - done


def _copy_through(source: BinaryIO, target: int, offset: int, length: int) -> None:
    while length:
        chunk = os.pread(source.fileno(), min(length, _CHUNK), offset)
        if not chunk:
            raise Damaged("a blob ends before its attachments do")
        _write(target, [chunk])
        offset, length = offset + len(chunk), length - len(chunk)
