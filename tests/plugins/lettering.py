"""Text in the letterings of old Vietnamese Windows, written by tables of its own."""

from __future__ import annotations

import unicodedata

_TONES = "\u0300\u0301\u0303\u0309\u0323"
#: as the tables of the fonts list them: no tone is at the same place as in ours
_TCVN3 = dict(
    zip(
        "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂĐÊÔƠƯ",
        "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\xadõøö÷ùúýûüþ¡¢§£¤¥¦",
        strict=True,
    )
)
_VNI_TONES = {"\u0301": "ù", "\u0300": "ø", "\u0309": "û", "\u0303": "õ", "\u0323": "ï"}
_VNI_ROOFED = {"": "â", "\u0301": "á", "\u0300": "à", "\u0309": "å", "\u0303": "ã", "\u0323": "ä"}
_VNI_BOWLED = {"": "ê", "\u0301": "é", "\u0300": "è", "\u0309": "ú", "\u0303": "ü", "\u0323": "ë"}
_VNI_WHOLE = dict(zip("ơưđỉĩịỵíì", "ôöñæóòîíì", strict=True))


def in_tcvn3(text: str) -> str:
    """As the places of a .VnTime font; capitals with tones do not exist there and are written small."""
    return "".join(_TCVN3.get(one) or _TCVN3.get(one.lower(), one) for one in unicodedata.normalize("NFC", text))


def in_vni(text: str) -> str:
    """As the places of a VNI font."""
    return "".join(map(_vni, unicodedata.normalize("NFC", text)))


def _vni(letter: str) -> str:
    small = letter.lower()
    if small.isascii():
        return letter
    if small in _VNI_WHOLE:
        return _cased(_VNI_WHOLE[small], letter)
    apart = unicodedata.normalize("NFD", small)
    tone = next((mark for mark in apart if mark in _TONES), "")
    base, marks = apart[0], apart[1:].replace(tone, "")
    if "\u0302" in marks:
        return _cased(base + _VNI_ROOFED[tone], letter)
    if "\u0306" in marks:
        return _cased(base + _VNI_BOWLED[tone], letter)
    if "\u031b" in marks:
        base = {"o": "ô", "u": "ö"}[base]
    return _cased(base + _VNI_TONES[tone], letter) if base.isalpha() and tone else letter


def _cased(written: str, letter: str) -> str:
    return written.upper() if letter.isupper() else written


def in_cp1258(text: str) -> bytes:
    """As Windows writes it: the letter, then its tone."""
    return "".join(map(_toneless_first, unicodedata.normalize("NFC", text))).encode("cp1258")


def _toneless_first(letter: str) -> str:
    apart = unicodedata.normalize("NFD", letter)
    tones = "".join(mark for mark in apart if mark in _TONES)
    return unicodedata.normalize("NFC", "".join(mark for mark in apart if mark not in _TONES)) + tones
