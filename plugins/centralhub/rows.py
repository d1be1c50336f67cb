"""Rows of the central hub's lists, as far as they are understood (facts of the operations' results). Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from hub import VIETNAM, Acknowledgement, Delivery

#: What may differ between our clock and that of the central hub.
_SKEW = timedelta(minutes=10)
_TIME = re.compile(
    r"(\d{4})[-/](\d{2})[-/](\d{2})[ T](\d{2}):(\d{2}):(\d{2})|(\d{2})[-/](\d{2})[-/](\d{4}) (\d{2}):(\d{2}):(\d{2})"
)
#: Behind a time: a zone, which none of the times seen has.
_ZONE = re.compile(r"[.,\d]*\s*(?:Z|([+-])(\d{2}):?(\d{2}))")
#: Characters of an id or a code that are kept of a row.
LONGEST = 200
_DOC_ID = re.compile(rf"[!-~]{{1,{LONGEST}}}")
#: A row in one of these states was confirmed before.
_OVER = frozenset({"DONE", "FAIL"})


@dataclass(frozen=True, slots=True)
class Received:
    """A packet that waits for us."""

    doc_id: str
    to: str
    is_over: bool


def received(row: Mapping[str, Any]) -> Received | None:
    """What a row of getReceivedEdocList says; None where nobody could fetch it: without a docId that a header holds."""
    doc_id = _text(row.get("docId"))
    if not _DOC_ID.fullmatch(doc_id):
        return None
    return Received(doc_id, _text(row.get("to"))[:LONGEST], _text(row.get("status")).upper() in _OVER)


class Waiting:
    """What a list of received packets shows, as its rows come: packets, none twice, and ids that nobody could ask for.

    At most so many of each, `known` packets not counted: the rest is in the next list.
    """

    def __init__(self, most: int, known: Container[str] = ()) -> None:
        self._most, self._known, self._new = most, known, 0
        self._rows: dict[str, Received] = {}
        self.strange: list[str] = []

    @property
    def rows(self) -> list[Received]:
        """The packets that are not over."""
        return list(self._rows.values())

    def keep(self, said: Mapping[str, Any]) -> None:
        """The next row."""
        row = received(said)
        if row is None and len(self.strange) < self._most:
            self.strange.append(ascii(said.get("docId"))[:60])
        elif row and not row.is_over and row.doc_id not in self._rows:
            is_new = row.doc_id not in self._known
            if not is_new or self._new < self._most:
                self._rows[row.doc_id] = row
                self._new += is_new


@dataclass(frozen=True, slots=True)
class Key:
    """By what a sent packet is known again in getSentEdocList, which names no document id of ours."""

    kind: str
    sender: str
    to: str
    code: str
    notation: str
    subject: str

    @property
    def name(self) -> str:
        """The same for two packets that the list cannot tell apart."""
        return f"{self.kind}|{self.sender}|{self.to}|{self.code}"


def key_of(delivery: Delivery, sender: str, to: str) -> Key:
    """By what this delivery is known again."""
    body = delivery.envelope.body
    if isinstance(body, Acknowledgement):
        code = body.response_for.code or body.response_for.document_id.rpartition(",")[2]
        return Key("status", folded(sender), folded(to), folded(code), folded(code.partition("/")[2]), "")
    return Key("edoc", folded(sender), folded(to), folded(body.code), folded(body.notation), folded(body.subject))


@dataclass(frozen=True, slots=True)
class Sent:
    """A packet of ours that the central hub has."""

    doc_id: str
    #: None where it cannot be read
    at: datetime | None


def sent(row: Mapping[str, Any], key: Key, since: datetime) -> Sent | None:
    """What a row of getSentEdocList says, if it may be that packet, taken after `since`; None where it is not."""
    doc_id, at = _text(row.get("senderDocId"))[:LONGEST], _moment(_text(row.get("sentTime")))
    if not doc_id or folded(_text(row.get("fromCode"))) != key.sender or folded(_text(row.get("toCode"))) != key.to:
        return None
    if not _is_named(key, folded(_text(row.get("notation"))), folded(_text(row.get("title")))):
        return None
    return None if at and at < since - _SKEW else Sent(doc_id, at)


def _is_named(key: Key, notation: str, title: str) -> bool:
    """By number and notation; where the list says the notation alone, the subject must agree too."""
    if notation == key.code:
        return True
    return bool(notation) and notation == key.notation and bool(title) and title == key.subject


def folded(text: str) -> str:
    """Text for comparing, as hubs that write ASCII say it: no marks, no spaces, upper case."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(sign for sign in plain if not unicodedata.combining(sign) and not sign.isspace()).upper()


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _moment(text: str) -> datetime | None:
    """A time in any of the forms seen, which is Vietnam's where it says no zone."""
    if not (match := _TIME.match(text)):
        return None
    first, month, third, hour, minute, second = (int(part) for part in match.groups() if part)
    year, day = (first, third) if match[1] else (third, first)
    try:
        zone = _zone(text[match.end() :])
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(text: str) -> tzinfo:
    """What stands behind a time. Raises ValueError."""
    if not (match := _ZONE.fullmatch(text.strip())):
        return VIETNAM
    sign, hours, minutes = match.groups()
    ahead = timedelta(hours=int(hours), minutes=int(minutes)) if sign else timedelta()
    return timezone(-ahead if sign == "-" else ahead)
