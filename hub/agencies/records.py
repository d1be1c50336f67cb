"""An organisation as the central hub lists it, and what an applied answer changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Agency:
    """One row of the directory, as it was said."""

    #: normalised; what the organisation is addressed by
    code: str
    name: str
    #: the central hub's own ids of it and of what it belongs to, "" where the answer gives none
    id: str = ""
    pid: str = ""
    mail: str = ""
    #: normalised; what it was addressed by before, or in the other scheme (`oldCode`, `code102`)
    old_code: str = ""
    #: it is no more, and answers to its code all the same
    deleted: bool = False
    #: what else the answer says: `centerCode`, `version`, `modifyDate`, `isAgency`
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_centre(self) -> bool:
        """Whether it is an exchange centre, which nobody writes to."""
        return self.code.endswith("W00")


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What one whole answer did to the directory. Nothing of it is counted twice."""

    #: the operation of the central hub that gave it
    kind: str
    #: good rows; of these, what is new, what differs from before
    rows: int = 0
    added: int = 0
    changed: int = 0
    #: rows of the same answer before that are not in this one: they answer to their codes on
    gone: int = 0
    #: why rows were left out -> how many
    skipped: Mapping[str, int] = field(default_factory=dict)
    #: good rows whose code has neither official form
    odd: int = 0
