"""The directory of agencies as it is stored: an answer becomes a difference, a small one is one transaction.

Of each kind of answer readers see one edition, the one that `agency_edition` names. A small difference is written into
it. A large one would keep everybody else from writing for too long: `editions` makes a new edition of it, in steps.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import IO, Any, Self, cast

from sqlalchemy import ColumnElement, delete, exists, func, insert, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from hub.agencies import Agency, Enrolled, beginnings, words_of
from hub.errors import Refused, StorageError
from hub.ledger.chain import canonical
from hub.ledger.records import columns
from hub.ledger.writer import Transaction, translate
from hub.tables import AgencyAliasRow, AgencyEditionRow, AgencyRow, MetaRow
from hub.vocabulary import Event

AGENCIES, ALIASES, META = columns(AgencyRow), columns(AgencyAliasRow), columns(MetaRow)
EDITIONS = columns(AgencyEditionRow)
#: Before a kind of answer: where `meta` keeps what its last one brought.
ANSWERS = "directory:"
#: States of a row; only the first is found by a search.
LISTED, HIDDEN, DELETED, GONE = "listed", "hidden", "deleted", "gone"
_SAID = ("id", "pid", "name", "mail", "old_code", "state", "more")
#: A row of `agency` as a draft keeps it: these, in this order.
_KEPT = ("kind", "code", "digest", "words", "found_by", "length", "own_signs", "signs", *_SAID)
_WRITE = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_READ = json.JSONDecoder().decode
TWICE = "mã lặp lại trong danh sách (code given twice)"

#: Rows written with one statement; bytes of a difference kept in memory.
BATCH, _IN_MEMORY = 1000, 1024 * 1024
#: Rows that one transaction may write or change: others wait meanwhile.
STEP = 1000
#: An answer that has fewer than this part of what was listed is not believed, where there were this many.
_LEAST_PART, _FEW = 0.5, 20


@dataclass(frozen=True, slots=True)
class Known:
    """What readers see of one kind of answer."""

    kind: str
    #: what the last answer brought, as it stands in `meta`; "" before the first
    mark: str = ""
    #: 0 before the first
    edition: int = 0
    #: code -> digest; 0: gone
    digests: dict[str, int] = field(default_factory=dict)


def shown(agencies: Any = AGENCIES) -> ColumnElement[bool]:
    """Whether readers see a row of `agency`."""
    return exists().where(EDITIONS.c.kind == agencies.c.kind, EDITIONS.c.edition == agencies.c.edition)


def alias_shown() -> ColumnElement[bool]:
    """Whether readers see a row of `agency_alias`."""
    return exists().where(EDITIONS.c.kind == ALIASES.c.kind, EDITIONS.c.edition >= ALIASES.c.edition)


def known(connection: Connection, kind: str) -> Known:
    """What readers see of one kind of answer. The mark is read first: it tells of whatever came in between."""
    mark, edition = mark_of(connection, kind), edition_of(connection, kind)
    wanted = select(AGENCIES.c.code, AGENCIES.c.digest).where(AGENCIES.c.kind == kind, AGENCIES.c.edition == edition)
    return Known(kind, mark, edition, {row.code: row.digest for row in connection.execute(wanted)})


def mark_of(connection: Connection, kind: str) -> str:
    """What the last answer of a kind brought, as it stands in `meta`."""
    return connection.execute(select(META.c.value).where(META.c.key == ANSWERS + kind)).scalar() or ""


def edition_of(connection: Connection, kind: str) -> int:
    """The edition that readers see; 0: none yet."""
    return connection.execute(select(EDITIONS.c.edition).where(EDITIONS.c.kind == kind)).scalar() or 0


class Draft:
    """The difference between what is stored and an answer that comes row by row. Blocking; only what differs is kept.

    Leave it with `with`: what it keeps lies in a file without a name in `folder`.
    """

    def __init__(self, stored: Known, folder: Path) -> None:
        self.kind, self.mark, self.edition = stored.kind, stored.mark, stored.edition
        #: ids of what is new or changed: what belongs to them is found by their words. No more than a step may have
        self.ids: list[str] = []
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
    def differing(self) -> int:
        """Rows that are new, changed or gone."""
        return self.added + self.changed + len(self.gone)

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
            if agency.id and len(self.ids) <= STEP:
                self.ids.append(agency.id)
            self._keep(_row(self.kind, agency, said, digest))

    def _keep(self, row: Sequence[str | int]) -> None:
        try:
            self._spool.write(_WRITE(row).encode() + b"\n")
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
        while batch := [dict(zip(_KEPT, _READ(line.decode()), strict=True)) for line in islice(lines, BATCH)]:
            yield batch


def _said(agency: Agency) -> tuple[str, ...]:
    state = DELETED if agency.deleted else HIDDEN if agency.is_centre else LISTED
    more = canonical(dict(agency.more)) if agency.more else "{}"
    return agency.id, agency.pid, agency.name, agency.mail, agency.old_code, state, more


def _digest(said: Sequence[str]) -> int:
    # No text of an agency holds a NUL: what is joined by it cannot be read in two ways.
    return int.from_bytes(blake2b("\0".join(said).encode(), digest_size=8).digest(), signed=True) or 1


def _row(kind: str, agency: Agency, said: Sequence[str], digest: int) -> list[str | int]:
    """The values of `_KEPT`."""
    words = words_of(agency.name)
    signs = beginnings(words.split())
    return [kind, agency.code, digest, words, words, len(words), signs, signs, *said]


def is_small(connection: Connection, draft: Draft) -> bool:
    """Whether one transaction that writes the difference, and what is found by it, holds nobody up."""
    if draft.differing > STEP:
        return False
    mine = (AGENCIES.c.kind == draft.kind) & (AGENCIES.c.edition == draft.edition)
    below = (
        select(func.count()).select_from(AGENCIES).where(mine, AGENCIES.c.pid.in_(draft.ids[start : start + BATCH]))
        for start in range(0, len(draft.ids), BATCH)
    )
    return sum(connection.execute(count).scalar() or 0 for count in below) <= STEP


def enrol(transaction: Transaction, draft: Draft, unit: str, skipped: Mapping[str, int], odd: int) -> Enrolled:
    """Write a small difference, with an event that says how much of each.

    Raises StorageError where another came first.
    """
    unchanged(transaction, draft)
    edition, now = draft.edition or 1, transaction.now
    for batch in draft.batches():
        codes = [row["code"] for row in batch]
        transaction.execute(delete(AGENCIES).where(of(draft.kind, edition), AGENCIES.c.code.in_(codes)))
        write(transaction, edition, batch, now)
    gone = draft.gone
    for start in range(0, len(gone), BATCH):
        _part(transaction, of(draft.kind, edition) & AGENCIES.c.code.in_(gone[start : start + BATCH]))
    if draft.differing:
        at_once = AGENCIES.c.at == literal(now, AGENCIES.c.at.type)
        rename(transaction, draft.kind, edition, at_once, now)
        fresh = AGENCIES.alias("fresh")
        written = select(fresh.c.id).where(fresh.c.kind == draft.kind, fresh.c.edition == edition)
        written = written.where(fresh.c.at == literal(now, fresh.c.at.type), fresh.c.id != "")
        place(transaction, draft.kind, edition, or_(at_once, AGENCIES.c.pid.in_(written)))
    return show(transaction, draft, edition, unit, skipped, odd)


def unchanged(transaction: Transaction, draft: Draft) -> None:
    """Raise StorageError where another answer came first."""
    if mark_of(transaction.connection, draft.kind) != draft.mark:
        raise StorageError("another answer changed the directory meanwhile: hand this one over again")


def show(
    transaction: Transaction, draft: Draft, edition: int, unit: str, skipped: Mapping[str, int], odd: int
) -> Enrolled:
    """From now on readers see this edition; an event says what the answer brought."""
    if edition != draft.edition:
        transaction.execute(delete(EDITIONS).where(EDITIONS.c.kind == draft.kind))
        transaction.execute(insert(EDITIONS), [{"kind": draft.kind, "edition": edition}])
    left_out = dict(skipped) | ({TWICE: draft.twice} if draft.twice else {})
    done = Enrolled(draft.kind, draft.rows, draft.added, draft.changed, len(draft.gone), left_out, odd)
    _tell(transaction, done, unit)
    return done


def of(kind: str, edition: int) -> ColumnElement[bool]:
    """The rows of one edition of one kind of answer."""
    return (AGENCIES.c.kind == kind) & (AGENCIES.c.edition == edition)


def write(transaction: Transaction, edition: int, batch: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Rows that are new or changed, and the other codes that they name."""
    transaction.execute(insert(AGENCIES), [{**row, "edition": edition, "at": now} for row in batch])
    said = [row for row in batch if row["old_code"] not in ("", row["code"])]
    aliases = [
        {"alias": row["old_code"], "edition": edition, "how": "said", "at": now}
        | {name: row[name] for name in ("kind", "code")}
        for row in said
    ]
    transaction.execute(_insert(transaction).on_conflict_do_nothing(), aliases)


def _insert(transaction: Transaction) -> Any:
    return (sqlite if transaction.connection.dialect.name == "sqlite" else postgresql).insert(ALIASES)


def _part(transaction: Transaction, mine: ColumnElement[bool]) -> None:
    """They are not found any more, and answer to their codes on."""
    transaction.execute(update(AGENCIES).where(mine).values(state=GONE, digest=0, at=transaction.now))


def rename(transaction: Transaction, kind: str, edition: int, which: ColumnElement[bool], now: datetime) -> None:
    """Of those that are gone: what had an id before answers for the one that has it now."""
    new, named = AGENCIES.alias("new"), ("alias", "kind", "code", "edition", "how", "at")
    same = (new.c.kind == kind) & (new.c.edition == edition) & (new.c.id == AGENCIES.c.id)
    same &= (new.c.state != GONE) & (new.c.code != AGENCIES.c.code)
    at, edited = literal(now, AGENCIES.c.at.type), literal(edition)
    pairs = select(AGENCIES.c.code, AGENCIES.c.kind, new.c.code, edited, literal("renamed"), at)
    pairs = pairs.select_from(AGENCIES.join(new, same)).where(of(kind, edition), which)
    pairs = pairs.where(AGENCIES.c.state == GONE, AGENCIES.c.id != "")
    transaction.execute(_insert(transaction).from_select(named, pairs).on_conflict_do_nothing())


def place(transaction: Transaction, kind: str, edition: int, which: ColumnElement[bool]) -> None:
    """These are found by the words of what they belong to, too."""
    above = AGENCIES.alias("above")
    of_it = (above.c.kind == kind) & (above.c.edition == edition)
    of_it &= (above.c.id == AGENCIES.c.pid) & (above.c.code != AGENCIES.c.code)
    words, signs = (
        select(column).where(of_it).order_by(above.c.code).limit(1).scalar_subquery()
        for column in (above.c.words, above.c.own_signs)
    )
    found_by = AGENCIES.c.words + func.coalesce(words, "")
    joined = AGENCIES.c.own_signs.bitwise_or(func.coalesce(signs, 0))
    placed = update(AGENCIES).where(of(kind, edition), AGENCIES.c.pid != "", which)
    transaction.execute(placed.values(found_by=found_by, signs=joined))


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
