"""What is owed, as it goes between the ledger and the rules. Times are aware, UTC. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Owed:
    """A duty to open: state "open"."""

    #: our unit's id
    unit: str
    #: a status code; "15": an answer to a recall (15 or 16)
    code: str
    #: name of the rule
    rule: str
    due_at: datetime
    #: when somebody must look at it for the first time
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """The sender's own duty, from the day of promulgation to custody: it ends when it is opened."""

    #: `code` is "gui"
    owed: Owed
    #: in time: state "met"; else "late"
    met: bool


@dataclass(frozen=True, slots=True)
class Duty:
    """An open duty as the ledger keeps it: open, overdue or paused."""

    unit: str
    code: str
    rule: str
    opened_at: datetime
    due_at: datetime
    next_at: datetime
    state: str = "open"
    #: reminders sent
    reminded: int = 0
    #: the document's own due date as its packet has it, where the ledger knows it; "": `due_at` holds for such a rule
    due_date: str = ""
    #: whether the leaders were told since it is overdue
    escalated: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What to do with a duty now: write state, due_at and next_at into its row, and one event for each of `events`."""

    #: open | overdue | paused | broken; of "broken" it is over: ended_at is now
    state: str
    due_at: datetime
    #: when to look again: always later than now, except that a broken one is never looked at again
    next_at: datetime
    #: kinds of events, in order: duty-moved (due_at differs, or a pause is over and `state` is what it was before),
    #: duty-paused, duty-overdue, duty-reminded, duty-escalated, duty-broken. Empty: only next_at changes, silently
    events: tuple[str, ...] = ()
    #: tell the unit now, and count one more in `reminded`
    remind: bool = False
    #: who is told now, deputies in place of those on leave; () in spite of duty-escalated: the unit names nobody
    escalate: tuple[str, ...] = ()
    #: why it is paused
    reason: str = ""
