"""What was handed over, in the connector's own folder: which of theirs is which delivery of ours.

For counterparts that know no idempotency key. So each delivery is written down before it goes, and with their id of it
once that is known, durably, before the hub hears of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

_NAME = "sent.jsonl"
#: Deliveries that are remembered; a file of twice as many lines is written anew at the next start.
_MOST = 20_000
#: Bytes of a line, at most.
_LONGEST = 1 << 16


class Journal:
    """`open_journal` first. Nothing in it is a secret."""

    def __init__(self, folder: Path) -> None:
        self._path, self._folder = folder / _NAME, folder
        #: delivery -> what they know it by, and their id of it
        self._known: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._pending: list[str] = []
        self._turn, self._writing = asyncio.Lock(), threading.Lock()

    def open_journal(self) -> None:
        """Read what earlier runs wrote. Blocking. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _mend(self._path)
        lines = 0
        for delivery, name, doc_id in read(self._path):
            lines += 1
            if doc_id:
                self._remember(delivery, name, doc_id)
        if lines > 4 * _MOST:
            self._renew()

    def receipt(self, delivery: str) -> str:
        """Their id of it; "" where it is not known to have arrived."""
        return self._known.get(delivery, ("", ""))[1]

    def claimed(self, name: str, but: str) -> frozenset[str]:
        """Their ids of other deliveries of that name."""
        return frozenset(doc for delivery, (said, doc) in self._known.items() if said == name and delivery != but)

    async def begun(self, delivery: str, name: str) -> None:
        """It is about to go. Not synced: only a crash of the machine forgets it, and the ledger knows then."""
        await asyncio.to_thread(self._write, [_line(delivery, name, "")], sync=False)

    async def arrived(self, delivery: str, name: str, doc_id: str) -> None:
        """They have it; durable when this returns. Those who wait share one fsync."""
        line = _line(delivery, name, doc_id)
        self._pending.append(line)
        async with self._turn:
            if line in self._pending:
                await self._shared()
        self._remember(delivery, name, doc_id)

    async def _shared(self) -> None:
        """Write what waits. Where that fails it waits on: whoever is next behind it would take it for written."""
        lines, self._pending = self._pending, []
        try:
            await asyncio.to_thread(self._write, lines, sync=True)
        except BaseException:
            self._pending = lines + self._pending
            raise

    def _remember(self, delivery: str, name: str, doc_id: str) -> None:
        self._known[delivery] = name, doc_id
        self._known.move_to_end(delivery)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)

    def _write(self, lines: Iterable[str], *, sync: bool) -> None:
        with self._writing:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                _append(descriptor, "".join(lines).encode())
                if sync:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _renew(self) -> None:
        draft = self._path.with_name(f".{_NAME}")
        with draft.open("w", encoding="utf-8") as file:
            file.writelines(_line(delivery, *said) for delivery, said in self._known.items())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)


def read(path: Path) -> Iterator[tuple[str, str, str]]:
    """Delivery, name and id ("": not known) of each line that can be read; a torn one is left out. Raises OSError."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        for line in file:
            with suppress(ValueError, KeyError, TypeError):
                said = json.loads(line)
                yield str(said["delivery"]), str(said["name"]), str(said["doc_id"])


def _mend(path: Path) -> None:
    """Cut off half a line that a crash left: nobody was told of it, and it would spoil the next."""
    with suppress(FileNotFoundError), path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LONGEST))
        tail = file.read()
        file.truncate(size - len(tail) + tail.rfind(b"\n") + 1)


def _append(descriptor: int, data: bytes) -> None:
    """All of it, however little the system takes at a time, or nothing. Raises OSError."""
    size, view = os.fstat(descriptor).st_size, memoryview(data)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError:
        with suppress(OSError):
            # Half a line would spoil the next.
            os.ftruncate(descriptor, size)
        raise


def _line(delivery: str, name: str, doc_id: str) -> str:
    return json.dumps({"delivery": delivery, "name": name, "doc_id": doc_id}) + "\n"
