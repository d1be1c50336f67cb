"""The directory of agencies as it is stored: an answer becomes a difference, a difference one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import IO, Any, Self, cast

from sqlalchemy import bindparam, delete, func, insert, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.agencies import Agency, Enrolled, beginnings, words_of
from hub.errors import Refused, StorageError
from hub.ledger.chain import canonical
from hub.ledger.records import columns
from hub.ledger.writer import Transaction, translate
from hub.tables import AgencyAliasRow, AgencyRow, MetaRow
from hub.vocabulary import Event

AGENCIES, ALIASES, META = columns(AgencyRow), columns(AgencyAliasRow), columns(MetaRow)
#: Before a kind of answer: where `meta` keeps what its last one brought.
ANSWERS = "directory:"
#: States of a row; only the first is found by a search.
LISTED, HIDDEN, DELETED, GONE = "listed", "hidden", "deleted", "gone"
_SAID = ("id", "pid", "name", "mail", "old_code", "state", "more")
TWICE = "mã lặp lại trong danh sách (code given twice)"

#: Rows written with one statement; bytes of a difference kept in memory.
_BATCH, _IN_MEMORY = 500, 1024 * 1024
#: An answer that has fewer than this part of what was listed is not believed, where there were this many.
_LEAST_PART, _FEW = 0.5, 20


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of one kind of answer."""

    kind: str
    #: what the last answer brought, as it stands in `meta`; "" before the first
    mark: str = ""
    #: code -> digest; 0: gone
    digests: dict[str, int] = field(default_factory=dict)


def known(connection: Connection, kind: str) -> Known:
    """What is stored of one kind of answer."""
    rows = connection.execute(select(AGENCIES.c.code, AGENCIES.c.digest).where(AGENCIES.c.kind == kind))
    return Known(kind, _mark(connection, kind), {row.code: row.digest for row in rows})


def _mark(connection: Connection, kind: str) -> str:
    return connection.execute(select(META.c.value).where(META.c.key == ANSWERS + kind)).scalar() or ""


class Draft:
    """The difference between what is stored and an answer that comes row by row. Blocking; only what differs is kept.

    Leave it with `with`: what it keeps lies in a file without a name in `folder`.
    """

    def __init__(self, stored: Known, folder: Path) -> None:
        self.kind, self.mark = stored.kind, stored.mark
        #: of what is stored, what no row named yet
        self._left = stored.digests
        self._listed = sum(digest != 0 for digest in stored.digests.values())
        self._codes: set[str] = set()
        self._spool = SpooledTemporaryFile(_IN_MEMORY, dir=str(folder))  # noqa: SIM115 - left by __exit__
        self.added = self.changed = self.twice = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spool.close()

    @property
    def rows(self) -> int:
        """Good rows so far."""
        return len(self._codes)

    @property
    def gone(self) -> list[str]:
        """The codes that were listed and that no row named."""
        return [code for code, digest in self._left.items() if digest]

    def add(self, agency: Agency) -> None:
        """Take one row. Raises StorageError."""
        if agency.code in self._codes:
            self.twice += 1
            return
        self._codes.add(agency.code)
        said = _said(agency)
        digest, before = _digest(said), self._left.pop(agency.code, 0)
        if before != digest:
            self.added += not before
            self.changed += bool(before)
            self._keep(_row(self.kind, agency, said, digest))

    def _keep(self, row: Mapping[str, Any]) -> None:
        try:
            self._spool.write(canonical(row).encode() + b"\n")
        except OSError as error:
            raise translate(error) from error

    def check(self, *, shrunk: bool = False) -> None:
        """Raise Refused("directory-shrunk") where so much is missing that it cannot be the whole directory.

        One without any row never is; `shrunk`: any other may be.
        """
        missing = len(self.gone)
        most = self._listed >= _FEW and self._listed - missing < self._listed * _LEAST_PART
        if not self.rows or (most and not shrunk):
            reason = f"Danh bạ mới chỉ có {self.rows} dòng dùng được, thiếu {missing} trong {self._listed} mã đã biết."
            raise Refused("directory-shrunk", reason)

    def batches(self) -> Iterator[list[dict[str, Any]]]:
        """The rows that are new or changed, some at a time, from the first on."""
        self._spool.seek(0)
        lines = cast("IO[bytes]", self._spool)
        while batch := [json.loads(line) for line in islice(lines, _BATCH)]:
            yield batch


def _said(agency: Agency) -> tuple[str, ...]:
    state = DELETED if agency.deleted else HIDDEN if agency.is_centre else LISTED
    more = canonical(dict(agency.more)) if agency.more else "{}"
    return agency.id, agency.pid, agency.name, agency.mail, agency.old_code, state, more


def _digest(said: Sequence[str]) -> int:
    # No text of an agency holds a NUL: what is joined by it cannot be read in two ways.
    return int.from_bytes(blake2b("\0".join(said).encode(), digest_size=8).digest(), signed=True) or 1


def _row(kind: str, agency: Agency, said: Sequence[str], digest: int) -> dict[str, Any]:
    words = words_of(agency.name)
    signs = beginnings(words.split())
    found = {"words": words, "found_by": words, "length": len(words), "own_signs": signs, "signs": signs}
    return {"kind": kind, "code": agency.code, "digest": digest} | found | dict(zip(_SAID, said, strict=True))


def enrol(transaction: Transaction, draft: Draft, unit: str, skipped: Mapping[str, int], odd: int) -> Enrolled:
    """Write a difference, with an event that says how much of each. Raises StorageError where another came first."""
    if _mark(transaction.connection, draft.kind) != draft.mark:
        raise StorageError("another answer changed the directory meanwhile: hand this one over again")
    for batch in draft.batches():
        _write(transaction, draft.kind, batch)
    gone = draft.gone
    for start in range(0, len(gone), _BATCH):
        _part(transaction, draft.kind, gone[start : start + _BATCH])
    if draft.added or draft.changed or gone:
        _rename(transaction, draft.kind)
        _place(transaction, draft.kind)
    left_out = dict(skipped) | ({TWICE: draft.twice} if draft.twice else {})
    done = Enrolled(draft.kind, draft.rows, draft.added, draft.changed, len(gone), left_out, odd)
    _tell(transaction, done, unit)
    return done


def _write(transaction: Transaction, kind: str, batch: Sequence[Mapping[str, Any]]) -> None:
    codes = [row["code"] for row in batch]
    transaction.execute(delete(AGENCIES).where(AGENCIES.c.kind == kind, AGENCIES.c.code.in_(codes)))
    transaction.execute(insert(AGENCIES), [{**row, "at": transaction.now} for row in batch])
    said = [row for row in batch if row["old_code"] not in ("", row["code"])]
    aliases = [
        {"alias": row["old_code"], "kind": kind, "code": row["code"], "how": "said", "at": transaction.now}
        for row in said
    ]
    transaction.execute(_new_aliases(transaction), aliases)


def _new_aliases(transaction: Transaction) -> Any:
    """An insert that leaves what is there as it is."""
    dialect = sqlite if transaction.connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(ALIASES).on_conflict_do_nothing()


def _part(transaction: Transaction, kind: str, codes: Sequence[str]) -> None:
    """They are not found any more, and answer to their codes on."""
    mine = (AGENCIES.c.kind == kind) & AGENCIES.c.code.in_(codes)
    transaction.execute(update(AGENCIES).where(mine).values(state=GONE, digest=0, at=transaction.now))


def _rename(transaction: Transaction, kind: str) -> None:
    """What had an id before answers for the one that has it now."""
    new, named = AGENCIES.alias("new"), ("alias", "kind", "code", "how", "at")
    same = (new.c.kind == kind) & (new.c.id == AGENCIES.c.id) & (new.c.state != GONE) & (new.c.code != AGENCIES.c.code)
    fresh = (AGENCIES.c.kind == kind) & (AGENCIES.c.state == GONE) & (AGENCIES.c.at == transaction.now)
    at = literal(transaction.now, AGENCIES.c.at.type)
    pairs = select(AGENCIES.c.code, AGENCIES.c.kind, new.c.code, literal("renamed"), at)
    pairs = pairs.select_from(AGENCIES.join(new, same)).where(fresh, AGENCIES.c.id != "")
    dialect = sqlite if transaction.connection.dialect.name == "sqlite" else postgresql
    transaction.execute(dialect.insert(ALIASES).from_select(named, pairs).on_conflict_do_nothing())


def _place(transaction: Transaction, kind: str) -> None:
    """What was written, and what belongs to it, is found by the words of what it belongs to."""
    above, fresh = AGENCIES.alias("above"), AGENCIES.alias("fresh")
    of_it = (above.c.kind == kind) & (above.c.id == AGENCIES.c.pid) & (above.c.code != AGENCIES.c.code)
    words, signs = (
        select(column).where(of_it).order_by(above.c.code).limit(1).scalar_subquery()
        for column in (above.c.words, above.c.own_signs)
    )
    written = select(fresh.c.id).where(fresh.c.kind == kind, fresh.c.at == bindparam("now"), fresh.c.id != "")
    concerned = or_(AGENCIES.c.at == bindparam("now"), AGENCIES.c.pid.in_(written))
    statement = update(AGENCIES).where(AGENCIES.c.kind == kind, AGENCIES.c.pid != "", concerned)
    found_by = AGENCIES.c.words + func.coalesce(words, "")
    joined = AGENCIES.c.own_signs.bitwise_or(func.coalesce(signs, 0))
    transaction.execute(statement.values(found_by=found_by, signs=joined), {"now": transaction.now})


def _tell(transaction: Transaction, done: Enrolled, unit: str) -> None:
    data: dict[str, object] = {
        "answer": done.kind,
        "rows": done.rows,
        "added": done.added,
        "changed": done.changed,
        "gone": done.gone,
        "skipped": dict(done.skipped),
        "odd": done.odd,
    }
    key = ANSWERS + done.kind
    transaction.execute(delete(META).where(META.c.key == key))
    said = data | {"at": transaction.now.isoformat(), "unit": unit}
    transaction.execute(insert(META), [{"key": key, "value": canonical(said)}])
    transaction.record(Event("directory", transaction.now, unit=unit, data=data))
