"""What a list would change in units.yaml."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from hub.directory import looks_like_code, normalise
from hub.roster.columns import fold, meant
from hub.roster.rows import Findings, Row

_USABLE = "folderdrop"
_FIRST_PARENT = "/srv/shares"


@dataclass(frozen=True, slots=True)
class Known:
    """A unit as units.yaml has it."""

    id: str
    name: str
    code: str
    aliases: tuple[str, ...] = ()
    kind: str = _USABLE
    folder: str = ""
    level: str = ""
    #: stands for everyone outside
    others: bool = False
    #: its last day
    until: date | None = None
    #: ids of those that take over then
    successors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownGroup:
    """A group as units.yaml has it."""

    id: str
    name: str
    #: ids, codes or aliases
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One value: name, code, folder replace the old one; each of aliases, groups is added."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What changes in one unit."""

    unit: str
    name: str
    is_new: bool
    changes: tuple[Change, ...]

    def value(self, name: str) -> str:
        """The new value of this field, "" where it stays."""
        return next((change.new for change in self.changes if change.field == name), "")

    def values(self, name: str) -> list[str]:
        """What is added to this field."""
        return [change.new for change in self.changes if change.field == name]


@dataclass(frozen=True, slots=True)
class Roll:
    """What units.yaml holds now."""

    units: Mapping[str, Known] = field(default_factory=dict)
    groups: Mapping[str, KnownGroup] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Merged:
    """What the list would change."""

    differences: tuple[Difference, ...]
    #: units of units.yaml that the list does not have any more; never taken out by itself
    closing: tuple[Known, ...]


def merge(found: Findings, roll: Roll, today: date) -> Merged:
    """What would change. Flaws and warnings of the rows together are added to the findings."""
    live = [row for row in found.rows if _usable(row, roll, today, found)]
    merger = _Merger(found, roll, today, _owners(live, roll))
    differences = [merger.difference(row) for row in live]
    ended = [row for row in found.rows if _has_ended(row, today) and row.id in roll.units]
    differences += [merger.farewell(row) for row in ended]
    gone = roll.units.keys() - found.listed
    closing = [unit for unit in roll.units.values() if unit.id in gone and not unit.others]
    return Merged(tuple(one for one in differences if one.changes), tuple(closing))


def _usable(row: Row, roll: Roll, today: date, found: Findings) -> bool:
    """Whether the hub can serve the row; if not, why is said."""
    if row.kind != _USABLE:
        text = f'chưa có bộ kết nối "{row.kind}" trong bản này, bỏ qua {row.id} (no connector yet, left out)'
        found.warn(row.line, "kieu", text)
    elif row.since and row.since > today:
        found.warn(row.line, "hieu_luc_tu", f"chưa đến ngày, bỏ qua {row.id} (not yet in force, left out)")
    elif _has_ended(row, today) and row.id in roll.units:
        return False
    elif _has_ended(row, today):
        found.warn(row.line, "het_hieu_luc", f"đã hết hiệu lực, bỏ qua {row.id} (no longer in force, left out)")
    elif row.id in roll.groups:
        found.wrong(row.line, "id", f'"{row.id}" là mã của một nhóm (it is the id of a group)')
    elif row.id in roll.units and roll.units[row.id].others:
        found.wrong(row.line, "id", f'"{row.id}" là nơi đại diện các cơ quan ngoài tỉnh (it stands for the others)')
    else:
        return True
    return False


def _has_ended(row: Row, today: date) -> bool:
    return row.until is not None and row.until < today


def _owners(live: Iterable[Row], roll: Roll) -> dict[str, str]:
    """Every code with the unit that keeps it, whatever the list says."""
    replaced = {row.id for row in live if row.code}
    owners: dict[str, str] = {}
    for unit in roll.units.values():
        codes = (unit.id, *unit.aliases) if unit.id in replaced else (unit.id, unit.code, *unit.aliases)
        owners.update((normalise(code), unit.id) for code in codes if code)
    return owners


@dataclass(frozen=True, slots=True)
class _Merger:
    found: Findings
    roll: Roll
    today: date
    owners: dict[str, str]

    def difference(self, row: Row) -> Difference:
        """What the row changes."""
        known = self.roll.units.get(row.id)
        changes = self._own(row, known or Known("", "", "", kind=""), self._folder(row, known))
        added = [Change("aliases", "", code) for code in self._aliases(row, known)]
        groups = [Change("groups", "", group) for group in self._groups(row, known)]
        ending = self._ending(row, known)
        return Difference(row.id, row.name, known is None, (*changes, *ending, *added, *groups))

    def farewell(self, row: Row) -> Difference:
        """What is noted of a unit of units.yaml that is no more."""
        return Difference(row.id, row.name, False, tuple(self._ending(row, self.roll.units[row.id])))

    def _ending(self, row: Row, known: Known | None) -> Iterator[Change]:
        """Its last day, and those that the list says took over."""
        before, held = (known.until, known.successors) if known else (None, ())
        if row.until and row.until != before:
            yield Change("until", str(before or ""), str(row.until))
        if row.until or before:
            mine = {normalise(name) for name in (row.id, row.code, row.flat_code, *_names(known)) if name}
            heirs = (other.id for other in self.found.rows if mine & set(map(normalise, other.predecessors)))
            yield from (Change("successors", "", heir) for heir in dict.fromkeys(heirs) if heir not in {*held, row.id})

    def _own(self, row: Row, known: Known, folder: str) -> list[Change]:
        self._claim(row, "ma_102", row.code)
        if known.code and normalise(known.code) != row.code:
            text = f"mã cũ {known.code} sẽ không còn được nhận (the old code will not be known any more)"
            self.found.warn(row.line, "ma_102", text)
        code = known.code if normalise(known.code) == row.code else row.code
        pairs = (
            *(("name", known.name, row.name), ("code", known.code, code)),
            *(("level", known.level, row.level or known.level), ("folder", known.folder, folder)),
        )
        return [Change(name, old, new) for name, old, new in pairs if old != new]

    def _folder(self, row: Row, known: Known | None) -> str:
        if known is None:
            return row.folder or posixpath.join(_parent(self.roll.units.values()), row.id)
        if known.kind != _USABLE:
            text = f'{row.id} đang nối bằng "{known.kind}", giữ nguyên kênh kết nối (its endpoint is left as it is)'
            self.found.warn(row.line, "kieu", text)
            return known.folder
        same = not row.folder or posixpath.normpath(row.folder) == posixpath.normpath(known.folder)
        return known.folder if same else row.folder

    def _aliases(self, row: Row, known: Known | None) -> Iterator[str]:
        held = {row.code, *map(normalise, known.aliases if known else ())}
        if self._claim(row, "ma_qd20", row.flat_code) and row.flat_code not in held:
            held.add(row.flat_code)
            yield row.flat_code
        for code in self._inherited(row):
            if normalise(code) not in held and self._claim(row, "ke_thua", code):
                held.add(normalise(code))
                yield code

    def _inherited(self, row: Row) -> Iterator[str]:
        """The codes of the units whose work it took over. One that still is in units.yaml keeps its own."""
        listed = {other.id: other for other in self.found.rows}
        for word in row.predecessors:
            keeper = self.roll.units.get(self.owners.get(normalise(word), ""))
            if keeper and keeper.id != row.id and (keeper.until or self._ends(keeper.id)):
                continue
            if keeper and keeper.id != row.id:
                text = f"{keeper.id} còn trong units.yaml, chưa có het_hieu_luc: giữ mã của mình (it has no last day)"
                self.found.warn(row.line, "ke_thua", text)
            elif word in listed:
                yield from filter(None, (listed[word].code, listed[word].flat_code))
            elif looks_like_code(word):
                yield normalise(word)
            elif keeper is None:
                near = meant(word, [*listed, *self.roll.units])
                self.found.wrong(row.line, "ke_thua", f'không có đơn vị "{word}"{near} (no such unit)')

    def _ends(self, unit: str) -> bool:
        return any(row.id == unit and row.until for row in self.found.rows)

    def _groups(self, row: Row, known: Known | None) -> Iterator[str]:
        names = {fold(group.name): group for group in self.roll.groups.values() if group.name}
        mine = {normalise(code) for code in (row.id, row.code, *((known.code, *known.aliases) if known else ()))}
        for word in row.groups:
            group = self.roll.groups.get(word) or names.get(fold(word))
            if group is None:
                near = meant(word, [*self.roll.groups, *(group.name for group in self.roll.groups.values())])
                text = f'không có nhóm "{word}" trong units.yaml{near} (no such group)'
                self.found.wrong(row.line, "nhom", text)
            elif not mine & set(map(normalise, group.units)):
                yield group.id

    def _claim(self, row: Row, column: str, code: str) -> bool:
        """Note whose code it is. One that is another unit's is a flaw."""
        owner = self.owners.setdefault(normalise(code), row.id) if code else ""
        told = any((flaw.line, flaw.column) == (row.line, column) for flaw in self.found.flaws)
        if code and owner != row.id and not told:
            where = "trong units.yaml" if owner in self.roll.units else "trong tệp"
            text = f'"{code}" là mã của đơn vị {owner} {where} (the code belongs to {owner})'
            self.found.wrong(row.line, column, text)
        return bool(code) and owner == row.id


def _names(known: Known | None) -> tuple[str, ...]:
    return (known.code, *known.aliases) if known else ()


def _parent(units: Iterable[Known]) -> str:
    """Where the folders of the units lie, mostly."""
    parents: Sequence[str] = [posixpath.dirname(unit.folder) for unit in units if unit.folder]
    return Counter(parents).most_common(1)[0][0] if parents else _FIRST_PARENT
