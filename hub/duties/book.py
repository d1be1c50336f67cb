"""The book of rules: who owes what, and what a duty's time has come for. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hub.calendar import WorkCalendar
from hub.duties.people import Subject
from hub.duties.records import Duty, Owed, Sent, Step
from hub.duties.rules import Rule
from hub.routing import Group
from hub.vocabulary import Document


@dataclass(frozen=True)
class Book:
    """Rules, calendar and units. Of each code the first rule that names it and holds decides."""

    rules: Sequence[Rule]
    calendar: WorkCalendar
    #: unit id -> what is known of it; who is not here (an outside organisation) owes nothing
    subjects: Mapping[str, Subject] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    #: loại văn bản that are only for information: never 06
    for_information: tuple[str, ...] = ()

    def owed(self, document: Document, recipients: Sequence[str], at: datetime) -> tuple[Owed, ...]:
        """What the recipients owe about a document that was accepted at this moment; recipients are unit ids or codes.

        Never a code that the unit cannot give, never two of one code for one unit. A document packet that recalls or
        updates an earlier document owes "15" and nothing else.
        """
        raise NotImplementedError

    def recalled(self, document: Document, recipients: Sequence[str], at: datetime) -> tuple[Owed, ...]:
        """What the recipients of a document owe when its sender asks for it back (status 13): "15"."""
        raise NotImplementedError

    def sender(self, document: Document, unit: str, at: datetime) -> Sent | None:
        """How a unit of ours met its own duty to send in time; `at` is the moment of custody.

        None: it has none, as no rule gives it one or the day of promulgation cannot be read.
        """
        raise NotImplementedError

    def due(self, duty: Duty, delivered_at: datetime | None = None) -> datetime:
        """When an open duty is due by the calendar, rules and pauses of today; a vanished rule leaves it as it is.

        It counts from the delivery where that is later than its opening.
        """
        raise NotImplementedError

    def step(self, duty: Duty, now: datetime, delivered_at: datetime | None) -> Step:
        """What to do with a duty now; `delivered_at`: when the recipient's side had the document, None: not yet.

        May be called at any time, not only when `next_at` has come, and as often as one likes: what was done once
        (as `state` and `next_at` tell) is not done again, and what was missed while nobody looked is done once.
        Not delivered: the duty stays as it is (never overdue), and is looked at again later.
        """
        raise NotImplementedError

    def leaders(self, unit: str, at: datetime) -> tuple[str, ...]:
        """Who is told of the unit's overdue duties at this moment, deputies in place of those on leave."""
        raise NotImplementedError
