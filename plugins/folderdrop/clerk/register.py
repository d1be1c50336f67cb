"""The register of incoming documents: which line a case has in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from hub import VIETNAM
from plugins.folderdrop.clerk import recalls, texts
from plugins.folderdrop.clerk.cases import Case, Said

_NUMBER = re.compile(r"Số đến (\d{1,6}) ngày ")


@dataclass(frozen=True, slots=True)
class Line:
    """One document in the register."""

    arrived: date
    #: as the clerk gave it; the hub makes none up
    number: str
    author: str
    code: str
    #: None: the packet says none
    day: date | None
    subject: str
    receiver: str
    passed_on: date | None
    note: str


def file_name(year: int) -> str:
    """What a year's register is called."""
    return f"so-van-ban-den-{year}.xlsx"


def lines(cases: Iterable[Case]) -> tuple[Line, ...]:
    """The lines of accepted documents in the order of their arrival, within one second of their số đến."""
    return tuple(map(_line, sorted((case for case in cases if case.accepted_at), key=_order)))


def _order(case: Case) -> tuple[datetime, float, str]:
    return datetime.fromisoformat(case.received_at), float(_given(case) or "inf"), case.tail


def _given(case: Case) -> str:
    """Its số đến, "" where it got none."""
    accepted = next(each for each in case.said if each.code == "03")
    number = _NUMBER.match(accepted.description)
    return number[1] if number else ""


def _line(case: Case) -> Line:
    said = {each.code: each for each in case.said}
    return Line(
        arrived=_day(case.received_at),
        number=_given(case),
        author=case.sender,
        code=case.code,
        day=date.fromisoformat(case.day) if case.day else None,
        subject=": ".join(part for part in (case.type, case.subject) if part),
        receiver=said["04"].staff if "04" in said else "",
        passed_on=_day(said["04"].at) if "04" in said else None,
        note="; ".join(_notes(case, said)),
    )


def _notes(case: Case, said: dict[str, Said]) -> Iterable[str]:
    if case.urgency:
        yield texts.URGENCIES[case.urgency]
    if "02" in said:
        yield f"Từ chối tiếp nhận ngày {_day(said['02'].at):%d/%m/%Y}"
    if "06" in said:
        yield f"Hoàn thành ngày {_day(said['06'].at):%d/%m/%Y}"
    yield from recalls.remarks(case)
    if case.skipped:
        yield f"không báo: {', '.join(map(texts.word, case.skipped))}"


def _day(at: str) -> date:
    return datetime.fromisoformat(at).astimezone(VIETNAM).date()
