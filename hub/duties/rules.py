"""The rules of duties.yaml as records, and those that hold without it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.calendar import Kind, Span
from hub.duties.endings import GUI, RECALL
from hub.vocabulary import Urgency

_HOUR, _DAY, _FORTNIGHT = Span(Kind.WORKING, 60), Span(Kind.WORKING_DAYS, 1), Span(Kind.WORKING_DAYS, 10)

#: What can be owed: every status but the recall itself, and the document.
OWABLE = ("01", "02", "03", "04", "05", "06", RECALL, GUI)


@dataclass(frozen=True, slots=True)
class When:
    """A rule's conditions. An empty one holds for every document; of a list one entry must hold."""

    #: loại văn bản by name
    types: tuple[str, ...] = ()
    urgency: frozenset[Urgency] = frozenset()
    #: who owes: unit ids, groups, kinds of connector
    to: tuple[str, ...] = ()
    #: who sent it: unit ids, groups, codes, globs of codes
    sender: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chase:
    """How a duty is pursued. None: not at all."""

    #: so long before it is due the unit is reminded, minutes of the clock or of work
    before: Span | None = _HOUR
    #: so often when it is overdue: minutes, or the opening of each so many working days
    every: Span | None = _DAY
    #: most reminders
    most: int = 5
    #: so long after it was due the leaders are told
    escalate: Span | None = _DAY
    #: so long after it was due it is closed as broken
    limit: Span | None = _FORTNIGHT


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: who owes what by when."""

    name: str
    #: code -> by when; None: nothing, whatever later rules say
    owe: Mapping[str, Span | None]
    when: When = When()
    chase: Chase = field(default_factory=Chase)


#: What is only for information: it owes 03, never 06.
FOR_INFORMATION = (
    "Giấy mời",
    "Thông báo",
    "Thông cáo",
    "Thư công",
    "Phiếu gửi",
    "Phiếu báo",
    "Giấy nghỉ phép",
    "Giấy đi đường",
)

_FLASH = frozenset({Urgency.FLASH, Urgency.FLASH_TIMED})
_URGENT = frozenset({Urgency.URGENT, Urgency.VERY_URGENT})

#: They stand behind the rules of duties.yaml. The law: receipt is told within the day (NĐ 30/2020 Điều 21), a document
#: is sent on the day of signing, at the latest in the morning of the next working day (QĐ 28/2018 Điều 6), a recall is
#: carried out and told (Điều 9). "Local" is in no law: a choice of the province.
DEFAULTS = (
    Rule(
        "Hỏa tốc: tiếp nhận trong 30 phút (quy định của tỉnh, local)",
        {"03": Span(Kind.CLOCK, 30), GUI: Span(Kind.CLOCK, 24 * 60)},
        When(urgency=_FLASH),
    ),
    Rule(
        "Khẩn: tiếp nhận trong 30 phút làm việc (quy định của tỉnh, local)",
        {"03": Span(Kind.WORKING, 30), GUI: Span(Kind.CLOCK, 24 * 60)},
        When(urgency=_URGENT),
    ),
    Rule("Tiếp nhận trong ngày", {"03": Span(Kind.END_OF_DAY)}),
    Rule("Hoàn thành đúng hạn trả lời", {"06": Span(Kind.DUE_DATE)}),
    Rule("Trả lời yêu cầu thu hồi trong ngày", {RECALL: Span(Kind.END_OF_DAY)}),
    Rule("Gửi trong ngày ký, chậm nhất sáng ngày làm việc kế tiếp", {GUI: Span(Kind.NEXT_MORNING)}),
)
