"""What a duty's time has come for: reminder, deadline, escalation, hard limit, pause. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, takewhile

from hub.calendar import Kind, Span, WorkCalendar
from hub.clock import VIETNAM
from hub.duties.people import Pause, Subject
from hub.duties.records import Duty, Step
from hub.duties.rules import Chase

_DAY = timedelta(days=1)
#: A duty of which nothing more is planned is looked at so often.
_IDLE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Course:
    """How one unit's duty is pursued."""

    calendar: WorkCalendar
    chase: Chase
    subject: Subject

    def warning(self, due: datetime) -> datetime | None:
        """When the unit is reminded of what is not yet due."""
        before = self.chase.before
        return self.calendar.before(due, before, self.subject.unit) if before else None

    def reminders(self, due: datetime) -> Iterator[datetime]:
        """When it is reminded of what is overdue: at once, then again and again."""
        yield due
        every = self.chase.every
        if every:
            for time_ in count(1):
                span = Span(every.kind, every.amount * time_)
                after = self.calendar.after(due, span, self.subject.unit)
                yield self._opening(after) if every.kind is Kind.WORKING_DAYS else after

    def later(self, due: datetime, span: Span | None) -> datetime | None:
        """So long after it was due."""
        return self.calendar.after(due, span, self.subject.unit) if span else None

    def pause(self, now: datetime) -> Pause | None:
        """The pause that the unit makes now."""
        return self.subject.pause(now.astimezone(VIETNAM).date())

    def pauses_after(self, now: datetime) -> Iterator[datetime]:
        """When pauses begin that are to come."""
        begins = (_midnight(pause.since) for pause in self.subject.pauses)
        return (moment for moment in begins if moment > now)

    def _opening(self, closing: datetime) -> datetime:
        day = closing.astimezone(VIETNAM).date()
        hours = self.calendar.periods(day, self.subject.unit)
        return hours[0][0] if hours else closing


def first_look(course: Course, at: datetime, due: datetime) -> datetime:
    """When somebody must look at a duty that is opened now."""
    return at if course.pause(at) else _next(course, at, due, reminded=0, escalated=False)


def step(duty: Duty, course: Course, now: datetime, due: datetime, delivered_at: datetime | None) -> Step:
    """What to do with a duty that is due then; one that is not delivered would be, if it were delivered now."""
    moved = ("duty-moved",) if delivered_at and due != duty.due_at else ()
    pause = course.pause(now)
    if pause:
        events = moved + (() if duty.state == "paused" else ("duty-paused",))
        return Step("paused", due if delivered_at else duty.due_at, _end(pause), events, reason=pause.reason)
    if duty.state == "paused":
        moved = ("duty-moved",)
    if delivered_at is None:
        # Whenever it is delivered from now on, it is not due earlier than this.
        state = "open" if duty.state == "paused" else duty.state
        return Step(state, duty.due_at, _next(course, now, due, reminded=duty.reminded, escalated=False), moved)
    if now < due and (moved or duty.state == "open"):
        return _open(duty, course, now, due, moved)
    return _overdue(duty, course, now, due, moved)


def _open(duty: Duty, course: Course, now: datetime, due: datetime, moved: tuple[str, ...]) -> Step:
    warning = course.warning(due)
    remind = warning is not None and duty.next_at <= warning <= now and duty.reminded < course.chase.most
    events = moved + (("duty-reminded",) if remind else ())
    return Step("open", due, _next(course, now, due, reminded=duty.reminded + remind, escalated=False), events, remind)


def _overdue(duty: Duty, course: Course, now: datetime, due: datetime, moved: tuple[str, ...]) -> Step:
    chase, fresh = course.chase, not _was_overdue(duty, course)
    limit = course.later(due, chase.limit)
    told = not fresh and duty.escalated
    escalate = not told and _is_over(course.later(due, chase.escalate), now)
    is_broken = _is_over(limit, now)
    remind = not is_broken and duty.reminded < chase.most and (fresh or _has_one(course, due, duty.next_at, now))
    events = [*moved]
    events += ["duty-overdue"] if fresh else []
    events += ["duty-reminded"] if remind else []
    events += ["duty-escalated"] if escalate else []
    events += ["duty-broken"] if is_broken else []
    whom = course.subject.told(now.astimezone(VIETNAM).date()) if escalate else ()
    state = "broken" if is_broken else "overdue"
    next_at = now if is_broken else _next(course, now, due, reminded=duty.reminded + remind, escalated=told or escalate)
    return Step(state, due, next_at, tuple(events), remind, whom)


def _was_overdue(duty: Duty, course: Course) -> bool:
    """Whether this has been said: it is, or was before the pause that has just ended."""
    if duty.state != "paused":
        return duty.state == "overdue"
    over = [pause for pause in course.subject.pauses if _end(pause) == duty.next_at]
    return any(duty.due_at < _midnight(pause.since) for pause in over)


def _is_over(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now


def _has_one(course: Course, due: datetime, since: datetime, now: datetime) -> bool:
    """Whether a reminder falls between these, both in it."""
    return any(moment >= since for moment in takewhile(lambda moment: moment <= now, course.reminders(due)))


def _next(course: Course, now: datetime, due: datetime, *, reminded: int, escalated: bool) -> datetime:
    """The first that is to come."""
    chase = course.chase
    more = reminded < chase.most
    ahead = [*course.pauses_after(now), course.later(due, chase.limit)]
    if due > now:
        ahead += [due, course.warning(due) if more else None]
    else:
        ahead += [None if escalated else course.later(due, chase.escalate)]
        ahead += [next((moment for moment in course.reminders(due) if moment > now), None) if more else None]
    return min((moment for moment in ahead if moment and moment > now), default=now + _IDLE)


def _end(pause: Pause) -> datetime:
    return _midnight(pause.until + _DAY)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, VIETNAM).astimezone(UTC)
