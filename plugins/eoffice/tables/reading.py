"""One row of theirs, with all that belongs to it. Blocking, inside a transaction of theirs."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, cast

from sqlalchemy import ColumnElement, Connection, func, select

from hub import Acknowledgement, Context, Refused
from hub.standards import edxml
from hub.standards.papers import Organization
from plugins.eoffice.tables.folder import Folder
from plugins.eoffice.tables.mapping import OutDocuments, OutStatuses, TableMapping
from plugins.eoffice.tables.parts import Files, Lookup, Recipients, said
from plugins.eoffice.tables.returned import Returned
from plugins.eoffice.tables.schema import Tables
from plugins.eoffice.tables.shapes import acknowledgement_of, addressed
from plugins.eoffice.tables.statements import conditions, rows
from plugins.eoffice.tables.streams import Blob, Printed
from plugins.eoffice.tables.values import folded, stored, text

#: Recipients and files of one document.
_MOST_RECIPIENTS, _MOST_FILES = 1000, 500


@dataclass(frozen=True, slots=True)
class Desk:
    """What reading needs besides the tables. Sizes in bytes."""

    mapping: TableMapping
    context: Context
    folder: Folder | None
    largest: int
    has_room: Callable[[int], bool]
    returned: Returned

    @property
    def us(self) -> Organization:
        """The unit as its packets name it."""
        return Organization(self.context.unit.code, self.context.unit.name)


class Reading:
    """One document's rows."""

    def __init__(self, connection: Connection, tables: Tables, source: OutDocuments, desk: Desk, key: Any) -> None:
        self._connection, self._tables, self._source = connection, tables, source
        self._desk, self._key = desk, key
        #: what its row says, as texts
        self.seen: list[str] = []

    def row(self) -> dict[str, Any]:
        """Field -> what the column says."""
        source = self._source
        own = self._tables.column(source.table, source.key) == self._key
        [row] = rows(self._connection, self._tables, source.table, said(source.columns), [own], 1)
        self.seen += map(text, row.values())
        return row

    def recipients(self, row: dict[str, Any]) -> tuple[tuple[tuple[Any, str], ...], list[Organization]]:
        """Rows of those who wait for it, and who they are. Raises Refused."""
        listed = self._source.recipients
        if listed is None:
            return (), addressed(text(row["to"]))
        found = self._listed(listed)
        known = _looked_up(self._connection, self._tables, listed.lookup, [each["to"] for each in found])
        to = [_organization(each, known, listed.lookup) for each in found]
        self.seen += [each.id for each in to]
        keys = tuple((each["key"], organ.id) for each, organ in zip(found, to, strict=True))
        return keys, list({folded(each.id): each for each in to}.values())

    def _listed(self, listed: Recipients) -> list[dict[str, Any]]:
        where = conditions(self._tables, listed.table, listed.where, self._desk.mapping)
        where.append(self._tables.column(listed.table, listed.parent) == self._key)
        columns = {"key": listed.key, "to": listed.to} | ({"name": listed.name} if listed.name else {})
        found = rows(self._connection, self._tables, listed.table, columns, where, _MOST_RECIPIENTS + 1)
        if len(found) > _MOST_RECIPIENTS:
            raise Refused("too-many", f"Văn bản có hơn {_MOST_RECIPIENTS} nơi nhận.", listed.table)
        return sorted(found, key=lambda each: text(each["key"]))

    def files(self, prints: list[str]) -> list[edxml.File]:
        """Its attachments, still unread; the digest of each that is read goes into `prints`. Raises Refused."""
        listed = self._source.files
        if listed is None:
            return []
        found = self._files(listed)
        if len(found) > _MOST_FILES:
            raise Refused("too-many", f"Văn bản có hơn {_MOST_FILES} tệp đính kèm.", listed.table)
        if not found:
            raise Refused("tables-incomplete", "Văn bản không có tệp đính kèm.", listed.table)
        return [edxml.File(text(each["name"]), partial(self._opened, listed, each, prints)) for each in found]

    def _files(self, listed: Files) -> list[dict[str, Any]]:
        table = self._tables.table(listed.table)
        key = self._tables.column(listed.table, listed.key)
        shown: list[ColumnElement[Any]] = [
            key.label("key"),
            self._tables.column(listed.table, listed.name).label("name"),
        ]
        if listed.content:
            shown.append(func.octet_length(self._tables.column(listed.table, listed.content)).label("size"))
        if listed.path:
            shown.append(self._tables.column(listed.table, listed.path).label("path"))
        query = select(*shown).order_by(key).limit(_MOST_FILES + 1)
        if via := listed.via:
            joint = self._tables.column(via.table, via.file) == key
            query = query.select_from(table.join(self._tables.table(via.table), joint))
        owner = (
            self._tables.column(via.table, via.parent)
            if via
            else self._tables.column(listed.table, listed.parent or "")
        )
        found = self._connection.execute(query.where(owner == self._key)).mappings()
        return [{str(field): value for field, value in row.items()} for row in found]

    def _opened(self, listed: Files, row: dict[str, Any], prints: list[str]) -> BinaryIO:
        if listed.content:
            largest = self._desk.largest
            if row["size"] is None or row["size"] > largest:
                raise Refused(
                    "attachment", f"Tệp đính kèm “{row['name']}” rỗng hoặc lớn hơn mức cho phép.", listed.table
                )
            column = self._tables.column(listed.table, listed.content)
            key = self._tables.column(listed.table, listed.key)
            stream: io.RawIOBase | BinaryIO = Blob(self._connection, column, key == row["key"], row["size"])
        else:
            assert self._desk.folder
            stream = self._desk.folder.open(text(row["path"]), self._desk.largest)
        return cast("BinaryIO", Printed(stream, prints))


def status(
    connection: Connection, tables: Tables, source: OutStatuses, desk: Desk, key: Any, seen: list[str]
) -> Acknowledgement:
    """The hồi báo of a row. Raises Refused."""
    about = source.about
    own = tables.column(source.table, source.key) == key
    columns = {**said(source.columns), "about": about.column}
    [row] = rows(connection, tables, source.table, columns, [own], 1)
    seen += map(text, row.values())
    where = conditions(tables, about.table, about.where, desk.mapping)
    where.append(tables.column(about.table, about.key) == row["about"])
    documents = rows(connection, tables, about.table, said(about.columns), where, 1)
    if not documents:
        raise Refused(
            "tables-no-document", f"Không có văn bản của trạng thái này trong bảng {about.table}.", about.column
        )
    seen += map(text, documents[0].values())
    said_of = dict(row)
    if source.lookup and "to" in said_of:
        known = _looked_up(connection, tables, source.lookup, [row["to"]])
        said_of["to"] = _organization({"to": row["to"]}, known, source.lookup).id
    now = desk.context.clock.now()
    return acknowledgement_of(
        said_of, documents[0], desk.us, (source.columns, about.columns), desk.mapping, source.always, now
    )


def _looked_up(
    connection: Connection, tables: Tables, lookup: Lookup | None, keys: Sequence[Any]
) -> dict[str, tuple[str, str]]:
    """Key as text -> code and name, of those that their directory has."""
    if lookup is None or not keys:
        return {}
    column = tables.column(lookup.table, lookup.key)
    columns = {"key": lookup.key, "code": lookup.code} | ({"name": lookup.name} if lookup.name else {})
    where = [column.in_([stored(each, column, TableMapping()) for each in keys])]
    found = rows(connection, tables, lookup.table, columns, where, len(keys))
    return {text(each["key"]): (text(each["code"]), text(each.get("name"))) for each in found}


def _organization(row: Mapping[Any, Any], known: Mapping[str, tuple[str, str]], lookup: Lookup | None) -> Organization:
    """Whom a row names. Raises Refused."""
    key = text(row["to"])
    code, name = known.get(key, ("", "")) if lookup else (key, text(row.get("name")))
    if not code:
        where = lookup.table if lookup else "to"
        raise Refused("tables-incomplete", f"Nơi nhận “{key[:60]}” không có mã định danh.", where)
    return Organization(code, name)
