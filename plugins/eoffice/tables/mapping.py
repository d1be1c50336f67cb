"""What a mapping says: which tables and columns of a unit's database hold documents and statuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from plugins.eoffice.tables.forms import Form, Zone
from plugins.eoffice.tables.parts import (
    Also,
    Code,
    DocumentColumns,
    Files,
    Filter,
    Log,
    Lookup,
    Marks,
    Name,
    Part,
    Recipients,
    Sets,
    StatusColumns,
    Value,
    columns_of,
    pairs,
)


class WaitingRows(Part):
    """Rows that wait for the hub. `taken` and `refused` make them wait no more."""

    table: Name
    #: the column by which a row is told from others; `id` of what belongs to it
    key: Name
    where: Annotated[Filter, Field(min_length=1)]
    taken: Annotated[Marks, Field(min_length=1)]
    refused: Annotated[Marks, Field(min_length=1)]

    @model_validator(mode="after")
    def _ends(self) -> Self:
        for word, done in (("taken", self.taken), ("refused", self.refused)):
            if not any(_leaves(self.where.get(column, value), value) for column, value in done.items()):
                raise ValueError(f'"{word}" must change a column of "where", else the same rows wait for ever')
        return self

    def claimed(self) -> Iterator[tuple[str, str]]:
        """Every table and column that it names."""
        yield from pairs(self.table, self.key, *self.where, *self.taken, *self.refused)


class OutDocuments(WaitingRows):
    """Documents that the unit sends."""

    columns: DocumentColumns
    recipients: Recipients | None = None
    files: Files | None = None
    log: Log | None = None

    @model_validator(mode="after")
    def _addressed(self) -> Self:
        _has_code(self.columns)
        for name in ("date", "subject"):
            if getattr(self.columns, name) is None:
                raise ValueError(f'"columns" lacks "{name}": no document goes without it')
        if (self.recipients is None) is (self.columns.to is None):
            raise ValueError('whom a document is for says "recipients", or "to" of "columns": name one of them')
        return self

    def named(self) -> Iterator[tuple[str, str]]:
        """Every table and column that it names."""
        yield from self.claimed()
        yield from columns_of(self.table, self.columns)
        for part in (self.recipients, self.files, self.log):
            yield from part.named() if part else ()


class About(Part):
    """The document that a status belongs to."""

    #: the column of the status's table that holds the document's `key`
    column: Name
    table: Name
    key: Name
    where: Filter = Field(default_factory=dict)
    columns: DocumentColumns

    @model_validator(mode="after")
    def _found(self) -> Self:
        if self.columns.document_id is None:
            _has_code(self.columns)
        return self

    def named(self) -> Iterator[tuple[str, str]]:
        """Every table and column that it names, of its own table."""
        yield from pairs(self.table, self.key, *self.where)
        yield from columns_of(self.table, self.columns)


class OutStatuses(WaitingRows):
    """Answers that the unit gives, or requests of its own."""

    columns: StatusColumns
    #: the code of every row, where no column says one
    always: Code | None = None
    about: About
    lookup: Lookup | None = None

    @model_validator(mode="after")
    def _said(self) -> Self:
        if (self.columns.status is None) is (self.always is None):
            raise ValueError('which code it is says "status" of "columns", or "always": name one of them')
        return self

    def named(self) -> Iterator[tuple[str, str]]:
        """Every table and column that it names."""
        yield from self.claimed()
        yield (self.table, self.about.column)
        yield from columns_of(self.table, self.columns)
        yield from self.about.named()
        yield from self.lookup.named() if self.lookup else ()


class WrittenRows(Part):
    """Rows that the hub writes: `key` holds the delivery's id, `id` is what others point at."""

    table: Name
    key: Name
    id: Name | None = None
    set: Sets = Field(default_factory=dict)

    @property
    def identity(self) -> str:
        """The column that other tables point at."""
        return self.id or self.key

    def written(self) -> Iterator[tuple[str, str]]:
        """Every table and column that it names."""
        yield from pairs(self.table, self.key, self.id, *self.set)


class InDocuments(WrittenRows):
    """Documents that arrive for the unit."""

    columns: DocumentColumns
    files: Files | None = None
    also: tuple[Also, ...] = ()

    def named(self) -> Iterator[tuple[str, str]]:
        """Every table and column that it names."""
        yield from self.written()
        yield from columns_of(self.table, self.columns)
        yield from self.files.named() if self.files else ()
        for more in self.also:
            yield from more.named()


class InStatuses(WrittenRows):
    """Answers that arrive, about what the unit sent, or requests about what it got."""

    columns: StatusColumns
    about: About | None = None
    #: what the earlier rows about the same document, of the same sender, say from then on
    earlier: Sets = Field(default_factory=dict)

    def named(self) -> Iterator[tuple[str, str]]:
        """Every table and column that it names."""
        yield from self.written()
        yield from pairs(self.table, *self.earlier)
        yield from columns_of(self.table, self.columns)
        if self.about:
            yield (self.table, self.about.column)
            yield from self.about.named()


class OutTables(Part):
    """What comes out of their tables."""

    documents: OutDocuments | None = None
    statuses: OutStatuses | None = None
    recalls: OutStatuses | None = None


class InTables(Part):
    """What goes into their tables."""

    documents: InDocuments | None = None
    statuses: InStatuses | None = None
    recalls: InStatuses | None = None


class TableMapping(Part):
    """A mapping: `outbox` is what the unit gives, `inbox` what it gets."""

    #: where times without a zone are meant
    zone: Zone = "Asia/Ho_Chi_Minh"
    #: how text columns write days and times; the first is written, all are read
    date: Annotated[tuple[Form, ...], Field(min_length=1)] = ("yyyy-MM-dd",)
    time: Annotated[tuple[Form, ...], Field(min_length=1)] = ("yyyy-MM-dd HH:mm:ss",)
    #: their value -> ours; what stands in no table is taken as it is
    types: dict[str, str] = Field(default_factory=dict)
    urgencies: dict[str, Annotated[int, Field(ge=0, le=4)]] = Field(default_factory=dict)
    businesses: dict[str, Annotated[int, Field(ge=0, le=3)]] = Field(default_factory=dict)
    #: their status -> the code; what stands here alone is a status
    statuses: dict[str, Code] = Field(default_factory=dict)
    outbox: OutTables = OutTables()
    inbox: InTables = InTables()

    @property
    def codes(self) -> frozenset[str]:
        """The codes that the unit can give."""
        said = frozenset(self.statuses.values()) if self.outbox.statuses else frozenset[str]()
        always = [each.always for each in (self.outbox.statuses, self.outbox.recalls) if each and each.always]
        return said | frozenset(always)

    def named(self) -> Mapping[str, list[str]]:
        """Table -> its columns, all that the mapping names, each once, in the mapping's order and spelling."""
        found: dict[str, dict[str, None]] = {}
        for box in (self.outbox, self.inbox):
            for part in (box.documents, box.statuses, box.recalls):
                for table, column in part.named() if part else ():
                    found.setdefault(table, {})[column] = None
        return {table: list(columns) for table, columns in found.items()}


def _has_code(columns: DocumentColumns) -> None:
    if (columns.code is None) is (columns.number is None):
        raise ValueError('number and notation stand in the column "code", or in "number" and "notation"')


def _leaves(waiting: Any, value: Value) -> bool:
    """Whether a column with that value waits no more."""
    return str(value) not in map(str, waiting if isinstance(waiting, list) else [waiting])
