"""Who plays and what is sent, as data.

Agencies' names are public; codes below the first level, clerks and documents are invented.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hub.vocabulary import Urgency

PROVINCE = "province"
OFFICE, SCIENCE, HOME = "vp-ubnd", "so-khcn", "so-nv"
BINH_SON, TINH_KHE, NGHIA_LO = "xa-binh-son", "xa-tinh-khe", "p-nghia-lo"
LY_SON, MANG_DEN, OUTSIDE = "dk-ly-son", "xa-mang-den", "vpcp"

EVERY = ("01", "03", "04", "05", "06")
#: đã đến, đã tiếp nhận, đã hoàn thành: what a small office uses
SHORT = ("01", "03", "06")
REGISTERED = ("01", "03")


@dataclass(frozen=True, slots=True)
class Role:
    """How one unit's software behaves."""

    #: who signs its answers
    clerk: str = ""
    #: the answers it gives to a document, in their order
    codes: tuple[str, ...] = ()


ROLES: Mapping[str, Role] = {
    OFFICE: Role("Văn thư Văn phòng UBND tỉnh", EVERY),
    SCIENCE: Role("Văn thư Sở Khoa học và Công nghệ", EVERY),
    HOME: Role("Văn thư Sở Nội vụ", SHORT),
    BINH_SON: Role("Nguyễn Thị Hạnh", SHORT),
    TINH_KHE: Role("Trần Văn Lợi", SHORT),
    NGHIA_LO: Role("Văn thư UBND phường Nghĩa Lộ", SHORT),
    LY_SON: Role("Phạm Thị Bích", SHORT),
    # Receives and never answers.
    MANG_DEN: Role("Y Thảo"),
    OUTSIDE: Role("Văn thư Văn phòng Chính phủ"),
}


@dataclass(frozen=True, slots=True)
class Cue:
    """What a unit must have seen before it acts: a document, or an answer about one of its own."""

    document: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One document and the unit that drops it."""

    unit: str
    code: str
    day: date
    type: str
    subject: str
    #: unit ids; PROVINCE is the province itself
    to: tuple[str, ...]
    urgency: Urgency = Urgency.NORMAL
    #: sent in the province's name
    as_province: bool = False
    content: str = ""
    to_places: tuple[str, ...] = ()
    due: str = ""
    #: code of an earlier letter that this one answers
    replies_to: str = ""
    #: code of an earlier letter that this one stands for now
    replaces: str = ""
    #: an .xlsx beside the main .pdf
    appendix: str = ""
    #: the answers that make sense for it; empty: all
    asks: tuple[str, ...] = ()
    #: unit -> why it refuses
    refused: tuple[tuple[str, str], ...] = ()
    after: Cue | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    """A sender takes a document back from one recipient: status 13, to be answered."""

    unit: str
    code: str
    to: str
    reason: str
    after: Cue


LETTERS = (
    Letter(
        OUTSIDE,
        "3127/VPCP-KSTT",
        date(2026, 11, 20),
        "Công văn",
        "V/v cập nhật trạng thái xử lý văn bản điện tử quý IV năm 2026",
        (PROVINCE,),
        Urgency.URGENT,
        to_places=("Như trên", "Lưu: VT, KSTT (2b)"),
        due="2026/11/30",
    ),
    Letter(
        OFFICE,
        "1846/UBND-KGVX",
        date(2026, 11, 23),
        "Công văn",
        "V/v rà soát việc phản hồi trạng thái văn bản điện tử",
        (HOME, SCIENCE, BINH_SON, TINH_KHE, NGHIA_LO, LY_SON, MANG_DEN),
        as_province=True,
        to_places=("Như trên", "CT, PCT UBND tỉnh", "VPUB: CVP", "Lưu: VT, KGVX"),
        replies_to="3127/VPCP-KSTT",
        appendix="Phụ lục 01 - Biểu rà soát.xlsx",
        after=Cue("3127/VPCP-KSTT"),
    ),
    Letter(
        OFFICE,
        "07/CĐ-UBND",
        date(2026, 11, 23),
        "Công điện",
        "Về việc chủ động ứng phó áp thấp nhiệt đới và mưa lớn",
        (BINH_SON, TINH_KHE, LY_SON),
        Urgency.FLASH,
        as_province=True,
        content="Điện: UBND các xã, phường, đặc khu ven biển. Phát hành lúc 05 giờ 30 ngày 23/11/2026.",
    ),
    Letter(
        BINH_SON,
        "52/TTr-UBND",
        date(2026, 11, 19),
        "Tờ trình",
        "Về việc bố trí kinh phí nâng cấp máy trạm phục vụ tiếp nhận văn bản điện tử",
        (SCIENCE,),
        to_places=("Như trên", "TT Đảng ủy, TT HĐND xã", "Lưu: VT"),
        asks=REGISTERED,
    ),
    Letter(
        BINH_SON,
        "53/TTr-UBND",
        date(2026, 11, 23),
        "Tờ trình",
        "Về việc bố trí kinh phí nâng cấp máy trạm phục vụ tiếp nhận văn bản điện tử",
        (SCIENCE,),
        to_places=("Như trên", "TT Đảng ủy, TT HĐND xã", "Lưu: VT"),
        replaces="52/TTr-UBND",
        after=Cue("52/TTr-UBND", "15"),
    ),
    Letter(
        HOME,
        "211/GM-SNV",
        date(2026, 11, 23),
        "Giấy mời",
        "Dự tập huấn công tác văn thư, lưu trữ điện tử",
        (BINH_SON, TINH_KHE, NGHIA_LO),
        asks=REGISTERED,
        refused=((TINH_KHE, "Giấy mời ghi sai tên đơn vị."),),
    ),
)

_FIRST = 3127


def reminder(run: int) -> Letter:
    """What a later run sends besides: the next number of the same register, so that each run makes a new round trip."""
    return Letter(
        OUTSIDE,
        f"{_FIRST + run}/VPCP-KSTT",
        date(2026, 11, 23),
        "Công văn",
        f"V/v đôn đốc cập nhật trạng thái xử lý văn bản điện tử quý IV năm 2026 (lần {run})",
        (PROVINCE,),
        Urgency.URGENT,
        to_places=("Như trên", "Lưu: VT, KSTT (2b)"),
        due="2026/11/30",
        replies_to="3127/VPCP-KSTT",
    )


RECALLS = (
    Recall(BINH_SON, "52/TTr-UBND", SCIENCE, "Số liệu kinh phí tại mục II ghi sai.", after=Cue("52/TTr-UBND", "03")),
)


@dataclass(frozen=True, slots=True)
class Awaited:
    """An answer that must come back: whose document, which, from whom, which code."""

    origin: str
    document: str
    by: str
    status: str


def receiver(word: str) -> str:
    """The unit id behind an addressee of the cast."""
    return OFFICE if word == PROVINCE else word


def answers(letter: Letter | None, unit: str) -> tuple[str, ...]:
    """The codes that unit gives to that document; of one that is not in the cast whatever the unit's software gives."""
    codes = ROLES[unit].codes if unit in ROLES else ()
    if letter is None:
        return codes
    if codes and unit in dict(letter.refused):
        return ("01", "02")
    return tuple(code for code in codes if not letter.asks or code in letter.asks)


def awaited(letters: Sequence[Letter] = LETTERS) -> Iterator[Awaited]:
    """Every answer of the play, in the order of its documents."""
    for letter in letters:
        for unit in map(receiver, letter.to):
            yield from (Awaited(letter.unit, letter.code, unit, code) for code in answers(letter, unit))
    for recall in RECALLS:
        yield Awaited(recall.unit, recall.code, recall.to, "15")


def letter_of(code: str) -> Letter | None:
    """The letter of that number/notation, if it is in the cast."""
    return next((letter for letter in LETTERS if letter.code == code), None)
