"""What a profile picks out of an answer: JMESPath in JSON, XPath in XML; tables and dates turn it into ours. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import jmespath
from lxml import etree
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator

from plugins.eoffice.rest.templates import scope

_LONGEST = 500


class Part(BaseModel):
    """A part of a profile: no key that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class NothingThere(ValueError):
    """The answer has not what a pick must find."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One expression. `namespaces`: prefix and name of each, for XML."""

    source: str
    format: str = "json"
    namespaces: tuple[tuple[str, str], ...] = ()

    def all(self, tree: Any) -> list[Any]:
        """All that it finds, none where that is nothing. Raises NothingThere where it cannot be asked."""
        found = self._found(tree)
        if isinstance(found, list):
            return found
        return [] if found is None or found == "" else [found]

    def rows(self, tree: Any) -> list[Any] | None:
        """The list that it finds; None where there is none, an empty one is one. Raises NothingThere."""
        found = self._found(tree)
        return found if isinstance(found, list) else None

    def one(self, tree: Any) -> Any:
        """The first that it finds, None where there is nothing. Of XML its text. Raises NothingThere."""
        found = self._found(tree)
        if self.format == "xml" and isinstance(found, list):
            found = found[0] if found else None
        return _text_of(found) if etree.iselement(found) else found

    def text(self, tree: Any) -> str:
        """The same as text, "" where there is nothing or no single value. Raises NothingThere."""
        found = self.one(tree)
        if isinstance(found, bool):
            return str(found).lower()
        return str(found).strip() if isinstance(found, str | int | float) else ""

    def _found(self, tree: Any) -> Any:
        try:
            return _compiled(self).search(tree) if self.format == "json" else _compiled(self)(tree)
        except (jmespath.exceptions.JMESPathError, etree.XPathError, ValueError, TypeError) as error:
            raise NothingThere(f"{self.source} cannot be asked of this answer: {str(error)[:200]}") from error


def _text_of(element: Any) -> str:
    return "".join(map(str, element.itertext())).strip()


@lru_cache(maxsize=1024)
def _compiled(pick: Pick) -> Any:
    if pick.format == "json":
        return jmespath.compile(pick.source)
    return etree.XPath(pick.source, namespaces=dict(pick.namespaces) or None)


def _pick(value: object) -> Pick:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a pick is an expression in text: write it in quotes")
    if len(value) > _LONGEST:
        raise ValueError(f"an expression may have {_LONGEST} characters at most")
    own = scope()
    pick = Pick(value.strip(), own.format, own.namespaces)
    try:
        _compiled(pick)
    except jmespath.exceptions.ParseError as error:
        raise ValueError(f"this is no JMESPath at its character {error.lex_position + 1}: {error.msg}") from error
    except jmespath.exceptions.JMESPathError as error:
        raise ValueError(f"this is no JMESPath: {str(error).splitlines()[0]}") from error
    except etree.XPathError as error:
        raise ValueError(f"this is no XPath: {error}") from error
    return pick


def _packet(value: object) -> Pick | Literal["raw"]:
    return "raw" if value == "raw" else _pick(value)


Picked = Annotated[Pick, PlainValidator(_pick)]
#: A pick, or the word raw: all of the answer.
PickedOrRaw = Annotated[Pick | Literal["raw"], PlainValidator(_packet)]


def _short(value: object) -> object:
    return {"pick": value} if isinstance(value, str) else value


class Test(Part):
    """Whether an answer says something: one of these values, or anything but nothing and false."""

    __test__ = False  # no test of pytest's

    pick: Picked
    values: tuple[str | int | bool, ...] = Field(default=(), alias="in")

    def holds(self, tree: Any) -> bool:
        """Whether it does. Raises NothingThere."""
        found = self.pick.text(tree)
        if self.values:
            return found in {str(value).lower() if isinstance(value, bool) else str(value) for value in self.values}
        other = self.pick.one(tree)
        return found not in ("", "false", "0") or (isinstance(other, dict | list) and bool(other))


def _turned(value: object) -> object:
    """A table by its name, read the other way: theirs -> ours."""
    if not isinstance(value, str):
        return value
    tables = scope().tables
    if value not in tables:
        raise ValueError(f'there is no table "{value}"; "tables" has: {", ".join(tables) or "none"}')
    turned: dict[str, str] = {}
    for ours, theirs in tables[value].items():
        turned.setdefault(str(theirs), "" if ours == "*" else str(ours))
    return turned


class Value(Part):
    """One value of theirs as ours. `form` reads a date or time, as strptime has it, or epoch, epoch_ms.

    `table`: theirs -> ours, or the name of one of the profile's, which is read the other way round.
    """

    pick: Picked
    table: Annotated[Mapping[str, str], BeforeValidator(_turned)] = {}
    default: str = ""
    form: str = ""

    def text(self, tree: Any) -> str:
        """As text, by the table where there is one; "*" in it stands for all others.

        Raises NothingThere, of a value that the table does not know too: what it means nobody may guess.
        """
        found = self.pick.text(tree) or self.default
        if not self.table or not found or found in self.table:
            return self.table.get(found, found)
        if "*" not in self.table:
            raise NothingThere(f'"{found[:60]}" không có trong "table": thêm một dòng, hoặc "*"')
        return self.table["*"]

    def moment(self, tree: Any, zone: tzinfo) -> datetime | None:
        """As a time, UTC; None where there is none. Raises NothingThere of one that cannot be read."""
        text = self.text(tree)
        return moment(text, self.form, zone) if text else None

    def day(self, tree: Any, zone: tzinfo) -> date | None:
        """As a day in that zone; None where there is none. Raises NothingThere."""
        at = self.moment(tree, zone)
        return at.astimezone(zone).date() if at else None


Asked = Annotated[Value, BeforeValidator(_short)]
Tested = Annotated[Test, BeforeValidator(_short)]


def moment(text: str, form: str, zone: tzinfo) -> datetime:
    """A time as it is written; without a zone of its own it is that zone's. UTC. Raises NothingThere."""
    try:
        if form in ("epoch", "epoch_ms"):
            return datetime.fromtimestamp(float(text) / (1000 if form == "epoch_ms" else 1), UTC)
        at = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007 - right below
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        wanted = form or "2026-11-26T14:30:00+07:00"
        raise NothingThere(f'"{text[:60]}" is no time of the form {wanted}') from error


def _zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(value))
    except (ValueError, KeyError, OSError) as error:
        raise ValueError(f'"{value}" is no time zone: write Asia/Ho_Chi_Minh, or UTC') from error


Zone = Annotated[ZoneInfo, PlainValidator(_zone)]
#: What becomes of something, by what their answer says.
Verdict = Literal["ok", "there", "retry", "refuse", "denied", "unknown"]


def joined(texts: Iterable[str]) -> str:
    """What is not empty, with blanks between."""
    return " ".join(filter(None, texts))
