"""Loại văn bản by its abbreviation in a notation (NĐ 30/2020, Phụ lục III). Pure."""

from __future__ import annotations

import re
import unicodedata

from plugins.folderdrop.clerk import names

LETTER = "Công văn"
#: abbreviation -> loại văn bản
TYPES = {
    "NQ": "Nghị quyết",
    "QĐ": "Quyết định",
    "CT": "Chỉ thị",
    "QC": "Quy chế",
    "QyĐ": "Quy định",
    "TC": "Thông cáo",
    "TB": "Thông báo",
    "HD": "Hướng dẫn",
    "CTr": "Chương trình",
    "KH": "Kế hoạch",
    "PA": "Phương án",
    "ĐA": "Đề án",
    "DA": "Dự án",
    "BC": "Báo cáo",
    "BB": "Biên bản",
    "TTr": "Tờ trình",
    "HĐ": "Hợp đồng",
    "CĐ": "Công điện",
    "BGN": "Bản ghi nhớ",
    "BTT": "Bản thỏa thuận",
    "GUQ": "Giấy ủy quyền",
    "GM": "Giấy mời",
    "GGT": "Giấy giới thiệu",
    "GNP": "Giấy nghỉ phép",
    "PG": "Phiếu gửi",
    "PC": "Phiếu chuyển",
    "PB": "Phiếu báo",
}
#: of legal documents, whose notation begins with the year
_LEGAL = {"TT": "Thông tư", "NĐ": "Nghị định", "TTLT": "Thông tư liên tịch", "NQLT": "Nghị quyết liên tịch"}
#: as typed without diacritics or in capitals; what stands first above wins
_TYPED = {names.bare(short).upper(): kind for short, kind in reversed(TYPES.items())}
_TYPED_LEGAL = {names.bare(short).upper(): kind for short, kind in _LEGAL.items()}


def document_type(notation: str) -> str:
    """Loại văn bản that a notation tells: "QĐ-UBND" -> "Quyết định"; "Công văn" where it tells none."""
    parts = [part for part in re.split(r"[-/.\s]+", unicodedata.normalize("NFC", notation)[:100]) if part]
    legal = bool(parts) and re.fullmatch(r"(19|20)[0-9]{2}", parts[0]) is not None
    first, *others = (parts[1:] if legal else parts) or [""]
    if not others:
        return LETTER
    typed = names.bare(first).upper()
    exact = TYPES.get(first) or TYPES.get(first.upper())
    return (_TYPED_LEGAL.get(typed) if legal else None) or exact or _TYPED.get(typed) or LETTER
