"""What people, old programs and old fonts do to a text. Knows no hub."""

from __future__ import annotations

import random
import unicodedata

#: TCVN3 (ABC): each letter's place in Latin-1, small letters; of the capitals only those of the table's own.
_TCVN3 = {
    "à": "\xb5", "ả": "\xb6", "ã": "\xb7", "á": "\xb8", "ạ": "\xb9", "ă": "\xa8", "ằ": "\xbb", "ẳ": "\xbc",
    "ẵ": "\xbd", "ắ": "\xbe", "ặ": "\xc6", "â": "\xa9", "ầ": "\xc7", "ẩ": "\xc8", "ẫ": "\xc9", "ấ": "\xca",
    "ậ": "\xcb", "đ": "\xae", "è": "\xcc", "ẻ": "\xce", "ẽ": "\xcf", "é": "\xd0", "ẹ": "\xd1", "ê": "\xaa",
    "ề": "\xd2", "ể": "\xd3", "ễ": "\xd4", "ế": "\xd5", "ệ": "\xd6", "ì": "\xd7", "ỉ": "\xd8", "ĩ": "\xdc",
    "í": "\xdd", "ị": "\xde", "ò": "\xdf", "ỏ": "\xe1", "õ": "\xe2", "ó": "\xe3", "ọ": "\xe4", "ô": "\xab",
    "ồ": "\xe5", "ổ": "\xe6", "ỗ": "\xe7", "ố": "\xe8", "ộ": "\xe9", "ơ": "\xac", "ờ": "\xea", "ở": "\xeb",
    "ỡ": "\xec", "ớ": "\xed", "ợ": "\xee", "ù": "\xef", "ủ": "\xf1", "ũ": "\xf2", "ú": "\xf3", "ụ": "\xf4",
    "ư": "\xad", "ừ": "\xf5", "ử": "\xf6", "ữ": "\xf7", "ứ": "\xf8", "ự": "\xf9", "ỳ": "\xfa", "ỷ": "\xfb",
    "ỹ": "\xfc", "ý": "\xfd", "ỵ": "\xfe", "Ă": "\xa1", "Â": "\xa2", "Ê": "\xa3", "Ô": "\xa4", "Ơ": "\xa5",
    "Ư": "\xa6", "Đ": "\xa7",
}  # fmt: skip
_TONES = {"\u0301": 0, "\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0323": 4}
_VNI_WHOLE = {
    "đ": "ñ", "Đ": "Ñ", "ơ": "ô", "ư": "ö", "Ơ": "Ô", "Ư": "Ö", "ỉ": "æ", "ĩ": "ó", "ị": "ò", "í": "í", "ì": "ì",
    "ỵ": "î",
}  # fmt: skip
_VNI_TONE, _VNI_HAT, _VNI_BOWL = "ùøûõï", "áàåãä", "éèúüë"
_TELEX_TONE = "sfrxj"
_TELEX_SHAPE = {"ă": "aw", "â": "aa", "ê": "ee", "ô": "oo", "ơ": "ow", "ư": "uw", "đ": "dd"}


def tcvn3(text: str) -> str:
    """Typed in a TCVN3 font, read as Latin-1."""
    return "".join(
        _TCVN3.get(letter) or _TCVN3.get(letter.lower(), letter) for letter in unicodedata.normalize("NFC", text)
    )


def vni(text: str) -> str:
    """Typed in a VNI font, read as Latin-1."""
    return "".join(_vni(letter) for letter in unicodedata.normalize("NFC", text))


def _vni(letter: str) -> str:
    if letter in _VNI_WHOLE:
        return _VNI_WHOLE[letter]
    apart = unicodedata.normalize("NFD", letter)
    base, marks = apart[0], apart[1:]
    if not marks:
        return letter
    tone = next((_TONES[mark] for mark in marks if mark in _TONES), None)
    if "\u031b" in marks:
        return _VNI_WHOLE[unicodedata.normalize("NFC", base + "\u031b")] + (_VNI_TONE[tone] if tone is not None else "")
    if "\u0302" in marks:
        return base + (_VNI_HAT[tone] if tone is not None else "â")
    if "\u0306" in marks:
        return base + (_VNI_BOWL[tone] if tone is not None else "ê")
    return base + (_VNI_TONE[tone] if tone is not None else "")


def telex(text: str) -> str:
    """The keys of telex with the input method switched off."""
    return " ".join(map(_telex_word, text.split(" ")))


def _telex_word(word: str) -> str:
    keys, tone = [], ""
    for letter in unicodedata.normalize("NFC", word):
        apart = unicodedata.normalize("NFD", letter)
        tone = next((_TELEX_TONE[_TONES[mark]] for mark in apart if mark in _TONES), tone)
        plain = unicodedata.normalize("NFC", "".join(mark for mark in apart if mark not in _TONES))
        shape = _TELEX_SHAPE.get(plain.lower(), plain)
        keys.append(shape.upper() if plain.isupper() else shape)
    letters = "".join(keys)
    end = len(letters.rstrip(",.;:/)"))
    return letters[:end] + (tone.upper() if letters.isupper() else tone) + letters[end:]


def without_marks(text: str) -> str:
    """As on a telephone without Vietnamese."""
    apart = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def misread(text: str) -> str:
    """UTF-8 that a program took for Latin-1."""
    return text.encode().decode("latin-1")


def questioned(text: str) -> str:
    """What a program without Vietnamese letters left."""
    return "".join(letter if letter.isascii() else "?" for letter in text)


def drop(chance: random.Random, text: str, of: str) -> str:
    """One of these characters lost."""
    places = [at for at, letter in enumerate(text) if letter in of]
    at = chance.choice(places)
    return text[:at] + text[at + 1 :]


def swap(chance: random.Random, text: str, of: str) -> str:
    """Two different neighbours swapped; the text itself where there are none."""
    places = [at for at in range(len(text) - 1) if text[at] in of and text[at + 1] in of and text[at] != text[at + 1]]
    if not places:
        return text
    at = chance.choice(places)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def double(chance: random.Random, text: str, of: str) -> str:
    """One of these characters typed twice."""
    at = chance.choice([at for at, letter in enumerate(text) if letter in of])
    return text[: at + 1] + text[at:]
