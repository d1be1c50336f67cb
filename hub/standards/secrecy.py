"""Signs that a document is a state secret: such a one is never stored (QĐ 28/2018, Luật 117/2025/QH15 Art. 5). Pure."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath

#: A degree of secrecy written as one is: "TUYỆT MẬT", "MẬT", set apart from other words.
_WORDS = re.compile(r"(?<![^\W\d_])(TỐI MẬT|TUYỆT MẬT|MẬT)(?![^\W\d_])")
#: Words that "MẬT" is only a part of.
_COMPOUNDS = re.compile(r"BẢO MẬT|BÍ MẬT|CƠ MẬT|MẬT (KHẨU|MÃ|ĐỘ|THIẾT|ONG|DANH)")


def is_secret(name: str) -> bool:
    """Whether a file's name bears a degree of secrecy: "Tờ trình (MẬT).pdf", "tuyệt mật.doc"; never "bảo mật"."""
    if name.isascii():
        return False
    stem = re.sub(r"[\s_-]+", " ", unicodedata.normalize("NFC", PurePath(name).stem))
    upper = _COMPOUNDS.sub("", stem.upper())
    alone = upper.strip() in {"MẬT", "TỐI MẬT", "TUYỆT MẬT"}
    return alone or bool(_WORDS.search(_COMPOUNDS.sub("", stem))) or bool(re.search(r"TỐI MẬT|TUYỆT MẬT", upper))


#: A degree of secrecy as a line of a page, without its spaces; the last ones as the old fonts TCVN3 and VNI write it.
_LINES = frozenset(
    {"MẬT", "TỐIMẬT", "TUYỆTMẬT", "MËT", "TèIMËT", "TUYÖTMËT", "MAÄT", "TOÁIMAÄT", "TUYEÄTMAÄT"},
)
_LONGEST_LINE = 200
#: what sets the columns of a page's head apart
_COLUMNS = re.compile(r"\t|\s{3,}")


def page_is_secret(text: str) -> bool:
    """Whether a degree of secrecy stands alone in a line of that page, in capitals: "MẬT", "T Ố I  M Ậ T", "(MẬT)".

    Never within other words ("BÍ MẬT KINH DOANH"), and never in small letters ("bảo mật").
    """
    return any(_bare(part) in _LINES for line in text.splitlines() for part in (line, *_COLUMNS.split(line)))


def _bare(line: str) -> str:
    """Its letters and figures alone, each composed; "" for a line that is too long to be one mark."""
    if len(line) > _LONGEST_LINE:
        return ""
    # Text layers put a space before a mark that belongs to a letter: spaces go first, then letter and mark are joined.
    joined = unicodedata.normalize("NFKC", "".join(line.split()))
    return "".join(letter for letter in joined if letter.isalnum())
