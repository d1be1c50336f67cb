"""What a report says of its sender: from hub.yaml, or derived from the province's name. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hub.config import ReportSays

_COMMITTEE = re.compile(r"\bUBND\b", re.IGNORECASE)
_LEADING = re.compile(r"^(UBND|Ủy ban nhân dân)\s+(tỉnh|thành phố|TP\.?)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Letter:
    """The parts of the letterhead and of the text that no figure says; "": a person fills it in."""

    agency: str
    #: the same inside a sentence
    called: str
    place: str
    notation: str
    to: str
    leader: str
    office: str
    contact: str
    connection: str
    places: tuple[str, ...]
    signs: tuple[str, ...]


def letter_of(says: ReportSays, province: str) -> Letter:
    """As hub.yaml says it; agency and place, if it does not, from the province's name."""
    called = says.agency or _COMMITTEE.sub("Ủy ban nhân dân", province)
    return Letter(
        agency=called.upper(),
        called=called,
        place=says.place or _LEADING.sub("", province),
        notation=says.notation,
        to=says.to,
        leader=says.leader,
        office=says.office,
        contact=says.contact,
        connection=says.connection,
        places=says.places,
        signs=says.signs,
    )
