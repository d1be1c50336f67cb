"""Conditions and changes of a mapping as SQLAlchemy takes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Enum,
    LargeBinary,
    String,
    Table,
    func,
    or_,
    select,
    update,
)

from plugins.eoffice.tables.mapping import TableMapping
from plugins.eoffice.tables.parts import Filter, Sets
from plugins.eoffice.tables.schema import Tables
from plugins.eoffice.tables.values import stored

#: Characters of a text that are read; what is longer is refused by the packet's own limits.
_LONGEST_TEXT = 40_000
_FIELD = re.compile(r"\{(\w+)\}")


def conditions(tables: Tables, table: str, where: Filter, mapping: TableMapping) -> list[ColumnElement[bool]]:
    """What rows of a table must be."""
    return [_condition(tables.column(table, name), value, mapping) for name, value in where.items()]


def _condition(column: Column[Any], value: object, mapping: TableMapping) -> ColumnElement[bool]:
    values = value if isinstance(value, list) else [value]
    some = column.in_([_meant_as(each, column, mapping) for each in values if each is not None])
    return or_(some, column.is_(None)) if None in values else some


def _meant_as(value: object, column: Column[Any], mapping: TableMapping) -> object:
    """An empty text is one, also where an empty value would be written as NULL."""
    return "" if value == "" and isinstance(column.type, String) else stored(value, column, mapping)


def changes(
    tables: Tables, table: str, sets: Sets, fields: Mapping[str, object], mapping: TableMapping
) -> dict[str, object]:
    """Column -> what it is to hold; a text of our own making is cut to what the column takes."""
    found: dict[str, object] = {}
    for name, value in sets.items():
        column = tables.column(table, name)
        found[str(column.key)] = stored(meant(value, fields), column, mapping, cut=True)
    return found


def meant(value: object, fields: Mapping[str, object]) -> object:
    """A value as it stands, or what the fields that it names say."""
    if not isinstance(value, str):
        return value
    if whole := _FIELD.fullmatch(value):
        return fields.get(whole[1])
    return _FIELD.sub(lambda field: str(fields.get(field[1]) or ""), value)


def change(connection: Connection, key: Column[Any], value: object, values: Mapping[str, object]) -> int:
    """Change the rows whose column holds that value. How many there were."""
    return connection.execute(update(_table(key)).where(key == value).values(dict(values))).rowcount if values else 0


def rows(
    connection: Connection,
    tables: Tables,
    table: str,
    columns: Mapping[str, str],
    where: Sequence[ColumnElement[bool]],
    most: int,
) -> list[dict[str, Any]]:
    """Field -> value of at most so many rows; no text is longer than anybody reads."""
    shown = [_bounded(tables.column(table, name)).label(field) for field, name in columns.items()]
    found = connection.execute(select(*shown).where(*where).limit(most)).mappings()
    return [{str(field): value for field, value in row.items()} for row in found]


def _bounded(column: Column[Any]) -> ColumnElement[Any]:
    long = isinstance(column.type, String | LargeBinary) and not isinstance(column.type, Enum)
    return func.substr(column, 1, _LONGEST_TEXT) if long else column


def _table(column: Column[Any]) -> Table:
    assert isinstance(column.table, Table)
    return column.table
