"""What a sender asks of a document that came: which one is meant, and what people there are told. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from hub import Acknowledgement, Document
from plugins.folderdrop.clerk import names, texts
from plugins.folderdrop.clerk.cases import ANSWERS, RECALL, REPLACE, UPDATE, Asked, Case, Said, Stage

_AGREED = ANSWERS[Stage.AGREED]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A document as the one who asks names it; every part may be missing."""

    document_id: str
    code: str = ""
    #: ISO
    day: str = ""


def of_answer(answer: Acknowledgement) -> Wanted:
    """What a status asks for."""
    about = answer.response_for
    return _wanted(about.document_id, about.code, about.promulgation_date)


def of_document(document: Document, ours: Collection[str]) -> list[tuple[int, Wanted]]:
    """What a document asks of earlier ones, and which these are. `ours`: the codes of the unit that got it."""
    asks = document.business
    kind = int(asks.type)
    if kind == REPLACE and asks.replacements:
        mine = set(map(_folded, ours))
        meant = (each for each in asks.replacements if not each.organ_ids or mine & set(map(_folded, each.organ_ids)))
        return [(kind, _wanted(each.document_id)) for each in meant]
    if kind not in (RECALL, UPDATE, REPLACE):
        return []
    day = document.promulgation_date
    own = Wanted(document.document_id, document.code, day.isoformat() if day else "")
    return [(kind, _wanted(asks.document_id) if asks.document_id else own)]


def is_bare_request(document: Document) -> bool:
    """Whether it recalls the very document whose name it bears: a request, and no paper to be read."""
    meant = _folded(document.business.document_id)
    return int(document.business.type) == RECALL and meant in ("", _folded(document.document_id))


def hint(wanted: Wanted) -> re.Pattern[bytes]:
    """What stands in the written line of each case that may be meant: digits of its number, or of its id."""
    number = re.search(r"[1-9]\d*", wanted.code, re.ASCII)
    digits = number[0] if number else max(re.findall(r"[0-9]+", wanted.document_id), key=len, default="")
    return re.compile(rb'"(?:code|document_id)":"[^"]*' + digits.encode())


def alike(wanted: Wanted, cases: Iterable[Case]) -> list[Case]:
    """Those that may be meant, the newest first."""
    found = [case for case in cases if _is_meant(wanted, case)]
    return sorted(found, key=lambda case: (case.received_at, case.delivery), reverse=True)


def asked(case: Case, ask: Asked) -> Case:
    """The same with what is asked of it. The same again adds nothing; what is given up already is answered at once."""
    if any(each.delivery == ask.delivery for each in case.asks):
        return case
    given = next(iter(case.given_up), None)
    if given:
        ask = replace(ask, answer=given.answer, answered_at=given.answered_at)
    if any((each.kind, each.by, each.answer) == (ask.kind, ask.by, ask.answer) for each in case.asks):
        return case
    case = replace(case, asks=(*case.asks, ask))
    return _told_again(case, ask, given) if given else case


def _told_again(case: Case, ask: Asked, given: Asked) -> Case:
    """The same, its answer once more where what asks now has not got it."""
    if any((each.code, each.about) == (_AGREED, ask.about) for each in case.said):
        return case
    when = f"{_KIND_WORDS[given.kind]} {texts.line(case.code, 80)} lúc {texts.shown(given.answered_at)}"
    return replace(case, said=(*case.said, Said(_AGREED, ask.at, f"Đơn vị đã đồng ý {when}.", about=ask.about)))


def states(case: Case) -> list[str]:
    """What became of it, in few words, the latest last."""
    return [_state(each) for each in case.asks]


def remarks(case: Case) -> Iterator[str]:
    """The same for the register, with the days."""
    for each in case.asks:
        at = texts.shown(each.answered_at or each.at).rpartition(" ")[2]
        yield f"{_state(each)} (ngày {at})"


def notices(case: Case, hotline: str = "") -> dict[int, bytes]:
    """What lies in its folder about each kind of request."""
    latest = {each.kind: each for each in case.asks}
    return {kind: texts.for_notepad(*_notice(case, each, hotline)) for kind, each in latest.items()}


def is_notice(text: str) -> bool:
    """Whether the hub wrote that."""
    return text.startswith(_HEADS)


def todo(case: Case) -> str:
    """What people can do about it now; "" where nothing is asked."""
    if not case.asked:
        return ""
    return f"Đồng ý: kéo thư mục vào {names.PLAIN.agree}; không đồng ý: kéo vào {names.PLAIN.disagree} kèm lý do."


_SAID = {
    RECALL: ("đang bị thu hồi, không sử dụng", "đã thu hồi", "không đồng ý thu hồi"),
    UPDATE: ("đang được cập nhật{by}, không sử dụng bản này", "đã được cập nhật{by}", "không đồng ý cập nhật{by}"),
    REPLACE: ("được thay thế{by}, không sử dụng bản này", "đã được thay thế{by}", "không đồng ý thay thế{by}"),
}
_HEADS = (
    "VĂN BẢN ĐANG BỊ THU HỒI",
    "VĂN BẢN ĐÃ",
    "VĂN BẢN ĐANG ĐƯỢC",
    "VĂN BẢN ĐƯỢC",
    "VĂN BẢN KHÔNG ĐỒNG Ý",
    "VĂN BẢN NÀY",
)
_KIND_WORDS = {RECALL: "thu hồi", UPDATE: "cập nhật", REPLACE: "thay thế"}


def _words(ask: Asked) -> str:
    if ask.own:
        word = _KIND_WORDS[ask.kind]
        said = ("này {0} một văn bản khác, chờ trả lời", "này {0} một văn bản khác, đã đồng ý", "này: không đồng ý {0}")
        return said[0 if not ask.answer else 1 if ask.answer == _AGREED else 2].format(word)
    return _SAID[ask.kind][0 if not ask.answer else 1 if ask.answer == _AGREED else 2]


def _state(ask: Asked) -> str:
    return _words(ask).format(by=f" bởi {texts.line(ask.by, 80)}" if ask.by else "")


def _headline(ask: Asked) -> str:
    """The same in capitals, but for the number of the other document, in which case matters."""
    before, place, after = _words(ask).partition("{by}")
    by = f" BỞI {texts.line(ask.by, 80)}" if place and ask.by else ""
    return f"VĂN BẢN {before.upper()}{by}{after.upper()}."


def _notice(case: Case, ask: Asked, hotline: str) -> Iterator[str]:
    yield _headline(ask)
    who = f"{texts.line(case.code, 80)} của {texts.line(case.sender, 120)}"
    word, when = _KIND_WORDS[ask.kind], texts.shown(ask.at)
    if ask.own:
        yield from _of_another(ask, who)
    elif not ask.answer:
        yield from _open(ask, f"{who}: nơi gửi đã {word} văn bản này lúc {when}.")
    elif ask.answer == _AGREED:
        yield f"{who}: nơi gửi {word} lúc {when}, đơn vị đồng ý lúc {texts.shown(ask.answered_at)}."
        yield from _cancelled(case, ask)
    else:
        yield (
            f"{who}: nơi gửi {word} lúc {when}, đơn vị trả lời không đồng ý lúc {texts.shown(ask.answered_at)}. "
            f"Lý do: {texts.line(ask.why_not, 500)}"
        )
        yield "Đây là ngoại lệ: văn bản bị thu hồi thì phải hủy trên hệ thống; cần thống nhất với nơi gửi."
    if ask.folder:
        newer = "Văn bản thu hồi" if ask.kind == RECALL else "Bản mới"
        yield f"{newer}: {texts.line(ask.by, 80)}, thư mục {ask.folder}."
    if reason := texts.line(ask.reason, 500):
        yield f"Lý do của nơi gửi: {reason}"
    if said := texts.help_line(hotline).strip():
        yield said


def _of_another(ask: Asked, who: str) -> Iterator[str]:
    """Of a document that asks something of one that is not here."""
    word = _KIND_WORDS[ask.kind]
    yield f"{who} {word} một văn bản trước đó không có trong thư mục này (xem phieu.html)."
    if not ask.answer:
        yield f"Đồng ý {word}: kéo thư mục vào {names.PLAIN.agree}, xong nó về ô cũ để làm tiếp."
        yield f"Không đồng ý: kéo vào {names.PLAIN.disagree}, rồi gõ lý do vào ly-do.txt."
    elif ask.why_not:
        yield f"Lý do không đồng ý: {texts.line(ask.why_not, 500)}"


def _open(ask: Asked, said: str) -> Iterator[str]:
    after = "các tệp sẽ được hủy trên hệ thống, sổ văn bản đến vẫn giữ dòng ghi."
    if ask.kind == UPDATE:
        after = "từ đó dùng bản mới, các tệp của bản này vẫn còn."
    yield f"{said} Kéo thư mục vào {names.PLAIN.agree}; {after}"
    yield f"Nếu không thể đồng ý: kéo vào {names.PLAIN.disagree}, rồi gõ lý do vào ly-do.txt."


def _cancelled(case: Case, ask: Asked) -> Iterator[str]:
    if ask.kind == UPDATE:
        return
    yield (
        "Các tệp đã được hủy trên hệ thống; tệp do đơn vị thêm vào hoặc đã sửa vẫn còn trong thư mục này."
        if case.bare
        else "Các tệp sẽ được hủy trên hệ thống khi nơi gửi nhận được trả lời."
    )
    yield from (f"- {texts.line(each.full_name, 255)} (SHA-256 {each.digest})" for each in case.files if case.bare)


def _wanted(document_id: str, code: str = "", day: str = "") -> Wanted:
    """An id of the form "organ,yyyy/MM/dd,code" says the others too."""
    parts = document_id.split(",", 2)
    if len(parts) == 3:
        code, day = code or parts[2], day or parts[1]
    try:
        day = date.fromisoformat(day.strip().replace("/", "-")[:10]).isoformat()
    except ValueError:
        day = ""
    return Wanted(document_id, code, day)


def _is_meant(wanted: Wanted, case: Case) -> bool:
    if wanted.document_id and _folded(wanted.document_id) == _folded(case.document_id):
        return True
    same = bool(wanted.code) and _folded(wanted.code) == _folded(case.code)
    return same and (not wanted.day or not case.day or wanted.day == case.day)


def _folded(text: str) -> str:
    return names.plain(text.replace("/", "-").replace(",", "-"))
