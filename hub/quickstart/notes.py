"""What a unit remembers from one run to the next, and what it has to tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing a unit did or saw."""

    at: datetime
    unit: str
    #: "send", "again", "gesture", "arrive", "hear"
    what: str
    document: str
    status: str = ""
    #: with whom, as a name
    other: str = ""
    note: str = ""


class Notes:
    """What a unit remembers from one run to the next: one line a thing done."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines = set(file.read_text(encoding="utf-8").splitlines()) if file.exists() else set()

    def __contains__(self, line: str) -> bool:
        return line in self._lines

    def add(self, line: str) -> None:
        """Remember, if it is new."""
        if line in self._lines:
            return
        self._lines.add(line)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def count(self, beginning: str, ending: str) -> int:
        """How many lines begin and end so."""
        return sum(line.startswith(beginning) and line.endswith(ending) for line in self._lines)

    def rest(self, beginning: str) -> list[str]:
        """What follows in the lines that begin so."""
        return [line.removeprefix(beginning) for line in self._lines if line.startswith(beginning)]


def wall() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


def one_line(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())
