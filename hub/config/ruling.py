"""calendar.yaml and duties.yaml as one book, and what in them fits neither each other nor units.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hub.calendar import Change, ChangeKind
from hub.config import owing, working
from hub.config.checks import RouteCheck, meant
from hub.config.nodes import Entry, Node, Place, Report
from hub.config.owing import DutiesSays
from hub.config.vault import Vault
from hub.config.words import M, check
from hub.config.working import CalendarSays, ChangeSays
from hub.directory import Directory
from hub.duties import DEFAULTS, GUI, RECALL, Book, Rule, Subject
from hub.duties.matching import concerns
from hub.routing import Group, type_key


@dataclass(frozen=True, slots=True)
class Ruling:
    """What both files are judged by."""

    directory: Directory
    groups: Mapping[str, Group]
    #: of endpoint, in units.yaml
    kinds: frozenset[str]
    subjects: Mapping[str, Subject]
    vault: Vault
    report: Report

    def book(self, calendar: Node | None, duties: Node | None) -> Book | None:
        """The book; None where a file is too wrong. What is wrong is in the report."""
        days = _filled(CalendarSays, working.NAME, calendar, self)
        says = _filled(DutiesSays, owing.NAME, duties, self)
        if calendar and days:
            self._check_days(calendar, days)
        self._check_duties(duties, says)
        if days is None or says is None:
            return None
        rules, information = says.book(self.directory, self.groups)
        found = days.calendar(self.directory, self.groups)
        return Book(found, rules, self.subjects, self.groups, self.directory, information)

    # calendar.yaml

    def _check_days(self, tree: Node, says: CalendarSays) -> None:
        for key in ("gio", *working.KEYS):
            for item in _items(tree, key):
                for word, place in item.texts("don-vi"):
                    self._check_unit(word.strip(), place)
        off = list(self._changes("nghi", says.off, _items(tree, "nghi")))
        usual = says.model_copy(update={"worked": None}).calendar(self.directory, self.groups)
        for change, place in self._changes("lam-bu", says.worked, _items(tree, "lam-bu")):
            first = next((where for other, where in off if _contradict(change, other)), None)
            if first:
                text = f"{change.day} is a day off as well, in line {first.line}: it can be one of them only"
                self.report.wrong(place, text)
            elif change.period is None and all(usual.is_workday(change.day, one) for one in change.units or ("",)):
                self.report.warn(place, f"{change.day} is a working day anyway")

    def _changes(
        self, kind: ChangeKind, entries: Sequence[date | ChangeSays] | None, items: Sequence[Node]
    ) -> Iterator[tuple[Change, Place]]:
        for entry, item in zip(entries or (), items, strict=True):
            for change in working.changes(kind, entry, self.directory, self.groups):
                yield change, item.at

    def _check_unit(self, word: str, place: Place) -> None:
        unit = self.directory.find(word)
        if unit is None and word not in self.groups:
            self.report.wrong(place, f'there is no unit or group "{word}"{meant(word, self.directory, [*self.groups])}')
        elif unit is not None and unit == self.directory.others:
            self.report.wrong(place, f'"{word}" stands for everyone outside: their hours are not ours')

    # duties.yaml

    def _check_duties(self, tree: Node | None, says: DutiesSays | None) -> None:
        nodes = _items(tree, "duties") if tree else ()
        names: dict[str, Place] = {}
        for node in nodes:
            self._check_name(node, names)
            self._check_parties(node)
        if says is None or not nodes:
            return
        rules, information = says.book(self.directory, self.groups)
        for index, (rule, node) in enumerate(zip(rules, nodes, strict=False)):
            self._check_codes(rule, node)
            self._check_use(rule, node, rules[:index], information)

    def _check_name(self, node: Node, names: dict[str, Place]) -> None:
        for name, place in node.texts("name"):
            first = names.setdefault(name.strip(), place)
            if first is not place:
                self.report.wrong(place, f'another duty is named "{name}" already, in line {first.line}')
            elif name.strip() in {rule.name for rule in DEFAULTS}:
                self.report.wrong(place, f'a shipped duty is named "{name}": take another name')

    def _check_parties(self, node: Node) -> None:
        parties = RouteCheck(self.directory, self.groups, self.kinds, self.report)
        for word, place in node.texts("when", "from"):
            parties.check_condition(word.strip(), place, self.directory)
        for word, place in node.texts("when", "to"):
            unit = self.directory.find(word)
            if unit is not None and unit == self.directory.others:
                self.report.wrong(place, f'"{word}" stands for everyone outside, who owe nothing here')
            else:
                parties.check_channel(word.strip(), place, self.directory)

    def _check_codes(self, rule: Rule, node: Node) -> None:
        """Somebody must be able to give what is owed."""
        owing_ones = [one for one in self.subjects.values() if concerns(rule.when.to, one, self.groups)]
        able = frozenset().union(*(one.codes for one in owing_ones)) | {GUI}
        able |= {RECALL} if "16" in able else set()
        if not owing_ones:
            self.report.warn(node.at, f'"{rule.name}" never applies: none of its units has an endpoint')
        for entry in node.table("owe"):
            if owing_ones and rule.owe.get(entry.key) and entry.key not in able:
                said = f'nobody whom "{rule.name}" concerns can give {entry.key}: see codes of their endpoints'
                self.report.wrong(entry.at, said)

    def _check_use(self, rule: Rule, node: Node, earlier: Sequence[Rule], information: Iterable[str]) -> None:
        """Warn of what an earlier rule has decided, or what is never owed."""
        informs = {type_key(name) for name in information}
        for entry in node.table("owe"):
            before = next((one for one in earlier if entry.key in one.owe and self._covers(one, rule)), None)
            if before:
                self.report.warn(entry.at, f'{entry.key} is never owed by this: "{before.name}" decides before')
            elif entry.key == "06" and rule.owe.get("06") and rule.when.types and _all_in(rule.when.types, informs):
                self.report.warn(entry.at, "06 is never owed for what is only for information: see de-biet")

    def _covers(self, one: Rule, other: Rule) -> bool:
        """Whether the one holds wherever the other does."""
        mine, its = one.when, other.when
        types = not mine.types or (its.types and _all_in(its.types, {type_key(name) for name in mine.types}))
        urgency = not mine.urgency or (its.urgency and its.urgency <= mine.urgency)
        sender = not mine.sender or (its.sender and set(its.sender) <= set(mine.sender))
        return bool(types and urgency and sender) and self._units(other) <= self._units(one)

    def _units(self, rule: Rule) -> frozenset[str]:
        return frozenset(one.unit for one in self.subjects.values() if concerns(rule.when.to, one, self.groups))


def _filled(model: type[M], name: str, tree: Node | None, ruling: Ruling) -> M | None:
    return check(model, Entry("", Place(name), tree), ruling.vault, ruling.report) if tree else model()


def _items(tree: Node, key: str) -> tuple[Node, ...]:
    node = tree.get(key)
    return (node.items or ()) if node else ()


def _contradict(one: Change, other: Change) -> bool:
    """Whether both say something else of the same hours of the same units."""
    same_units = set(one.units) == set(other.units)
    if one.day != other.day or not same_units:
        return False
    if one.period is None or other.period is None:
        return True
    return one.period[0] < other.period[1] and other.period[0] < one.period[1]


def _all_in(types: Iterable[str], keys: Iterable[str]) -> bool:
    known = set(keys)
    return all(type_key(name) in known for name in types)
