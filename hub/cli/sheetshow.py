"""How a conservation sheet looks to people: one table a book, bars, differences in red."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hub.cli.common import clean
from hub.ledger.balance import ANSWERS, BLOB, DUTIES, FATE, IN, OUT, Difference, Sheet

#: What a book is called, and its words in their order with their styles.
BOOKS: Mapping[str, tuple[str, Mapping[str, tuple[str, str]]]] = {
    IN: (
        "Gói tin vào (in)",
        {
            "accepted": ("tiếp nhận", "green"),
            "duplicate": ("trùng", "dim"),
            "echo": ("vọng lại", "dim"),
            "refused": ("trả lại", "yellow"),
            "quarantined": ("cách ly", "magenta"),
        },
    ),
    FATE: (
        "Đã tiếp nhận, nay ở đâu (accepted)",
        {
            "delivered": ("đã giao", "green"),
            "recorded": ("chỉ ghi nhận", "dim"),
            "pending": ("đang chờ", "yellow"),
            "pen": ("chưa rõ văn bản", "magenta"),
            "dead": ("không chuyển được", "red"),
            "withdrawn": ("đã dừng", "dim"),
        },
    ),
    OUT: (
        "Lượt chuyển tới đơn vị (to it)",
        {
            "delivered": ("đã chuyển", "green"),
            "pending": ("đang chờ", "yellow"),
            "dead": ("không chuyển được", "red"),
            "withdrawn": ("đã dừng", "dim"),
        },
    ),
    ANSWERS: (
        "Hồi báo của đơn vị (its answers)",
        {
            "forwarded": ("đã chuyển tiếp", "green"),
            "recorded": ("chỉ ghi nhận", "dim"),
            "waiting": ("chưa rõ văn bản", "magenta"),
            "discarded": ("đã bỏ", "dim"),
        },
    ),
    DUTIES: (
        "Phải hồi báo (duties)",
        {
            "met": ("đúng hạn", "green"),
            "late": ("chậm", "yellow"),
            "open": ("chưa tới hạn", "cyan"),
            "overdue": ("quá hạn", "red"),
            "paused": ("tạm dừng", "dim"),
            "broken": ("không hồi báo", "bold red"),
            "void": ("không còn phải", "dim"),
        },
    ),
}
_KINDS = {book: name for book, (name, _) in BOOKS.items()} | {BLOB: "Tệp lưu (stored bodies)"}
_BAR = 16


def whole(made: Sheet, units: Sequence[str], names: Mapping[str, str]) -> RenderableType:
    """The sheet of these units."""
    day = f"những gì vào ngày {made.day:%d/%m/%Y}" if made.day else "từ đầu đến nay"
    parts: list[RenderableType] = [Text(f"ĐỐI SOÁT {day} (conservation sheet)", style="bold")]
    parts += [table for book in BOOKS if (table := _table(made, book, units, names))]
    return Group(*parts, _verdict(made))


def _verdict(made: Sheet) -> RenderableType:
    if not made.differences:
        return Text("✓ Cân bằng: bảng, nhật ký và tệp lưu khớp nhau (balanced).", style="bold green")
    lines = [Text(f"✗ LỆCH {len(made.differences)} chỗ (out of balance):", style="bold red")]
    return Group(*lines, *(clean(f"  {said(one)}", "bold red") for one in made.differences))


def said(one: Difference) -> str:
    """A difference in words: whose, of which kind, how many on either side, which ones."""
    cell, known = one.cell, BOOKS.get(one.cell.book, ("", {}))[1]
    word = known.get(cell.word, (cell.word, ""))[0]
    more = " ..." if max(one.rows, one.events) > len(one.ids) else ""
    sides = f"bảng {one.rows}, nhật ký {one.events} (rows, events)"
    return f"{cell.unit or '-'}: {_KINDS[cell.book]}, {word} ({cell.word}): {sides}: {', '.join(one.ids)}{more}"


def _table(made: Sheet, book: str, units: Sequence[str], names: Mapping[str, str]) -> Table | None:
    title, words = BOOKS[book]
    figures = {unit: found for unit in units if (found := made.book(unit, book))}
    if not figures:
        return None
    table = Table(title=title, title_justify="left", title_style="bold", box=None, header_style="bold", pad_edge=False)
    table.add_column("Đơn vị", overflow="fold")
    for name in ("Tổng", *(f"= {word}" if not at else f"+ {word}" for at, (word, _) in enumerate(words.values()))):
        table.add_column(name, justify="right")
    table.add_column("")
    for unit, found in figures.items():
        shown = [
            Text(_number(found.get(word, 0)), style=style if word in found else "dim")
            for word, (_, style) in words.items()
        ]
        table.add_row(
            clean(names.get(unit) or unit or "trục"), _number(sum(found.values())), *shown, _bar(found, words)
        )
    return table


def _bar(found: Mapping[str, int], words: Mapping[str, tuple[str, str]]) -> Text:
    """The parts as lengths; what is there at all is seen."""
    total, bar = sum(found.values()), Text()
    for word, (_, style) in words.items():
        if number := found.get(word, 0):
            bar.append("█" * max(1, round(_BAR * number / total)), style=style)
    return bar


def _number(number: int) -> str:
    return f"{number:,}".replace(",", ".")
