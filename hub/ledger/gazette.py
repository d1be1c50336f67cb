"""Looks into the directory of agencies: by words, by code, and what it teaches about our own units' codes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, exists, func, literal, select
from sqlalchemy.engine import Connection

from hub.agencies import KINDS, asked, beginnings, nearness
from hub.directory import normalise
from hub.ledger.enrolment import AGENCIES, ALIASES, ANSWERS, LISTED, META, alias_shown, shown
from hub.serving import Agency

#: How often a code may have been changed for another, one after the other.
_LONGEST_WAY = 5
_IN_ONE = 500
#: Of those that have all the words, so many of the shortest are ranked.
_MOST_RANKED = 1000
#: kind and code
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Listing:
    """An agency as people look at it."""

    code: str
    old_code: str
    name: str
    #: what it belongs to, "" where the directory does not say
    parent: str
    parent_code: str
    mail: str
    #: listed | hidden (an exchange centre) | deleted | gone (in no answer any more)
    state: str
    #: the operation that gave it
    kind: str
    at: datetime
    more: Mapping[str, str]
    #: every other code that it answers to
    aliases: tuple[str, ...] = ()


def search(connection: Connection, text: str, limit: int) -> list[Listing]:
    """The agencies that have all these words, diacritics or not, the nearest first; "" finds nobody.

    A word may begin one of the name, or of the name of what it belongs to (`hub.agencies.nearness`). Where there are
    none such, it may stand anywhere inside. A single word with a digit in it is a code, or the beginning of one.
    """
    words = asked(text)
    if not words:
        return []
    keys = _coded(connection, normalise(text), limit) if _is_code(text) else []
    keys = keys or _worded(connection, words, _begins(words))
    # The index knows nothing of what stands inside a word, so it is kept out of it.
    keys = keys or _worded(connection, words, _inside(words), func.coalesce(AGENCIES.c.state, ""))
    return _fresh(connection, keys[: limit * 2])[:limit]


def _is_code(text: str) -> bool:
    return len(text.split()) == 1 and any(sign.isdigit() for sign in text)


def _coded(connection: Connection, code: str, limit: int) -> list[_Key]:
    exact = [(one.kind, one.code) for one in named(connection, code)]
    begun = (AGENCIES.c.state == LISTED) & (func.substr(AGENCIES.c.code, 1, len(code)) == code)
    query = select(AGENCIES.c.kind, AGENCIES.c.code).where(begun, shown()).order_by(AGENCIES.c.code, AGENCIES.c.kind)
    rows = connection.execute(query.limit(limit)).all()
    return list(dict.fromkeys([*exact, *((row.kind, row.code) for row in rows)]))


def _begins(words: Sequence[str]) -> Any:
    # What cannot have all these words is passed over by the index alone.
    signs = beginnings(words)
    return and_(AGENCIES.c.signs.bitwise_and(signs) == signs, *_like("% {}%", words))


def _inside(words: Sequence[str]) -> Any:
    return and_(*_like("%{}%", words))


def _like(form: str, words: Sequence[str]) -> Iterator[Any]:
    """The longest first: they are the rarest."""
    return (AGENCIES.c.found_by.like(form.format(word)) for word in sorted(words, key=len, reverse=True))


def _worded(connection: Connection, words: Sequence[str], has: Any, state: Any = AGENCIES.c.state) -> list[_Key]:
    wanted = select(*(AGENCIES.c[name] for name in ("kind", "code", "words", "found_by")))
    rows = connection.execute(
        wanted.where(state == LISTED, has, shown()).order_by(AGENCIES.c.length).limit(_MOST_RANKED)
    ).all()
    ranked = sorted(rows, key=lambda row: (*nearness(words, row.words, row.found_by), row.words, row.code, row.kind))
    return [(row.kind, row.code) for row in ranked]


def _fresh(connection: Connection, keys: Sequence[_Key]) -> list[Listing]:
    """Of these, in their order: each code once, none that another one of them took the place of."""
    kinds, codes = {kind for kind, _ in keys}, {code for _, code in keys}
    mine = AGENCIES.c.kind.in_(kinds) & AGENCIES.c.code.in_(codes)
    rows = connection.execute(select(AGENCIES).where(mine, shown())).all()
    replaced = {row.old_code for row in rows if row.old_code != row.code}
    by_key = {(row.kind, row.code): row for row in rows}
    best = {code: by_key[kind, code] for kind, code in reversed(keys) if code not in replaced}
    return list(_listings(connection, [best[code] for code in dict.fromkeys(code for _, code in keys) if code in best]))


def named(connection: Connection, code: str) -> list[Listing]:
    """The agencies of this code, whatever became of them, and those that answer to it now."""
    reached = {normalise(code)}
    for _ in range(_LONGEST_WAY):
        ahead = select(ALIASES.c.code).where(ALIASES.c.alias.in_(sorted(reached)), alias_shown())
        if not (found := set(connection.execute(ahead).scalars()) - reached):
            break
        reached |= found
    own = AGENCIES.c.kind.in_(KINDS) & AGENCIES.c.code.in_(sorted(reached))
    rows = connection.execute(select(AGENCIES).where(own, shown())).all()
    ranked = sorted(rows, key=lambda row: (row.state != LISTED, row.code != normalise(code), row.code, row.kind))
    return list(_listings(connection, ranked))


def names(connection: Connection, codes: Collection[str]) -> dict[str, str]:
    """What those of these codes are called that the directory knows, an older code too; in one query."""
    wanted = {normalise(code): code for code in codes}
    own = select(AGENCIES.c.code.label("said"), AGENCIES.c.name, AGENCIES.c.state, literal(0).label("rank"))
    own = own.where(AGENCIES.c.kind.in_(KINDS), AGENCIES.c.code.in_(wanted), shown())
    held = (AGENCIES.c.kind == ALIASES.c.kind) & (AGENCIES.c.code == ALIASES.c.code)
    other = select(ALIASES.c.alias, AGENCIES.c.name, AGENCIES.c.state, literal(1)).join_from(ALIASES, AGENCIES, held)
    other = other.where(ALIASES.c.alias.in_(wanted), shown(), alias_shown())
    rows = connection.execute(own.union_all(other)).all()
    ranked = sorted(rows, key=lambda row: (row.state != LISTED, row.rank, row.name), reverse=True)
    return {wanted[row.said]: row.name for row in ranked}


def _listings(connection: Connection, rows: Sequence[Row[Any]]) -> Iterator[Listing]:
    parents = {(row.kind, row.id): row for row in _parents(connection, rows)}
    others = _others(connection, [row.code for row in rows])
    for row in rows:
        above = parents.get((row.kind, row.pid))
        aliases = tuple(sorted({alias for alias in others.get(row.code, ()) if alias != row.code}))
        if above and above.code == row.code:
            above = None
        yield Listing(
            code=row.code,
            old_code=row.old_code,
            name=row.name,
            parent=above.name if above else "",
            parent_code=above.code if above else "",
            mail=row.mail,
            state=row.state,
            kind=row.kind,
            at=row.at,
            more=json.loads(row.more),
            aliases=aliases,
        )


def _parents(connection: Connection, rows: Sequence[Row[Any]]) -> Sequence[Any]:
    kinds, ids = {row.kind for row in rows}, {row.pid for row in rows if row.pid}
    query = select(AGENCIES.c.kind, AGENCIES.c.id, AGENCIES.c.code, AGENCIES.c.name)
    return connection.execute(query.where(AGENCIES.c.kind.in_(kinds), AGENCIES.c.id.in_(ids), shown())).all()


def _others(connection: Connection, codes: Collection[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    wanted = select(ALIASES.c.alias, ALIASES.c.code).where(ALIASES.c.code.in_(list(codes)), alias_shown())
    for row in connection.execute(wanted):
        found.setdefault(row.code, []).append(row.alias)
    return found


def listed(connection: Connection, kind: str, after: str) -> list[Agency]:
    """The next rows of one kind of answer behind a code, as the central hub gave them."""
    mine = (AGENCIES.c.kind == kind) & (AGENCIES.c.code > after) & (AGENCIES.c.state == LISTED)
    rows = connection.execute(select(AGENCIES).where(mine, shown()).order_by(AGENCIES.c.code).limit(_MOST_RANKED))
    return [Agency(row.id, row.pid, row.code, row.name, row.mail, row.old_code, json.loads(row.more)) for row in rows]


def learned(connection: Connection, ours: Mapping[str, str]) -> dict[str, str]:
    """What else our units are called: code -> unit, for codes that are not in `ours` (normalised code -> unit).

    Older codes of one of ours, and newer ones, step by step. A code that would mean two units means none. A code that
    is another agency's own in the same answer is left alone.
    """
    found: dict[str, set[str]] = {}
    for near, far in ((ALIASES.c.code, ALIASES.c.alias), (ALIASES.c.alias, ALIASES.c.code)):
        reached = {code: {unit} for code, unit in ours.items()}
        for _ in range(_LONGEST_WAY):
            reached = _step(connection, near, far, reached, ours)
            for code, units in reached.items():
                found.setdefault(code, set()).update(units)
    return {code: next(iter(units)) for code, units in found.items() if len(units) == 1}


def _step(
    connection: Connection, near: Any, far: Any, reached: Mapping[str, set[str]], ours: Mapping[str, str]
) -> dict[str, set[str]]:
    ahead: dict[str, set[str]] = {}
    codes = sorted(reached)
    own = exists().where(
        AGENCIES.c.kind == ALIASES.c.kind, AGENCIES.c.code == ALIASES.c.alias, AGENCIES.c.state == LISTED, shown()
    )
    for start in range(0, len(codes), _IN_ONE):
        some = near.in_(codes[start : start + _IN_ONE])
        query = select(near.label("near"), far.label("far")).where(some, alias_shown(), ~own)
        for row in connection.execute(query):
            if row.far not in ours:
                ahead.setdefault(row.far, set()).update(reached[row.near])
    return ahead


def answers(connection: Connection) -> list[dict[str, Any]]:
    """What the last answer of each kind brought: "answer", "at", "rows", "added", "changed", "gone", "skipped"."""
    query = select(META.c.value).where(META.c.key.startswith(ANSWERS)).order_by(META.c.key)
    return [json.loads(value) for value in connection.execute(query).scalars()]
