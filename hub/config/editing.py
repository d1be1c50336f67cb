"""Changes units.yaml as a careful person would: only what changes is touched, every other byte stays.

The YAML library says where each value begins and ends; writing the whole file anew with it would lose alignment.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from hub.roster.merge import Difference

_NEW_ENDPOINT = "{{kind: folderdrop, folder: {}, layout: plain}}"
_STEP = "  "


def edited(text: str, differences: Sequence[Difference]) -> str:
    """The text with these changes. What is no table is left alone: `load` says what is wrong with it."""
    root = _yaml().compose(text)
    editor = _Editor(text, newline="\r\n" if "\r\n" in text else "\n")
    editor.edit(root if isinstance(root, MappingNode) else None, differences)
    return editor.result()


def scalar(value: str) -> str:
    """The value as YAML, in quotes where it would be read as something else without."""
    try:
        plain = _yaml().load(f"[{value}]") == [value] and _yaml().load(f"a: {value}") == {"a": value}
    except (YAMLError, ValueError):
        plain = False
    return value if plain else json.dumps(value, ensure_ascii=False)


def _yaml() -> YAML:
    return YAML(typ="safe", pure=True)


@dataclass(slots=True)
class _Editor:
    """Gathers what is put where, then does it all, the last place first."""

    text: str
    newline: str
    splices: list[tuple[int, int, str]] = field(default_factory=list)

    def edit(self, root: MappingNode | None, differences: Sequence[Difference]) -> None:
        """Plan all changes."""
        units = _get(root, "units")
        for one in differences:
            unit = _get(units, one.unit)
            if isinstance(unit, MappingNode):
                self._change(unit, one)
        self._add_units(root, units, [one for one in differences if one.is_new])
        self._add_members(_get(root, "groups"), differences)

    def result(self) -> str:
        """The changed text."""
        text = self.text
        for start, end, new in sorted(self.splices, key=lambda splice: splice[:2], reverse=True):
            text = text[:start] + new.replace("\n", self.newline) + text[end:]
        return text

    def _change(self, unit: MappingNode, one: Difference) -> None:
        endpoint = _get(unit, "endpoint")
        for name, table in (("name", unit), ("code", unit), ("folder", endpoint)):
            value = one.value(name)
            if value and isinstance(table, MappingNode):
                self._set(table, name, value)
        self._extend(unit, "aliases", one.values("aliases"), after="code")
        for name in ("level", "until"):
            if value := one.value(name):
                self._set(unit, name, value, after="code")
        self._extend(unit, "successors", one.values("successors"), after="code")

    def _set(self, table: MappingNode, key: str, value: str, after: str = "") -> None:
        node = _get(table, key)
        if isinstance(node, ScalarNode):
            self._replace(table, key, f" {scalar(value)}")
        elif node is None:
            self._add_key(table, f"{key}: {scalar(value)}", after)

    def _extend(self, table: MappingNode, key: str, values: Sequence[str], after: str) -> None:
        node = _get(table, key)
        if not values:
            return
        words = ", ".join(map(scalar, values))
        if node is None:
            self._add_key(table, f"{key}: [{words}]", after)
        elif not isinstance(node, SequenceNode) or not node.value:
            self._replace(table, key, f" [{words}]")
        elif node.flow_style:
            self._insert(self._end(node.value[-1]), f", {words}")
        else:
            indent = " " * node.start_mark.column
            lines = "".join(f"\n{indent}- {scalar(value)}" for value in values)
            self._insert(self._line_end(node.value[-1]), lines)

    def _add_key(self, table: MappingNode, line: str, after: str) -> None:
        """A further key, after that one, else at the end."""
        before = _get(table, after) or table.value[-1][1]
        if table.flow_style:
            self._insert(self._end(before), f", {line}")
        else:
            self._insert(self._line_end(before), f"\n{' ' * table.value[0][0].start_mark.column}{line}")

    def _add_units(self, root: MappingNode | None, units: Node | None, new: Sequence[Difference]) -> None:
        if not new:
            return
        if root is None:
            gap = "" if self.text.endswith("\n") or not self.text else "\n"
            self._insert(len(self.text), f"{gap}units:\n{_all_new(new, _STEP)}")
            return
        if isinstance(units, MappingNode) and units.value:
            self._append(units, new)
        elif units is not None:
            self._replace(root, "units", "\n" + _all_new(new, _STEP).rstrip("\n"))
        else:
            self._insert(self._line_end(root.value[-1][1]), "\nunits:\n" + _all_new(new, _STEP).rstrip("\n"))

    def _append(self, units: MappingNode, new: Sequence[Difference]) -> None:
        last = units.value[-1][1]
        if units.flow_style:
            self._insert(self._end(last), "".join(f", {one.unit}: {_flow(one)}" for one in new))
            return
        indent = " " * units.value[0][0].start_mark.column
        gap = "\n\n" if self._has_gaps(units) else "\n"
        blocks = (gap + "\n".join(_block(one, indent)) for one in new)
        self._insert(self._line_end(last), "".join(blocks))

    def _has_gaps(self, units: MappingNode) -> bool:
        """Whether blank lines stand between the units."""
        between = self.text[units.value[0][0].start_mark.index : units.value[-1][0].start_mark.index]
        return len(units.value) == 1 or any(not line.strip() for line in between.splitlines()[:-1])

    def _add_members(self, groups: Node | None, differences: Iterable[Difference]) -> None:
        members: dict[str, list[str]] = {}
        for one in differences:
            for group in one.values("groups"):
                members.setdefault(group, []).append(one.unit)
        for group, units in members.items():
            table = _get(groups, group)
            if isinstance(table, MappingNode):
                self._extend(table, "units", units, after="name")

    def _replace(self, table: MappingNode, key: str, new: str) -> None:
        """Another value. Of an empty one the library does not say where it would stand: right behind the colon."""
        pairs: Sequence[tuple[Node, Node]] = table.value
        name, node = next(pair for pair in pairs if pair[0].value == key)
        behind = self.text.index(":", name.end_mark.index) + 1
        if node.start_mark.index == node.end_mark.index:
            self.splices.append((behind, behind, new))
        else:
            start = behind if new.startswith("\n") else node.start_mark.index
            self.splices.append((start, self._end(node), new if new.startswith("\n") else new.lstrip()))

    def _insert(self, at: int, new: str) -> None:
        self.splices.append((at, at, new))

    def _end(self, node: Node) -> int:
        """Behind the value's last sign; the library counts what follows a block to it."""
        if isinstance(node, MappingNode | SequenceNode) and not node.flow_style and node.value:
            last = node.value[-1]
            return self._end(last[1] if isinstance(last, tuple) else last)
        start: int = node.start_mark.index
        return start + len(self.text[start : node.end_mark.index].rstrip())

    def _line_end(self, node: Node) -> int:
        """The end of the line in which the value ends, a comment behind it included."""
        ends = [at for sign in ("\r\n", "\n") if (at := self.text.find(sign, self._end(node))) >= 0]
        return min(ends, default=len(self.text))


def _get(table: Node | None, key: str) -> Node | None:
    pairs: Sequence[tuple[Node, Node]] = table.value if isinstance(table, MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)


def _all_new(differences: Iterable[Difference], indent: str) -> str:
    return "\n".join("\n".join(_block(one, indent)) + "\n" for one in differences if one.is_new)


def _keys(one: Difference) -> Iterator[tuple[str, str]]:
    yield "name", scalar(one.value("name"))
    yield "code", scalar(one.value("code"))
    if aliases := one.values("aliases"):
        yield "aliases", f"[{', '.join(map(scalar, aliases))}]"
    for name in ("level", "until"):
        if value := one.value(name):
            yield name, scalar(value)
    if successors := one.values("successors"):
        yield "successors", f"[{', '.join(map(scalar, successors))}]"
    yield "endpoint", _NEW_ENDPOINT.format(scalar(one.value("folder")))


def _block(one: Difference, indent: str) -> Iterator[str]:
    yield f"{indent}{scalar(one.unit)}:"
    for key, value in _keys(one):
        yield f"{indent}{_STEP}{key}: {value}"


def _flow(one: Difference) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in _keys(one)) + "}"
