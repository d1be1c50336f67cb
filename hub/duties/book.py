"""The book of rules: who owes what, by when, and what a duty's time has come for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

from hub import groups as dated
from hub.calendar import Change, Kind, Span, WorkCalendar
from hub.clock import VIETNAM
from hub.directory import Directory
from hub.duties.endings import GUI, RECALL
from hub.duties.matching import Matcher
from hub.duties.people import Subject
from hub.duties.records import Duty, Owed, Sent, Step
from hub.duties.rules import DEFAULTS, FOR_INFORMATION, Chase, Rule
from hub.duties.stepping import Course, first_look, step
from hub.routing import Group, type_key
from hub.standards.edxml.dates import read_date
from hub.vocabulary import Business, Document, StatusCode

_DAY = timedelta(days=1)
#: A day outside of these is a slip of the pen.
_YEARS = range(1990, 2100)
_REPEATING = (Business.REVOKE, Business.UPDATE)


@dataclass(frozen=True)
class Book:
    """Rules, calendar and units. Of each code the first rule that names it and holds decides."""

    calendar: WorkCalendar
    rules: Sequence[Rule] = DEFAULTS
    #: unit id -> what is known of it; who is not here (an outside organisation) owes nothing
    subjects: Mapping[str, Subject] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    directory: Directory = field(default_factory=lambda: Directory(()))
    #: loại văn bản that are only for information: never 06
    for_information: tuple[str, ...] = FOR_INFORMATION

    def owed(self, document: Document, recipients: Sequence[str], at: datetime) -> tuple[Owed, ...]:
        """What the recipients owe about a document that was accepted at this moment; recipients are unit ids or codes.

        Never a code that the unit cannot give, never two of one code for one unit. A document packet that recalls or
        updates an earlier document owes "15" and nothing else.
        """
        if document.business.type in _REPEATING:
            return self.recalled(document, recipients, at)
        return tuple(self._owed(document, recipients, at, recall=False))

    def recalled(self, document: Document, recipients: Sequence[str], at: datetime) -> tuple[Owed, ...]:
        """What the recipients of a document owe when its sender asks for it back (status 13): "15"."""
        return tuple(self._owed(document, recipients, at, recall=True))

    def sender(self, document: Document, unit: str, at: datetime) -> Sent | None:
        """How a unit of ours met its own duty to send in time; `at` is the moment of custody.

        None: it has none, as no rule gives it one, the document only changes an earlier one, or its day of
        promulgation cannot be read.
        """
        subject, signed = self.subjects.get(unit), document.promulgation_date
        if subject is None or signed is None or signed.year not in _YEARS or document.business.type in _REPEATING:
            return None
        for code, rule, span in self._matcher(document, at).owed_by(subject):
            if code == GUI and span.kind is not Kind.DUE_DATE:
                due = self._counted(_midnight(signed), span, subject)
                return Sent(Owed(unit, GUI, rule.name, due, due), at <= due)
        return None

    def due(self, duty: Duty, delivered_at: datetime | None = None) -> datetime:
        """When an open duty is due by the calendar, rules and pauses of today; a vanished rule leaves it as it is.

        It counts from the delivery where that is later than its opening.
        """
        rule = self._by_name.get(duty.rule)
        span = rule.owe.get(duty.code) if rule else None
        since = max(duty.opened_at, delivered_at or duty.opened_at)
        subject = self.subjects.get(duty.unit) or Subject(duty.unit)
        found = self._due(since, span, subject, duty.due_date) if span else None
        return found or duty.due_at

    def step(self, duty: Duty, now: datetime, delivered_at: datetime | None) -> Step:
        """What to do with a duty now; `delivered_at`: when the recipient's side had the document, None: not yet.

        May be called at any time, not only when `next_at` has come, and as often as one likes: what was done once
        (as `state` and `next_at` tell) is not done again, and what was missed while nobody looked is done once.
        Not delivered: the duty stays as it is (never overdue), and is looked at again when it could be due at the
        earliest. After the configuration changed every open duty has to be stepped, for `next_at` may lie earlier.
        """
        subject = self.subjects.get(duty.unit) or Subject(duty.unit)
        rule = self._by_name.get(duty.rule)
        chase = rule.chase if rule else Chase()
        due = self.due(duty, delivered_at or max(now, duty.opened_at))
        return step(duty, Course(self.working, chase, subject), now, due, delivered_at)

    def leaders(self, unit: str, at: datetime) -> tuple[str, ...]:
        """Who is told of the unit's overdue duties at this moment, deputies in place of those on leave."""
        subject = self.subjects.get(unit)
        return subject.told(at.astimezone(VIETNAM).date()) if subject else ()

    @cached_property
    def working(self) -> WorkCalendar:
        """The calendar with the pauses of the units taken off."""
        pauses = [(subject.unit, pause) for subject in self.subjects.values() for pause in subject.pauses]
        off = [
            Change(day, "tam-dung", pause.reason, "units.yaml", (unit,))
            for unit, pause in pauses
            for day in pause.days()
        ]
        return replace(self.calendar, changes=(*self.calendar.changes, *off)) if off else self.calendar

    @cached_property
    def _by_name(self) -> Mapping[str, Rule]:
        return {rule.name: rule for rule in reversed(self.rules)}

    @cached_property
    def _information(self) -> frozenset[str]:
        return frozenset(map(type_key, self.for_information))

    def _matcher(self, document: Document, at: datetime) -> Matcher:
        day = at.astimezone(VIETNAM).date()
        return Matcher.of(self.rules, document, self.directory.on(day), dated.on(self.groups, day))

    def _owed(self, document: Document, recipients: Sequence[str], at: datetime, *, recall: bool) -> Iterator[Owed]:
        matcher = self._matcher(document, at)
        informs = type_key(document.type.name) in self._information
        for subject in filter(None, map(self.subjects.get, dict.fromkeys(recipients))):
            for code, rule, span in matcher.owed_by(subject):
                asked = code == RECALL if recall else code not in (RECALL, GUI)
                if not asked or not _can_give(subject, code) or (informs and code == StatusCode.FINISHED):
                    continue
                due = self._due(at, span, subject, document.due_date)
                if due:
                    course = Course(self.working, rule.chase, subject)
                    yield Owed(subject.unit, code, rule.name, due, first_look(course, at, due))

    def _due(self, since: datetime, span: Span, subject: Subject, due_date: str) -> datetime | None:
        """None where the span needs a day that the document does not name, or not so that it can be read."""
        if span.kind is not Kind.DUE_DATE:
            return self._counted(since, span, subject)
        day = readable(due_date)
        if day is None:
            return None
        due = self.working.closing(day, subject.unit)
        # It was over before the document came: that is not the unit's fault.
        return due if due > since else self.working.after(since, Span(Kind.END_OF_DAY), subject.unit)

    def _counted(self, since: datetime, span: Span, subject: Subject) -> datetime:
        due = self.working.after(since, span, subject.unit)
        if span.kind is Kind.CLOCK:
            for pause in sorted(subject.pauses, key=lambda pause: pause.since):
                begins, ends = max(since, _midnight(pause.since)), _midnight(pause.until + _DAY)
                if begins < ends and begins < due:
                    due += ends - begins
                    # A pause that lies over this one counts from its end.
                    since = ends
        return due


def readable(due_date: str) -> date | None:
    """The day that a document names as its due date; None where nobody can tell."""
    day = read_date(due_date) if due_date else None
    return day if day and day.year in _YEARS else None


def _can_give(subject: Subject, code: str) -> bool:
    return bool(subject.codes & {"15", "16"}) if code == RECALL else code in subject.codes


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, VIETNAM).astimezone(UTC)
