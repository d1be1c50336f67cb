"""How duties look to people: a table, bars, words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hub.cli.codes import STATUS_WORDS
from hub.cli.common import clean, local
from hub.ledger.owing import DutyView

#: state -> what people say, colour
STATE_WORDS = {
    "open": ("chưa hồi báo", "yellow"),
    "overdue": ("quá hạn", "bold red"),
    "paused": ("tạm dừng", "blue"),
    "met": ("đúng hạn", "green"),
    "late": ("chậm", "magenta"),
    "broken": ("không hồi báo", "red"),
    "void": ("không còn phải hồi báo", "dim"),
}
_OWED_WORDS = {"15": "15/16 Trả lời yêu cầu thu hồi", "gui": "Gửi đúng hạn"}
_NONE = {
    "": "Không đơn vị nào còn phải hồi báo (nobody owes an answer).",
    "overdue": "Không có hồi báo nào quá hạn (nothing is overdue).",
    "broken": "Không có hồi báo nào bị bỏ (nothing was left unanswered).",
}
_WIDEST = 40


def owed_word(code: str) -> str:
    """What is owed, with its meaning."""
    return _OWED_WORDS.get(code) or f"{code} {STATUS_WORDS.get(code, '')}".strip()


def whole(
    found: Sequence[DutyView],
    names: Mapping[str, str],
    now: datetime,
    bars: Mapping[str, Mapping[str, int]],
    labels: Mapping[str, str],
    *,
    more: bool,
    state: str,
) -> RenderableType:
    """The answer to `hub duties`."""
    if not found:
        return Text(_NONE[state], style="green")
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("Đơn vị", "Văn bản", "Phải hồi báo", "Hạn", "Tình trạng", "Đôn đốc"):
        table.add_column(name, overflow="fold")
    for duty in found:
        table.add_row(*_row(duty, names, now))
    parts: list[RenderableType] = [table]
    if more:
        parts.append(Text("Còn nữa (there are more): --most N, --unit, --json.", style="dim"))
    return Group(*parts, Text(), _bars(bars, labels)) if bars else Group(*parts)


def _row(duty: DutyView, names: Mapping[str, str], now: datetime) -> tuple[Text, ...]:
    name = names.get(duty.unit, "")
    word, style = STATE_WORDS[duty.state]
    return (
        Text.assemble(clean(duty.unit, "bold"), clean(f" ({name})" if name else "", "dim")),
        Text.assemble(clean(duty.document, "bold"), "  ", clean(_short(duty.subject), "dim")),
        clean(owed_word(duty.code)),
        clean(local(duty.due_at)),
        Text(f"{word}{_how_long(duty, now)}", style),
        Text(f"{duty.reminded} lần" if duty.reminded else ""),
    )


def _how_long(duty: DutyView, now: datetime) -> str:
    if duty.state == "overdue":
        return f" {span(now - duty.due_at)}"
    return f", còn {span(duty.due_at - now)}" if duty.state == "open" and duty.due_at > now else ""


def span(length: timedelta) -> str:
    """A span of time in two words at most: days and hours, hours and minutes."""
    minutes = max(0, int(length.total_seconds())) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} ngày {hours} giờ" if hours else f"{days} ngày"
    return f"{hours} giờ {rest} phút" if hours else f"{rest} phút"


def _bars(bars: Mapping[str, Mapping[str, int]], labels: Mapping[str, str]) -> Table:
    """Of each unit how much it owes: overdue, and the rest."""
    table = Table.grid(padding=(0, 2))
    most = max(sum(counts.values()) for counts in bars.values())
    for unit, counts in sorted(bars.items(), key=_pressing):
        overdue, rest = counts.get("overdue", 0), sum(counts.values()) - counts.get("overdue", 0)
        bar = Text.assemble(("█" * _width(overdue, most), "red"), ("█" * _width(rest, most), "yellow"))
        table.add_row(clean(labels.get(unit, unit)), bar, Text(f"{overdue} quá hạn, {rest} chưa tới hạn"))
    return table


def _pressing(one: tuple[str, Mapping[str, int]]) -> tuple[int, int, str]:
    unit, counts = one
    return -counts.get("overdue", 0), -sum(counts.values()), unit


def _width(many: int, most: int) -> int:
    return -(-many * _WIDEST // most)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


def line(duty: DutyView, now: datetime) -> Text:
    """One duty in one line, under its recipient."""
    word, style = STATE_WORDS[duty.state]
    ended = f" lúc {local(duty.ended_at)}" if duty.ended_at else ""
    said = f"{owed_word(duty.code)}, hạn {local(duty.due_at)}: "
    return Text.assemble(clean(said, "dim"), (f"{word}{_how_long(duty, now)}{ended}", style))


def counted(counts: Mapping[str, int]) -> str:
    """How many duties there are in each state, in words."""
    told = [f"{_number(counts[state])} {word}" for state, (word, _) in STATE_WORDS.items() if state in counts]
    return f"{_number(sum(counts.values()))} = {' + '.join(told)}" if told else "0"


def _number(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def escalations(found: Iterable[Mapping[str, Any]]) -> list[Text]:
    """Whom to tell of what is overdue: no connector reaches them."""
    return [
        clean(
            f"! Cần báo cáo lãnh đạo {', '.join(one['to']) or '(chưa khai báo lanh-dao)'}: {one['unit']} chưa hồi báo "
            f"{owed_word(one['code'])} về {one['document']}, hạn {local(one['due_at'])}",
            "yellow",
        )
        for one in found
    ]
