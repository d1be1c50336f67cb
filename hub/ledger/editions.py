"""A large difference of the directory, in steps that hold nobody up: a new edition beside the one that readers see.

Each step is a transaction that writes no more than so many rows. The last one shows the new edition. What an edition
that was never shown left, and what was shown before, is removed in steps too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, insert, literal, select

from hub.agencies import Enrolled
from hub.ledger.enrolment import (
    AGENCIES,
    ALIASES,
    GONE,
    STEP,
    Draft,
    edition_of,
    of,
    place,
    rename,
    show,
    unchanged,
    write,
)
from hub.ledger.writer import Transaction

_Code = str


def begin(transaction: Transaction, draft: Draft) -> datetime:
    """The moment that stands for all of it. Raises StorageError where another answer came first."""
    unchanged(transaction, draft)
    return transaction.now


def stage(transaction: Transaction, draft: Draft, batch: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Rows that are new or changed."""
    write(transaction, draft.edition + 1, batch, now)


def carry(transaction: Transaction, draft: Draft, gone: frozenset[_Code], after: _Code, now: datetime) -> _Code:
    """The next of those that stay as they are, or are gone. Returns the last one's code; "": that was all."""
    page = _page(transaction, of(draft.kind, draft.edition), after)
    if not page:
        return ""
    left = [code for code in page if code in gone]
    lost = {"state": GONE, "digest": 0}
    _copy(transaction, draft, AGENCIES.c.code.in_(left), {**lost, "at": now})
    _copy(transaction, draft, _between(after, page[-1]) & AGENCIES.c.code.not_in(left), {})
    return page[-1]


def rename_gone(transaction: Transaction, draft: Draft, gone: frozenset[_Code], after: _Code, now: datetime) -> _Code:
    """Whoever has the ids of those that are gone answers to their codes. Returns as `carry` does."""
    page = sorted(code for code in gone if code > after)[:STEP]
    if page:
        rename(transaction, draft.kind, draft.edition + 1, AGENCIES.c.code.in_(page), now)
    return page[-1] if page else ""


def found(transaction: Transaction, draft: Draft, after: _Code) -> _Code:
    """The next are found by the words of what they belong to. Returns the last one's code; "": that was all."""
    page = _page(transaction, of(draft.kind, draft.edition + 1), after)
    if page:
        place(transaction, draft.kind, draft.edition + 1, _between(after, page[-1]))
    return page[-1] if page else ""


def publish(transaction: Transaction, draft: Draft, unit: str, skipped: Mapping[str, int], odd: int) -> Enrolled:
    """From now on readers see the new edition. Raises StorageError where another answer came first."""
    unchanged(transaction, draft)
    return show(transaction, draft, draft.edition + 1, unit, skipped, odd)


def sweep(transaction: Transaction, kind: str, after: _Code) -> _Code:
    """Remove the next rows that readers do not see. Returns the last one's code; "": that was all."""
    edition = edition_of(transaction.connection, kind)
    unseen = (AGENCIES.c.kind == kind) & (AGENCIES.c.edition != edition)
    page = _page(transaction, unseen, after)
    if page:
        transaction.execute(delete(AGENCIES).where(unseen, _between(after, page[-1])))
        return page[-1]
    return ""


def sweep_aliases(transaction: Transaction, kind: str) -> bool:
    """Remove some of the other codes that an edition which was never shown left. Whether there were any."""
    edition = edition_of(transaction.connection, kind)
    unseen = (ALIASES.c.kind == kind) & (ALIASES.c.edition > edition)
    wanted = select(ALIASES.c.alias).where(unseen).order_by(ALIASES.c.alias).limit(STEP)
    some = transaction.execute(wanted).scalars().all()
    if some:
        transaction.execute(delete(ALIASES).where(unseen, ALIASES.c.alias.in_(some)))
    return bool(some)


def _page(transaction: Transaction, which: ColumnElement[bool], after: _Code) -> Sequence[_Code]:
    """The next codes, in their order."""
    wanted = select(AGENCIES.c.code).where(which, AGENCIES.c.code > after).order_by(AGENCIES.c.code)
    codes: Sequence[_Code] = transaction.execute(wanted.distinct().limit(STEP)).scalars().all()
    return codes


def _between(after: _Code, last: _Code) -> ColumnElement[bool]:
    return (AGENCIES.c.code > after) & (AGENCIES.c.code <= last)


def _copy(transaction: Transaction, draft: Draft, which: ColumnElement[bool], differs: Mapping[str, Any]) -> None:
    """From the edition that is seen into the next one, where that has no such row yet."""
    new = AGENCIES.alias("new")
    values: dict[str, Any] = {**differs, "edition": draft.edition + 1}
    said = [literal(values[each.name], each.type) if each.name in values else each for each in AGENCIES.c]
    there = exists().where(new.c.kind == draft.kind, new.c.edition == draft.edition + 1, new.c.code == AGENCIES.c.code)
    rows = select(*said).where(of(draft.kind, draft.edition), which, ~there)
    transaction.execute(insert(AGENCIES).from_select([each.name for each in AGENCIES.c], rows))
