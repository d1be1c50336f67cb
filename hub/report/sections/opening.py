"""Section I: who is in charge, and who is connected."""

from __future__ import annotations

from collections.abc import Iterator

from hub.report.layout import Block, Bullets, Heading, Paragraph
from hub.report.letter import Letter
from hub.report.records import Down, Figures, Network
from hub.report.telling import clean, minute, number, percent

#: What a person fills in by hand.
BLANK = "……………………………………"
_MOST = 10


def opening(figures: Figures, letter: Letter) -> Iterator[Block]:
    """I. TÌNH HÌNH TRIỂN KHAI."""
    yield Heading("I. TÌNH HÌNH TRIỂN KHAI")
    yield Heading("1. Công tác chỉ đạo, phân công", 2)
    yield Bullets(
        (
            f"Lãnh đạo phụ trách: {letter.leader or BLANK}.",
            f"Cơ quan đầu mối kỹ thuật: {letter.office or BLANK}.",
            f"Liên hệ: {letter.contact or BLANK}.",
        )
    )
    yield Heading("2. Kết nối, liên thông trong tỉnh", 2)
    yield from _inside(figures)
    yield Heading("3. Kết nối với Văn phòng Chính phủ", 2)
    yield Bullets(tuple(_central(figures, letter)))


def _inside(figures: Figures) -> Iterator[Block]:
    network = figures.network
    yield Paragraph(
        f"Đến {_end(figures)}, {percent(network.connected)} đơn vị đã kết nối "
        "với Trục liên thông văn bản tỉnh, trong đó:"
    )
    groups = (*network.levels, *network.kinds)
    yield Bullets(tuple(f"{group.word}: {percent(group.connected)} đơn vị đã kết nối." for group in groups))
    yield Bullets(tuple(_changes(network)))


def _end(figures: Figures) -> str:
    month = figures.month
    return f"hết tháng {month.month} năm {month.year}" if figures.is_over else minute(figures.made_at)


def _changes(network: Network) -> Iterator[str]:
    yield f"Đơn vị mới kết nối trong tháng: {_names(network.new)}."
    yield f"Đơn vị đang chạy thử (không tính vào số liệu): {_names(network.tried_out)}."
    yield f"Đơn vị tạm dừng trong tháng: {_names(network.paused)}."
    yield f"Thay đổi về tổ chức trong tháng: {_names(network.ended)}."
    inside = [one for one in network.outages if one.hours > 0]
    hours = number(sum(one.hours for one in inside), 1)
    yield f"Mất kết nối trong tháng (mọi kênh): {number(len(inside))} lần, tổng cộng {hours} giờ."


def _central(figures: Figures, letter: Letter) -> Iterator[str]:
    network = figures.network
    central = network.central
    if not network.central_unit:
        yield "Chưa cấu hình kênh kết nối với Văn phòng Chính phủ."
    elif central is None:
        yield "Chưa có số liệu về kênh kết nối trong tháng."
    else:
        since = f", tính từ {minute(central.since)}" if central.since > figures.month.since else ""
        yield f"Kênh kết nối hoạt động {number(central.percent, 2)} % thời gian trong tháng{since}."
        mine = [one for one in network.outages if one.unit == network.central_unit]
        yield f"Số lần mất kết nối: {number(len(mine))}{'.' if not mine else ', cụ thể:'}"
        yield from map(_outage, mine[:_MOST])
    yield f"Người phụ trách kết nối: {letter.connection or BLANK}."


def _outage(one: Down) -> str:
    until = minute(one.until) if one.until else "nay chưa có lại"
    cause = f"; nguyên nhân: {clean(one.cause)}" if one.cause else ""
    return f"Từ {minute(one.since)} đến {until} ({number(one.hours, 1)} giờ trong tháng){cause}."


def _names(names: tuple[str, ...]) -> str:
    listed = "; ".join(map(clean, names[:_MOST]))
    more = f"; … ({number(len(names))} đơn vị)" if len(names) > _MOST else ""
    return f"{listed}{more}" if names else "không có"
