"""Who gets an envelope: the addressees, and what the routes add or divert. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from hub.directory import Directory, normalise
from hub.vocabulary import Acknowledgement, Document, Organization, Urgency

#: In `to` of a route: everyone the packet itself is addressed to.
ADDRESSEES = "addressees"

#: Loại văn bản: the administrative ones, copies, then the legal ones. Numbers conflict, names do not.
DOCUMENT_TYPES = tuple(
    re.split(
        r",\s+",
        """Nghị quyết, Quyết định, Chỉ thị, Quy chế, Quy định, Thông cáo, Thông báo, Hướng dẫn, Chương trình, Kế hoạch,
        Phương án, Đề án, Dự án, Báo cáo, Biên bản, Tờ trình, Hợp đồng, Công văn, Công điện, Bản ghi nhớ, Bản cam kết,
        Bản thỏa thuận, Giấy chứng nhận, Giấy ủy quyền, Giấy mời, Giấy giới thiệu, Giấy nghỉ phép, Giấy đi đường,
        Giấy biên nhận hồ sơ, Phiếu gửi, Phiếu chuyển, Phiếu báo, Thư công, Sao y, Sao lục, Trích sao, Hiến pháp, Luật,
        Bộ luật, Pháp lệnh, Lệnh, Nghị quyết liên tịch, Nghị định, Thông tư, Thông tư liên tịch""",
    )
)

URGENCY_WORDS = ("thường", "khẩn", "thượng khẩn", "hỏa tốc", "hỏa tốc hẹn giờ")


@dataclass(frozen=True, slots=True)
class When:
    """A route's conditions. An empty one holds for every document; of a list one entry must hold."""

    #: who sent it: unit ids, groups, codes, globs of codes
    sender: tuple[str, ...] = ()
    #: one of its addressees: as `sender`
    to: tuple[str, ...] = ()
    #: loại văn bản by name
    types: tuple[str, ...] = ()
    urgency: frozenset[Urgency] = frozenset()
    #: globs over the trích yếu
    subject: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """One rule of routes.yaml."""

    name: str
    #: unit ids, groups, outside codes and the word "addressees"
    to: tuple[str, ...]
    when: When = When()
    #: meant to take documents away from their addressees
    divert: bool = False
    #: who hears the answers of a recipient that only this route added
    answers: Literal["none", "origin"] = "none"


@dataclass(frozen=True, slots=True)
class Group:
    """Several units under one name."""

    id: str
    units: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Who gets one envelope."""

    #: unit ids and, for those outside, normalised codes; in order, each once
    recipients: tuple[str, ...] = ()
    #: addressees that nobody serves, normalised
    unknown: tuple[str, ...] = ()
    #: recipient -> name of the route, for those only a route added
    added: Mapping[str, str] = field(default_factory=dict)
    #: our own packet came back from outside: confirm and record it, deliver nothing
    echo: bool = False


def plan(
    document: Document, came_from: str, directory: Directory, routes: Sequence[Route], groups: Mapping[str, Group]
) -> Plan:
    """Who gets a document that came in by that unit's endpoint. Never the endpoint itself."""
    if _is_echo(document.sender, came_from, directory):
        return Plan(echo=True)
    addressees, unknown = _address((organ.id or organ.name for organ in document.to), came_from, directory)
    case = _Case(document, came_from, addressees, directory, groups)
    matching = [route for route in routes if case.meets(route.when)]
    if not matching:
        return Plan(addressees, () if came_from == directory.others and addressees else unknown)
    recipients, _ = _address((name for route in matching for name in case.expand(route)), came_from, directory)
    diverted = not any(ADDRESSEES in route.to for route in matching)
    settled = diverted or (came_from == directory.others and recipients)
    return Plan(recipients, () if settled else unknown, case.added(matching, recipients))


def plan_acknowledgement(ack: Acknowledgement, came_from: str, directory: Directory) -> Plan:
    """Who gets a hồi báo: the organisation that it answers, and nobody else."""
    if _is_echo(ack.sender, came_from, directory):
        return Plan(echo=True)
    return Plan(*_address([ack.response_for.organ_id], came_from, directory))


def fold(text: str) -> str:
    """The form in which text is compared: NFC, no case, single spaces."""
    return unicodedata.normalize("NFC", " ".join(unicodedata.normalize("NFC", text).casefold().split()))


def type_key(name: str) -> str:
    """The form in which names of document types are compared: without marks, case, "(cá biệt)"."""
    return _bare(re.sub(r"\(.*\)\s*$", "", name))


def urgencies(word: str) -> frozenset[Urgency]:
    """Read "khẩn", or "khẩn+" for that and above. Raises ValueError."""
    name, plus, rest = word.strip().partition("+")
    words = [_bare(known) for known in URGENCY_WORDS]
    if rest or _bare(name) not in words:
        raise ValueError(f'"{word}" is no degree of urgency')
    least = Urgency(words.index(_bare(name)))
    return frozenset(degree for degree in Urgency if degree == least or (plus and degree > least))


def _bare(text: str) -> str:
    """Without marks: "Hoả tốc" and "HỎA TỐC" are one word in two spellings."""
    letters = unicodedata.normalize("NFD", fold(text)).replace("đ", "d")
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _is_echo(sender: Organization, came_from: str, directory: Directory) -> bool:
    return came_from == directory.others and directory.find(sender.id) not in (None, directory.others)


def _address(organs: Iterable[str], came_from: str, directory: Directory) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Recipients, and those nobody can reach. From outside only our own units can be reached."""
    known: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for organ in organs:
        recipient = _reach(organ, came_from, directory)
        if recipient is None:
            unknown[normalise(organ)] = None
        elif recipient != came_from:
            known[recipient] = None
    return tuple(known), tuple(unknown)


def _reach(organ: str, came_from: str, directory: Directory) -> str | None:
    """A unit's id, or the normalised code of one reached through the others' endpoint."""
    unit = directory.find(organ)
    if unit is not None and unit != directory.others:
        return unit
    outside = unit is None and directory.others not in (None, came_from)
    return (normalise(organ) or None) if outside else None


@dataclass(frozen=True, slots=True)
class _Party:
    """An organisation as the conditions see it: its unit, and every code it goes by."""

    unit: str | None
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    """One document, and the names it is judged by."""

    document: Document
    came_from: str
    addressees: tuple[str, ...]
    directory: Directory
    groups: Mapping[str, Group]

    def meets(self, when: When) -> bool:
        """Whether every condition holds."""
        return (
            (not when.sender or self._any_is([self._sender()], when.sender))
            and (not when.to or self._any_is(self._receivers(), when.to))
            and (not when.types or type_key(self.document.type.name) in map(type_key, when.types))
            and (not when.urgency or self.document.urgency in when.urgency)
            and (not when.subject or _is_like(self.document.subject, when.subject))
        )

    def expand(self, route: Route) -> Iterable[str]:
        """Its `to`, with the addressees and the groups written out."""
        for name in route.to:
            yield from self.addressees if name == ADDRESSEES else self._members(name)

    def added(self, matching: Sequence[Route], recipients: Sequence[str]) -> dict[str, str]:
        """Of several routes that add one recipient the first that sends its answers on, else the first."""
        added: dict[str, str] = {}
        for route in sorted(matching, key=lambda route: route.answers != "origin"):
            for name in self.expand(route):
                recipient = self.directory.find(name) or normalise(name)
                if recipient in recipients and recipient not in self.addressees:
                    added.setdefault(recipient, route.name)
        return added

    def _members(self, name: str) -> tuple[str, ...]:
        return self.groups[name].units if name in self.groups else (name,)

    def _sender(self) -> _Party:
        return self._party(self.document.sender.id, self.came_from)

    def _receivers(self) -> list[_Party]:
        others = self.directory.others
        return [self._party(organ.id, self.directory.find(organ.id) or others) for organ in self.document.to]

    def _party(self, organ: str, unit: str | None) -> _Party:
        own = (code for code, owner in self.directory.codes.items() if owner == unit)
        return _Party(unit, (normalise(organ), *own))

    def _any_is(self, parties: Sequence[_Party], patterns: Iterable[str]) -> bool:
        return any(self._is(party, pattern) for pattern in patterns for party in parties)

    def _is(self, party: _Party, pattern: str) -> bool:
        if pattern in self.groups:
            return party.unit in self.groups[pattern].units
        unit = self.directory.find(pattern)
        if unit is not None:
            return party.unit == unit
        return any(fnmatchcase(code, normalise(pattern)) for code in party.codes)


def _is_like(subject: str, globs: Iterable[str]) -> bool:
    text = fold(subject)
    return any(fnmatchcase(text, fold(glob)) for glob in globs)
