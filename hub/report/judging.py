"""How one delivered document stands with one of our units. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, Protocol

from hub.clock import VIETNAM
from hub.ledger.dossiers import Dossier, Leg, Owed, Said
from hub.tracking import standing
from hub.vocabulary import StatusCode

_ACCEPTS = frozenset({"03", "04", "05", "06"})
_ARRIVES = _ACCEPTS | {"01", "02"}
#: Ways in which a duty ended, or did not, that say by themselves whether it was kept in time.
_SAID = {"met": True, "late": False, "overdue": False, "broken": False}

Acceptance = Literal["in-time", "late", "waiting", "refused", "recalled"]
Sending = Literal["same-day", "next-morning", "late", "unknown"]


class Workdays(Protocol):
    """What is asked of the working calendar: `hub.calendar.WorkCalendar`."""

    def periods(self, day: date, unit: str = "") -> tuple[tuple[datetime, datetime], ...]:
        """The hours worked on this day, in order."""

    def closing(self, day: date, unit: str = "") -> datetime:
        """When the working day ends; on a day off, when the next one does."""

    def working_seconds(self, start: datetime, end: datetime, unit: str = "") -> float:
        """The seconds worked between two moments."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One leg."""

    arrived_at: datetime | None
    acceptance: Acceptance
    accepted_at: datetime | None
    #: the code that holds now
    standing: str | None
    is_finished: bool
    #: finished after its date, or not finished and its date is over
    is_overdue: bool
    #: why it was refused
    reason: str


def judge(dossier: Dossier, leg: Leg, workdays: Workdays, now: datetime) -> Judged:
    """How a leg that was delivered to one of our units stands."""
    said = [one for one in dossier.said if one.by == leg.recipient]
    duties = {duty.code: duty for duty in dossier.owed if duty.unit == leg.recipient}
    holds = standing(one.answer for one in said)
    accepted_at = _first(said, _ACCEPTS)
    is_finished = any(one.answer.code == StatusCode.FINISHED for one in said)
    return Judged(
        arrived_at=_first(said, _ARRIVES),
        acceptance=_acceptance(leg, duties.get("03"), holds, accepted_at, workdays),
        accepted_at=accepted_at,
        standing=holds,
        is_finished=is_finished,
        is_overdue=_is_overdue(duties.get("06"), _first(said, {"06"}), now),
        reason=next((one.answer.reason for one in reversed(said) if one.answer.code == "02"), ""),
    )


def sending(dossier: Dossier, workdays: Workdays) -> Sending:
    """How soon after its date a document came into the hub's custody."""
    day = dossier.document.promulgation_date
    if day is None:
        return "unknown"
    came = dossier.received_at.astimezone(VIETNAM).date()
    kept = next((_SAID.get(duty.state) for duty in dossier.owed if duty.code == "gui"), None)
    if came <= day:
        return "same-day"
    if kept is None:
        kept = dossier.received_at <= _next_morning(day, dossier.origin, workdays)
    return "next-morning" if kept else "late"


def _first(said: Iterable[Said], codes: Iterable[str]) -> datetime | None:
    return min((one.at for one in said if one.answer.code in codes), default=None)


def _acceptance(
    leg: Leg, duty: Owed | None, holds: str | None, accepted_at: datetime | None, workdays: Workdays
) -> Acceptance:
    if holds == StatusCode.REJECTED:
        return "refused"
    if accepted_at is None:
        is_void = duty is not None and duty.state == "void"
        return "recalled" if is_void or holds == StatusCode.RECALL_AGREED else "waiting"
    kept = _SAID.get(duty.state) if duty else None
    if kept is None:
        kept = accepted_at <= (duty.due_at if duty else _end_of_day(leg, workdays))
    return "in-time" if kept else "late"


def _is_overdue(duty: Owed | None, finished_at: datetime | None, now: datetime) -> bool:
    if duty is None or duty.state == "void":
        return False
    kept = _SAID.get(duty.state)
    return (finished_at or now) > duty.due_at if kept is None else not kept


def _end_of_day(leg: Leg, workdays: Workdays) -> datetime:
    """The close of the working day on which it came; what came after it has until the close of the next."""
    assert leg.ended_at
    day = leg.ended_at.astimezone(VIETNAM).date()
    closes = workdays.closing(day, leg.recipient)
    return closes if leg.ended_at <= closes else workdays.closing(day + timedelta(days=1), leg.recipient)


def _next_morning(day: date, unit: str, workdays: Workdays) -> datetime:
    """The end of the first working hours of the working day after this one."""
    after = workdays.closing(day + timedelta(days=1), unit).astimezone(VIETNAM).date()
    return workdays.periods(after, unit)[0][1]
