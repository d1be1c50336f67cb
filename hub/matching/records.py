"""What is compared, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document that an answer may be about."""

    envelope: str
    document_id: str
    #: number/notation
    code: str
    #: of promulgation; None where the packet's date cannot be read
    date: date | None
    #: the sender's code; its unit id where it has no code
    sender: str
    sender_name: str
    subject: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate, how well it fits (0..1), and why in plain words."""

    candidate: Candidate
    score: float
    reasons: tuple[str, ...]


class How(StrEnum):
    """What a verdict rests on; of the last four a person decides."""

    DOCUMENT_ID = "document-id"
    CODE_DATE_SENDER = "code-date-sender"
    EVIDENCE = "evidence"
    #: two documents fit nearly alike
    AMBIGUOUS = "ambiguous"
    #: what the answer says points at different documents
    CONFLICT = "conflict"
    #: it fits, but something else would fit as well
    TOO_LITTLE = "too-little"
    #: nothing fits
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The document that the answer is about, or None; and those a person may choose from, best first."""

    match: Candidate | None
    how: str
    ranked: tuple[Ranked, ...]
