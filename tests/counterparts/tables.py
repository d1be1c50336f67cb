"""The software of a unit that exchanges documents through its own tables, as a vOffice does (facts section 6).

It knows nothing of the hub: it fills CONNECT_DOCUMENT (2 đi) with what belongs to it, reads what lies there (1 đến),
registers it, and notes its own steps in CONNECT_PROCESS_IN.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    NullPool,
    String,
    Table,
    Text,
    create_engine,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.mysql import LONGBLOB

from hub.standards import edxml
from hub.vocabulary import Document

BYTES = LargeBinary().with_variant(LONGBLOB(), "mysql", "mariadb")


def _number(name: str, default: int | None = None) -> Column[Any]:
    return Column(name, Integer, server_default=None if default is None else str(default))


def _tables(metadata: MetaData) -> None:
    """The outbox of a vOffice, as far as it is known, and what it must have besides."""

    def table(name: str, *columns: Column[Any]) -> None:
        key = Column(f"{name}_ID", Integer, primary_key=True, autoincrement=True)
        Table(name, metadata, key, *columns, mysql_engine="InnoDB", mysql_charset="utf8mb4")

    table(
        "CONNECT_DOCUMENT",
        _number("CONNECT_TYPE"),
        _number("BUSSINESS_DOC_TYPE", 0),
        Column("BUSSINESS_DOC_ID", String(200)),
        Column("BUSSINESS_DOC_REASON", String(500)),
        Column("OFFICE_SENDER_ID", String(50)),
        Column("OFFICE_SENDER_NAME", String(200)),
        Column("STAFF_INFO", String(500)),
        Column("DOC_ID", String(200)),
        Column("DOC_CODE", String(60)),
        Column("PUBLISH_DATE", Date),
        Column("TITLE", String(500)),
        Column("DOC_CONTENT", Text),
        Column("DOC_TYPE_NAME", String(100)),
        _number("PRIORITY", 0),
        Column("DEADLINE", Date),
        Column("SIGNER_NAME", String(100)),
        Column("SIGNER_POSITION", String(100)),
        _number("PAGE_NUMBER"),
        Column("RECEIVED_DATE", DateTime),
        _number("IS_SENDED", 0),
        Column("EDOC_ID", String(64), unique=True),
    )
    table(
        "CONNECT_DOC_OUT_DETAIL",
        _number("CONNECT_DOCUMENT_ID"),
        _number("SEND_GROUP"),
        _number("RECEIVER_GROUP"),
        _number("SEND_TYPE", 0),
        _number("IS_SENDED", 0),
        Column("DESCRIPTION", String(500)),
    )
    table("CONNECT_ATTACHMENT", Column("FILE_NAME", String(500)), _number("FILE_SIZE"), Column("CONTENT", BYTES))
    table("CONNECT_DOC_OUT_FILES", _number("CONNECT_DOCUMENT_ID"), _number("CONNECT_ATTACHMENT_ID"))
    table(
        "CONNECT_DOC_SEND",
        _number("CONNECT_DOCUMENT_ID"),
        _number("STATUS", 0),
        Column("LOG_SEND", String(500)),
        _number("NUMBERSEND", 0),
    )
    table(
        "CONNECT_PROCESS_IN",
        _number("CONNECT_DOCUMENT_ID"),
        _number("STATUS"),
        Column("PROCESS_DATE", DateTime),
        Column("DESCRIPTION", String(500)),
        Column("STAFF_INFO", String(500)),
        _number("IS_SEND", 0),
        _number("IS_ACTIVE", 1),
        Column("LOG_SEND", String(500)),
    )
    table(
        "CONNECT_PROCESS_OUT",
        _number("CONNECT_DOCUMENT_ID"),
        _number("STATUS"),
        Column("PROCESS_DATE", DateTime),
        Column("DESCRIPTION", String(500)),
        Column("STAFF_INFO", String(500)),
        Column("OFFICE_SENDER_ID", String(50)),
        Column("OFFICE_SENDER_NAME", String(200)),
        _number("IS_ACTIVE", 1),
        Column("EDOC_ID", String(64), unique=True),
    )
    Table(
        "CONNECT_VHR",
        metadata,
        Column("VHR_ID", Integer, primary_key=True, autoincrement=False),
        Column("CODE", String(50)),
        Column("NAME", String(200)),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
    )


@dataclass(frozen=True, slots=True)
class Arrived:
    """A document, or a request about one, that lies in the unit's tables."""

    key: int
    code: str
    business: int
    title: str
    sender: str
    edoc: str
    files: Mapping[str, bytes] = field(default_factory=dict)


class Software:
    """One unit's software. `url`: its database, for SQLAlchemy. Every call blocks, and is a transaction."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, poolclass=NullPool)
        # PostgreSQL keeps names that nobody quoted in small letters.
        self._fold = str.lower if self._engine.dialect.name == "postgresql" else str
        built = MetaData()
        _tables(built)
        self._metadata = MetaData()
        for made in built.sorted_tables:
            columns = [
                Column(self._fold(each.name), each.type, primary_key=each.primary_key, unique=each.unique,
                       autoincrement=each.autoincrement, server_default=each.server_default)
                for each in made.columns
            ]  # fmt: skip
            Table(self._fold(made.name), self._metadata, *columns, **made.kwargs)

    def install(self, organizations: Mapping[str, str]) -> None:
        """Empty tables, and a directory: code -> name."""
        self._metadata.drop_all(self._engine)
        self._metadata.create_all(self._engine)
        for number, (code, name) in enumerate(organizations.items(), 101):
            self.add("CONNECT_VHR", VHR_ID=number, CODE=code, NAME=name)

    def add(self, table: str, **values: object) -> int:
        """One row; its key."""
        with self._engine.begin() as connection:
            return self._add(connection, table, values)

    def change(self, table: str, key: int, **values: object) -> None:
        """Change one row."""
        found = self._table(table)
        with self._engine.begin() as connection:
            done = connection.execute(update(found).where(_key(found) == key).values(self._folded(values)))
        assert done.rowcount == 1

    def rows(self, table: str, **where: object) -> list[dict[str, Any]]:
        """Rows in the order of their keys, by the names in capital letters."""
        found = self._table(table)
        conditions = [found.c[name] == value for name, value in self._folded(where).items()]
        with self._engine.connect() as connection:
            read = connection.execute(select(found).where(*conditions).order_by(_key(found))).mappings()
            return [{str(name).upper(): value for name, value in row.items()} for row in read]

    @property
    def tables(self) -> list[str]:
        """What its tables are called in its database."""
        return list(self._metadata.tables)

    @contextmanager
    def holding(self, table: str, key: int) -> Iterator[None]:
        """A clerk who has a row open for writing, until the block ends."""
        found = self._table(table)
        with self._engine.connect() as connection:
            connection.execute(update(found).where(_key(found) == key).values({_key(found).name: key}))
            yield
            connection.rollback()

    def do(self, statement: str) -> None:
        """Carry out a statement, as the keeper of the database would."""
        with self._engine.begin() as connection:
            connection.exec_driver_sql(statement)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def write(self, document: Document, files: Mapping[str, bytes], **more: object) -> int:
        """A document that is to go out, all its rows in one transaction. Its key."""
        with self._engine.begin() as connection:
            values = {
                "CONNECT_TYPE": 2,
                "BUSSINESS_DOC_TYPE": int(document.business.type),
                "BUSSINESS_DOC_ID": document.business.document_id,
                "BUSSINESS_DOC_REASON": document.business.reason,
                "OFFICE_SENDER_ID": document.sender.id,
                "OFFICE_SENDER_NAME": document.sender.name,
                "DOC_ID": document.document_id,
                "DOC_CODE": document.code,
                "PUBLISH_DATE": document.promulgation_date,
                "TITLE": document.subject,
                "DOC_TYPE_NAME": document.type.name,
                "PRIORITY": int(document.urgency),
                "IS_SENDED": 0,
            }
            key = self._add(connection, "CONNECT_DOCUMENT", values | more)
            for organ in document.to:
                self._add(connection, "CONNECT_DOC_OUT_DETAIL", self._detail(key, organ.id))
            for name, content in files.items():
                self._attach(connection, key, name, content)
            self._add(connection, "CONNECT_DOC_SEND", {"CONNECT_DOCUMENT_ID": key, "STATUS": 0})
        return key

    def attach(self, key: int, name: str, content: bytes) -> None:
        """One more file of a document."""
        with self._engine.begin() as connection:
            self._attach(connection, key, name, content)

    def write_packet(self, packet: bytes) -> int:
        """The same of what an edXML packet says."""
        body = edxml.read(io.BytesIO(packet)).body
        assert isinstance(body, Document)
        files = {each.name: b"".join(edxml.decode(io.BytesIO(packet), each)) for each in body.attachments}
        return self.write(body, files)

    def send_again(self, key: int, **changed: object) -> None:
        """A document that came back, mended or not."""
        document, details = self._table("CONNECT_DOCUMENT"), self._table("CONNECT_DOC_OUT_DETAIL")
        again = self._folded({"IS_SENDED": 0})
        with self._engine.begin() as connection:
            values = {**self._folded(changed), **again}
            connection.execute(update(document).where(_key(document) == key).values(values))
            of_it = details.c[self._fold("CONNECT_DOCUMENT_ID")] == key
            connection.execute(update(details).where(of_it).values(again))

    def ask_back(self, key: int, code: str, reason: str) -> int:
        """Ask one of those who got a document to give it back."""
        said = self._detail(key, code) | {"SEND_TYPE": 4, "DESCRIPTION": reason}
        return self.add("CONNECT_DOC_OUT_DETAIL", **said)

    def arrived(self) -> list[Arrived]:
        """What came for the unit, in the order that it came."""
        return [self._arrived(row) for row in self.rows("CONNECT_DOCUMENT", CONNECT_TYPE=1)]

    def step(self, key: int, status: int, description: str = "", at: datetime | None = None) -> int:
        """What a clerk did with a document that came: the next step of it."""
        for earlier in self.rows("CONNECT_PROCESS_IN", CONNECT_DOCUMENT_ID=key):
            self.change("CONNECT_PROCESS_IN", earlier["CONNECT_PROCESS_IN_ID"], IS_ACTIVE=0)
        said = {"CONNECT_DOCUMENT_ID": key, "STATUS": status, "DESCRIPTION": description}
        return self.add(
            "CONNECT_PROCESS_IN",
            **said,
            PROCESS_DATE=at or datetime(2026, 11, 24, 8, 30),  # noqa: DTZ001 - their columns know no zone
            STAFF_INFO="Văn phòng/Nguyễn Thị An",
        )

    def heard(self) -> list[tuple[str, str, int, int]]:
        """The answers that came: document, who, status, whether it is the latest of those."""
        codes = {row["CONNECT_DOCUMENT_ID"]: row["DOC_CODE"] for row in self.rows("CONNECT_DOCUMENT")}
        return [
            (codes[row["CONNECT_DOCUMENT_ID"]], row["OFFICE_SENDER_ID"], row["STATUS"], row["IS_ACTIVE"])
            for row in self.rows("CONNECT_PROCESS_OUT")
        ]

    def state(self, key: int) -> tuple[int, list[int], int, str | None]:
        """How a document that goes out stands: its mark, its recipients', the log's, and what the log says."""
        [document] = self.rows("CONNECT_DOCUMENT", CONNECT_DOCUMENT_ID=key)
        details = self.rows("CONNECT_DOC_OUT_DETAIL", CONNECT_DOCUMENT_ID=key)
        [log] = self.rows("CONNECT_DOC_SEND", CONNECT_DOCUMENT_ID=key)
        return document["IS_SENDED"], [row["IS_SENDED"] for row in details], log["STATUS"], log["LOG_SEND"]

    def _arrived(self, row: Mapping[str, Any]) -> Arrived:
        key = row["CONNECT_DOCUMENT_ID"]
        links = self.rows("CONNECT_DOC_OUT_FILES", CONNECT_DOCUMENT_ID=key)
        found = [
            each
            for link in links
            for each in self.rows("CONNECT_ATTACHMENT", CONNECT_ATTACHMENT_ID=link["CONNECT_ATTACHMENT_ID"])
        ]
        return Arrived(
            key,
            row["DOC_CODE"],
            row["BUSSINESS_DOC_TYPE"],
            row["TITLE"],
            row["OFFICE_SENDER_ID"],
            row["EDOC_ID"],
            {each["FILE_NAME"]: bytes(each["CONTENT"]) for each in found},
        )

    def _attach(self, connection: Any, key: int, name: str, content: bytes) -> None:
        said = {"FILE_NAME": name, "FILE_SIZE": len(content), "CONTENT": content}
        attachment = self._add(connection, "CONNECT_ATTACHMENT", said)
        link = {"CONNECT_DOCUMENT_ID": key, "CONNECT_ATTACHMENT_ID": attachment}
        self._add(connection, "CONNECT_DOC_OUT_FILES", link)

    def _detail(self, key: int, code: str) -> dict[str, object]:
        known = self.rows("CONNECT_VHR", CODE=code)
        return {"CONNECT_DOCUMENT_ID": key, "RECEIVER_GROUP": known[0]["VHR_ID"] if known else 999, "SEND_TYPE": 1}

    def _add(self, connection: Any, table: str, values: Mapping[str, object]) -> int:
        done = connection.execute(insert(self._table(table)).values(self._folded(values)))
        return int(done.inserted_primary_key[0])

    def _folded(self, values: Mapping[str, object]) -> dict[str, object]:
        return {self._fold(name): value for name, value in values.items()}

    def _table(self, name: str) -> Table:
        return self._metadata.tables[self._fold(name)]


def _key(table: Table) -> Column[Any]:
    keys: Sequence[Column[Any]] = list(table.primary_key.columns)
    return keys[0]
