"""What one person writes about one document, before and after something went wrong. Knows no hub."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.matching.papers import Paper

#: number/notation in the id and in the field of its own; only there; only the id
SHAPES = ("whole", "fields", "id")


@dataclass(frozen=True)
class Written:
    """The texts of an answer, as edXML ResponseFor has them."""

    organ_id: str
    code: str
    document_id: str
    promulgation_date: str


def same(text: str) -> str:
    """As it is."""
    return text


@dataclass
class Draft:
    """The parts of an answer's reference; a kind of damage changes them and says what it did."""

    paper: Paper
    chance: random.Random
    shape: str
    number: str = ""
    notation: str = ""
    slash: str = "/"
    #: of the date field, and inside the id
    day: str = ""
    id_day: str = ""
    #: year (0: not written), month, day as anybody reads them
    read_day: tuple[int, int, int] | None = None
    organ: str = ""
    id_organ: str = ""
    uuid: str = ""
    subject: str = ""
    comma: str = ","
    #: what happens to the text of the code and to that of the id, in the end
    code_text: Callable[[str], str] = same
    id_text: Callable[[str], str] = same
    #: the whole text of the code field, where it is no plain number/notation
    sentence: str = ""
    #: parts that are not said at all, and parts that are said wrongly
    lost: set[str] = field(default_factory=set)
    hurt: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        paper = self.paper
        self.number, self.notation = paper.number, paper.notation
        self.day = self.id_day = f"{paper.day:%Y/%m/%d}"
        self.read_day = (paper.day.year, paper.day.month, paper.day.day)
        self.organ = self.id_organ = paper.agency.code
        self.uuid = paper.uuid if self.shape != "fields" else ""
        if self.shape == "fields":
            self.lost.add("id")

    @property
    def code(self) -> str:
        """Number and notation as they are written."""
        return f"{self.number}{self.slash}{self.notation}" if self.notation else self.number

    @property
    def missing(self) -> set[str]:
        """Parts that are nowhere said: a UUID alone says nothing but itself."""
        alone = {"number", "notation", "day"} if self.shape == "id" and self.uuid else set()
        return self.lost | alone

    def written(self) -> Written:
        """The texts."""
        code = self.code_text(self.sentence or self.code) if self.shape != "id" else ""
        parts = (self.id_organ, self.id_day, self.code)
        named = self.id_text(self.uuid or self.comma.join(part for part in parts if part))
        return Written(
            self.organ,
            code,
            named if self.shape != "fields" else "",
            self.day if self.shape != "id" else "",
        )

    def harm(self, *parts: str) -> None:
        """These are said wrongly, and with them the id that is made of them."""
        self.hurt.update(parts)
        if not self.uuid:
            self.hurt.add("id")

    def omit(self, *parts: str) -> None:
        """These are not said."""
        self.lost.update(parts)
