"""The annex: how everything was counted, so that it can be counted again."""

from __future__ import annotations

from collections.abc import Iterator

from hub.report.layout import Block, Bullets, Column, Heading, Paragraph, Table
from hub.report.records import LEAST, Figures
from hub.report.sections.findings import findings
from hub.report.telling import number, short

_RULES = (
    "Một lượt gửi là một văn bản tới một nơi nhận. Văn bản tính vào tháng mà trục nhận (giờ Việt Nam).",
    "Không tính văn bản thử nghiệm và văn bản mà nơi gửi đã dừng trước khi chuyển (trừ Bảng 8b).",
    "Cột “Có chữ ký số” để trống: chữ ký trong tệp PDF của văn thư chỉ được ghi vào biên nhận, không ghi vào sổ cái.",
    "Trục không kiểm tra chữ ký còn hiệu lực, và không xem chữ ký trong gói tin do phần mềm gửi.",
    "Gói tin yêu cầu thu hồi, cập nhật chỉ cần trả lời 15 hoặc 16 nên không tính ở Bảng 4, 5.",
    "Văn bản được gửi thêm cho nơi nhận mới được tính là một lần gửi.",
    "Hồi báo tính theo thời điểm trục nhận được, không theo giờ máy của đơn vị; trạng thái là trạng thái hiện nay.",
    "Hạn tiếp nhận là hạn hồi báo 03 đã ghi trong sổ cái; nếu chưa ghi: hết ngày làm việc mà văn bản được giao.",
    "Đã tiếp nhận là có hồi báo 03, 04, 05 hoặc 06; thời gian tính bằng giờ làm việc theo lịch làm việc của đơn vị.",
    "Trung vị và phân vị 90 lấy theo thứ hạng gần nhất.",
    f"Tỷ lệ luôn kèm số đếm (x/y); tổng dưới {LEAST} thì không tính tỷ lệ.",
    "Bảng 6 gồm hạn hồi báo đã quá của mọi văn bản nhận trước khi hết tháng; Bảng 7, 8a theo thời điểm xảy ra.",
    "Kênh kết nối chỉ được ghi là mất khi trục đang chạy và thấy mất; thời gian trục dừng không được ghi.",
    "Bảng 8: cột đầu lấy từ bảng của sổ cái, các cột sau từ nhật ký có chuỗi băm (8a), hoặc ngược lại (8b).",
)


def annex(figures: Figures) -> Iterator[Block]:
    """Phụ lục."""
    yield Heading("1. Cách tính", 2)
    yield Bullets((*_RULES, _levels(figures)))
    yield Heading("2. Nguồn của các nhận xét ở mục V", 2)
    yield Bullets(tuple(f"{one.name}: {one.query}" for one in findings(figures)))
    yield Heading("3. Phần nhật ký đã dùng", 2)
    yield Paragraph(
        f"Sổ cái được đọc lúc {short(figures.made_at)}, trong một lần nhìn nhất quán. Kiểm tra chuỗi băm: hub verify."
    )
    columns = (
        Column("Nút ghi", 1.2, is_number=False),
        *(Column("Từ dòng"), Column("Đến dòng")),
        Column("Mã băm của dòng cuối (SHA-256)", 4.5, is_number=False),
    )
    rows = [(one.writer, one.first, one.last, one.hash) for one in figures.extents]
    yield Table("", f"Nhật ký của tháng {figures.month}", columns, rows, sheet="Nguồn")


def _levels(figures: Figures) -> str:
    guessed = figures.network.guessed
    said = "Cấp của đơn vị (sở, xã) lấy từ mục level trong units.yaml"
    return f"{said}; {number(guessed)} đơn vị chưa khai thì theo tên." if guessed else f"{said}."


def series(figures: Figures) -> Iterator[Block]:
    """The months from January, for a workbook."""
    titles = {
        "Số văn bản": "documents",
        "Lượt gửi": "legs",
        "Đã giao": "delivered",
        "Không chuyển được": "dead",
        "Phải hồi báo": "owed",
        "Tiếp nhận đúng hạn": "in_time",
        "Tiếp nhận chậm": "late",
        "Chưa tiếp nhận": "waiting",
        "Từ chối": "refused",
        "Đã hoàn thành": "finished",
    }
    columns = (Column("Tháng", 1.2, is_number=False), *map(Column, titles), Column("Tỷ lệ đúng hạn", 1.6))
    rows = [
        (str(month), *(getattr(totals, name) for name in titles.values()), totals.answered_in_time)
        for month, totals in figures.series
    ]
    if rows:
        yield Table("", f"Số liệu theo tháng, năm {figures.month.year}", columns, rows, sheet="Theo tháng")
