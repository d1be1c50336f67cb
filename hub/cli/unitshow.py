"""How units look to people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from hub.cli.common import clean, local
from hub.roster.merge import Difference, Known, Merged

_STAGES = {
    "declared": ("đã khai báo", "red"),
    "connected": ("đã kết nối", "yellow"),
    "tested": ("đã thử", "cyan"),
    "live": ("đang dùng", "green"),
    "former": ("đã kết thúc", "dim"),
}
_NEXT = {
    "declared": "chưa kết nối được lần nào: hub status",
    "connected": "chưa có văn bản nào chuyển tới mà được tiếp nhận: hub units smoke",
    "tested": "không gửi và không hồi báo gì trong 30 ngày qua",
    "live": "",
    "former": "",
}
_FIELDS = {"name": "tên", "code": "mã", "aliases": "mã khác", "folder": "thư mục", "groups": "nhóm"}
_FIELDS |= {"level": "cấp", "until": "ngày cuối", "successors": "đơn vị tiếp nhận"}


def listed(lines: Iterable[Mapping[str, Any]]) -> Table:
    """The units of the configuration."""
    table = _table("Đơn vị", "Tên", "Mã", "Mã khác", "Kênh", "Nhóm")
    for line in lines:
        several = (clean(", ".join(line[name])) for name in ("aliases", "groups"))
        aliases, groups = several
        code, kind = clean(line["code"]), clean(line["kind"])
        table.add_row(clean(line["id"], "bold"), clean(line["name"]), code, aliases, kind, groups)
    return table


def staged(lines: Iterable[Mapping[str, Any]]) -> Table:
    """How far each unit is, and what is missing."""
    table = _table("Đơn vị", "Tên", "Giai đoạn", "Tin gần nhất", "Ghi chú")
    for line in lines:
        word, style = _STAGES[line["stage"]]
        if line["mode"] == "thu-nghiem":
            word += " (thử nghiệm)"
        note = f"mất kết nối (down): {line['detail'] or '-'}" if line["down"] else _missing(line)
        style = "bold red" if line["down"] else style
        heard = _when(line["heard_at"])
        table.add_row(clean(line["id"], "bold"), clean(line["name"]), Text(word, style), heard, clean(note, style))
    return table


def _missing(line: Mapping[str, Any]) -> str:
    """What keeps the unit from the next stage."""
    is_trial = line["mode"] == "thu-nghiem" and line["stage"] == "tested"
    return "khi dùng thật: đổi mode sang van-hanh" if is_trial else _NEXT[line["stage"]]


def _when(at: datetime | None) -> str:
    return local(at) if at else "-"


def differences(merged: Merged) -> Table:
    """What would change in units.yaml."""
    table = _table("", "Đơn vị", "Mục", "Cũ", "Mới")
    for one in merged.differences:
        _add(table, one)
    for unit in merged.closing:
        _add_closing(table, unit)
    return table


def _add(table: Table, one: Difference) -> None:
    word, style = ("+ thêm", "green") if one.is_new else ("~ sửa", "yellow")
    for change in one.changes:
        old, new = clean(change.old, "dim"), clean(change.new, style)
        table.add_row(Text(word, style), clean(one.unit, "bold"), _FIELDS[change.field], old, new)
        word = ""


def _add_closing(table: Table, unit: Known) -> None:
    note = clean("không còn trong danh sách; không tự bỏ (not in the list any more)", "red")
    table.add_row(Text("- đóng", "red"), clean(unit.id, "bold"), "", clean(unit.name, "dim"), note)


def _table(*names: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    return table
