"""The hash chain over events: what a line's hash covers, and how a chain is checked. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

#: What the first line of a writer is chained to.
GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Line:
    """One event as the ledger stores it."""

    writer: str
    seq: int
    at: datetime
    kind: str
    envelope_id: str
    delivery_id: str
    unit: str
    #: canonical JSON
    data: str
    hash: str = ""


def canonical(data: object) -> str:
    """JSON in one form only: sorted keys, no spaces, text as it is."""
    return _SAY(data)


_SAY = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def digest(previous: str, line: Line) -> str:
    """SHA-256 (hex) over the hash before and everything the line says."""
    said = [line.writer, line.seq, line.at.isoformat(), line.kind, line.envelope_id, line.delivery_id, line.unit]
    return hashlib.sha256("\n".join([previous, canonical(said), line.data]).encode()).hexdigest()


def broken(lines: Iterable[Line]) -> Iterator[tuple[Line, str]]:
    """The lines of one writer, in order, that do not follow from the line before, with the reason."""
    previous, expected = GENESIS, 1
    for line in lines:
        if line.seq != expected:
            yield line, f"line {expected} is missing"
        elif line.hash != digest(previous, line):
            yield line, "its hash does not follow from the line before"
        previous, expected = line.hash, line.seq + 1
