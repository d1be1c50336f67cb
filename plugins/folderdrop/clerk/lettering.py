"""What a person's Notepad wrote, as text: Unicode in its forms, cp1258, and the old fonts' TCVN3 and VNI. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from plugins.folderdrop.clerk.syllables import reads_as_vietnamese

#: What is shown for bytes that are no text we know.
UNREADABLE = "(không đọc được chữ)"
#: At least this share of the words must read as Vietnamese, where the bytes alone do not tell.
_READS = 0.5
#: That an old font was used must be so much likelier than that the text is as it stands.
_SURER = 0.3
_LONGEST_JUDGED = 20_000

_TCVN3 = str.maketrans(
    "\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae"
    "\xb5\xb6\xb7\xb8\xb9\xbb\xbc\xbd\xbe\xc6\xc7\xc8\xc9\xca\xcb"
    "\xcc\xce\xcf\xd0\xd1\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xdc\xdd\xde"
    "\xdf\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xeb\xec\xed\xee"
    "\xef\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe",
    "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
)
#: A mark of VNI, which stands behind its vowel: what it adds to it.
_VNI_MARKS = {
    "ù": "\u0301",
    "ø": "\u0300",
    "û": "\u0309",
    "õ": "\u0303",
    "ï": "\u0323",
    "â": "\u0302",
    "á": "\u0302\u0301",
    "à": "\u0302\u0300",
    "å": "\u0302\u0309",
    "ã": "\u0302\u0303",
    "ä": "\u0302\u0323",
    "ê": "\u0306",
    "é": "\u0306\u0301",
    "è": "\u0306\u0300",
    "ú": "\u0306\u0309",
    "ü": "\u0306\u0303",
    "ë": "\u0306\u0323",
}
_VNI_LETTERS = {"ô": "ơ", "ö": "ư", "ñ": "đ", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ", "í": "í", "ì": "ì"}
_VNI_VOWELS = "aeouyôö"


def _both_cases(table: Mapping[str, str]) -> dict[str, str]:
    return {
        key: value for small, what in table.items() for key, value in ((small, what), (small.upper(), what.upper()))
    }


_MARKS, _LETTERS = _both_cases(_VNI_MARKS), _both_cases(_VNI_LETTERS)
_VNI = re.compile(
    f"(?P<vowel>[{_VNI_VOWELS}{_VNI_VOWELS.upper()}])(?P<mark>[{''.join(_MARKS)}])|(?P<letter>[{''.join(_LETTERS)}])"
)


def decoded(content: bytes) -> str:
    """Text as Notepad saved it, NFC, without control characters; UNREADABLE where nothing fits."""
    text = _wide(content)
    if text is None:
        text = _utf8(content)
    text = _of_old_fonts(content) if text is None else _typed_with_old_font(text)
    return _nfc("".join(letter for letter in text if letter in "\r\n\t" or unicodedata.category(letter)[0] != "C"))


def _wide(content: bytes) -> str | None:
    """UTF-16: by its mark, or because every other byte of so much of it is zero."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    few = len(content) // 5
    if len(content) >= 4 and content.count(0) > few:
        low, high = content[1::2].count(0), content[::2].count(0)
        return content.decode("utf-16-le" if low > high else "utf-16-be", "replace")
    return None


def _utf8(content: bytes) -> str | None:
    """UTF-8, with or without its mark; a letter torn at the end, where the reading stopped, is left out."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # places are counted in the bytes behind the mark
        whole = bytes(error.object)[: error.start]
        torn = error.reason == "unexpected end of data" and not whole.isascii()
        return whole.decode() if torn else None


def _of_old_fonts(content: bytes) -> str:
    """The reading that sounds most Vietnamese; between equals the first."""
    latin = content.decode("latin-1")
    readings = (content.decode("cp1258", "replace"), _from_tcvn3(latin), _from_vni(_western(content)))
    best = max(map(_nfc, readings), key=_score)
    return best if _score(best) >= _READS else UNREADABLE


def _typed_with_old_font(text: str) -> str:
    """Unicode whose letters are those of an old font's places: "Së Néi vô" was meant as "Sở Nội vụ"."""
    as_typed = _nfc(text).replace("\ufeff", "")
    if as_typed.isascii() or any(letter > "\xff" and letter not in _WESTERN_EXTRAS for letter in as_typed):
        return text
    readings: tuple[Callable[[str], str], ...] = (_from_tcvn3, _from_vni)
    best = max((_nfc(read(as_typed)) for read in readings), key=_score)
    return best if _score(best) >= max(_READS, _score(as_typed) + _SURER) else text


def _score(text: str) -> float:
    return reads_as_vietnamese(text[:_LONGEST_JUDGED])


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


#: What Windows' western code page has beyond Latin-1.
_WESTERN_EXTRAS = frozenset("€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ")


def _western(content: bytes) -> str:
    return content.decode("cp1252", "replace")


def _from_tcvn3(latin: str) -> str:
    return latin.translate(_TCVN3)


def _from_vni(western: str) -> str:
    return _VNI.sub(_vni_letter, western)


def _vni_letter(match: re.Match[str]) -> str:
    if match["letter"] and not match["vowel"]:
        return _LETTERS[match["letter"]]
    vowel = _LETTERS.get(match["vowel"], match["vowel"])
    return vowel + _MARKS[match["mark"]]
