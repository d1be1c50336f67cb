"""Into their tables: a delivery becomes rows of one transaction, under its own id. Blocking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO

from sqlalchemy import Column, ColumnElement, Connection, Row, and_, insert, null, select, update

from hub import Acknowledgement, Context, Delivery, Document, Refused
from hub.carrying.intact import intact
from hub.standards import edxml
from hub.standards.papers import Organization
from plugins.eoffice.tables.folder import Folder
from plugins.eoffice.tables.mapping import About, InDocuments, InStatuses, TableMapping, WrittenRows
from plugins.eoffice.tables.parts import Files, said
from plugins.eoffice.tables.schema import Tables
from plugins.eoffice.tables.shapes import fields_of_document, fields_of_status
from plugins.eoffice.tables.statements import changes, conditions, meant
from plugins.eoffice.tables.values import day, stored

_RECALL = "13"
#: Documents of one number that are looked at, at most.
_SAME_NUMBER = 100
#: MariaDB's driver writes a byte as two signs, within one statement that the server takes as a whole.
_SIGNS_A_BYTE, _STATEMENT = 2, 1 << 16


@dataclass(frozen=True, slots=True)
class Place:
    """What writing needs besides the tables. Sizes in bytes."""

    mapping: TableMapping
    context: Context
    folder: Folder | None
    largest: int

    @property
    def us(self) -> Organization:
        """The unit as its packets name it."""
        return Organization(self.context.unit.code, self.context.unit.name)


def target(body: Document | Acknowledgement, mapping: TableMapping) -> InDocuments | InStatuses:
    """Where such a body goes. Raises Refused where the mapping has no place for it."""
    box = mapping.inbox
    if isinstance(body, Document):
        found: InDocuments | InStatuses | None = box.documents
    elif body.status == _RECALL and _RECALL not in mapping.statuses.values():
        found = box.recalls
    else:
        found = box.statuses
    if found is None:
        what = "văn bản đến" if isinstance(body, Document) else f"trạng thái {body.status}"
        raise Refused("tables-no-place", f"Ánh xạ của đơn vị không có chỗ cho {what}.", "inbox")
    return found


def find(connection: Connection, tables: Tables, where: WrittenRows, delivery: str) -> str | None:
    """What they call the row of that delivery; None: there is none. Raises the driver's errors."""
    key, identity = tables.column(where.table, where.key), tables.column(where.table, where.identity)
    found = connection.execute(select(identity).where(key == delivery)).first()
    return str(found[0]) if found else None


def put(
    connection: Connection, tables: Tables, where: InDocuments | InStatuses, place: Place, delivery: Delivery
) -> str:
    """Write the delivery, if it is not there. What they call its row.

    Raises Refused, Deferred, OSError, the driver's errors.
    """
    if known := find(connection, tables, where, delivery.id):
        return known
    writing = _Writing(connection, tables, place, delivery)
    body = delivery.envelope.body
    if isinstance(where, InDocuments):
        assert isinstance(body, Document)
        return writing.document(where, body)
    assert isinstance(body, Acknowledgement)
    return writing.status(where, body)


class _Writing:
    """One delivery's rows."""

    def __init__(self, connection: Connection, tables: Tables, place: Place, delivery: Delivery) -> None:
        self._connection, self._tables = connection, tables
        self._place, self._delivery = place, delivery

    def document(self, where: InDocuments, document: Document) -> str:
        """The document, its attachments, and what else the mapping says. What they call it."""
        fields = fields_of_document(document, self._delivery, self._place.us, self._place.mapping)
        identity = self._target(where, said(where.columns), fields)
        if where.files:
            self._files(where.files, document, identity, fields)
        for more in where.also:
            self._insert(more.table, {more.parent: identity}, more.set, fields)
        return str(identity)

    def status(self, where: InStatuses, answer: Acknowledgement) -> str:
        """The status at its document. What they call it."""
        fields = fields_of_status(answer, self._delivery, self._place.mapping)
        columns, about = said(where.columns), where.about
        if about is None:
            return str(self._target(where, columns, fields))
        document = self._about(about, fields)
        self._retire(where, about, document, fields)
        return str(self._target(where, columns, fields, {about.column: document}))

    def _target(
        self,
        where: WrittenRows,
        columns: Mapping[str, str],
        fields: Mapping[str, object],
        also: Mapping[str, object] | None = None,
    ) -> Any:
        """The row of the delivery itself; the value by which others point at it."""
        values = {column: fields.get(field) for field, column in columns.items()}
        self._insert(where.table, {**values, **(also or {}), where.key: self._delivery.id}, where.set, fields)
        key, identity = self._column(where.table, where.key), self._column(where.table, where.identity)
        return self._connection.execute(select(identity).where(key == self._delivery.id)).scalar_one()

    def _files(self, listed: Files, document: Document, identity: Any, fields: Mapping[str, object]) -> None:
        with intact(self._place.context.bodies, self._delivery.envelope.blob) as packet:
            for number, attachment in enumerate(document.attachments, 1):
                content = self._content(packet, attachment, listed)
                named = {**fields, "name": attachment.name, "size": len(content)}
                named["file"] = f"{self._delivery.id}-{number}"
                self._file(listed, named, attachment.description, content, (identity, number))

    def _file(
        self,
        listed: Files,
        fields: Mapping[str, object],
        description: str,
        content: bytes,
        at: tuple[Any, int],
    ) -> None:
        identity, number = at
        values: dict[str, object] = {listed.name: fields["name"]}
        if listed.description:
            values[listed.description] = description
        if listed.size:
            values[listed.size] = len(content)
        if listed.content:
            values[listed.content] = content
        if listed.path:
            assert self._place.folder
            values[listed.path] = self._place.folder.put(self._delivery.id, number, str(fields["name"]), content)
        if listed.parent:
            values[listed.parent] = identity
        key = self._insert(listed.table, values, listed.set, fields, listed.key)
        if via := listed.via:
            self._insert(via.table, {via.parent: identity, via.file: key}, via.set, fields)

    def _content(self, packet: BinaryIO, attachment: Any, listed: Files) -> bytes:
        """The attachment's bytes, bounded. Raises Refused."""
        parts, size = [], 0
        for piece in edxml.decode(packet, attachment):
            size += len(piece)
            if size > self._place.largest:
                raise _too_large(attachment.name, self._place.largest)
            parts.append(piece)
        content = b"".join(parts)
        if listed.content:
            self._fits(content, attachment.name)
        return content

    def _fits(self, content: bytes, name: str) -> None:
        """Raises Refused of what MariaDB or MySQL would break the connection for."""
        if self._connection.dialect.name not in ("mysql", "mariadb"):
            return
        most = self._connection.exec_driver_sql("SELECT @@max_allowed_packet").scalar_one()
        if len(content) * _SIGNS_A_BYTE + _STATEMENT > most:
            raise _too_large(name, most, " (max_allowed_packet)")

    def _about(self, about: About, fields: Mapping[str, object]) -> Any:
        """Their key of the document that a status belongs to. Raises Refused."""
        columns = said(about.columns)
        if "document_id" in columns and fields["document_id"]:
            named = self._column(about.table, columns["document_id"]) == fields["document_id"]
            if found := self._newest(about, named):
                return found[0][0]
        for numbered in self._numbered(about, columns, fields):
            for key, when in self._newest(about, numbered):
                if self._of_year(fields["date"], when, about):
                    return key
        raise Refused(
            "tables-no-document",
            f"Bảng {about.table} không có văn bản {fields['code'] or fields['document_id']} mà trạng thái này nói tới.",
            about.column,
        )

    def _newest(self, about: About, same: ColumnElement[bool]) -> Sequence[Row[Any, Any]]:
        """Their keys of such documents, the newest first, each with its day as their column says it."""
        key = self._column(about.table, about.key)
        when = self._column(about.table, about.columns.date) if about.columns.date else null()
        where = conditions(self._tables, about.table, about.where, self._place.mapping)
        query = select(key, when).where(*where, same).order_by(key.desc()).limit(_SAME_NUMBER)
        return self._connection.execute(query).all()

    def _of_year(self, asked: object, when: object, about: About) -> bool:
        """Whether it may be the document meant: each year's numbers begin anew. Who names no day means the newest."""
        if not isinstance(asked, date):
            return True
        try:
            theirs = day(when, about.columns.date or "", self._place.mapping)
        except Refused:  # a day that nobody can read rules nothing out
            return True
        return theirs is None or theirs.year == asked.year

    def _numbered(
        self, about: About, columns: Mapping[str, str], fields: Mapping[str, object]
    ) -> list[ColumnElement[bool]]:
        """By which number it may be known, the surest first."""
        found = list[ColumnElement[bool]]()
        figure, _, notation = str(fields["code"]).partition("/")
        if "code" in columns and fields["code"]:
            found.append(self._column(about.table, columns["code"]) == fields["code"])
        if "number" in columns and "notation" in columns and figure:
            both = {"number": figure, "notation": notation}
            found.append(and_(*(self._is(about.table, columns[field], value) for field, value in both.items())))
        return found

    def _retire(self, where: InStatuses, about: About, document: Any, fields: Mapping[str, object]) -> None:
        """What the earlier answers of the same organisation say from now on."""
        if not where.earlier:
            return
        same = [self._column(where.table, about.column) == document]
        if where.columns.sender:
            same.append(self._is(where.table, where.columns.sender, fields["sender"]))
        values = changes(self._tables, where.table, where.earlier, fields, self._place.mapping)
        self._connection.execute(update(self._tables.table(where.table)).where(*same).values(values))

    def _insert(
        self,
        table: str,
        values: Mapping[str, object],
        sets: Mapping[str, Any],
        fields: Mapping[str, object],
        key: str = "",
    ) -> Any:
        """One row; what its key column holds, where one is asked for."""
        row: dict[str, object] = {}
        for name, value in [*values.items(), *((name, meant(value, fields)) for name, value in sets.items())]:
            column = self._column(table, name)
            row[str(column.key)] = stored(value, column, self._place.mapping)
        done = self._connection.execute(insert(self._tables.table(table)).values(row))
        return _key(done, self._column(table, key), row) if key else None

    def _is(self, table: str, name: str, value: object) -> ColumnElement[bool]:
        column = self._column(table, name)
        return column == stored(value, column, self._place.mapping)

    def _column(self, table: str, name: str) -> Column[Any]:
        return self._tables.column(table, name)


def _key(done: Any, column: Column[Any], row: Mapping[str, object]) -> Any:
    """What the key column of an inserted row holds."""
    if str(column.key) in row:
        return row[str(column.key)]
    given = dict(zip((each.key for each in column.table.primary_key), done.inserted_primary_key, strict=False))
    return given.get(column.key)


def _too_large(name: str, most: int, why: str = "") -> Refused:
    return Refused("tables-refused", f"Tệp đính kèm “{name}” lớn hơn mức cho phép, {most} byte{why}.", name)
