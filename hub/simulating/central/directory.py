"""Organisations in the database, and whose code is whose. Every function runs in the database's thread."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hub.config.systems import System, owner
from hub.simulating.central.agencies import Agency

PAGE = 1000
#: ids from here on belong to organisations that were not made up
_OWN_IDS = 10_000_000
_NAMES = (
    "code", "name", "qd20", "old_code", "mail", "mobile", "fax", "center", "system", "is_agency", "locked", "deleted",
)  # fmt: skip
_INSERT = f"""
INSERT INTO agency (id, pid, {", ".join(_NAMES)}, version, modified)
VALUES (:id, :pid, {", ".join(f":{each}" for each in _NAMES)}, 1, :at)
"""  # noqa: S608 - texts of this module
_REPLACE = """
ON CONFLICT (code) DO UPDATE SET name=:name, mail=:mail, mobile=:mobile, fax=:fax, system=:system, deleted=:deleted,
    locked=:locked, pid=CASE WHEN :pid THEN :pid ELSE pid END, version=version+1, modified=:at
"""


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of the directory."""

    id: int
    pid: int
    code: str
    qd20: str
    old_code: str
    name: str
    mail: str
    center: str
    version: int
    #: seconds since 1970
    modified: float
    is_agency: bool
    deleted: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a code can be sent to, or for, and by whom it is fetched."""

    exists: bool = False
    locked: bool = False
    #: the systemid that it belongs to; "": nobody fetches for it
    system: str = ""


def fill(connection: sqlite3.Connection, agencies: Iterable[Agency], at: float) -> None:
    """Add the organisations whose code nobody has yet."""
    rows = ({**_placed(connection, each), "at": at} for each in agencies)
    connection.executemany(_INSERT + "ON CONFLICT DO NOTHING", rows)


def put(connection: sqlite3.Connection, agency: Agency, at: float) -> None:
    """Add one organisation, or change the one of that code."""
    connection.execute(_INSERT + _REPLACE, {**_placed(connection, agency), "at": at})


def seat(connection: sqlite3.Connection, systems: Sequence[System], at: float) -> None:
    """Have every system, and every code that is named as its own, in the directory."""
    known = {code for (code,) in connection.execute("SELECT code FROM agency WHERE system <> ''")}
    for system in systems:
        for code in {system.code: None, **dict.fromkeys(system.units or ())}:
            if code not in known:
                name = system.name if code == system.code else f"Đơn vị của {system.name}"
                put(connection, Agency(code, name, system=system.code), at)


def remove(connection: sqlite3.Connection, code: str, at: float) -> None:
    """The organisation of that code is no more; it stays in the list of changes."""
    connection.execute("UPDATE agency SET deleted=1, version=version+1, modified=? WHERE code=?", (at, code))


def page(connection: sqlite3.Connection, after: int, *, deleted: bool) -> list[Listed]:
    """The next rows of the directory by id, those that are no more only where wanted."""
    found = connection.execute(
        "SELECT id, pid, code, qd20, old_code, name, mail, center, version, modified, is_agency, deleted FROM agency"
        " WHERE id > ? AND deleted <= ? ORDER BY id LIMIT ?",
        (after, deleted, PAGE),
    )
    return [Listed(*each) for each in found]


def codes(connection: sqlite3.Connection, ids: Iterable[int]) -> Mapping[int, str]:
    """The codes of the organisations with these ids."""
    wanted = json.dumps(sorted(set(ids)))
    found = connection.execute("SELECT id, code FROM agency WHERE id IN (SELECT value FROM json_each(?))", [wanted])
    return {int(id_): str(code) for id_, code in found}


def standings(
    connection: sqlite3.Connection, codes: Iterable[str], systems: Sequence[System]
) -> Mapping[str, Standing]:
    """How each code stands: its own row in the directory first, then what systems.yaml says."""
    return {code: _standing(_row(connection, code), owner(code, systems)) for code in codes}


def _standing(row: tuple[str, int, int] | None, by_file: System | None) -> Standing:
    fetched_by = by_file.code if by_file else ""
    if row is None:
        return Standing(bool(by_file), system=fetched_by)
    system, locked, deleted = row
    return Standing(not deleted, bool(locked), fetched_by or system)


def _row(connection: sqlite3.Connection, code: str) -> tuple[str, int, int] | None:
    found: tuple[str, int, int] | None = connection.execute(
        "SELECT system, locked, deleted FROM agency WHERE code=?", (code,)
    ).fetchone()
    return found


def _placed(connection: sqlite3.Connection, agency: Agency) -> dict[str, object]:
    """Its columns, with an id of its own and its parent's."""
    return {
        **{name: getattr(agency, name) for name in _NAMES},
        "id": agency.id or _next_id(connection),
        "pid": agency.pid or _parent(connection, agency.pcode),
    }


def _next_id(connection: sqlite3.Connection) -> int:
    return max(int(connection.execute("SELECT coalesce(max(id), 0) FROM agency").fetchone()[0]) + 1, _OWN_IDS)


def _parent(connection: sqlite3.Connection, code: str) -> int:
    found = connection.execute("SELECT id FROM agency WHERE code=?", (code,)).fetchone() if code else None
    return int(found[0]) if found else 0
