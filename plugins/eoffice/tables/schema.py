"""The real tables that a mapping means: found whatever the case of their names, and compared with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Column, Connection, Inspector, MetaData, String, Table, UniqueConstraint, inspect

from plugins.eoffice.tables.failures import Kind, Trouble
from plugins.eoffice.tables.mapping import InTables, OutTables, TableMapping

#: Mistakes that one message names.
_MOST = 10
#: Characters of a delivery's id.
_ID = 26


class Tables:
    """Tables and columns of the database by the names that a mapping gives them."""

    def __init__(self, found: Mapping[str, Table]) -> None:
        self._found = found
        self._columns = {
            name: {str(column.name).casefold(): column for column in table.columns} for name, table in found.items()
        }

    def table(self, name: str) -> Table:
        """The table of that name. Raises Trouble where there is none."""
        if name not in self._found:
            raise Trouble(Kind.SCHEMA, f"không có bảng {name}")
        return self._found[name]

    def column(self, table: str, name: str) -> Column[Any]:
        """The column of that name. Raises Trouble where there is none."""
        self.table(table)
        found = self._columns[table].get(name.casefold())
        if found is None:
            raise Trouble(Kind.SCHEMA, f"bảng {table} không có cột {name}")
        return found

    def missing(self, mapping: TableMapping) -> list[str]:
        """Every table and column that the mapping names and the database lacks, in words."""
        return list(self._missing(mapping))

    def _missing(self, mapping: TableMapping) -> Iterator[str]:
        for table, columns in mapping.named().items():
            if table not in self._found:
                yield f"không có bảng {table}"
                continue
            there = self._columns[table]
            for name in columns:
                if name.casefold() not in there:
                    yield f"bảng {table} không có cột {name}{_near(name, [str(c.name) for c in there.values()])}"

    def unsafe(self) -> list[str]:
        """Every table that knows no transactions, in words: nothing could be undone there."""
        engines = {name: _engine(table) for name, table in self._found.items()}
        return [
            f"bảng {name} dùng {engine}, không có giao dịch: đổi sang InnoDB"
            for name, engine in engines.items()
            if engine and engine.casefold() != "innodb"
        ]

    def narrow(self, mapping: TableMapping) -> list[str]:
        """Every column that cannot hold our id of a delivery, in words: in a number it would be another's."""
        columns = [self.column(each.table, each.key) for each in _boxes(mapping.inbox)]
        return [
            f"cột {column.table.name}.{column.name} phải là chuỗi từ {_ID} ký tự trở lên (mã của lần chuyển)"
            for column in columns
            if not isinstance(column.type, String) or (column.type.length or _ID) < _ID
        ]

    def doubtful(self, mapping: TableMapping) -> list[str]:
        """Every column that should be unique and is not, in words."""
        names = dict.fromkeys((each.table, each.key) for each in (*_boxes(mapping.inbox), *_boxes(mapping.outbox)))
        return [f"cột {'.'.join(name)} nên có chỉ mục UNIQUE" for name in names if not is_unique(self.column(*name))]


def _boxes(box: InTables | OutTables) -> list[Any]:
    return [each for each in (box.documents, box.statuses, box.recalls) if each]


def is_unique(column: Column[Any]) -> bool:
    """Whether no two rows can hold the same in that column."""
    table = column.table
    assert isinstance(table, Table)
    alone = [[column.name for column in index.columns] for index in table.indexes if index.unique]
    alone += [[each.name for each in rule.columns] for rule in table.constraints if isinstance(rule, UniqueConstraint)]
    return [column.name] in [*alone, [each.name for each in table.primary_key.columns]]


def reflected(connection: Connection, mapping: TableMapping, schema: str) -> Tables:
    """What there is of the tables that the mapping names. Raises the driver's errors."""
    looking: Inspector = inspect(connection)
    place = schema or None
    real = [*looking.get_table_names(place), *looking.get_view_names(place)]
    exact = {name: there for name in mapping.named() if (there := _real(name, real))}
    # All of them at once: on PostgreSQL a few questions instead of a few for each table.
    metadata, found = MetaData(), dict[str, Table]()
    metadata.reflect(connection, place, views=True, only=list(exact.values()), resolve_fks=False)
    for name, there in exact.items():
        # One that could not be read was passed over, and says why here.
        found[name] = Table(there, metadata, schema=place, autoload_with=connection, resolve_fks=False)
    return Tables(found)


def agreed(tables: Tables, mapping: TableMapping) -> Tables:
    """The same, where a mapping can work with them. Raises Trouble that names all that is wrong."""
    wrong = [*tables.missing(mapping), *tables.unsafe()] or tables.narrow(mapping)
    if wrong:
        more = f"; và {len(wrong) - _MOST} điều nữa" if len(wrong) > _MOST else ""
        raise Trouble(Kind.SCHEMA, "; ".join(wrong[:_MOST]) + more)
    return tables


def _real(name: str, real: Sequence[str]) -> str | None:
    """As it is written, else in other case where that is certain."""
    if name in real:
        return name
    same = [each for each in real if each.casefold() == name.casefold()]
    return same[0] if len(same) == 1 else None


def _near(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name.casefold(), [each.casefold() for each in known], n=1)
    return f" (gần giống: {next(each for each in known if each.casefold() == near[0])})" if near else ""


def _engine(table: Table) -> str:
    """MariaDB's and MySQL's engine of a table; "" elsewhere."""
    said = [value for key, value in table.kwargs.items() if key in ("mysql_engine", "mariadb_engine")]
    return str(said[0]) if said else ""
