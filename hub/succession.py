"""Units that are no more, and who took their work over: one heir at once, several never by themselves. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType

from hub.vocabulary import Unit

#: former unit -> the units of that day that took over, the former ones among its successors followed further
Heirs = Mapping[str, tuple[str, ...]]


def is_former(unit: Unit, day: date) -> bool:
    """Whether its last day lies before this one."""
    return unit.until is not None and unit.until < day


def heirs_on(units: Iterable[Unit], day: date) -> Heirs:
    """Every unit that is no more on this day, with those that work in its place."""
    known = {unit.id: unit for unit in units}
    former = (unit for unit in known.values() if is_former(unit, day))
    return MappingProxyType({unit.id: tuple(dict.fromkeys(_active(unit, known, day, {unit.id}))) for unit in former})


def _active(unit: Unit, known: Mapping[str, Unit], day: date, seen: set[str]) -> Iterable[str]:
    for name in unit.successors:
        successor = known.get(name)
        if successor is None or name in seen:
            continue
        if is_former(successor, day):
            yield from _active(successor, known, day, seen | {name})
        else:
            yield name


def taken_over(heirs: Heirs) -> Mapping[str, frozenset[str]]:
    """Unit -> those that are no more and whose work, or a part of it, it took over."""
    found: dict[str, frozenset[str]] = {}
    for former, successors in heirs.items():
        for heir in successors:
            found[heir] = found.get(heir, frozenset()) | {former}
    return MappingProxyType(found)


def farewell(unit: Unit, successors: Sequence[Unit]) -> str:
    """Why nothing can be sent to a unit that is no more, and to whom instead."""
    since = f" từ {_written(unit.until + timedelta(days=1))}" if unit.until else ""
    gone = f'"{unit.name}" đã kết thúc hoạt động{since}.'
    if not successors:
        return f"{gone} Chưa khai báo đơn vị nào tiếp nhận; gọi cán bộ trục liên thông để hỏi nơi nhận."
    names = ", ".join(f"{each.name} ({each.code})" if each.code else each.name for each in successors)
    return f"{gone} Đơn vị tiếp nhận theo danh mục của tỉnh: {names}. Chọn một hay nhiều đơn vị rồi gửi lại."


def _written(day: date) -> str:
    """As NĐ 30 has it: a nought before days below 10, and before January and February."""
    return f"{day:%d}/{day.month:0{2 if day.month < 3 else 1}}/{day.year}"
