"""Texts, numbers and days for inputs, as people write them and as nobody should."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from random import Random

_WORDS = re.findall(
    r"\S+",
    "tăng cường chuyển đổi số trong công tác văn thư lưu trữ năm 2026 báo cáo kết quả thực hiện nhiệm vụ quý "
    "rà soát việc phản hồi trạng thái điện tử của xã phường đặc khu tỉnh Quảng Ngãi kế hoạch phòng chống bão lũ Ủy ban",
)
_SIGNS = (
    "&",
    "<",
    ">",
    '"',
    "'",
    "“",
    "”",
    "…",
    "–",
    "😀",
    "ﬁ",
    "đ",
    "Ơ",
    "#",
    "%",
    "|",
    "[x]",
    "]]>",
    "&amp;",
    "${a}",
    "\t",
)
_PEOPLE = ("Nguyễn Văn A", "Trần Thị Bích", "Lê Đức", "Phạm Ng. Hải", "Y Brốt")


def sentence(dice: Random, most: int = 8, signs: bool = True) -> str:
    """A few words, NFC, trimmed; now and then with a sign between."""
    chosen = dice.choices(_WORDS, k=dice.randint(1, most))
    if signs and dice.random() < 0.3:
        chosen.insert(dice.randrange(len(chosen)), dice.choice(_SIGNS))
    return unicodedata.normalize("NFC", " ".join(chosen)).strip()


def maybe(dice: Random, text: str, often: float = 0.5) -> str:
    """The text, or nothing."""
    return text if dice.random() < often else ""


def person(dice: Random) -> str:
    """Somebody's name."""
    return dice.choice(_PEOPLE)


def code(dice: Random) -> str:
    """An organisation's code in one of the official forms."""
    if dice.random() < 0.5:
        return f"000.{dice.randrange(100):02}.{dice.randrange(100):02}.H{dice.randrange(100):02}"
    return f"H{dice.randrange(100):02}.{dice.randrange(1000):02}"


def day(dice: Random) -> date:
    """A day of these years."""
    return date(2020, 1, 1) + timedelta(dice.randrange(2500))


def number(dice: Random) -> str:
    """A document's number."""
    return f"{dice.randint(1, 99999)}{maybe(dice, dice.choice('abc'), 0.1)}"


def notation(dice: Random) -> str:
    """A document's notation."""
    kind = dice.choice(("", "QĐ-", "TTr-", "GM-", "BC-", "2026/NQ-", "CĐ-"))
    agency = dice.choice(("UBND", "SNV", "SKHCN", "HĐND", "VPCP"))
    return f"{kind}{agency}{maybe(dice, dice.choice(('-VP', '-KGVX', '-TH')))}"
