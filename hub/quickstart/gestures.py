"""What a clerk does with a document that came: moves a folder, types a few words.

Each gesture knows what it tells the sender.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hub.quickstart.desk import AGREE, INCOMING, REASON, RESULT, WANTED_BACK, Desk

_CODES = {"3": ("03",), "4": ("04",), "5": ("05",), "6": ("06",)}


class Gesture(Protocol):
    """One thing that hands do."""

    @property
    def codes(self) -> tuple[str, ...]:
        """What the sender hears of it, besides a 03 that was skipped."""

    def make(self, desk: Desk, folder: Path) -> str:
        """Do it with the document's folder; what it looks like. "" where it cannot be done yet. Raises OSError."""


@dataclass(frozen=True, slots=True)
class Drag:
    """The folder to another stage; a số đến may be typed before its name first, ket-qua.txt into it."""

    to: str
    number: int = 0
    result: str = ""
    why: str = ""

    @property
    def codes(self) -> tuple[str, ...]:
        """By the stage's number; of a refusal its reason tells."""
        return _CODES.get(self.to[0], ())

    def make(self, desk: Desk, folder: Path) -> str:
        """Move the folder."""
        if self.result:
            desk.type(folder / RESULT, self.result)
        name = f"{self.number} - {folder.name}" if self.number else folder.name
        desk.drag(folder, f"{INCOMING}/{self.to}", name)
        number = f", số đến {self.number} trước tên" if self.number else ""
        result = f", {RESULT} “{self.result}”" if self.result else ""
        return f"kéo từ {desk.stage(folder)} sang {self.to}{number}{result}{self.why and f' ({self.why})'}"


@dataclass(frozen=True, slots=True)
class Copy:
    """Ctrl+C and Ctrl+V where the folder should have been dragged: the other one stays."""

    to: str

    @property
    def codes(self) -> tuple[str, ...]:
        """By the stage's number."""
        return _CODES[self.to[0]]

    def make(self, desk: Desk, folder: Path) -> str:
        """Copy the folder."""
        desk.copy(folder, f"{INCOMING}/{self.to}")
        return f"chép (Ctrl+C, Ctrl+V) sang {self.to} thay vì kéo, bản cũ còn lại"


@dataclass(frozen=True, slots=True)
class DragFile:
    """Only the document's file, not its folder: the most frequent mistake."""

    to: str

    @property
    def codes(self) -> tuple[str, ...]:
        """By the stage's number."""
        return _CODES[self.to[0]]

    def make(self, desk: Desk, folder: Path) -> str:
        """Move the PDF."""
        file = min(folder.glob("*.pdf"))
        desk.drag(file, f"{INCOMING}/{self.to}")
        return f"chỉ kéo tệp {file.name} sang {self.to}, quên thư mục"


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Agree that the sender takes the document back, once the hub says that it wants to."""

    @property
    def codes(self) -> tuple[str, ...]:
        """Đồng ý thu hồi."""
        return ("15",)

    def make(self, desk: Desk, folder: Path) -> str:
        """Wait for the notice, and drag the folder to where one agrees."""
        if not (folder / WANTED_BACK).exists() or not (desk.share / INCOMING / AGREE).is_dir():
            return ""
        said = desk.first_line(folder / WANTED_BACK)
        desk.drag(folder, f"{INCOMING}/{AGREE}")
        return f"đọc {WANTED_BACK}: “{said}”; kéo từ {desk.stage(folder)} sang {AGREE}"


@dataclass(frozen=True, slots=True)
class GiveReason:
    """Type the reason of a refusal into the file that the hub has put there."""

    reason: str

    @property
    def codes(self) -> tuple[str, ...]:
        """Without it nobody is told."""
        return ("02",)

    def make(self, desk: Desk, folder: Path) -> str:
        """Wait for the file, and type below its line."""
        file = folder / REASON
        if not file.exists():
            return ""
        desk.type(file, file.read_text("utf-8-sig") + self.reason + "\n")
        return f"gõ vào {REASON}: “{self.reason}”"
