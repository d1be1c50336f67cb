"""Takes one answer of the central hub's directory in: read as it arrives, stored whole or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from pathlib import Path

from hub.agencies import KINDS, Enrolled, Reader
from hub.errors import HubError, StorageError
from hub.ledger import Ledger
from hub.ledger.agencies import Draft
from hub.log import logger
from hub.threads import in_thread

_PIECE = 256 * 1024


async def enrol(
    ledger: Ledger, unit: str, kind: str, chunks: AsyncIterable[bytes], *, shrunk: bool = False
) -> Enrolled:
    """Take an answer in. `unit`: by whose endpoint it came; `shrunk`: most of what is known may be missing in it.

    Raises what `chunks` raises, Refused (see `hub.connector.Inbox.directory`), StorageError; nothing is changed then.
    """
    reader = Reader(kind)
    with await ledger.agencies.draft(kind) as draft:
        async for chunk in chunks:
            await in_thread(_take, reader, draft, chunk)
        reader.close()
        draft.check(shrunk=shrunk)
        done = await ledger.agencies.enrol(draft, unit, reader.skipped, reader.odd)
    _tell(done)
    try:
        await ledger.agencies.sweep(kind)
    except StorageError as error:
        logger.warning("directory {}: what was there before is removed with the next answer: {}", kind, error)
    return done


def _take(reader: Reader, draft: Draft, chunk: bytes) -> None:
    for agency in reader.feed(chunk):
        draft.add(agency)


def _tell(done: Enrolled) -> None:
    counts = done.rows, done.added, done.changed, done.gone
    logger.info("directory {}: {} rows, {} added, {} changed, {} gone", done.kind, *counts)
    for reason, count in done.skipped.items():
        logger.warning("directory {}: {} rows left out: {}", done.kind, count, reason)
    if done.odd:
        logger.warning("directory {}: {} codes have neither official form", done.kind, done.odd)


async def enrol_file(ledger: Ledger, kind: str, file: Path, *, shrunk: bool = False) -> Enrolled:
    """Take a saved answer in. Raises HubError where there is no such kind or file, and as `enrol` does."""
    if kind not in KINDS:
        raise HubError(f"Không có danh bạ loại {kind} (one of {', '.join(KINDS)}).")
    try:
        return await enrol(ledger, "", kind, _pieces(file), shrunk=shrunk)
    except OSError as error:
        raise HubError(f"Không đọc được {file} (cannot be read): {error}") from error


async def _pieces(file: Path) -> AsyncIterator[bytes]:
    source = await in_thread(file.open, "rb")
    try:
        while piece := await in_thread(source.read, _PIECE):
            yield piece
    finally:
        source.close()
