"""Section IV: what went wrong, and whether everything is accounted for."""

from __future__ import annotations

from collections.abc import Iterator

from hub.report.layout import Block, Bullets, Column, Heading, Paragraph, Table
from hub.report.records import Figures, Share
from hub.report.telling import Value, number, percent


def troubles(figures: Figures) -> Iterator[Block]:
    """IV. LỖI, SỰ CỐ VÀ ĐỐI SOÁT."""
    yield Heading("IV. LỖI, SỰ CỐ VÀ ĐỐI SOÁT")
    yield Heading("1. Lỗi, sự cố theo nguyên nhân", 2)
    yield _faults(figures)
    yield Heading("2. Đối soát", 2)
    yield Paragraph(
        "Chênh lệch bằng 0: mọi gói tin, mọi lượt gửi đều được tính đủ."
        if not figures.difference
        else f"CÓ CHÊNH LỆCH {number(figures.difference)}: phải kiểm tra ngay (hub verify)."
    )
    yield _inflows(figures)
    yield _balances(figures)
    yield Heading("3. Thu hồi, hồi báo chưa rõ văn bản", 2)
    yield Bullets(tuple(_recalls(figures)))


def _faults(figures: Figures) -> Table:
    columns = (
        Column("Nguyên nhân", 4, is_number=False),
        Column("Số lần"),
        Column("Đã khắc phục", 1.2),
        Column("Thời gian khắc phục, trung vị (giờ)", 1.5),
    )
    rows = [(one.cause, one.number, one.mended, one.hours) for one in figures.faults]
    title = "Lỗi theo nguyên nhân"
    note = "“–”: không áp dụng hoặc chưa rõ; gói tin trả lại do nơi gửi tự sửa và gửi lại."
    return Table("Bảng 7", title, columns, rows, note=note if rows else "", sheet="Bảng 7")


def _inflows(figures: Figures) -> Table:
    columns = (
        Column("Nơi gửi", 3, is_number=False),
        Column("Gói tin vào"),
        *(Column(title) for title in ("Chấp nhận", "Trùng", "Trả lại", "Cách ly", "Đang đọc")),
        Column("Chênh lệch"),
    )
    names = ("inputs", "accepted", "repeated", "refused", "quarantined", "reading", "difference")
    rows = _summed(figures.inflows, names)
    title = "Đối soát gói tin vào (cả văn bản và hồi báo)"
    return Table("Bảng 8a", title, columns, rows, has_total=True, sheet="Bảng 8a")


def _balances(figures: Figures) -> Table:
    columns = (
        Column("Nơi gửi", 3, is_number=False),
        Column("Phải chuyển"),
        *(Column(title) for title in ("Đã giao", "Đang chờ", "Không chuyển được", "Nơi gửi dừng")),
        Column("Chênh lệch"),
    )
    names = ("planned", "delivered", "open", "dead", "withdrawn", "difference")
    rows = _summed(figures.balances, names)
    title = "Đối soát lượt gửi văn bản"
    return Table("Bảng 8b", title, columns, rows, has_total=True, sheet="Bảng 8b")


def _summed(lines: tuple[object, ...], names: tuple[str, ...]) -> list[tuple[Value, ...]]:
    rows: list[tuple[Value, ...]] = []
    sums = [0] * len(names)
    for line in lines:
        values = [getattr(line, name) for name in names]
        sums = [old + new for old, new in zip(sums, values, strict=True)]
        if any(values):
            rows.append((str(getattr(line, "name", "")), *values))
    return [*rows, ("Tổng số", *sums)]


def _recalls(figures: Figures) -> Iterator[str]:
    recalls, orphans = figures.recalls, figures.orphans
    yield (
        f"Thu hồi văn bản: {number(recalls.asked)} lượt yêu cầu; "
        f"đồng ý {percent(Share(recalls.agreed, recalls.asked))}, "
        f"không đồng ý {number(recalls.refused)}, chưa trả lời {number(recalls.silent)}."
    )
    yield (
        f"Hồi báo chưa rõ văn bản: {number(sum(orphans.values()))}; đã khớp {number(orphans.get('matched', 0))}, "
        f"đang chờ {number(orphans.get('waiting', 0))}, đã bỏ {number(orphans.get('discarded', 0))}."
    )
