"""Theirs as ours, and ours as theirs, by what a profile says. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub import Acknowledgement, Context, Document
from hub.carrying.failures import Spoilt
from hub.standards import edxml
from hub.standards.addresses import Contact
from plugins.eoffice.rest.picks import NothingThere, Part, Pick, Value

Seen = Callable[[tuple[str, ...], str], None]
At = tuple[str, ...]
_MOST_ADDRESSEES = 10_000
_STATUS = re.compile(r"\d{2}")
_DAY = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?!\d)")


def nobody(at: At, value: str) -> None:
    """Nobody hears what was found."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Asks an answer what a part of the profile says; `at`: where that part stands, `seen` hears what was found."""

    says: Part
    at: At
    tree: Any
    zone: ZoneInfo
    seen: Seen = nobody

    def text(self, name: str, *, needed: bool = False) -> str:
        """One value as text. Raises Spoilt where it is needed and not there."""
        value = self._value(name)
        found = self._asked(name, lambda: value.text(self.tree)) if value else ""
        if needed and not found:
            raise Spoilt(f"không thấy {name} trong câu trả lời", (*self.at, name))
        if is_misread(str(found)):
            raise Spoilt(f"chữ của {name} hỏng bảng mã (UTF-8 bị đọc như Latin-1): {found[:60]}", (*self.at, name))
        return str(found)

    def moment(self, name: str) -> datetime | None:
        """One time, UTC."""
        value = self._value(name)
        return self._asked(name, lambda: value.moment(self.tree, self.zone)) if value else None

    def day(self, name: str, *, needed: bool = False) -> date | None:
        """One day in the profile's zone. Raises Spoilt where it is needed and not there."""
        value = self._value(name)
        found = self._asked(name, lambda: value.day(self.tree, self.zone)) if value else None
        if needed and found is None:
            raise Spoilt(f"không thấy {name} trong câu trả lời", (*self.at, name))
        return found

    def texts(self, name: str) -> list[str]:
        """All that a pick finds, as texts."""
        pick: Pick = getattr(self.says, name)
        found = self._asked(name, lambda: [text for each in pick.all(self.tree) if (text := one_text(each))])
        return list(found)

    def _value(self, name: str) -> Value | None:
        found: Value | None = getattr(self.says, name)
        return found

    def _asked(self, name: str, ask: Callable[[], Any]) -> Any:
        try:
            found = ask()
        except NothingThere as error:
            raise Spoilt(str(error), (*self.at, name)) from error
        self.seen((*self.at, name), str(found if found is not None else ""))
        return found


def is_misread(text: str) -> bool:
    """Whether it is UTF-8 that somebody read as Latin-1 or Windows-1252: no text of people is so by chance."""
    for charset in ("latin-1", "cp1252"):
        try:
            if text.encode(charset).decode("utf-8") != text:
                return True
        except UnicodeError:
            continue
    return False


def one_text(found: Any) -> str:
    """A single value out of a list as text; "" of anything else."""
    if hasattr(found, "itertext"):
        found = "".join(map(str, found.itertext()))
    return str(found).strip() if isinstance(found, str | int | float) and not isinstance(found, bool) else ""


def document(reader: Reader, context: Context) -> Document:
    """The document that their answer tells, without its files; it is from the unit itself. Raises Spoilt."""
    number, notation = _halves(reader.text("code", needed=True))
    day, to, known = reader.day("date", needed=True), reader.texts("to"), reader.text("reply_to")
    if not to:
        raise Spoilt("không thấy nơi nhận trong câu trả lời", (*reader.at, "to"))
    assert day
    said = edxml.Outline(
        number,
        notation,
        day,
        reader.text("subject", needed=True),
        reader.text("type"),
        _urgency(reader),
        reader.day("due"),
        reader.text("signer"),
        reader.text("position"),
        (edxml.Earlier(known.rpartition(",")[2], organ=known.partition(",")[0]),) if known else (),
    )
    named = [Contact(code, code, context.name_of(code)) for code in dict.fromkeys(to[:_MOST_ADDRESSEES])]
    made = edxml.draft(context.unit, named, said)
    return replace(
        made,
        document_id=reader.text("id") or made.document_id,
        content=reader.text("content"),
        place=reader.text("place"),
        response_for=tuple(replace(each, document_id=known) for each in made.response_for),
    )


def acknowledgement(reader: Reader, context: Context) -> Acknowledgement:
    """The hồi báo that their answer tells, from the unit itself. Raises Spoilt."""
    status = reader.text("status", needed=True)
    if not _STATUS.fullmatch(status):
        raise Spoilt(f'trạng thái "{status[:40]}" không phải mã hai chữ số: thêm "table"', (*reader.at, "status"))
    number, notation = _halves(reader.text("code"))
    day, to = reader.day("date"), replace(context.unit, code=reader.text("to", needed=True), name="")
    known = edxml.draft(to, (), edxml.Outline(number, notation, day or date.min, "", ""))
    about = replace(known, document_id=reader.text("document"), promulgation_date=day)
    at = reader.moment("at") or context.clock.now()
    return edxml.answer(about, context.unit, status, at, reader.text("reason"), reader.text("by"))


def _halves(code: str) -> tuple[str, str]:
    """Số and ký hiệu: what follows the first stroke may have more of them."""
    number, _, notation = code.partition("/")
    return number.strip(), notation.strip()


def _urgency(reader: Reader) -> int:
    text = reader.text("urgency") or "0"
    if text not in ("0", "1", "2", "3", "4"):
        raise Spoilt(f'độ khẩn "{text[:40]}" không phải 0 đến 4: thêm "table"', (*reader.at, "urgency"))
    return int(text)


# ours as theirs ------------------------------------------------------------------------------------------


def of_document(said: Document, to: str) -> Mapping[str, object]:
    """What stands for `{doc...}`. `to`: the code of the unit that it goes to."""
    return {
        "doc.id": said.document_id,
        "doc.code": said.code,
        "doc.number": said.number,
        "doc.notation": said.notation,
        "doc.date": said.promulgation_date,
        "doc.subject": said.subject,
        "doc.content": said.content,
        "doc.type": said.type.name,
        "doc.urgency": int(said.urgency),
        "doc.business": int(said.business.type),
        "doc.place": said.place,
        "doc.due": _day(said.due_date),
        "doc.from.code": said.sender.id,
        "doc.from.name": said.sender.name,
        "doc.signer.name": said.signer.full_name,
        "doc.signer.position": said.signer.position,
        "doc.to.code": to,
    }


def of_status(said: Acknowledgement, zone: ZoneInfo) -> Mapping[str, object]:
    """What stands for `{status...}`."""
    about = said.response_for
    number, notation = _halves(about.code or about.document_id.split(",")[-1])
    return {
        "status.code": said.status,
        "status.at": said.at.astimezone(zone) if said.at else None,
        "status.reason": said.description,
        "status.from.code": said.sender.id,
        "status.from.name": said.sender.name,
        "status.to": about.organ_id,
        "status.doc.id": about.document_id,
        "status.doc.code": about.code,
        "status.doc.number": number,
        "status.doc.notation": notation,
        "status.doc.date": _day(about.promulgation_date),
        "status.by": said.staff.staff,
    }


def _day(text: str) -> date | str:
    """A day as packets write it; what is none stays as it is."""
    match = _DAY.match(text)
    try:
        return date(*map(int, match.groups())) if match else text
    except ValueError:
        return text
