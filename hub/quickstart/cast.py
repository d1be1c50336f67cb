"""Who plays and what is sent, as data.

Agencies' names are public; codes below the first level, clerks and documents are invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from hub.vocabulary import Organization, Urgency

PROVINCE = "province"
OFFICE, SCIENCE, HOME = "vp-ubnd", "so-khcn", "so-nv"
BINH_SON, TINH_KHE, NGHIA_LO = "xa-binh-son", "xa-tinh-khe", "p-nghia-lo"
LY_SON, MANG_DEN = "dk-ly-son", "xa-mang-den"
#: units with software of their own, of which people see pages: one comes to the hub, the other is called by it
EOFFICES = (SCIENCE, NGHIA_LO)
#: the Government Office, and the unit that stands for everyone who is reached as it is
OUTSIDE, BORDER = "vpcp", "trung-uong"
GOVERNMENT = Organization("000.00.00.G22", "Văn phòng Chính phủ")

EVERY = ("01", "03", "04", "05", "06")
#: đã đến, đã tiếp nhận, đã hoàn thành: what a small office uses, and what a clerk's receipt shows
SHORT = ("01", "03", "06")
REGISTERED = ("01", "03")


@dataclass(frozen=True, slots=True)
class Role:
    """Who answers for a unit, and what its software answers; people do it by hand: `scripts`."""

    #: who signs its answers
    clerk: str = ""
    #: the answers its software gives to a document, in their order
    codes: tuple[str, ...] = ()


ROLES: Mapping[str, Role] = {
    OFFICE: Role("Văn thư Văn phòng UBND tỉnh", EVERY),
    SCIENCE: Role("Văn thư Sở Khoa học và Công nghệ", EVERY),
    HOME: Role("Văn thư Sở Nội vụ"),
    BINH_SON: Role("Nguyễn Thị Hạnh"),
    TINH_KHE: Role("Trần Văn Lợi"),
    NGHIA_LO: Role("Văn thư UBND phường Nghĩa Lộ", SHORT),
    LY_SON: Role("Phạm Thị Bích"),
    MANG_DEN: Role("Y Thảo"),
    OUTSIDE: Role("Văn thư Văn phòng Chính phủ", SHORT),
}


@dataclass(frozen=True, slots=True)
class Cue:
    """A document that a unit must have seen before it acts."""

    document: str


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
    #: an .xlsx beside the main .pdf, and its lines
    appendix: str = ""
    lines: tuple[str, ...] = ()
    #: the answers that make sense for it; empty: all
    asks: tuple[str, ...] = ()
    after: Cue | None = None
    #: what a clerk calls the folder, or the file, that is dropped
    called: str = ""
    #: whom the clerk wrote it to at first, before it came back
    mistaken: str = ""
    #: why its clerk wants it back once everybody has it; empty: it stays
    recalled: str = ""


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
        lines=("Đơn vị", "Số văn bản đến", "Số đã hồi báo 03", "Số đã hồi báo 06", "Số chưa hồi báo, lý do"),
        after=Cue("3127/VPCP-KSTT"),
    ),
    Letter(
        OFFICE,
        "1852/UBND-KSTT",
        date(2026, 11, 24),
        "Báo cáo",
        "Kết quả cập nhật trạng thái xử lý văn bản điện tử quý IV năm 2026",
        (OUTSIDE,),
        as_province=True,
        to_places=("Như trên", "CT, PCT UBND tỉnh", "Lưu: VT, KSTT"),
        replies_to="3127/VPCP-KSTT",
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
    # The sum in its appendix is wrong: it is wanted back, from a unit with software and from one with a clerk.
    Letter(
        BINH_SON,
        "52/TTr-UBND",
        date(2026, 11, 19),
        "Tờ trình",
        "Về việc bố trí kinh phí nâng cấp máy trạm phục vụ tiếp nhận văn bản điện tử",
        (SCIENCE, HOME),
        to_places=("Như trên", "TT Đảng ủy, TT HĐND xã", "Lưu: VT"),
        appendix="Phụ lục - Dự toán kinh phí.xlsx",
        lines=("Máy trạm: 05 bộ", "Đơn giá: 15.000.000 đồng", "Tổng: 57.000.000 đồng"),
        asks=("01",),
        called="52-TTr-UBND Bố trí kinh phí nâng cấp máy trạm",
        recalled="Phụ lục cộng sai: 57.000.000, đúng là 75.000.000 đồng",
    ),
    Letter(
        BINH_SON,
        "53/TTr-UBND",
        date(2026, 11, 23),
        "Tờ trình",
        "Về việc bố trí kinh phí nâng cấp máy trạm phục vụ tiếp nhận văn bản điện tử",
        (SCIENCE,),
        to_places=("Như trên", "TT Đảng ủy, TT HĐND xã", "Lưu: VT"),
        appendix="Phụ lục - Dự toán kinh phí.xlsx",
        lines=("Máy trạm: 05 bộ", "Đơn giá: 15.000.000 đồng", "Tổng: 75.000.000 đồng"),
        asks=SHORT,
        called="53-TTr-UBND Bố trí kinh phí nâng cấp máy trạm",
        mistaken="Sở Thông tin và Truyền thông",
    ),
    Letter(
        HOME,
        "211/GM-SNV",
        date(2026, 11, 23),
        "Giấy mời",
        "Dự tập huấn công tác văn thư, lưu trữ điện tử",
        (BINH_SON, TINH_KHE, NGHIA_LO),
        asks=REGISTERED,
        called="211-GM-SNV Dự tập huấn công tác văn thư, lưu trữ điện tử",
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


def receiver(word: str) -> str:
    """The unit id behind an addressee of the cast."""
    return OFFICE if word == PROVINCE else word


def letter_of(code: str) -> Letter | None:
    """The letter of that number/notation, if it is in the cast."""
    return next((letter for letter in LETTERS if letter.code == code), None)
