"""Texts as they may have been meant: old fonts, telex keys left in, UTF-8 read as Latin-1; and without marks."""

from __future__ import annotations

import re
import unicodedata

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


#: What of Latin-1 stands in Vietnamese that is Unicode, and the eth that is taken for Đ.
_OURS = frozenset("ÐðÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúý")
#: What an old program left of a letter beside other letters: in a notation it can only have been đ.
_LOST = re.compile(r"(?<=[A-Za-z])\?|\?(?=[A-Za-z])")


def readings(text: str) -> tuple[str, ...]:
    """What the text may have been meant as: itself, or what it was before a font or a program that knew no Unicode."""
    if text.isascii():
        return (text, _LOST.sub("đ", text)) if "?" in text else (text,)
    strange = [sign for sign in text if "\xa1" <= sign <= "\xff" and sign not in _OURS]
    if not strange or any(sign > "\u2fff" or "\u0100" <= sign <= "\u1fff" for sign in text):
        return (text,)
    if whole := _misread_utf8(text):
        return (whole,)
    tcvn3, vni = text.translate(_TCVN3), _VNI_MARK.sub(r"\1", text).translate(_VNI_LETTERS)
    # Signs that are no letters stand for letters in TCVN3 only.
    return (tcvn3,) if min(strange) <= "\xbf" else (text, vni, tcvn3)


def _misread_utf8(text: str) -> str:
    for encoding in ("cp1252", "latin-1"):
        try:
            return text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return ""


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


def is_slip(said: str, meant: str) -> bool:
    """Whether one letter was lost, doubled or swapped with its neighbour, and nothing else."""
    gap = len(said) - len(meant)
    if gap == -1:
        return any(meant[:at] + meant[at + 1 :] == said for at in range(len(meant)))
    if gap == 1:
        return any(meant[: at + 1] + meant[at:] == said for at in range(len(meant)))
    places = [at for at, (one, other) in enumerate(zip(said, meant, strict=False)) if one != other]
    if gap or len(places) != 2:
        return False
    first, second = places
    return second == first + 1 and said[first] == meant[second] and said[second] == meant[first]


def marked(word: str) -> str:
    """A word with its marks behind its letters, so that "hoà" and "hòa" are the same."""
    apart = unicodedata.normalize("NFD", word)
    marks = sorted(sign for sign in apart if unicodedata.combining(sign))
    return "".join(sign for sign in apart if not unicodedata.combining(sign)) + "".join(marks)
