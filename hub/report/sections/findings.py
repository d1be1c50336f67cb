"""Sections V to VII: what the figures say is wrong. Each finding has its query, which the annex names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hub.report.layout import Block, Bullets, Heading, Paragraph
from hub.report.records import Answering, Figures, Share
from hub.report.telling import clean, number, percent

_LONG = 4.0
_MOST = 10
_BLANK = "………………………………………………………………"


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence, and where its figures are from."""

    name: str
    text: str
    query: str


def closing(figures: Figures) -> Iterator[Block]:
    """V. TỒN TẠI, HẠN CHẾ VÀ NGUYÊN NHÂN to VII. NHIỆM VỤ THÁNG TỚI."""
    yield Heading("V. TỒN TẠI, HẠN CHẾ VÀ NGUYÊN NHÂN")
    yield Bullets(tuple(f"{one.text} ({one.name})." for one in findings(figures)))
    yield Heading("VI. KIẾN NGHỊ, ĐỀ XUẤT")
    yield Bullets((_BLANK, _BLANK, _BLANK))
    yield Heading(f"VII. NHIỆM VỤ THÁNG TỚI ({figures.month.next})")
    yield Bullets((*_tasks(figures), _BLANK, _BLANK))
    to_whom = (
        f"Trên đây là báo cáo tình hình gửi, nhận và phản hồi trạng thái văn bản điện tử tháng {figures.month.month}"
    )
    yield Paragraph(f"{to_whom} năm {figures.month.year}./.")


def findings(figures: Figures) -> tuple[Finding, ...]:
    """The sentences of section V, in order; those with nothing to say are left out."""
    said = [(say(figures), query) for say, query in _SAYINGS]
    kept = [(text, query) for text, query in said if text] or [_NOTHING]
    return tuple(Finding(f"V.{place}", text, query) for place, (text, query) in enumerate(kept, 1))


_NOTHING = (
    "Số liệu trong tháng chưa cho thấy tồn tại, hạn chế nào",
    "không nhận xét nào của mục V có số liệu.",
)


def _silent(figures: Figures) -> str:
    silent = [one for one in figures.answers if one.received and not one.accepted.part and not one.refused]
    receiving = sum(one.received > 0 for one in figures.answers)
    if not silent:
        return ""
    share = percent(Share(len(silent), receiving))
    return f"{share} đơn vị có nhận văn bản nhưng chưa phản hồi “Đã tiếp nhận” lần nào: {_names(silent)}"


def _stale(figures: Figures) -> str:
    if not figures.stale:
        return ""
    return (
        f"{number(figures.stale)} lượt đã đến nhưng quá 02 ngày làm việc chưa được tiếp nhận: chưa xử lý đúng quy trình"
    )


def _outages(figures: Figures) -> str:
    hours: dict[str, float] = {}
    for one in figures.network.outages:
        hours[one.name] = hours.get(one.name, 0.0) + one.hours
    long = sorted(((lost, name) for name, lost in hours.items() if lost > _LONG), reverse=True)
    if not long:
        return ""
    named = "; ".join(f"{clean(name)} ({number(lost, 1)} giờ)" for lost, name in long[:_MOST])
    return f"{number(len(long))} đơn vị mất kết nối trên 04 giờ trong tháng do thiết bị, đường truyền: {named}"


def _late_sending(figures: Figures) -> str:
    late = sum(one.late for one in figures.promptness)
    dated = sum(one.in_time.whole for one in figures.promptness)
    return f"{percent(Share(late, dated))} văn bản gửi chậm so với ngày ban hành" if late else ""


def _lost(figures: Figures) -> str:
    totals = figures.totals
    return f"{percent(Share(totals.dead, totals.legs))} lượt gửi không chuyển được" if totals.dead else ""


def _overdue(figures: Figures) -> str:
    late = sum(one.overdue for one in figures.answers)
    return f"{number(late)} lượt hoàn thành quá hạn hoặc đã quá hạn mà chưa hoàn thành" if late else ""


def _refused_recalls(figures: Figures) -> str:
    refused = figures.recalls.refused
    return f"{number(refused)} lượt yêu cầu thu hồi không được đồng ý" if refused else ""


def _tasks(figures: Figures) -> Iterator[str]:
    waiting = figures.totals.waiting
    if figures.idle:
        yield f"Đôn đốc {number(len(figures.idle))} đơn vị ở Bảng 5 tiếp nhận, xử lý văn bản đến."
    if waiting:
        yield f"Đôn đốc hồi báo {number(waiting)} lượt chưa tiếp nhận trong tháng."
    if figures.overdue:
        yield f"Xử lý dứt điểm {number(len(figures.overdue))} hạn hồi báo đã quá ở Bảng 6."


def _names(found: list[Answering]) -> str:
    listed = "; ".join(clean(one.name) for one in found[:_MOST])
    return f"{listed}; …" if len(found) > _MOST else listed


#: What is said of which figures, and the query behind it.
_SAYINGS: tuple[tuple[Callable[[Figures], str], str], ...] = (
    (_silent, "Bảng 4, đơn vị có cột Nhận > 0 mà Tiếp nhận (đúng hạn + chậm) = 0 và Từ chối = 0."),
    (
        _stale,
        "Lượt đã giao có hồi báo 01, chưa có 02-06, quá 16 giờ làm việc kể từ 01 (envelope.about, delivery).",
    ),
    (_outages, "Sự kiện outage/restored trong bảng event; kênh có tổng thời gian mất kết nối trong tháng trên 4 giờ."),
    (_late_sending, "Bảng 3, cột Chậm so với tổng các cột có ngày ban hành."),
    (_lost, "Bảng delivery, state = 'dead' của văn bản trong tháng."),
    (_overdue, "Bảng 4, cột Hoàn thành quá hạn (bảng duty, code = '06')."),
    (_refused_recalls, "Hồi báo mã 16 về văn bản trong tháng."),
)
