"""A document on its way out of a clerk's hands: dropped, mended where it comes back, wanted back where it was wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from hub.quickstart.cast import Letter
from hub.quickstart.desk import MANY, NOTE, OUTGOING, REASON, RECALL, RETURNED, SENT, SLIP, Desk
from hub.quickstart.papers import files

#: How the note begins that says that everybody was asked.
_ASKED = "Đã yêu cầu"
#: Does one thing in a share. Returns what it looks like, "" where it cannot be done yet. Raises OSError.
Step = Callable[[Desk], str]


class Mailing:
    """One letter of a clerk. `names` are the units' names; `today` keeps its day from lying ahead."""

    def __init__(self, letter: Letter, names: Mapping[str, str], today: date) -> None:
        self.letter = letter
        self._day = min(letter.day, today)
        self._to = "; ".join(names[each] for each in letter.to)

    @property
    def steps(self) -> Sequence[Step]:
        """What the clerk does with it, and sees of it, in this order."""
        mended = (self._mend,) if self.letter.mistaken else ()
        wanted_back = (self._want_back, self._say_why, self._see_asked) if self.letter.recalled else ()
        return (self._drop, *mended, self._see_sent, *wanted_back)

    def _drop(self, desk: Desk) -> str:
        letter, to = self.letter, self.letter.mistaken or self._to
        papers = {}
        for each in files(letter, self._day):
            with each.open() as file:
                papers[each.name] = file.read()
        if letter.appendix:
            desk.put(f"{OUTGOING}/{letter.called}", {**papers, SLIP: self._slip(to)})
            return f"bỏ thư mục “{letter.called}” vào {OUTGOING}, {SLIP} ghi “Gửi: {to}”"
        [pdf] = papers.values()
        desk.put(f"{OUTGOING}/{MANY}", {SLIP: self._slip(to), f"{letter.called}.pdf": pdf})
        return f"bỏ tệp “{letter.called}.pdf” và {SLIP} vào {OUTGOING}/{MANY}"

    def _want_back(self, desk: Desk) -> str:
        """Once everybody has it."""
        folder = desk.sent(self.letter.code)
        if folder is None or desk.receipt(self.letter.code).count("; đã đến ") < len(self.letter.to):
            return ""
        desk.drag(folder, RECALL)
        return f"thấy ghi sai số liệu khi các nơi đã nhận, kéo {folder.name} từ {SENT} sang {RECALL}"

    def _say_why(self, desk: Desk) -> str:
        folder = desk.recalled(self.letter.code)
        if folder is None or not (folder / REASON).exists():
            return ""
        asked = desk.first_line(folder / NOTE)
        desk.type(folder / REASON, f"{self.letter.recalled}\n")
        return f"đọc {NOTE}: “{asked}”; gõ vào {REASON}: “{self.letter.recalled}”"

    def _see_asked(self, desk: Desk) -> str:
        folder = desk.recalled(self.letter.code)
        said = desk.first_line(folder / NOTE) if folder else ""
        return f"đọc {NOTE}: “{said}”" if said.startswith(_ASKED) else ""

    def _mend(self, desk: Desk) -> str:
        folder = desk.returned(self.letter.called)
        if folder is None:
            return ""
        why = desk.first_line(desk.reason_beside(folder))
        (folder / SLIP).write_bytes(self._slip(self._to))
        desk.drag(folder, OUTGOING)
        return f"đọc lý do ở {RETURNED}: “{why}”; sửa “Gửi: {self._to}”, kéo lại vào {OUTGOING}"

    def _see_sent(self, desk: Desk) -> str:
        folder = desk.sent(self.letter.code)
        return f"thấy biên nhận trong {folder.relative_to(desk.share)}" if folder else ""

    def _slip(self, to: str) -> bytes:
        """PHIEU-GUI.txt, as Notepad saves it."""
        letter = self.letter
        lines = (
            f"Gửi: {to}",
            f"Số, ký hiệu: {letter.code}",
            f"Ngày: {self._day:%d/%m/%Y}",
            f"Loại: {letter.type}",
            f"Trích yếu: {letter.subject}",
        )
        return "".join(f"{line}\r\n" for line in lines).encode("utf-8-sig")
