"""How the table of units by document types looks to people: only what is not fine, equal rows as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hub.cli.common import clean
from hub.errors import Mistake
from hub.routing.grid import OTHER_TYPES, Cell, Fate

#: Where a route, by its index, says who gets the documents.
Where = Callable[[int], Mistake]

_MARKS = {
    Fate.REACHED: ("✓", "green"),
    Fate.PARTLY: ("◐ một phần (partly)", "yellow"),
    Fate.DIVERTED: ("→ nơi khác (diverted)", "cyan"),
    Fate.LOST: ("✗ không tới ai (without a way)", "bold red"),
}
_SHOWN = 3


def table(cells: Sequence[Cell], where: Where) -> RenderableType:
    """The cells that are not fine, each with the place of the rules that take documents away, and the sum."""
    rows = _rows(cells)
    odd = list(dict.fromkeys(cell.type for cell in cells if _is_odd(cell)))
    return Group(_drawn(rows, odd, where), _sum(cells)) if odd else _sum(cells)


def _drawn(rows: Mapping[str, Mapping[str, Cell]], odd: Sequence[str], where: Where) -> Table:
    drawn = Table(box=None, header_style="bold", pad_edge=False)
    drawn.add_column("Gửi tới (addressed to)", overflow="fold")
    for name in odd:
        drawn.add_column(clean(name) if name != OTHER_TYPES else "loại khác (any other)", overflow="fold")
    for units, row in _alike(rows, odd):
        if any(_is_odd(row[name]) for name in odd):
            drawn.add_row(_named(units), *(_shown(row[name], where) for name in odd))
    return drawn


def _rows(cells: Sequence[Cell]) -> dict[str, dict[str, Cell]]:
    rows: dict[str, dict[str, Cell]] = {}
    for cell in cells:
        rows.setdefault(cell.unit, {})[cell.type] = cell
    return rows


def _alike(
    rows: Mapping[str, Mapping[str, Cell]], odd: Sequence[str]
) -> Iterator[tuple[list[str], Mapping[str, Cell]]]:
    """Units whose cells say the same, with the cells of the first."""
    alike: dict[object, list[str]] = {}
    for unit, row in rows.items():
        alike.setdefault(tuple((row[name].fate, row[name].routes) for name in odd), []).append(unit)
    for units in alike.values():
        yield units, rows[units[0]]


def _is_odd(cell: Cell) -> bool:
    return cell.fate is not Fate.REACHED


def _named(units: Sequence[str]) -> Text:
    more = f" +{len(units) - _SHOWN}" if len(units) > _SHOWN else ""
    return clean(", ".join(units[:_SHOWN]) + more, "bold")


def _shown(cell: Cell, where: Where) -> Text:
    mark, style = _MARKS[cell.fate]
    places = [where(index) for index in cell.routes]
    said = [f"{place.file}:{place.line}:{place.column}" for place in places[:_SHOWN]]
    more = f" +{len(places) - _SHOWN}" if len(places) > _SHOWN else ""
    none = "" if cell.fate is Fate.REACHED or places else " không có kênh nhận (no endpoint)"
    return Text.assemble((mark, style), clean(f" {' '.join(said)}{more}" if said else none))


def _sum(cells: Sequence[Cell]) -> Text:
    lost = sum(cell.fate is Fate.LOST for cell in cells)
    units, types = len({cell.unit for cell in cells}), len({cell.type for cell in cells})
    text = (
        f"{units} đơn vị x {types} loại, {lost} không có đường ({units} units x {types} types, {lost} without a way)."
    )
    return clean(text, "red" if lost else "green")
