"""Turns a YAML file into a tree that knows its places. Beside `editing` the one module that knows the YAML library."""

from __future__ import annotations

import math
import os
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as RawNode
from ruamel.yaml.reader import ReaderError

from hub.config.nodes import Entry, Node, Place, Report, Scalar, SecretName
from hub.config.values import key_words

MAX_BYTES = 1 << 20

_CORE = "tag:yaml.org,2002:"
_SECRET = "!secret"  # noqa: S105 - the tag, no secret
_PLAIN_TAGS = {f"{_CORE}{kind}" for kind in ("str", "int", "float", "bool", "null", "timestamp", "merge", "map", "seq")}
#: The library counts them as line ends, editors do not: every place behind one would be wrong.
_HIDDEN_END = re.compile("[\x85\u2028\u2029]")
#: Only an escape makes one; no file, database or packet takes it.
_HALF = re.compile("[\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n?|\n")
#: What a broken text makes the library raise, beside its own errors.
_BREAKAGE = (ValueError, ArithmeticError, LookupError, AssertionError, TypeError, AttributeError, RecursionError)


def read(path: Path, report: Report, *, optional: bool = False, guarded: bool = False) -> Node | None:
    """The tree of a file, or None where there is none to speak of; why is in the report.

    An optional file may be missing or empty. Of a guarded file nothing is quoted.
    """
    start = Place(path.name)
    if optional and not os.path.lexists(path):
        return None
    text = _decode(path, start, report)
    return None if text is None else tree_of(text, path.name, report, optional=optional, guarded=guarded)


def tree_of(text: str, name: str, report: Report, *, optional: bool = False, guarded: bool = False) -> Node | None:
    """The tree of a text that stands in the file of that name, or that shall stand there; as `read`."""
    start = Place(name)
    hidden = _HIDDEN_END.search(text)
    if hidden:
        report.wrong(_locate(text[: hidden.start()], start), "an invisible line end stands here: delete it")
        return None
    try:
        raw = (_compose if guarded else _composed)(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(name, mark.line + 1, mark.column + 1) if mark else start
        report.wrong(place, "this is not YAML" if guarded else _in_words(error))
        return None
    except (YAMLError, *_BREAKAGE) as error:
        report.wrong(_place_of_breakage(error, text, start), _in_words_of_breakage(error))
        return None
    if raw is None and not optional:
        report.wrong(start, "the file is empty")
    return None if raw is None else _Grower(name, report, guarded).grow(raw, start)


def _decode(path: Path, start: Place, report: Report) -> str | None:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        report.wrong(start, "the file is missing")
    except (OSError, ValueError) as error:
        report.wrong(start, f"the file cannot be read: {getattr(error, 'strerror', None) or error}")
    else:
        if len(data) <= MAX_BYTES:
            return _as_text(data, start, report)
        report.wrong(start, f"the file is larger than {MAX_BYTES >> 20} MiB")
    return None


def _as_text(data: bytes, start: Place, report: Report) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = bytes(error.object)[: error.start].decode("utf-8", "replace")
        report.wrong(_locate(before, start), "the file is not UTF-8 here: save it as UTF-8")
        return None


def _compose(text: str) -> RawNode | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        node: RawNode | None = YAML(typ="safe", pure=True).compose(text)
        return node


@lru_cache(maxsize=16)
def _composed(text: str) -> RawNode | None:
    """The same, kept for a while: a start reads hub.yaml twice, a running hub all of it again. Never for secrets."""
    return _compose(text)


def _locate(before: str, start: Place) -> Place:
    lines = _LINE_END.split(before)
    return Place(start.file, len(lines), len(lines[-1]) + 1)


def _in_words(error: MarkedYAMLError) -> str:
    problem = str(error.problem or error.context)
    if "'\\t'" in problem:
        return "a tab stands here: indent with spaces"
    if problem == "mapping values are not allowed here":
        return 'a ":" stands here that belongs to no key: put the text in quotes, or mend the indentation'
    if problem.startswith("found undefined alias"):
        return "a value may not begin with * unless it is in quotes"
    return f"this is not YAML: {problem}" + (f" ({error.context})" if error.context and error.problem else "")


def _place_of_breakage(error: Exception, text: str, start: Place) -> Place:
    return _locate(text[: error.position], start) if isinstance(error, ReaderError) else start


def _in_words_of_breakage(error: Exception) -> str:
    if isinstance(error, ReaderError):
        return "a control character stands here"
    if isinstance(error, RecursionError):
        return "lists and tables are nested too deep"
    return "this is not YAML"


@dataclass(slots=True)
class _Grower:
    """Turns the library's nodes into ours, and refuses what a configuration has no use for."""

    file: str
    report: Report
    guarded: bool
    grown: dict[int, Node] = field(default_factory=dict)

    def grow(self, raw: RawNode, near: Place) -> Node:
        """Our node. `near` is the place to name where the value itself is empty."""
        place = near if raw.start_mark.index == raw.end_mark.index else self._place(raw)
        if id(raw) in self.grown:
            return self.grown[id(raw)]
        # An alias of a list or table stands for nothing: it may hold itself, or a bomb.
        self.grown[id(raw)] = Node(place)
        self._refuse_extras(raw, place)
        if isinstance(raw, MappingNode):
            return Node(place, entries=self._entries(raw.value))
        if isinstance(raw, SequenceNode):
            return Node(place, items=tuple(self.grow(item, place) for item in raw.value))
        self.grown[id(raw)] = Node(place, self._scalar(raw, place))
        return self.grown[id(raw)]

    def _scalar(self, raw: RawNode, place: Place) -> Scalar:
        text = _HALF.sub("\N{REPLACEMENT CHARACTER}", raw.value)
        if text != raw.value:
            self.report.wrong(place, "half a letter (\\ud800 to \\udfff) stands here: write the letter itself")
        return SecretName(text.strip()) if raw.tag == _SECRET else _scalar(str(raw.tag), text)

    def _entries(self, pairs: Sequence[tuple[RawNode, RawNode]]) -> tuple[Entry, ...]:
        entries: list[Entry] = []
        first: dict[str, Entry] = {}
        repeats: dict[str, int] = {}
        for raw_key, raw_value in pairs:
            at = self._place(raw_key)
            if not isinstance(raw_key, ScalarNode) or not raw_key.value.isprintable():
                self.report.wrong(at, "a key must be a word")
                continue
            key: str = raw_key.value
            self._refuse_extras(raw_key, at)
            if key in first:
                repeats[key] = repeats.get(key, 0) + 1
                self.report.wrong(at, f"{key_words(key)} stands here a second time; first in line {first[key].at.line}")
            entry = Entry(key, at, self.grow(raw_value, at), repeats.get(key, 0))
            first.setdefault(key, entry)
            entries.append(entry)
        return tuple(entries)

    def _place(self, raw: RawNode) -> Place:
        return Place(self.file, raw.start_mark.line + 1, raw.start_mark.column + 1)

    def _refuse_extras(self, raw: RawNode, at: Place) -> None:
        tag = str(raw.tag)
        if raw.anchor:
            self.report.wrong(at, "anchors (&) and aliases (*) are not read here: write the value out")
        if tag not in _PLAIN_TAGS and not (tag == _SECRET and isinstance(raw, ScalarNode)):
            shown = "a tag" if self.guarded else f"the tag {tag.replace(_CORE, '!!')}"
            self.report.wrong(at, f"{shown} stands here, which is not read; only !secret NAME is")


def _scalar(tag: str, text: str) -> Scalar:
    """The value as YAML 1.2 reads it; dates stay text, and so does what cannot be read."""
    kind = str(tag).removeprefix(_CORE)
    digits = text.replace("_", "")
    try:
        if kind == "int":
            return int(digits, 0 if digits.lstrip("+-")[:2].lower() in ("0x", "0o", "0b") else 10)
        if kind == "float":
            number = float(digits.replace(".inf", "inf").replace(".Inf", "inf").replace(".nan", "nan"))
            return number if math.isfinite(number) else text
    except ValueError:
        return text
    if kind == "bool":
        return text.lower() in ("true", "yes", "on", "y")
    return None if kind == "null" else text
