"""The rules as records, and what they decide. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from hub.errors import HubError
from hub.routing.expressions import Expression
from hub.vocabulary import Business, Urgency

#: In `to` of a route: everyone the packet itself is addressed to.
ADDRESSEES = "addressees"


@dataclass(frozen=True, slots=True)
class Enclosed:
    """Conditions on the attachments: one of them must meet all."""

    #: file name extensions, or globs over the media type
    types: tuple[str, ...] = ()
    #: more bytes than this
    larger: int | None = None


@dataclass(frozen=True, slots=True)
class Days:
    """A span of days, both ends in it."""

    since: date = date.min
    until: date = date.max


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
    #: globs over số/ký hiệu
    code: tuple[str, ...] = ()
    business: frozenset[Business] = frozenset()
    attachments: Enclosed | None = None
    #: whose endpoint it came in by: unit ids, groups, kinds of connector
    channel: tuple[str, ...] = ()
    #: of the promulgation
    days: Days | None = None
    expression: Expression | None = None


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
    #: where it matches, the routes after it are not looked at
    final: bool = False


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
    #: of `unknown` those of which more is to be said: why nobody gets it for them
    reasons: Mapping[str, str] = field(default_factory=dict)
    #: former unit -> the one that gets what was addressed to it
    inherited: Mapping[str, str] = field(default_factory=dict)
    #: a document of a unit that is only tried out
    trial: bool = False
    #: our own packet came back from outside: confirm and record it, deliver nothing
    echo: bool = False


class RuleFailed(HubError):
    """A rule could not be judged: that is never "no match"."""

    def __init__(self, route: str, reason: str) -> None:
        super().__init__(f"{route}: {reason}")
        self.route, self.reason = route, reason
