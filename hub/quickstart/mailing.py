"""A document on its way out of a clerk's hands: dropped, stopped where that is meant, mended where it comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from hub.quickstart.cast import Letter
from hub.quickstart.desk import MANY, NOTE, OUTGOING, RECALL, RETURNED, SENT, SLIP, Desk
from hub.quickstart.papers import files

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
        if self.letter.stopped:
            return self._drop, self._stop, self._see_stopped
        return (self._drop, self._mend, self._see_sent) if self.letter.mistaken else (self._drop, self._see_sent)

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

    def _stop(self, desk: Desk) -> str:
        """While it is held back."""
        folder = desk.sent(self.letter.code)
        if folder is None:
            return ""
        desk.drag(folder, RECALL)
        return f"thấy ghi sai số liệu, kéo {folder.name} từ {SENT} sang {RECALL}"

    def _see_stopped(self, desk: Desk) -> str:
        folder = desk.recalled(self.letter.code)
        return f"đọc {NOTE}: “{desk.first_line(folder / NOTE)}”" if folder else ""

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
