"""Whether a rule's conditions hold for a document, one after the other, and what each one saw. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from hub.directory import Directory, normalise
from hub.routing.expressions import Values
from hub.routing.rules import ADDRESSEES, Days, Enclosed, Group, Route, RuleFailed, When
from hub.routing.words import URGENCY_WORDS, bare, business_word, is_like, type_key
from hub.vocabulary import Attachment, Document


@dataclass(frozen=True, slots=True)
class Unmet:
    """The first condition that did not hold."""

    #: as in routes.yaml: "from", "type", "if", ...
    key: str
    #: what the document has
    seen: str
    #: what the rule asks for
    wanted: str


@dataclass(frozen=True, slots=True)
class _Party:
    """An organisation as the conditions see it: its unit, and every code it goes by."""

    unit: str | None
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Condition:
    key: str
    holds: Callable[[], bool]
    seen: Callable[[], str]
    wanted: str


@dataclass(frozen=True, slots=True)
class Case:
    """One document, and the names it is judged by."""

    document: Document
    came_from: str
    addressees: tuple[str, ...]
    directory: Directory
    groups: Mapping[str, Group]
    #: unit id -> kind of its connector
    kinds: Mapping[str, str]

    def unmet(self, route: Route) -> Unmet | None:
        """The first condition that does not hold, None where all do. Raises RuleFailed."""
        try:
            missed = next((one for one in self._conditions(route.when) if not one.holds()), None)
        except ValueError as error:
            raise RuleFailed(route.name, str(error)) from error
        return Unmet(missed.key, missed.seen(), missed.wanted) if missed else None

    def matching(self, routes: Sequence[Route]) -> Iterator[Route]:
        """The routes that hold, up to the first final one. Raises RuleFailed."""
        for route in routes:
            if self.unmet(route) is None:
                yield route
                if route.final:
                    return

    def expand(self, route: Route) -> Iterable[str]:
        """Its `to`, with the addressees and the groups written out."""
        for name in route.to:
            yield from self.addressees if name == ADDRESSEES else self._members(name)

    def added(self, matching: Sequence[Route], recipients: Sequence[str]) -> dict[str, str]:
        """Of several routes that add one recipient the first that sends its answers on, else the first."""
        added: dict[str, str] = {}
        for route in sorted(matching, key=lambda route: route.answers != "origin"):
            for name in self.expand(route):
                recipient = self.directory.addressee(name) or normalise(name)
                if recipient in recipients and recipient not in self.addressees:
                    added.setdefault(recipient, route.name)
        return added

    def _conditions(self, when: When) -> Iterator[_Condition]:
        """Those that the rule names, cheap ones first; an expression sees only what the others let through."""
        document = self.document
        if when.sender:
            yield self._about("from", when.sender, lambda: [self._sender()], document.sender.id)
        if when.channel:
            yield _Condition("channel", lambda: self._came_by(when.channel), self._way, ", ".join(when.channel))
        if when.to:
            yield self._about("to", when.to, self._receivers, ", ".join(organ.id for organ in document.to))
        if when.types:
            yield _of("type", lambda: self._is_type(when.types), document.type.name, when.types)
        if when.urgency:
            wanted = [URGENCY_WORDS[degree] for degree in sorted(when.urgency)]
            yield _of(
                "urgency", lambda: document.urgency in when.urgency, URGENCY_WORDS[min(document.urgency, 4)], wanted
            )
        if when.business:
            words = sorted(map(business_word, when.business))
            seen = business_word(document.business.type)
            yield _of("business", lambda: document.business.type in when.business, seen, words)
        yield from self._about_the_paper(when)

    def _about_the_paper(self, when: When) -> Iterator[_Condition]:
        document = self.document
        if when.code:
            yield _of("code", lambda: is_like(document.code, when.code), document.code, when.code)
        if days := when.days:
            seen = f"{document.promulgation_date or 'không đọc được'}"
            yield _of("date", lambda: _is_within(document.promulgation_date, days), seen, [_span(days)])
        if when.subject:
            yield _of("subject", lambda: is_like(document.subject, when.subject), document.subject, when.subject)
        if enclosed := when.attachments:
            seen = ", ".join(f"{one.name} ({one.size} byte)" for one in document.attachments) or "không có"
            yield _of("attachments", lambda: _encloses(document.attachments, enclosed), seen, [_asked(enclosed)])
        if expression := when.expression:
            yield _of("if", lambda: expression.holds(self.values()), "false", [expression.source])

    def values(self) -> Values:
        """What an expression sees."""
        document, unit = self.document, self._sender().unit
        outside = unit is None or unit == self.directory.others
        return {
            "sender": normalise(document.sender.id) if outside else unit,
            "to": [self.directory.addressee(organ.id) or normalise(organ.id) for organ in document.to],
            "type": document.type.name,
            "code": document.code,
            "number": document.number,
            "notation": document.notation,
            "subject": document.subject,
            "urgency": int(document.urgency),
            "business": business_word(document.business.type),
            "channel": self.came_from,
            "kind": self.kinds.get(self.came_from, ""),
            "date": str(document.promulgation_date or ""),
            "pages": document.other.page_amount or 0,
            "attachments": [
                {"name": one.name, "type": one.sniffed_type or one.content_type, "size": one.size}
                for one in document.attachments
            ],
        }

    def _is_type(self, types: Iterable[str]) -> bool:
        return type_key(self.document.type.name) in map(type_key, types)

    def _way(self) -> str:
        return f"{self.came_from} ({self.kinds.get(self.came_from) or '-'})"

    def _came_by(self, channels: Iterable[str]) -> bool:
        kind = self.kinds.get(self.came_from)
        return any(name == kind or self.came_from in self._channel(name) for name in channels)

    def _channel(self, name: str) -> tuple[str, ...]:
        found = self.directory.find(name)
        return self.groups[name].units if name in self.groups else (found,) if found else ()

    def _members(self, name: str) -> tuple[str, ...]:
        return self.groups[name].units if name in self.groups else (name,)

    def _about(
        self, key: str, patterns: tuple[str, ...], parties: Callable[[], Sequence[_Party]], seen: str
    ) -> _Condition:
        return _of(key, lambda: self._any_is(parties(), patterns), seen, patterns)

    def _sender(self) -> _Party:
        return self._party(self.document.sender.id, self.came_from)

    def _receivers(self) -> list[_Party]:
        return [self._party(organ.id, self._unit(organ.id)) for organ in self.document.to]

    def _unit(self, organ: str) -> str | None:
        """Whose endpoint reaches it."""
        outside = None if self.directory.is_ours_to_serve(organ) else self.directory.others
        return self.directory.addressee(organ) or outside

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


def _of(key: str, holds: Callable[[], bool], seen: str, wanted: Iterable[str]) -> _Condition:
    return _Condition(key, holds, lambda: seen, ", ".join(wanted))


def _is_within(day: date | None, days: Days) -> bool:
    return day is not None and days.since <= day <= days.until


def _span(days: Days) -> str:
    return f"{days.since} - {days.until}"


def _asked(enclosed: Enclosed) -> str:
    larger = f"> {enclosed.larger} byte" if enclosed.larger is not None else ""
    return " ".join(filter(None, (" | ".join(enclosed.types), larger)))


def _encloses(attachments: Iterable[Attachment], enclosed: Enclosed) -> bool:
    return any(
        (not enclosed.types or _is_kind(one, enclosed.types))
        and (enclosed.larger is None or one.size > enclosed.larger)
        for one in attachments
    )


def _is_kind(attachment: Attachment, types: Iterable[str]) -> bool:
    """By the name's extension, or by the media type that the first bytes show or the sender declares."""
    extension = bare(attachment.name.rpartition(".")[2])
    media = [kind for kind in (attachment.sniffed_type, attachment.content_type) if kind]
    return any(bare(kind).lstrip(".") == extension or any(is_like(one, [kind]) for one in media) for kind in types)
