"""A document's parts, as they are compared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hub.directory import looks_like_code, normalise
from hub.matching.forms import fold, is_uuid, organ, plain_number, tolerant, words
from hub.matching.reading import Day
from hub.matching.records import Candidate
from hub.remembering import remembered


@dataclass(frozen=True, slots=True)
class Features:
    """A candidate's parts, as they are compared."""

    id: str
    number: str
    notation: tuple[str, ...]
    days: tuple[Day, ...]
    #: these, and without their year
    near_days: frozenset[Day]
    #: normal forms of the sender's codes
    organs: frozenset[str]
    #: code or id of the sender, as it is written
    sender: str
    #: as they are
    name: str
    subject: str

    @property
    def key(self) -> object:
        """The same for packets about one document: a new one, its update, its recall."""
        if not self.id:
            return self.number, self.notation, self.days, self.sender, self.subject
        # Any other id may be given by two senders, each counting for itself.
        is_unique = self.id.count(",") == 2 or is_uuid(self.id)
        return self.id, "" if is_unique else self.sender


@remembered(16384)
def features(document_id: str, code: str, day: date | None, sender: str, sender_name: str, subject: str) -> Features:
    """What is compared of a candidate."""
    normal = tolerant(document_id)
    named = normal.split(",")
    parts = words(fold(code)) or [""]
    days: list[Day] = [(day.year, day.month, day.day)] if day else []
    organs = {_organ(sender)} if "." in sender or looks_like_code(sender) else set()
    if len(named) == 3:
        organs.add(named[0])
        if not day and len(named[1]) == 8 and named[1].isdecimal():
            days.append((int(named[1][:4]), int(named[1][4:6]), int(named[1][6:])))
    return Features(
        id=normal,
        number=plain_number(parts[0]),
        notation=tuple(parts[1:]),
        days=tuple(days),
        near_days=frozenset(days).union((0, month, day) for _, month, day in days),
        organs=frozenset(organs),
        sender=normalise(sender),
        name=sender_name,
        subject=subject,
    )


_organ = remembered(4096)(organ)


def of(candidate: Candidate) -> Features:
    """A candidate's features."""
    return features(
        candidate.document_id,
        candidate.code,
        candidate.date,
        candidate.sender,
        candidate.sender_name,
        candidate.subject,
    )
