"""Which sent document an answer is about, and how one about none is shown. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from hub import VIETNAM, Acknowledgement
from plugins.folderdrop import naming
from plugins.folderdrop.clerk import names, texts
from plugins.folderdrop.clerk.sending.records import Fate, Posted


def about(answer: Acknowledgement, sent: Sequence[Posted]) -> Posted | None:
    """The document of this number and day; of several the last. None: it was not sent from this folder."""
    code, day = _folded(answer.response_for.code), answer.response_for.promulgation_date.replace("/", "-")[:10]
    named = answer.response_for.document_id.split(",", 2)
    if len(named) == 3:
        code, day = code or _folded(named[2]), day or named[1].replace("/", "-")
    alike = [each for each in sent if each.fate is not Fate.WITHDRAWN and code and _folded(each.code) == code]
    same_day = [each for each in alike if day and each.day == day]
    return next(reversed(same_day or alike), None)


def alone(delivery: str, answer: Acknowledgement) -> tuple[str, bytes]:
    """Name and content of a text for an answer about a document that was not sent from this folder."""
    code = answer.response_for.code or answer.response_for.document_id
    said = texts.listed((texts.word(answer.status), answer.description))
    who = answer.sender.name or answer.sender.id
    when = f"{answer.at.astimezone(VIETNAM):%H:%M ngày %d/%m/%Y}" if answer.at else ""
    plain = naming.safe(names.bare(code).encode("ascii", "ignore").decode(), 40) or "van-ban"
    lines = (f"Hồi báo về văn bản {texts.line(code, 120)}", texts.listed((texts.line(who, 120), when)), said)
    return f"hoi-bao {plain} {answer.status[:4]} ~{delivery[-6:]}.txt", texts.for_notepad(*lines)


def _folded(code: str) -> str:
    return names.plain(code.replace("/", "-"))
