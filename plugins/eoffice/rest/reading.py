"""What an answer means: a success, something to try again, a refusal, or that nobody knows. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from plugins.eoffice.rest.picks import NothingThere, Pick, Verdict, joined
from plugins.eoffice.rest.profile import Answers
from plugins.eoffice.rest.templates import PRINTABLE

#: What HTTP says itself, where the profile says nothing of it.
_USUAL: dict[int, Verdict] = {
    **dict.fromkeys((401, 403, 407), "denied"),
    **dict.fromkeys((404, 405, 425, 429, 501, 503), "retry"),
    **dict.fromkeys((400, 406, 413, 415, 422), "refuse"),
}
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of it, their code, and why in words for people."""

    verdict: Verdict
    code: str = ""
    reason: str = ""


def judge(answers: Answers, status: int, tree: Any, problem: str = "") -> Judged:
    """`tree`: the answer, None where it is none, and `problem` says why."""
    code = "" if tree is None else _asked(answers.code, tree)
    words = "" if tree is None else _asked(answers.text, tree)
    reason = joined((f"HTTP {status}" if not is_success(status) else "", f"mã lỗi {code}:" if code else "", words))
    if verdict := _listed(answers, code):
        return Judged(verdict, code, reason)
    if str(status) in answers.http:
        return Judged(answers.http[str(status)], code, reason)
    if not is_success(status):
        return Judged(_USUAL.get(status, "unknown"), code, reason)
    return _told(answers, tree, code, reason or problem)


def _listed(answers: Answers, code: str) -> Verdict | None:
    """What the profile says of their code: its own line, else the longest that ends with * and begins it."""
    if code in answers.codes or not code:
        return answers.codes.get(code)
    begun = [said for said in answers.codes if said.endswith("*") and code.startswith(said[:-1])]
    return answers.codes[max(begun, key=len)] if begun else None


def _told(answers: Answers, tree: Any, code: str, reason: str) -> Judged:
    """Of an answer that HTTP calls a success."""
    if tree is None:
        return Judged("unknown", code, reason)
    if answers.ok is None:
        return Judged("ok", code, reason)
    try:
        good = answers.ok.holds(tree)
    except NothingThere as error:
        return Judged("unknown", code, str(error))
    return Judged("ok" if good else answers.otherwise, code, reason or "câu trả lời không nói là thành công")


def is_success(status: int) -> bool:
    """Whether HTTP calls it one."""
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def _asked(pick: Pick | None, tree: Any) -> str:
    try:
        return pick.text(tree)[:_LONGEST] if pick else ""
    except NothingThere:
        return ""


def hidden(text: str, secrets: tuple[str, ...], most: int = _LONGEST) -> str:
    """Words of theirs without what nobody may read, printable and not long."""
    for form in sorted({form for secret in secrets for form in _forms(secret)} - {""}, key=len, reverse=True):
        text = text.replace(form, "***")
    return "".join(sign if sign.isprintable() else " " for sign in text)[:most]


def _forms(secret: str) -> tuple[str, ...]:
    """As it stands in an address, a form, a header, JSON and XML."""
    quoted = (quote(secret, safe=""), quote(secret), quote(secret, safe=PRINTABLE), quote_plus(secret))
    dumped = (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    return (secret, *quoted, *dumped, escape(secret), escape(secret, {'"': "&quot;"}))
