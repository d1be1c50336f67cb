"""Texts of a profile with places for values: `{id}`, `{since:%Y/%m/%d}`, `{doc.urgency|urgencies}`. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import PlainValidator, ValidationError
from pydantic_core import InitErrorDetails

#: Characters of one text, entries of one tree, and how deep it goes.
_LONGEST, _MOST, _DEEPEST = 4000, 500, 12
_SIGN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_PLACE = re.compile(r"([a-z][a-z0-9_.]*)(?:\|([a-z][a-z0-9_]*))?(?::([^{}|]+))?")

#: What may stand in a place, by where the text stands.
WHO = ("username", "password", "secret", "system", "basic", "now", "today", "epoch", "epoch_ms", "nonce")
TOKEN, RENEWED = ("token",), ("renewal",)
LISTED = ("kind", "since", "until", "page", "offset", "size", "cursor")
ROW = ("id", "kind", "word", "reason")
FILE_THERE = ("id", "file.id")
DOCUMENT = (
    *("doc.id", "doc.code", "doc.number", "doc.notation", "doc.date", "doc.subject", "doc.content", "doc.type"),
    *("doc.urgency", "doc.business", "doc.place", "doc.due", "doc.from.code", "doc.from.name", "doc.signer.name"),
    *("doc.signer.position", "doc.to.code"),
)
STATUS = (
    *("status.code", "status.at", "status.reason", "status.by", "status.from.code", "status.from.name", "status.to"),
    *("status.doc.id", "status.doc.code", "status.doc.number", "status.doc.notation", "status.doc.date"),
)
PACKET = ("packet.base64", "packet.sha256")
EACH = {
    "attachments": ("file.name", "file.base64", "file.type", "file.size", "file.sha256"),
    "to": ("to.code", "to.name"),
}
SENT = ("kind", "delivery", *DOCUMENT, *STATUS, *PACKET)
SIGNED = ("method", "path", "body_sha256", *WHO)
#: Signs that stay in an address where a profile writes them, and in a header.
_ADDRESS = "/:?#[]@!$&'()*+,;=-._~%"
PRINTABLE = "".join(map(chr, range(32, 127)))
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OWN = re.compile(r"[a-z][a-z0-9_]{0,30}")
_DATES = frozenset({"now", "today", "since", "until", "doc.date", "doc.due", "status.at", "status.doc.date"})


@dataclass(frozen=True, slots=True)
class Scope:
    """What a profile brings itself: its values, its tables, what its picks are written in. `used` fills up."""

    values: frozenset[str] = frozenset()
    #: as they stand in the file
    tables: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    format: str = "json"
    namespaces: tuple[tuple[str, str], ...] = ()
    used: set[str] = field(default_factory=set, compare=False)


_SCOPE: ContextVar[Scope | None] = ContextVar("scope", default=None)


def scope() -> Scope:
    """That of the profile which is being read."""
    return _SCOPE.get() or Scope()


@contextmanager
def within(own: Scope) -> Iterator[Scope]:
    """Texts and picks that are read meanwhile belong to that profile."""
    token = _SCOPE.set(own)
    try:
        yield own
    finally:
        _SCOPE.reset(token)


@dataclass(frozen=True, slots=True)
class Place:
    """One `{name|table:form}`."""

    name: str
    table: str = ""
    form: str = ""
    #: of the profile's own: written by whoever may write the profile
    own: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """Texts and places in turn."""

    parts: tuple[str | Place, ...]

    @property
    def lone(self) -> Place | None:
        """Its place, where that is all of it."""
        return self.parts[0] if len(self.parts) == 1 and isinstance(self.parts[0], Place) else None

    def fill(self, values: Values, around: Callable[[str], str] = str) -> str:
        """The text; `around` is put about every value but the profile's own. What is not known there is empty."""
        return "".join(
            part if isinstance(part, str) else values.text(part) if part.own else around(values.text(part))
            for part in self.parts
        )


@dataclass(frozen=True, slots=True)
class Values:
    """What stands for the names, and the profile's tables by name."""

    named: Mapping[str, object]
    tables: Mapping[str, Mapping[str, str | int]] = field(default_factory=dict)

    def __or__(self, more: Mapping[str, object]) -> Values:
        return Values({**self.named, **more}, self.tables)

    def raw(self, place: Place) -> object:
        """The value itself: with a table what that says, with a form the text; "" where nobody knows it here."""
        value = self.named.get(place.name, "")
        if place.form and isinstance(value, date):
            return value.strftime(place.form)
        if place.table:
            table = self.tables[place.table]
            return table.get(_said(value), table.get("*", value))
        return value

    def text(self, place: Place) -> str:
        """The value as text."""
        return _said(self.raw(place))


def _said(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


def in_address(template: Template, values: Values) -> str:
    """A path with its query: values are escaped, in the query all but `/`; what the profile says itself may be more."""
    told: list[str] = []
    asking = False
    for part in template.parts:
        own = isinstance(part, str) or part.own
        text = part if isinstance(part, str) else values.text(part)
        told.append(quote(text, safe=_ADDRESS if own else "/" if asking else ""))
        asking = asking or "?" in told[-1]
    return "".join(told)


def in_header(template: Template, values: Values) -> str:
    """A header's value: printable ASCII, whatever a document says."""
    said = [part if isinstance(part, str) else values.text(part) for part in template.parts]
    return "".join(quote(text, safe=PRINTABLE) for text in said)


# reading ------------------------------------------------------------------------------------------------


def parsed(value: object, names: Collection[str]) -> Template:
    """The template. Raises ValueError with what is wrong in it."""
    if not isinstance(value, str):
        raise ValueError("this must be text: write it in quotes")  # noqa: TRY004 - pydantic's word
    if len(value) > _LONGEST:
        raise ValueError(f"a text may have {_LONGEST} characters at most")
    parts: list[str | Place] = []
    at = 0
    for match in _SIGN.finditer(value):
        _add(parts, value[at : match.start()])
        at = match.end()
        if match[0] in ("{{", "}}"):
            _add(parts, match[0][0])
        elif match[1] is None:
            raise ValueError(f"a lone {match[0]} stands here: write {match[0] * 2} for the sign, {{name}} for a value")
        else:
            parts.append(_place(match[1], names))
    _add(parts, value[at:])
    return Template(tuple(parts))


def _add(parts: list[str | Place], text: str) -> None:
    if parts and isinstance(parts[-1], str):
        parts[-1] += text
    elif text:
        parts.append(text)


def _place(inside: str, names: Collection[str]) -> Place:
    match, own = _PLACE.fullmatch(inside), scope()
    if match is None:
        raise ValueError(f"{{{inside}}} is no place for a value: write {{name}}, {{name|table}} or {{date:%d/%m/%Y}}")
    name, table, form = match[1], match[2] or "", match[3] or ""
    if name not in names and name not in own.values:
        raise ValueError(unknown(name, [*names, *own.values]))
    if table and table not in own.tables:
        raise ValueError(
            f'there is no table "{table}" in "tables"; there is: {", ".join(sorted(own.tables)) or "none"}'
        )
    if form and name not in _DATES:
        raise ValueError(f"{{{name}}} is no date: it takes no form")
    own.used.add(name)
    return Place(name, table, form, name in own.values)


def unknown(name: str, names: Sequence[str]) -> str:
    """What to say of a name that is not known there."""
    near = get_close_matches(name, names, n=1)
    return f"{{{name}}} is not known here; " + (
        f"did you mean {{{near[0]}}}?" if near else f"known: {', '.join(names)}"
    )


@dataclass(frozen=True, slots=True)
class Each:
    """A part that is written once for every attachment, or every addressee."""

    of: str
    give: Tree


#: A body in JSON: templates in place of texts.
Tree = Template | Each | int | float | bool | None | dict[str, Any] | list[Any]


class _At(ValueError):
    """What is wrong at that place below."""

    def __init__(self, path: tuple[str | int, ...], value: object, error: ValueError) -> None:
        super().__init__(str(error))
        self.path, self.value = path, value


def tree(value: object, names: Collection[str], at: tuple[str | int, ...] = ()) -> Tree:
    """The tree of a body. Raises ValueError."""
    try:
        return _tree(value, names, at)
    except _At:
        raise
    except ValueError as error:
        raise _At(at, value, error) from error


def _tree(value: object, names: Collection[str], at: tuple[str | int, ...]) -> Tree:
    if len(at) > _DEEPEST:
        raise ValueError("it is nested too deep")
    if isinstance(value, dict):
        if value.keys() == {"each", "give"}:
            return _each(value, names, at)
        return {str(key): tree(each, names, (*at, str(key))) for key, each in _few(value).items()}
    if isinstance(value, list):
        return [tree(each, names, (*at, index)) for index, each in enumerate(_few(value))]
    if value is None or isinstance(value, bool | int | float):
        return value
    return parsed(value, names)


def _few(value: Any) -> Any:
    if len(value) > _MOST:
        raise ValueError(f"it has more than {_MOST} entries")
    return value


def _each(value: Mapping[str, object], names: Collection[str], at: tuple[str | int, ...]) -> Each:
    of = str(value["each"])
    if of not in EACH:
        raise ValueError(f'"each" takes {" or ".join(EACH)}, not "{of}"')
    return Each(of, tree(value["give"], [*names, *EACH[of]], (*at, "give")))


def _located(value: object, names: Collection[str]) -> Tree:
    """The tree; a mistake in it is told at its own place."""
    try:
        return tree(value, names)
    except _At as error:
        detail = InitErrorDetails(
            type="value_error", loc=error.path, input=error.value, ctx={"error": ValueError(str(error))}
        )
        raise ValidationError.from_exception_data("body", [detail]) from error


def _header(value: object) -> str:
    if not _HEADER.fullmatch(str(value)):
        raise ValueError(f"{str(value)[:40]!r} is no name of a header")
    return str(value)


def _own(value: object) -> str:
    """A name of the profile's own. Raises ValueError."""
    name = str(value)
    if not _OWN.fullmatch(name):
        raise ValueError(f'"{name[:40]}" is no name: small letters, digits and _, a letter first')
    if name in _TAKEN:
        raise ValueError(f'"{name}" is a name that means something else already')
    return name


#: Names that no profile may give another meaning.
_TAKEN = frozenset({*WHO, *TOKEN, *RENEWED, *LISTED, *ROW, *SENT, *SIGNED, "signature"})
HeaderName = Annotated[str, PlainValidator(_header)]
OwnName = Annotated[str, PlainValidator(_own)]


def _reader(read: Callable[[object, Collection[str]], Any], names: Sequence[str]) -> PlainValidator:
    return PlainValidator(lambda value: read(value, names))


LoginText = Annotated[Template, _reader(parsed, WHO)]
LoginTree = Annotated[Any, _reader(_located, WHO)]
RenewText = Annotated[Template, _reader(parsed, (*WHO, *TOKEN, *RENEWED))]
RenewTree = Annotated[Any, _reader(_located, (*WHO, *TOKEN, *RENEWED))]
HeaderText = Annotated[Template, _reader(parsed, (*WHO, *TOKEN, "kind", "id", "delivery", "signature"))]
KindText = Annotated[Template, _reader(parsed, ())]
ListText = Annotated[Template, _reader(parsed, (*WHO, *LISTED))]
ListTree = Annotated[Any, _reader(_located, (*WHO, *LISTED))]
RowText = Annotated[Template, _reader(parsed, (*WHO, *ROW))]
RowTree = Annotated[Any, _reader(_located, (*WHO, *ROW))]
FileText = Annotated[Template, _reader(parsed, (*WHO, *FILE_THERE))]
SentText = Annotated[Template, _reader(parsed, (*WHO, *SENT))]
SentTree = Annotated[Any, _reader(_located, (*WHO, *SENT))]
SignedText = Annotated[Template, _reader(parsed, SIGNED)]
