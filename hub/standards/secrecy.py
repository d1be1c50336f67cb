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
