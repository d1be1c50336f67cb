"""How text is compared, and the words that people write for types, urgency and what a document asks for. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase

from hub.remembering import remembered
from hub.vocabulary import Business, Urgency

#: Loại văn bản: the administrative ones, copies, then the legal ones. Numbers conflict, names do not.
DOCUMENT_TYPES = tuple(
    re.split(
        r",\s+",
        """Nghị quyết, Quyết định, Chỉ thị, Quy chế, Quy định, Thông cáo, Thông báo, Hướng dẫn, Chương trình, Kế hoạch,
        Phương án, Đề án, Dự án, Báo cáo, Biên bản, Tờ trình, Hợp đồng, Công văn, Công điện, Bản ghi nhớ, Bản cam kết,
        Bản thỏa thuận, Giấy chứng nhận, Giấy ủy quyền, Giấy mời, Giấy giới thiệu, Giấy nghỉ phép, Giấy đi đường,
        Giấy biên nhận hồ sơ, Phiếu gửi, Phiếu chuyển, Phiếu báo, Thư công, Sao y, Sao lục, Trích sao, Hiến pháp, Luật,
        Bộ luật, Pháp lệnh, Lệnh, Nghị quyết liên tịch, Nghị định, Thông tư, Thông tư liên tịch""",
    )
)


URGENCY_WORDS = ("thường", "khẩn", "thượng khẩn", "hỏa tốc", "hỏa tốc hẹn giờ")

#: What a document asks for, in the words of the rules; the first four are those that expressions see.
BUSINESS_WORDS = {
    "new": Business.NEW,
    "recall": Business.REVOKE,
    "update": Business.UPDATE,
    "replace": Business.REPLACE,
    "mới": Business.NEW,
    "thu hồi": Business.REVOKE,
    "cập nhật": Business.UPDATE,
    "thay thế": Business.REPLACE,
}


@remembered(4096)
def bare(text: str) -> str:
    """Without case, marks and double spaces: "Hoả  tốc" and "HỎA TỐC" are one word in two spellings."""
    spaced = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    letters = unicodedata.normalize("NFD", spaced).replace("đ", "d")
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def type_key(name: str) -> str:
    """The form in which names of document types are compared: as `bare`, and without "(cá biệt)"."""
    return bare(re.sub(r"\(.*\)\s*$", "", name))


def is_like(text: str, globs: Iterable[str]) -> bool:
    """Whether one of the globs fits the whole text, without regard to case and marks."""
    return any(fnmatchcase(bare(text), bare(glob)) for glob in globs)


def urgencies(word: str) -> frozenset[Urgency]:
    """Read "khẩn", or "khẩn+" for that and above. Raises ValueError."""
    name, plus, rest = word.strip().partition("+")
    words = [bare(known) for known in URGENCY_WORDS]
    if rest or bare(name) not in words:
        raise ValueError(f'"{word}" is no degree of urgency')
    least = Urgency(words.index(bare(name)))
    return frozenset(degree for degree in Urgency if degree == least or (plus and degree > least))


def business(word: str) -> Business:
    """Read "recall" or "thu hồi". Raises ValueError."""
    known = {bare(name): kind for name, kind in BUSINESS_WORDS.items()}
    if bare(word) in known:
        return known[bare(word)]
    near = get_close_matches(word.casefold(), BUSINESS_WORDS, n=1)
    hint = f'; did you mean "{near[0]}"?' if near else f": {', '.join(BUSINESS_WORDS)}"
    raise ValueError(f'"{word}" is not known here{hint}')


def business_word(kind: Business) -> str:
    """The English word of the rules for it."""
    return next(word for word, known in BUSINESS_WORDS.items() if known is kind)
