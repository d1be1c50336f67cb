"""Section III: what was answered, how soon, and by whom not."""

from __future__ import annotations

from collections.abc import Iterator

from hub.report.layout import Block, Bullets, Chart, Column, Heading, Paragraph, Table
from hub.report.records import LEAST, Answering, Figures, Share
from hub.report.telling import CODES, Value, clean, day, number, percent

#: Bars that fit one picture.
_MOST_BARS = 30
#: Units whose reasons are named.
_MOST_REASONS = 10
BIN_WORDS = ("≤ 1 giờ", "1-2 giờ", "2-4 giờ", "4-8 giờ", "1-2 ngày", "2-5 ngày", "> 5 ngày")
_COUNTED = (
    "Phải hồi báo = tiếp nhận đúng hạn + chậm + chưa + từ chối. “Phân công”, “Đang xử lý”: trạng thái hiện nay. "
    "“Quá hạn”: hoàn thành sau hạn, hoặc đã quá hạn mà chưa hoàn thành."
)
_SUMMED = (
    *("received", "owed", "arrived", "in_time", "late", "waiting", "refused"),
    *("assigned", "processing", "finished_in_time", "overdue"),
)


def answering(figures: Figures) -> Iterator[Block]:
    """III. HỒI BÁO VÀ XỬ LÝ."""
    yield Heading("III. HỒI BÁO VÀ XỬ LÝ VĂN BẢN")
    yield Heading("1. Tình hình hồi báo", 2)
    yield _by_unit(figures)
    reasons = tuple(_reasons(figures))
    if reasons:
        yield Paragraph("Lý do từ chối tiếp nhận chính:")
        yield Bullets(reasons)
    yield Heading("2. Thời gian đến khi tiếp nhận", 2)
    yield Paragraph(_waits(figures))
    yield _bins(figures)
    yield from _rates(figures)
    yield Heading("3. Đơn vị chỉ nhận, không xử lý", 2)
    yield _idle(figures)
    yield Heading("4. Văn bản quá hạn lâu nhất", 2)
    yield _overdue(figures)


def _by_unit(figures: Figures) -> Table:
    columns = (
        Column("Đơn vị", 2.9, is_number=False),
        *(Column("Nhận"), Column("Phải hồi báo"), Column("Đã đến")),
        *(Column(title, group="Tiếp nhận") for title in ("Đúng hạn", "Chậm", "Chưa")),
        *(Column("Từ chối"), Column("Phân công"), Column("Đang xử lý")),
        *(Column(title, group="Hoàn thành") for title in ("Đúng hạn", "Quá hạn")),
    )
    rows = [(one.name, *(getattr(one, name) for name in _SUMMED)) for one in figures.answers]
    rows.append(("Tổng số", *(sum(getattr(one, name) for one in figures.answers) for name in _SUMMED)))
    return Table("Bảng 4", "Hồi báo theo đơn vị (lượt)", columns, rows, has_total=True, note=_COUNTED, sheet="Bảng 4")


def _reasons(figures: Figures) -> Iterator[str]:
    refusing = sorted((one for one in figures.answers if one.refused), key=lambda one: -one.refused)
    for one in refusing[:_MOST_REASONS]:
        said = (f"{clean(reason) or 'không ghi lý do'} ({number(times)} lượt)" for reason, times in one.reasons)
        yield f"{one.name}: {'; '.join(said)}."


def _waits(figures: Figures) -> str:
    waits, totals = figures.waits, figures.totals
    if waits.median is None or waits.p90 is None:
        return "Trong tháng chưa có văn bản nào được tiếp nhận."
    return (
        f"Trong {number(waits.number)} lượt đã tiếp nhận, thời gian trung vị từ khi giao đến khi tiếp nhận là "
        f"{number(waits.median, 1)} giờ làm việc; 90 % số lượt được tiếp nhận trong "
        f"{number(waits.p90, 1)} giờ làm việc. Tiếp nhận đúng hạn: {percent(totals.answered_in_time)}."
    )


def _bins(figures: Figures) -> Chart:
    title = "Phân bố thời gian từ khi giao đến khi tiếp nhận (giờ, ngày làm việc)"
    return Chart("Hình 2", title, "columns", BIN_WORDS, figures.waits.bins, "lượt", sheet="Hình 2")


def _rates(figures: Figures) -> Iterator[Block]:
    enough = [(one.accepted_in_time.percent, one) for one in figures.answers]
    rated = sorted(((rate, one) for rate, one in enough if rate is not None), key=lambda pair: -pair[0])
    title = "Tỷ lệ tiếp nhận đúng hạn theo đơn vị"
    if not rated:
        yield Paragraph(f"Hình 3. {title}: chưa đơn vị nào có từ {LEAST} lượt phải hồi báo nên không tính tỷ lệ.", True)
        return
    shown = rated if len(rated) <= _MOST_BARS else [*rated[: _MOST_BARS // 2], *rated[-_MOST_BARS // 2 :]]
    left = len(rated) - len(shown)
    note = f"Chỉ vẽ {_MOST_BARS // 2} đơn vị cao nhất và {_MOST_BARS // 2} đơn vị thấp nhất." if left else ""
    few = len(figures.answers) - len(rated)
    note = " ".join(filter(None, (note, f"{few} đơn vị có dưới {LEAST} lượt, không tính tỷ lệ." if few else "")))
    labels = [f"{one.name} ({_count(one.accepted_in_time)})" for _, one in shown]
    values = [round(rate, 1) for rate, _ in shown]
    yield Chart("Hình 3", title, "bars", labels, values, "%", most=100, note=note, sheet="Hình 3")


def _count(share: Share) -> str:
    return f"{number(share.part)}/{number(share.whole)}"


def _idle(figures: Figures) -> Table:
    columns = (
        Column("Đơn vị", 3, is_number=False),
        *(Column("Nhận (lượt)"), Column("Đã đến"), Column("Đã tiếp nhận", 1.6), Column("Chưa tiếp nhận")),
    )
    rows = tuple(map(_idle_line, figures.idle))
    title = "Đơn vị nhận từ 10 lượt trở lên, tiếp nhận dưới 20 %"
    empty = "Không có đơn vị nào."
    return Table("Bảng 5", title, columns, rows, empty=empty, sheet="Bảng 5")


def _idle_line(one: Answering) -> tuple[Value, ...]:
    return one.name, one.received, one.arrived, one.accepted, one.waiting


def _overdue(figures: Figures) -> Table:
    columns = (
        Column("Số, ký hiệu", 1.5, is_number=False),
        Column("Trích yếu", 3, is_number=False),
        Column("Đơn vị", 2, is_number=False),
        Column("Còn thiếu", 1.3, is_number=False),
        Column("Hạn", 1.45),
        Column("Quá hạn (giờ làm việc)", 1.1),
    )
    rows = [
        (one.code, one.subject, one.name, CODES.get(one.owed, one.owed), day(one.due_at), one.hours)
        for one in figures.overdue
    ]
    return Table("Bảng 6", "Văn bản quá hạn lâu nhất (tối đa 20)", columns, rows, sheet="Bảng 6")
