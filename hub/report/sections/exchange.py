"""Section II: what was sent and received."""

from __future__ import annotations

from collections.abc import Iterator

from hub.report.layout import Block, Chart, Column, Heading, Paragraph, Table
from hub.report.records import Figures, Flow, Share, Totals
from hub.report.telling import Value, change, minute, number, percent

_NO_SIGNATURES = (
    "Một văn bản gửi theo nhiều hướng được tính ở từng hướng; dòng tổng số tính mỗi văn bản một lần. "
    "Có chữ ký số: để trống vì sổ cái không ghi văn bản nào đã ký số; cơ quan lập báo cáo tự điền."
)
_SENDING = (
    "Tính từ ngày ban hành ghi trên văn bản đến khi trục nhận: trong ngày; chậm nhất buổi sáng ngày làm việc kế tiếp; "
    "chậm hơn."
)


def exchange(figures: Figures) -> Iterator[Block]:
    """II. KẾT QUẢ GỬI, NHẬN."""
    totals = figures.totals
    yield Heading("II. KẾT QUẢ GỬI, NHẬN VĂN BẢN ĐIỆN TỬ")
    yield Heading("1. Theo hướng gửi, nhận", 2)
    yield Paragraph(
        f"Trong tháng {figures.month}, trục nhận {number(totals.documents)} văn bản, chuyển {number(totals.legs)} lượt "
        f"(một lượt gửi là một văn bản tới một nơi nhận); đã giao {percent(Share(totals.delivered, totals.legs))}."
        + ("" if figures.is_over else f" Tháng chưa hết: số liệu đến {minute(figures.made_at)}.")
    )
    yield _directions(figures)
    yield _comparison(figures)
    yield Heading("2. Theo đơn vị", 2)
    yield _by_unit(figures)
    yield Heading("3. Thời hạn gửi", 2)
    yield _promptness(figures)
    yield _by_day(figures)


def _directions(figures: Figures) -> Table:
    columns = (
        Column("Hướng", 2.2, is_number=False),
        *(Column(title) for title in ("Số văn bản", "Lượt gửi", "Đã giao", "Có chữ ký số", "Khẩn", "Dung lượng (MB)")),
    )
    rows = tuple(map(_flow, figures.flows))
    title = "Văn bản gửi, nhận theo hướng"
    return Table("Bảng 1", title, columns, rows, has_total=True, note=_NO_SIGNATURES, sheet="Bảng 1")


def _flow(flow: Flow) -> tuple[Value, ...]:
    return flow.direction, flow.documents, flow.legs, flow.delivered, None, flow.urgent, flow.size / 1e6


def _comparison(figures: Figures) -> Table:
    columns = (
        Column("Chỉ tiêu", 2.2, is_number=False),
        Column(f"Tháng {figures.month}", 1.5),
        Column(f"Tháng {figures.month.before}", 1.5, group="So với tháng trước"),
        Column("Tăng, giảm", 1.3, group="So với tháng trước"),
        Column(f"Tháng {figures.month.year_before}", 1.5, group="So với cùng kỳ năm trước"),
        Column("Tăng, giảm", 1.3, group="So với cùng kỳ năm trước"),
    )
    three = figures.totals, figures.before, figures.year_before
    return Table("", "So với tháng trước và cùng kỳ năm trước", columns, tuple(_compared(three)), sheet="So sánh")


def _compared(months: tuple[Totals, Totals, Totals]) -> Iterator[tuple[Value, ...]]:
    counted = {
        "Số văn bản": [one.documents for one in months],
        "Lượt gửi": [one.legs for one in months],
        "Đã giao": [one.delivered for one in months],
        "Không chuyển được": [one.dead for one in months],
        "Phải hồi báo": [one.owed for one in months],
        "Từ chối tiếp nhận": [one.refused for one in months],
        "Đã hoàn thành": [one.finished for one in months],
    }
    for word, (now, before, year_before) in counted.items():
        yield word, now, before, change(now, before), year_before, change(now, year_before)
    kept, earlier, last_year = (one.answered_in_time for one in months)
    yield "Tiếp nhận đúng hạn", kept, earlier, _points(kept, earlier), last_year, _points(kept, last_year)


def _points(now: Share, then: Share) -> str | None:
    if now.percent is None or then.percent is None:
        return None
    grown = now.percent - then.percent
    sign = "+" if grown > 0 else "−" if grown < 0 else ""
    return f"{sign}{number(abs(grown), 1)} điểm %"


def _by_unit(figures: Figures) -> Table:
    columns = (
        Column("Đơn vị", 3, is_number=False),
        Column("Văn bản", group="Gửi"),
        Column("Lượt", group="Gửi"),
        Column("Nhận (lượt)"),
        Column("Không chuyển được", 1.2),
        Column("Trả lại, cách ly", 1.1),
        Column("Yêu cầu thu hồi", 1.1),
    )
    lines = figures.exchanges
    rows: list[tuple[Value, ...]] = [
        (one.name, one.sent, one.sent_legs, one.received, one.failed, one.given_back, one.recalled) for one in lines
    ]
    total = ("sent", "sent_legs", "received", "failed", "given_back", "recalled")
    rows.append(("Tổng số", *(sum(getattr(one, name) for one in lines) for name in total)))
    return Table("Bảng 2", "Văn bản gửi, nhận theo đơn vị", columns, rows, has_total=True, sheet="Bảng 2")


def _promptness(figures: Figures) -> Table:
    columns = (
        Column("Đơn vị", 3, is_number=False),
        Column("Trong ngày"),
        Column("Sáng ngày làm việc kế tiếp", 1.3),
        Column("Chậm"),
        Column("Không rõ ngày"),
        Column("Tỷ lệ đúng hạn", 1.9),
    )
    lines = [one for one in figures.promptness if one.same_day + one.next_morning + one.late + one.unknown]
    rows: list[tuple[Value, ...]] = [
        (one.name, one.same_day, one.next_morning, one.late, one.unknown, one.in_time) for one in lines
    ]
    if lines:
        names = ("same_day", "next_morning", "late", "unknown")
        sums = [sum(getattr(one, name) for one in lines) for name in names]
        rows.append(("Tổng số", *sums, Share(sums[0] + sums[1], sum(sums[:3]))))
    title = "Gửi văn bản đúng thời hạn"
    return Table("Bảng 3", title, columns, rows, has_total=bool(rows), note=_SENDING, sheet="Bảng 3")


def _by_day(figures: Figures) -> Chart:
    labels = [str(day.day) for day in figures.month.days]
    title = f"Số lượt gửi theo ngày trong tháng {figures.month}"
    return Chart("Hình 1", title, "columns", labels, figures.days, "lượt", sheet="Hình 1")
