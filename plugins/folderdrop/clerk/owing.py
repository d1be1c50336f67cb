"""`NHAC-VIEC`: what a unit's people still have to answer, as a page and as text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

from hub import VIETNAM, Reminder
from plugins.folderdrop.clerk import frame, texts

PAGE, TEXT = "NHAC-VIEC.html", "NHAC-VIEC.txt"
#: Most that are listed one by one.
_MOST = 300
_GESTURES = {
    "02": "Kéo thư mục sang <code>3-da-tiep-nhan</code>, hoặc <code>2-tu-choi</code> kèm lý do.",
    "03": "Vào sổ rồi kéo thư mục sang <code>3-da-tiep-nhan</code>, hoặc <code>2-tu-choi</code> kèm lý do.",
    "04": "Kéo thư mục sang <code>4-phan-cong</code>, vào thư mục mang tên cán bộ.",
    "05": "Kéo thư mục sang <code>5-dang-xu-ly</code>.",
    "06": "Xong việc thì kéo thư mục sang <code>6-hoan-thanh</code>.",
    "15": (
        "Trả lời yêu cầu thu hồi: kéo thư mục vào <code>7-dong-y-thu-hoi</code>, "
        "hoặc <code>8-khong-dong-y-thu-hoi</code> kèm lý do."
    ),
}
_STYLE = """
table.owed th:nth-child(1){width:17%}table.owed th:nth-child(2){width:33%}table.owed th:nth-child(4){width:18%}
tr.late td:first-child{box-shadow:inset 4px 0 var(--red)}
.late .when{color:var(--red);font-weight:600}
.sum{border-radius:8px;padding:.7rem 1rem;margin:.8rem 0;background:#e9f1f8;color:var(--blue);font-weight:600}
.sum.late{background:#fbe9e7;color:var(--red)}
"""


def summary(owed: Sequence[Reminder]) -> str:
    """How much is owed, in one line; "" where nothing is."""
    late = sum(each.overdue for each in owed)
    return f"Còn {len(owed)} hồi báo chưa trả lời{f', {late} quá hạn' if late else ''}" if owed else ""


def line(owed: Sequence[Reminder]) -> str:
    """The board's line about it, as HTML; "" where nothing is owed."""
    late = any(each.overdue for each in owed)
    tone = "bad" if late else "wait"
    return f'<p class="{tone}">{summary(owed)}: xem <code>{PAGE}</code>.</p>' if owed else ""


def page(unit: str, owed: Sequence[Reminder], now: datetime, hotline: str = "") -> bytes:
    """`NHAC-VIEC.html`: the most pressing first."""
    rows = "".join(map(_row, owed[:_MOST]))
    tone = " late" if any(each.overdue for each in owed) else ""
    told = (
        f'<p class="over">{escape(unit)}</p><h1>Nhắc việc: văn bản chờ đơn vị hồi báo</h1>'
        f'<div class="sum{tone}">{summary(owed)}.</div>'
        '<table class="owed"><thead><tr><th>Hạn</th><th>Văn bản</th><th>Việc cần làm</th><th>Nơi gửi</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>{_more(owed)}"
        f'<p class="small">Trang này tự mất khi không còn việc nào. Cập nhật lúc {_hour(now)}; '
        f"nhấn <kbd>F5</kbd> để xem mới.{escape(texts.help_line(hotline))}</p>"
    )
    return frame.page(f"Nhắc việc - {unit}", told, wide=True, refresh=True, style=_STYLE)


def text(unit: str, owed: Sequence[Reminder], now: datetime, hotline: str = "") -> bytes:
    """`NHAC-VIEC.txt`: the same for screen readers and for printing."""
    lines = [line for number, each in enumerate(owed[:_MOST], 1) for line in _lines(number, each)]
    head = ("NHẮC VIỆC: VĂN BẢN CHỜ ĐƠN VỊ HỒI BÁO", texts.line(unit), f"{summary(owed)}.", "")
    more = [f"Và {len(owed) - _MOST} văn bản nữa."] if len(owed) > _MOST else []
    help_ = [said] if (said := texts.help_line(hotline).strip()) else []
    return texts.for_notepad(*head, *lines, *more, f"Cập nhật lúc {_hour(now)}.", *help_)


def _row(each: Reminder) -> str:
    return (
        f'<tr class="{"late" if each.overdue else ""}"><td><span class="when">{_when(each)}</span></td>'
        f"<td><strong>{escape(texts.line(each.code, 80))}</strong>"
        f"<div>{escape(texts.line(each.subject, 300))}</div></td>"
        f"<td>{_todo(each)}{_again(each)}</td><td>{escape(texts.line(each.sender, 120))}</td></tr>"
    )


def _again(each: Reminder) -> str:
    return f'<div class="small">Nhắc lần {each.count}</div>' if each.count > 1 else ""


def _lines(number: int, each: Reminder) -> Iterator[str]:
    yield f"{number}. {texts.line(each.code, 80)} - {texts.line(each.sender, 120)}: {texts.line(each.subject, 300)}"
    yield f"   {_when(each)}. {_bare(_todo(each))}"


def _todo(each: Reminder) -> str:
    return _GESTURES.get(each.owed, f"Cần hồi báo “{escape(texts.word(texts.line(each.owed, 20)))}”.")


def _bare(html: str) -> str:
    return html.replace("<code>", "").replace("</code>", "")


def _when(each: Reminder) -> str:
    return f"{'Quá hạn từ' if each.overdue else 'Trước'} {_hour(each.due_at)}"


def _hour(moment: datetime) -> str:
    return f"{moment.astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}"


def _more(owed: Sequence[Reminder]) -> str:
    return f"<p>Và {len(owed) - _MOST} văn bản nữa.</p>" if len(owed) > _MOST else ""
