"""Texts as they may have been meant: old fonts, telex keys left in, UTF-8 read as Latin-1; and without marks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

#: Letters of the TCVN3 (ABC) fonts where they stand in Latin-1.
_TCVN3 = str.maketrans(
    "\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae"
    "\xb5\xb6\xb7\xb8\xb9\xbb\xbc\xbd\xbe\xc6\xc7\xc8\xc9\xca\xcb"
    "\xcc\xce\xcf\xd0\xd1\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xdc\xdd\xde"
    "\xdf\xe1\xe2\xe3\xe4\xe5\xe6\xe7\xe8\xe9\xea\xeb\xec\xed\xee"
    "\xef\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe",
    "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
)
#: VNI fonts: a vowel and its mark behind it; of what remains, what a letter means.
_VNI_MARK = re.compile(r"([aeouyôö])[ùøûõïâáàåãäêéèúüë]", re.IGNORECASE)
_VNI_LETTERS = str.maketrans("ôöñæóòîÔÖÑÆÓÒÎ", "ơưđỉĩịỵƠƯĐỈĨỊỴ")
#: In Vietnamese no syllable has these behind its vowel: they are keys that were meant as marks.
_TELEX_TONE = re.compile(r"(?<=[aeiouyw])([a-z]*?)[sfrxjz](?=[a-z]{0,2}\b)")
_TELEX_SHAPE = (("dd", "đ"), ("aa", "a"), ("ee", "e"), ("oo", "o"), ("aw", "a"), ("ow", "o"), ("uw", "u"), ("w", "u"))


def readings(text: str) -> Iterator[str]:
    """The text as it stands, then as it may have been meant."""
    yield text
    if text.isascii():
        return
    if any("\xa1" <= sign <= "\xff" for sign in text):
        yield text.translate(_TCVN3)
        yield _VNI_MARK.sub(r"\1", text).translate(_VNI_LETTERS)
        yield from _misread_utf8(text)


def _misread_utf8(text: str) -> Iterator[str]:
    for encoding in ("cp1252", "latin-1"):
        try:
            yield text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue


def bare(folded: str) -> str:
    """Folded text without marks: "quyết định" is "quyet dinh"."""
    if folded.isascii():
        return folded
    apart = unicodedata.normalize("NFD", folded).replace("đ", "d")
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def without_telex(folded: str) -> str:
    """Folded text whose telex keys are taken out again, without marks: "quyeets ddinhj" is "quyet dinh"."""
    return bare(" ".join(map(_without_keys, folded.split(" "))))


def _without_keys(word: str) -> str:
    for keys, letter in _TELEX_SHAPE:
        word = word.replace(keys, letter)
    return _TELEX_TONE.sub(r"\1", word)


def marked(word: str) -> str:
    """A word with its marks behind its letters, so that "hoà" and "hòa" are the same."""
    apart = unicodedata.normalize("NFD", word)
    marks = sorted(sign for sign in apart if unicodedata.combining(sign))
    return "".join(sign for sign in apart if not unicodedata.combining(sign)) + "".join(marks)
