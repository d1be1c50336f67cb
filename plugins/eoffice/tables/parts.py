"""The parts that a mapping is made of: columns, and tables beside the one of documents."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

#: The name of a table or a column, in any case.
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
#: What a column holds; in `set`, `taken` and `refused` a text "{field}" is what that field says.
Value = int | float | bool | str | None
Filter = dict[Name, Value | list[Value]]

_FIELD = re.compile(r"\{(\w*)\}")
#: The fields that `taken` and `refused` may name: the hub's id of the document, when, why not, and the code of that.
_MARKED = frozenset({"id", "at", "reason", "error"})
#: Those that `set` may name besides the fields of documents and statuses: the delivery's id, and an attachment's.
_WRITTEN = frozenset({"delivery", "name", "size", "file"})


def _marked(sets: dict[str, Value]) -> dict[str, Value]:
    return _known(sets, _MARKED)


def _written(sets: dict[str, Value]) -> dict[str, Value]:
    return _known(sets, {*_WRITTEN, *DocumentColumns.model_fields, *StatusColumns.model_fields})


def _known(sets: dict[str, Value], fields: Collection[str]) -> dict[str, Value]:
    """Raises ValueError where a field is named that there is not."""
    named = [field for value in sets.values() if isinstance(value, str) for field in _FIELD.findall(value)]
    for field in named:
        if field not in fields:
            raise ValueError(f'there is no field "{{{field}}}" here: {", ".join(sorted(fields))}')
    return sets


Marks = Annotated[dict[Name, Value], AfterValidator(_marked)]
Sets = Annotated[dict[Name, Value], AfterValidator(_written)]


def _code(value: object) -> object:
    """3 and "3" are "03"."""
    return str(value).zfill(2) if isinstance(value, int | str) and str(value).isdecimal() else value


Code = Annotated[Literal["01", "02", "03", "04", "05", "06", "13", "15", "16"], BeforeValidator(_code)]


class Part(BaseModel):
    """A part of a mapping: no key that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class DocumentColumns(Part):
    """Field of a document -> the column that holds it."""

    #: "52/TTr-UBND" in one column, or its two parts in two
    code: Name | None = None
    number: Name | None = None
    notation: Name | None = None
    date: Name | None = None
    subject: Name | None = None
    #: mã định danh văn bản
    document_id: Name | None = None
    content: Name | None = None
    type: Name | None = None
    urgency: Name | None = None
    place: Name | None = None
    due: Name | None = None
    signer: Name | None = None
    position: Name | None = None
    competence: Name | None = None
    #: "đơn vị/họ tên/email/điện thoại"
    staff: Name | None = None
    pages: Name | None = None
    copies: Name | None = None
    #: BussinessDocType, the document that is meant, and why
    business: Name | None = None
    business_id: Name | None = None
    reason: Name | None = None
    #: code and name of the sender
    sender: Name | None = None
    sender_name: Name | None = None
    #: codes of those it is for, separated by ; or ,
    to: Name | None = None
    #: when the hub took it; written only
    at: Name | None = None


class StatusColumns(Part):
    """Field of a hồi báo -> the column that holds it."""

    status: Name | None = None
    at: Name | None = None
    description: Name | None = None
    staff: Name | None = None
    #: whom it is for, where that is not the document's sender
    to: Name | None = None
    #: who gives it; written only, as are the two names of the document
    sender: Name | None = None
    sender_name: Name | None = None
    code: Name | None = None
    document_id: Name | None = None


class Lookup(Part):
    """Their directory of organisations: a column of another table holds its `key`."""

    table: Name
    key: Name
    code: Name
    name: Name | None = None

    def named(self) -> Iterator[tuple[str, str]]:
        """Every table and column that it names."""
        yield from pairs(self.table, self.key, self.code, self.name)


class Recipients(Part):
    """One row for each recipient of a document."""

    table: Name
    key: Name
    #: the column that holds the document's `id`
    parent: Name
    where: Filter = Field(default_factory=dict)
    #: the recipient's code, or the key of its row in `lookup`
    to: Name
    name: Name | None = None
    lookup: Lookup | None = None
    taken: Marks = Field(default_factory=dict)
    refused: Marks = Field(default_factory=dict)

    def named(self) -> Iterator[tuple[str, str]]:
        """Every table and column that it names."""
        yield from pairs(self.table, self.key, self.parent, self.to, self.name)
        yield from pairs(self.table, *self.where, *self.taken, *self.refused)
        yield from self.lookup.named() if self.lookup else ()


class Via(Part):
    """A table between documents and files."""

    table: Name
    #: the column that holds the document's `id`, and the one that holds the file's `key`
    parent: Name
    file: Name
    set: Sets = Field(default_factory=dict)

    def named(self) -> Iterator[tuple[str, str]]:
        """Every table and column that it names."""
        yield from pairs(self.table, self.parent, self.file, *self.set)


class Files(Part):
    """One row for each attachment."""

    table: Name
    key: Name
    parent: Name | None = None
    via: Via | None = None
    name: Name
    #: the bytes themselves, or where the file lies below `attachments` of the endpoint
    content: Name | None = None
    path: Name | None = None
    description: Name | None = None
    size: Name | None = None
    #: what else a row that the hub writes says
    set: Sets = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.parent is None) is (self.via is None):
            raise ValueError('files belong to their document by "parent" or by "via": name one of them')
        if (self.content is None) is (self.path is None):
            raise ValueError('files lie in the column "content" or where "path" says: name one of them')
        return self

    def named(self) -> Iterator[tuple[str, str]]:
        """Every table and column that it names."""
        yield from pairs(self.table, self.key, self.parent, self.name, self.content, self.path)
        yield from pairs(self.table, self.description, self.size, *self.set)
        yield from self.via.named() if self.via else ()


class Log(Part):
    """A table in which what became of a document is noted too."""

    table: Name
    parent: Name
    taken: Marks = Field(default_factory=dict)
    refused: Marks = Field(default_factory=dict)

    def named(self) -> Iterator[tuple[str, str]]:
        """Every table and column that it names."""
        yield from pairs(self.table, self.parent, *self.taken, *self.refused)


class Also(Part):
    """One more row that belongs to a document which arrives."""

    table: Name
    parent: Name
    set: Sets = Field(default_factory=dict)

    def named(self) -> Iterator[tuple[str, str]]:
        """Every table and column that it names."""
        yield from pairs(self.table, self.parent, *self.set)


def pairs(table: str, *columns: str | None) -> Iterator[tuple[str, str]]:
    """The table with each of these columns that there is."""
    yield from ((table, column) for column in columns if column is not None)


def columns_of(table: str, columns: DocumentColumns | StatusColumns) -> Iterator[tuple[str, str]]:
    """The table with each of those columns."""
    yield from pairs(table, *said(columns).values())


def said(columns: DocumentColumns | StatusColumns) -> dict[str, str]:
    """Field -> column, of those that have one."""
    return {field: column for field, column in columns if column is not None}
