"""A province's documents: 108 agencies, two years of numbers, and a box of those that one unit got. Knows no hub."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from uuid import UUID

FIRST, LAST = date(2025, 1, 2), date(2026, 11, 23)

DEPARTMENTS = {
    "SNV": "Sở Nội vụ",
    "STC": "Sở Tài chính",
    "SYT": "Sở Y tế",
    "SKHCN": "Sở Khoa học và Công nghệ",
    "SGDĐT": "Sở Giáo dục và Đào tạo",
    "SNNMT": "Sở Nông nghiệp và Môi trường",
    "SCT": "Sở Công Thương",
    "SXD": "Sở Xây dựng",
    "SVHTTDL": "Sở Văn hóa, Thể thao và Du lịch",
    "STP": "Sở Tư pháp",
    "TTT": "Thanh tra tỉnh",
    "BQL": "Ban Quản lý Khu kinh tế Dung Quất",
}
_PLACES = (
    "Bình", "Tịnh", "Nghĩa", "Trà", "Sơn", "Ba", "Minh", "Đức", "Măng", "Ngọc", "Đăk", "Ia", "Kon", "Phổ", "Mộ",
    "An",
)  # fmt: skip
_SECOND = ("Sơn", "Khê", "Lộ", "Bồng", "Hà", "Tơ")
_OFFICES = {
    "UBND": ("KGVX", "NC", "KTTH", "NNTN", "HC"),
    "commune": ("", "VP", "KT", "VHXH"),
    "department": ("VP", "TTr", "KHTC", "CCVC", "NV"),
}
#: type -> how many of a hundred documents are of it; "" is a công văn
_TYPES = {
    "": 62, "QĐ": 10, "BC": 7, "KH": 4, "TB": 4, "TTr": 4, "GM": 3, "HD": 2, "HĐ": 1, "CTr": 1, "CĐ": 1, "QyĐ": 1,
}  # fmt: skip

_SUBJECTS = (
    "V/v rà soát việc phản hồi trạng thái văn bản điện tử {quarter}",
    "V/v báo cáo kết quả cải cách hành chính {month}",
    "Về việc bố trí kinh phí nâng cấp máy trạm phục vụ tiếp nhận văn bản của {place}",
    "V/v trả lời đơn kiến nghị của ông {person}, trú tại {place}",
    "V/v trả lời đơn kiến nghị của bà {person}, trú tại {place}",
    "Phê duyệt kế hoạch lựa chọn nhà thầu công trình đường giao thông {place}",
    "Triển khai công tác phòng, chống thiên tai và tìm kiếm cứu nạn {month} trên địa bàn {place}",
    "V/v đôn đốc thực hiện nhiệm vụ do Chủ tịch UBND tỉnh giao {month}",
    "Dự họp về tiến độ giải ngân vốn đầu tư công {quarter}",
    "V/v góp ý dự thảo Quy chế quản lý, sử dụng tài sản công tại {place}",
    "Thành lập Tổ công tác giải phóng mặt bằng dự án {place}",
    "V/v cử công chức tham gia lớp bồi dưỡng nghiệp vụ {month}",
    "Về việc chủ động ứng phó áp thấp nhiệt đới và mưa lớn trên địa bàn {place}",
    "V/v cung cấp thông tin, hồ sơ vụ việc của {person}",
    "Công bố Danh mục thủ tục hành chính thuộc thẩm quyền giải quyết của {place}",
    "V/v tăng cường bảo đảm an toàn thực phẩm {quarter}",
    "Kiểm điểm trách nhiệm tập thể, cá nhân tại {place} {quarter}",
    "V/v thẩm định hồ sơ đề nghị khen thưởng của {person}",
)
_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Đặng", "Bùi", "Đinh", "Y")
_MIDDLE = ("Văn", "Thị", "Đức", "Minh", "Quốc", "Ngọc")
_GIVEN = ("Hà", "Hạ", "An", "Anh", "Lợi", "Đạt", "Hạnh", "Bích", "Thảo", "Sương", "Dũng", "Tú")


@dataclass(frozen=True)
class Agency:
    """Who sends: QCVN 102 code, name, how its notations end, documents a workday."""

    code: str
    name: str
    sign: str
    offices: tuple[str, ...]
    busy: float


@dataclass(frozen=True)
class Paper:
    """One document."""

    key: int
    agency: Agency
    number: str
    notation: str
    day: date
    subject: str
    #: "" where it is the usual one, made of the parts
    uuid: str = ""

    @property
    def code(self) -> str:
        """Số, ký hiệu."""
        return f"{self.number}/{self.notation}"

    @property
    def identifier(self) -> str:
        """Mã định danh văn bản."""
        return self.uuid or f"{self.agency.code},{self.day:%Y/%m/%d},{self.code}"


@dataclass(frozen=True, eq=False)
class Box:
    """What one unit got: through the hub, and by other ways."""

    papers: tuple[Paper, ...]
    elsewhere: tuple[Paper, ...]
    #: packets through the hub, newest first; a document that was updated came twice
    came: tuple[Paper, ...]

    @cached_property
    def by_sender(self) -> dict[str, list[Paper]]:
        """The papers that came through the hub, by the code of their sender."""
        found: dict[str, list[Paper]] = {}
        for paper in self.papers:
            found.setdefault(paper.agency.code, []).append(paper)
        return found


def agencies() -> tuple[Agency, ...]:
    """The province's 108, itself, and three of the capital."""
    ours = [
        Agency(f"000.00.{10 + place}.H48", name, sign, _OFFICES["department"], 3.0)
        for place, (sign, name) in enumerate(DEPARTMENTS.items())
    ]
    names = [f"{first} {second}" for first in _PLACES for second in _SECOND]
    ours += [
        Agency(f"000.{1 + place:02}.40.H48", f"UBND xã {name}", "UBND", _OFFICES["commune"], 0.8)
        for place, name in enumerate(names)
    ]
    above = [
        Agency("000.00.00.H48", "UBND tỉnh Quảng Ngãi", "UBND", _OFFICES["UBND"], 14.0),
        Agency("000.00.00.G22", "Văn phòng Chính phủ", "VPCP", ("KSTT", "TTĐT", "QHĐP"), 30.0),
        Agency("000.00.00.G09", "Bộ Nội vụ", "BNV", ("CCHC", "TCBC"), 18.0),
    ]
    return (*above, *ours)


#: by sender, number, notation and day
_Found = dict[tuple[str, str, str, date], Paper]


class Province:
    """All that its agencies gave out in two years, each type with its own numbers from 1 in every year."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self._keys = 0
        self.agencies = agencies()
        self._issued = {agency.code: list(self._year_in_year_out(agency)) for agency in self.agencies}

    def _year_in_year_out(self, agency: Agency) -> Iterator[tuple[str, str, date]]:
        chance, kinds, weights = self._random, list(_TYPES), list(_TYPES.values())
        last: dict[str, int] = {}
        day = FIRST
        while day <= LAST:
            if day.month == day.day == 1 or day == FIRST:
                last.clear()
            if day.weekday() < 5:
                for _ in range(int(chance.expovariate(1 / agency.busy) + 0.5)):
                    kind = chance.choices(kinds, weights)[0]
                    # Numbers that others of the agency took are gone.
                    last[kind] = last.get(kind, 0) + 1
                    yield f"{last[kind]:02}", self._notation(agency, kind, day), day
            day += timedelta(days=1)

    def _notation(self, agency: Agency, kind: str, day: date) -> str:
        if kind == "QĐ" and agency.sign == "UBND" and self._random.random() < 0.1:
            return f"{day.year}/QĐ-UBND"
        if kind:
            return f"{kind}-{agency.sign}"
        office = self._random.choice(agency.offices)
        return f"{agency.sign}-{office}" if office else agency.sign

    def box(self, size: int) -> Box:
        """What one unit got: so many documents, and near twins of every sort of a third of them."""
        chance = self._random
        found: _Found = {}
        weights = [agency.busy for agency in self.agencies]
        while len(found) < size:
            agency = chance.choices(self.agencies, weights)[0]
            issued = self._issued[agency.code]
            if not issued:
                continue
            at = chance.randrange(len(issued))
            for near in range(at, min(at + chance.choice((1, 1, 1, 2, 4)), len(issued))):
                self._add(found, agency, *issued[near])
        for paper in list(found.values()):
            if chance.random() < 0.35:
                self._twin(found, paper)
        papers = list(found.values())
        chance.shuffle(papers)
        cut = len(papers) * 4 // 5
        here = sorted(papers[:cut], key=lambda paper: paper.day, reverse=True)
        came = [paper for paper in here for _ in range(2 if chance.random() < 0.03 else 1)]
        return Box(tuple(here), tuple(papers[cut:]), tuple(came))

    def _add(self, found: _Found, agency: Agency, number: str, notation: str, day: date, subject: str = "") -> None:
        self._keys += 1
        uuid = str(UUID(int=self._random.getrandbits(128), version=4)) if self._random.random() < 0.2 else ""
        paper = Paper(self._keys, agency, number, notation, day, subject or self._subject(day), uuid)
        found.setdefault((agency.code, number, notation, day), paper)

    def _twin(self, found: _Found, paper: Paper) -> None:
        """Another document that is easily taken for this one."""
        chance, agency, day = self._random, paper.agency, paper.day
        kind = chance.randrange(9)
        if kind == 0:
            another = chance.choice([other for other in self.agencies if other.sign == agency.sign])
            self._add(found, another, paper.number, paper.notation, day)
        elif kind == 1:
            self._add(found, agency, paper.number, paper.notation, _year(day, -1 if day.year == 2026 else 1))
        elif kind == 2:
            self._add(found, agency, paper.number, _of_type(paper.notation, chance.choice(("QĐ", "BC", "KH"))), day)
        elif kind == 3:
            both = ("HD", "HĐ") if chance.random() < 0.5 else ("CT", "CTr")
            for one in both:
                self._add(found, agency, paper.number, f"{one}-{agency.sign}", day)
        elif kind == 4:
            self._add(found, agency, f"{paper.number}a", paper.notation, day)
        elif kind == 5:
            self._add(found, agency, f"{int(paper.number[:4].strip('a')) + 1:02}", paper.notation, day, paper.subject)
        elif kind == 6:
            other = date(day.year - 1, day.day, day.month) if day.day <= 12 else day - timedelta(days=7)
            self._add(found, agency, f"{int(paper.number.strip('a')) + 40:02}", paper.notation, other)
        elif kind == 7:
            digits = paper.number.strip("a")
            self._add(found, agency, f"{int(digits[:-2] + digits[:-3:-1]):02}", paper.notation, day)
        else:
            longer = f"{int(paper.number.strip('a')) * 10 + chance.randrange(10):02}"
            self._add(found, agency, longer, paper.notation, LAST, paper.subject)

    def _subject(self, day: date) -> str:
        chance = self._random
        person = f"{chance.choice(_FAMILY)} {chance.choice(_MIDDLE)} {chance.choice(_GIVEN)}"
        return chance.choice(_SUBJECTS).format(
            quarter=f"quý {(day.month + 2) // 3} năm {day.year}",
            month=f"tháng {day.month}/{day.year}" if chance.random() < 0.5 else f"tháng {day.month} năm {day.year}",
            place=f"xã {chance.choice(_PLACES)} {chance.choice(_SECOND)}",
            person=person,
        )


def _year(day: date, by: int) -> date:
    """The same day of another year; no year of the corpus has a 29 February."""
    return day.replace(year=day.year + by)


def _of_type(notation: str, kind: str) -> str:
    return f"{kind}-{notation.rpartition('/')[2].split('-')[-1]}"
