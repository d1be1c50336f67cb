"""Whether text reads as Vietnamese. Pure."""

from __future__ import annotations

import re
import unicodedata

_TONES = "\u0300\u0301\u0303\u0309\u0323"
#: What a syllable that ends in a stop can bear.
_TONES_OF_STOPS = "\u0301\u0323"
_ONSET = r"(?:ngh|ng|nh|gh|gi|kh|ch|ph|qu|th|tr|[bcdđghklmnprstvx])?"
_RHYMES = """
a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên ênh êp êt êu
i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu y ych ynh yt yêm yên yêng yêt yêu
o oc oi om on ong op ot oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oen oeo oet ooc oong
ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
u ua uc ui um un ung up ut uân uât uâng uây uê uêch uênh uêu uơ uy uya uych uynh uyt uyn uyu uyên uyêt
uôc uôi uôm uôn uông uôt ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu
"""
_SYLLABLE = re.compile(f"{_ONSET}(?:{'|'.join(sorted(_RHYMES.split(), key=len, reverse=True))})")
_WORD = re.compile(r"[^\W\d_]+")
#: Signs beyond ASCII that stand between words in Vietnamese text, too.
_USUAL = frozenset("–—‘’“”…•°²³§×÷±«»·\u00a0")


def reads_as_vietnamese(text: str) -> float:
    """The share of words beyond ASCII that can be spoken in Vietnamese, 0 to 1; 1 where there are none.

    A sign that does not belong, or stands within a word, counts as a word that cannot be spoken.
    """
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    good = sum(map(is_syllable, words))
    strange = sum(1 for place, sign in enumerate(text) if _is_strange(text, place, sign))
    return good / (len(words) + strange) if words or strange else 1.0


def is_syllable(word: str) -> bool:
    """Whether a word, in small letters or capitals or beginning with one, can be spoken in Vietnamese."""
    if not (word.islower() or word.isupper() or word[1:].islower()) or len(word) > 7:
        return False
    apart = unicodedata.normalize("NFD", word.lower())
    tones = [sign for sign in apart if sign in _TONES]
    bare = unicodedata.normalize("NFC", "".join(sign for sign in apart if sign not in _TONES))
    if len(tones) > 1 or not _SYLLABLE.fullmatch(bare):
        return _is_abbreviation(word)
    return not bare.endswith(("c", "ch", "p", "t")) or (bool(tones) and tones[0] in _TONES_OF_STOPS)


def _is_abbreviation(word: str) -> bool:
    """Whether it is one as official words are shortened: "QĐ", "HĐND", "TƯ"."""
    return word.isupper() and len(word) > 1 and set(word) <= set("ABCDĐGHKLMNOPQRSTUVXYƯƠ")


def _is_strange(text: str, place: int, sign: str) -> bool:
    if sign.isascii():
        return (sign < " " and sign not in "\t\r\n") or sign == "\x7f"
    if sign.isalpha():
        return False
    around = text[max(0, place - 1) : place], text[place + 1 : place + 2]
    return sign not in _USUAL or (sign not in "’…–—·\u00a0" and all(each.isalpha() for each in around))
