"""The lines of the list as rows of checked cells, with every flaw at its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from hub.directory import looks_like_code, normalise
from hub.roster import cells
from hub.roster.codes import mended
from hub.roster.columns import COLUMNS, NOT_KEPT, REQUIRED, Flaw, Line, column_of, known_columns, meant, slug

T = TypeVar("T")
_LOOK_AT = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One unit as the list has it. What is empty there is empty here."""

    line: int
    id: str
    name: str
    code: str
    flat_code: str = ""
    kind: str = "folderdrop"
    folder: str = ""
    parent: str = ""
    level: str = ""
    since: date | None = None
    until: date | None = None
    #: whose work it took over: ids or codes
    predecessors: tuple[str, ...] = ()
    #: ids or names
    groups: tuple[str, ...] = ()


@dataclass(slots=True)
class Findings:
    """The rows, and what was found wrong or doubtful on the way."""

    rows: list[Row] = field(default_factory=list)
    #: every id that the list names, its row good or not
    listed: set[str] = field(default_factory=set)
    flaws: list[Flaw] = field(default_factory=list)
    warnings: list[Flaw] = field(default_factory=list)

    def wrong(self, line: int, column: str, message: str) -> None:
        """Note what keeps the list from being taken."""
        self.flaws.append(Flaw(line, column, message))

    def warn(self, line: int, column: str, message: str) -> None:
        """Note what is taken and should be looked at."""
        self.warnings.append(Flaw(line, column, message))


def read(lines: Sequence[Line], root: str) -> Findings:
    """Every row of the list. `root` is the part that all codes of the province share, as H48."""
    found = Findings()
    header = next((line for line in lines[:_LOOK_AT] if known_columns(line.cells) > 1), None)
    if header is None:
        found.wrong(1, REQUIRED[0], f"không thấy dòng tên cột (no line of headers): {', '.join(COLUMNS)}")
        return found
    places = _places(header, found)
    for line in lines[lines.index(header) + 1 :]:
        if any(cell.strip() for cell in line.cells):
            _Reading(line, places, root, found).read()
    _check_once(found)
    return found


def _places(header: Line, found: Findings) -> Mapping[str, int]:
    """Where each column stands."""
    places: dict[str, int] = {}
    for index, cell in enumerate(header.cells):
        column = column_of(cell)
        if column is None and cell.strip():
            near = meant(cell.lower(), COLUMNS)
            found.warn(header.number, cells.tidy(cell), f"cột này không dùng{near} (an unknown column is left out)")
        elif column in places:
            found.wrong(header.number, column, "cột này có hai lần (this column stands twice)")
        elif column:
            places[column] = index
    for column in REQUIRED:
        if column not in places:
            found.wrong(header.number, column, "thiếu cột này (this column is missing)")
    for column in NOT_KEPT:
        if column in places:
            text = "cột này được kiểm tra, chưa ghi vào units.yaml (checked, units.yaml has no place for it yet)"
            found.warn(header.number, column, text)
    return places


@dataclass(frozen=True, slots=True)
class _Reading:
    """One line on its way to a row."""

    line: Line
    places: Mapping[str, int]
    root: str
    found: Findings

    def read(self) -> None:
        """Add the row, or what is wrong with it."""
        before = len(self.found.flaws)
        row = self._row()
        self.found.listed |= {self._raw("id"), slug(self._raw("id"))}
        for column in REQUIRED:
            if column in self.places and not self._raw(column):
                self._wrong(column, "ô này trống (this cell is empty)")
        if row.since and row.until and row.until < row.since:
            self._wrong("het_hieu_luc", "trước ngày hieu_luc_tu (ends before it begins)")
        if len(self.found.flaws) == before and all(column in self.places for column in REQUIRED):
            self.found.rows.append(row)

    def _row(self) -> Row:
        self._value("email", cells.mail, "")
        return Row(
            line=self.line.number,
            id=self._value("id", lambda text: text and cells.unit_id(text), ""),
            name=self._raw("ten"),
            code=self._code("ma_102", flat=False),
            flat_code=self._code("ma_qd20", flat=True),
            kind=self._value("kieu", cells.kind, cells.KINDS[0]),
            folder=self._folder(),
            parent=self._raw("cha"),
            level=self._value("cap", cells.level, ""),
            since=self._value("hieu_luc_tu", cells.day, None),
            until=self._value("het_hieu_luc", cells.day, None),
            predecessors=cells.words(self._cell("ke_thua")),
            groups=cells.words(self._cell("nhom")),
        )

    def _cell(self, column: str) -> str:
        place = self.places.get(column, len(self.line.cells))
        return self.line.cells[place] if place < len(self.line.cells) else ""

    def _raw(self, column: str) -> str:
        return cells.tidy(self._cell(column))

    def _value(self, column: str, reader: Callable[[str], T], otherwise: T) -> T:
        try:
            return reader(self._raw(column))
        except ValueError as error:
            self._wrong(column, str(error))
            return otherwise

    def _folder(self) -> str:
        """Of other kinds the address is no folder."""
        try:
            is_folder = cells.kind(self._raw("kieu")) == cells.KINDS[0]
        except ValueError:
            is_folder = False
        return self._value("dia_chi_ket_noi", cells.folder, "") if is_folder else ""

    def _code(self, column: str, *, flat: bool) -> str:
        said = self._raw(column)
        code = self._value(column, lambda text: mended(text, self.root, flat=flat), "")
        if code and code != normalise(said):
            self.found.warn(
                self.line.number, column, f'"{said}" mất số 0 ở đầu, hiểu là {code} (lost zeros were put back)'
            )
        elif code and not looks_like_code(code):
            text = f'"{said}" không giống mã định danh: 000.00.14.H48 hoặc H48.14 (not like a code)'
            self.found.warn(self.line.number, column, text)
        return code

    def _wrong(self, column: str, message: str) -> None:
        self.found.wrong(self.line.number, column, message)


def _check_once(found: Findings) -> None:
    """No id and no code twice; every parent there."""
    ids = {row.id: row.line for row in reversed(found.rows)}
    _repeats(found, "id", ((row, row.id) for row in found.rows))
    _repeats(found, "ma_102", ((row, row.code) for row in found.rows))
    _repeats(found, "ma_qd20", ((row, row.flat_code) for row in found.rows))
    for row in found.rows:
        if row.parent and row.parent not in ids:
            text = f'không có đơn vị "{row.parent}" trong tệp{meant(row.parent, list(ids))} (no such unit in the file)'
            found.warn(row.line, "cha", text)


def _repeats(found: Findings, column: str, values: Iterable[tuple[Row, str]]) -> None:
    first: dict[str, Row] = {}
    for row, value in values:
        owner = first.setdefault(value, row)
        if value and owner is not row:
            found.wrong(row.line, column, f'"{value}" đã có ở dòng {owner.line} ({owner.id}) (it stands there already)')
