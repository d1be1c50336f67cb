"""Whom people mean by what they write after "Kính gửi": read tolerantly, never guessed. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from hub.directory import looks_like_code, normalise
from hub.standards.addresses import AddressBook, AddressGroup, Contact, Former


@dataclass(frozen=True, slots=True)
class Unknown:
    """What nobody in the book is called, or more than one."""

    typed: str
    #: at most three that may be meant, best first, as people write them
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gone:
    """An organisation that is no more, and was written to."""

    typed: str
    former: Former
    #: names of those that took over
    successors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """Whom a document goes to, and what stands in the way."""

    #: each once, in the order written, groups opened
    contacts: tuple[Contact, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    former: tuple[Gone, ...] = ()


Entry = Contact | AddressGroup | Former

_LONGEST = 400
#: Guesses are costly, and nobody reads more of them.
_MOST_GUESSES = 50
_NEAR = 0.35

_SIGNS = re.compile(r"[\W_]+")
_SHORT = (
    (re.compile(r"\buy ban nhan dan\b|\buy ban nd\b"), "ubnd"),
    (re.compile(r"\bhoi dong nhan dan\b"), "hdnd"),
    (re.compile(r"\buy ban (mat tran to quoc|mttq)\b"), "ubmttq"),
    (re.compile(r"\bvan phong chinh phu\b"), "vpcp"),
    (re.compile(r"\bvpub\b|\bvp ubnd\b"), "van phong ubnd"),
    (re.compile(r"^(ubnd )?p (?=[a-z])"), r"\1phuong "),
    (re.compile(r"^(ubnd )?x (?=[a-z])"), r"\1xa "),
    (re.compile(r"^(ubnd )?(dk|dac khu) (?=[a-z])"), r"\1dac khu "),
)
#: What all of these have in them, or begin with: nearly no name does, and this is looked at sooner.
_MAY_BE_SHORTER = re.compile(r"\b(?:uy ban|hoi dong|van phong|vpub|vp ubnd)\b|^(?:ubnd )?(?:p|x|dk|dac khu) (?=[a-z])")
_PLACE = re.compile(r"ubnd (?=(xa|phuong|dac khu|thi tran|huyen|thi xa|thanh pho|tinh) )")

_OF_THE_PROVINCE = re.compile(r"( (cua|thuoc|cap|trong|trong toan|tren dia ban))? tinh$")

_CALL = re.compile(r"(kinh )?(gui|moi)( (den|toi|cho))?|noi nhan|dien|nguoi nhan")
_BULLET = re.compile(r"^\s*(?:[-–—+*•·▪]+|\(?(?:\d{1,3}|[a-zđ])\)|\d{1,3}\.(?=\s))\s*", re.IGNORECASE)
#: Only what says what the document is for there; "(trừ Sở Y tế)" is no such thing.
_PURPOSE = re.compile(r"(de|b c|p h|t h|bao cao|thuc hien|phoi hop|chi dao|xin y kien|thay b c)( .*)?")
#: "001.00.00.G22 (Văn phòng Chính phủ)", as it is proposed
_CODED = re.compile(r"(?P<code>\S+)\s*\([^()]*\)")
_NOBODY = re.compile(r"nhu( kinh gui| tren)|luu( vt)?")
#: "Lưu: VT, KGVX" of a list "Nơi nhận".
_FILED = re.compile(r"(?:^|(?<=;))[\s+•*-]*l[uư]u\s*:?\s*vt\b[^;\n]*", re.IGNORECASE | re.MULTILINE)


def folded(text: str) -> str:
    """What all spellings of a name have in common: "Ủy ban nhân dân xã Bình-Sơn" -> "ubnd xa binh son"."""
    # Cut before it is remembered: a packet may bring any length.
    return _folded(text[:_LONGEST])


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    short = " ".join(filter(None, map(_bare, text.split())))
    if _MAY_BE_SHORTER.search(short):
        for long, abbreviation in _SHORT:
            short = long.sub(abbreviation, short)
    return short


@lru_cache(maxsize=16384)
def _bare(word: str) -> str:
    """A word without its marks and signs; there are not many different ones in names."""
    apart = unicodedata.normalize("NFKD", word.replace("đ", "d").replace("Đ", "D"))
    letters = "".join(sign for sign in apart if not unicodedata.combining(sign) and unicodedata.category(sign) != "Cf")
    return _SIGNS.sub(" ", letters.lower()).strip()


def _exact(text: str) -> str:
    """A name with its diacritics, which tell apart what is folded to the same."""
    return _SIGNS.sub(" ", unicodedata.normalize("NFC", text[:_LONGEST]).lower()).strip()


@dataclass(frozen=True, slots=True)
class _Index:
    """A book by the spellings of its names; the earlier a table, the surer."""

    exact: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    folded: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    loose: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    ids: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    former: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    #: into how many pieces commas and line ends can tear a name
    parts: int = 4

    def find(self, text: str) -> tuple[Entry, ...]:
        """All that are called so; more than one where that is not certain."""
        if not text.isascii() and len(same := self.exact.get(_exact(text), ())) == 1:
            return same
        key = folded(text)
        keys = dict.fromkeys((key, _OF_THE_PROVINCE.sub("", key)))
        tables = (self.folded, self.loose, self.ids, self.former)
        found = (table.get(_loose(one) if table is self.loose else one, ()) for table in tables for one in keys)
        return next(filter(None, found), ())


@lru_cache(maxsize=64)
def _index(book: AddressBook) -> _Index:
    live = _live(book)
    names = [(entry, _names(entry)) for entry in live]
    return _Index(
        _table((_exact(name), entry) for entry, all_names in names for name in all_names),
        _table((folded(name), entry) for entry, all_names in names for name in all_names),
        _table((short, entry) for entry, all_names in names for name in all_names for short in _loosely(name)),
        _table((folded(entry.id), entry) for entry in live),
        _table((key, one) for one in book.former for name in _names(one) for key in (folded(name), *_loosely(name))),
        max((4, *(1 + entry.name.count(",") for entry in live))),
    )


def _live(book: AddressBook) -> tuple[Contact | AddressGroup, ...]:
    return (*book.contacts, *book.groups)


def _names(entry: Entry) -> tuple[str, ...]:
    match entry:
        case Contact():
            return entry.name, entry.code, *entry.aliases
        case AddressGroup():
            return (entry.name,)
        case Former():
            return entry.name, *entry.aliases


def _loosely(name: str) -> tuple[str, ...]:
    """Where one writes to a place, its people's committee is meant: "xã Bình Sơn"; "và" is as good as a comma."""
    key = _loose(folded(name))
    place = _PLACE.match(key)
    return (key, key[place.end() :]) if place else (key,)


def _loose(key: str) -> str:
    return key.replace(" va ", " ")


def _table(pairs: Iterable[tuple[str, Entry]]) -> dict[str, tuple[Entry, ...]]:
    table: dict[str, dict[Entry, None]] = {}
    for key, entry in pairs:
        if key:
            table.setdefault(key, {})[entry] = None
    return {key: tuple(entries) for key, entries in table.items()}


def resolve(typed: Sequence[str], book: AddressBook) -> Resolved:
    """Whom these names and codes mean. What is not certain is unknown, with those that may be meant."""
    index, members = _index(book), {contact.id: contact for contact in book.contacts}
    contacts: dict[Contact, None] = {}
    unknown: list[Unknown] = []
    former: list[Gone] = []
    for text in dict.fromkeys(typed):
        match _meant(text, index):
            case (Contact() as contact,):
                contacts[contact] = None
            case (AddressGroup() as group,) if opened := [members[one] for one in group.members if one in members]:
                contacts |= dict.fromkeys(opened)
            case (AddressGroup(),):
                unknown.append(Unknown(text))
            case (Former() as gone,):
                former.append(Gone(text, gone, _successors(gone, members)))
            case found:
                guesses = _nearest(text, found, book) if len(unknown) < _MOST_GUESSES else ()
                unknown.append(Unknown(text, guesses))
    return Resolved(tuple(contacts), tuple(unknown), tuple(former))


def _meant(text: str, index: _Index) -> tuple[Entry, ...]:
    for spelling in dict.fromkeys(spellings(text)):
        if found := index.find(spelling):
            return found
        if looks_like_code(spelling):
            code = normalise(spelling)
            return (Contact(code, code, code),)
    return ()


def spellings(text: str) -> Iterator[str]:
    """A name as typed, then without what people write around it; of a code with its name behind it the code."""
    text = text.strip()
    if len(text) > _LONGEST:
        return
    yield text
    bare = _without_call(text)
    yield bare
    if (coded := _CODED.fullmatch(bare)) and looks_like_code(coded["code"]):
        yield coded["code"]
    head, bracket, purpose = bare.rstrip(" .,;").rpartition("(")
    if bracket and _PURPOSE.fullmatch(folded(purpose)):
        yield head.strip(" .,;")
    yield re.sub(r"^\d{1,3}[\s._)-]+(?=[^\W\d_])", "", bare)


def _without_call(text: str) -> str:
    head, colon, rest = text.partition(":")
    called = rest if colon and _CALL.fullmatch(folded(_BULLET.sub("", head))) else text
    return _BULLET.sub("", called).strip(" \t\r\n.,;:")


def _successors(gone: Former, members: Mapping[str, Contact]) -> tuple[str, ...]:
    return tuple(members[one].name for one in gone.successors if one in members)


def _nearest(text: str, found: Sequence[Entry], book: AddressBook) -> tuple[str, ...]:
    """Those that were found where they were several, else those that are written alike."""
    if found:
        return tuple(dict.fromkeys(entry.name for entry in found))[:3]
    wanted = _pairs_and_words(re.sub(r"(?<=\w) tinh .*", "", folded(_without_call(text[:_LONGEST]))))
    scores = ((_likeness(wanted, _parts_of_known(key)), shown) for key, shown in _candidates(book))
    best = sorted((one for one in scores if one[0] >= _NEAR), key=lambda one: -one[0])
    return tuple(dict.fromkeys(shown for _, shown in best))[:3]


@lru_cache(maxsize=64)
def _candidates(book: AddressBook) -> tuple[tuple[str, str], ...]:
    """Every name a person may have meant, and what to propose for it."""
    members = {contact.id: contact for contact in book.contacts}
    live = [
        (key, entry.name)
        for entry in _live(book)
        for name in _names(entry)
        for key in (folded(name), *_initials(folded(name)))
    ]
    taken = [
        (folded(name), f"{successor} (tiếp nhận nhiệm vụ của {gone.name})")
        for gone in book.former
        for name in _names(gone)
        for successor in _successors(gone, members)
    ]
    return tuple(live + taken)


def _initials(key: str) -> tuple[str, ...]:
    """A department by its first letters: "so khcn", "skhcn"."""
    kind, _, rest = key.partition(" ")
    letters = "".join(word[0] for word in rest.split() if word != "va")
    return (f"{kind} {letters}", f"{kind[0]}{letters}") if kind in {"so", "ban", "chi", "van"} else ()


def _pairs_and_words(key: str) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(map("".join, pairwise(key))), frozenset(key.split())


#: Of the names in the book only: what is asked for is another each time.
_parts_of_known = lru_cache(maxsize=4096)(_pairs_and_words)


def _likeness(one: tuple[frozenset[str], frozenset[str]], other: tuple[frozenset[str], frozenset[str]]) -> float:
    """How many pairs of letters both have, and how many of the words looked for the other has."""
    pairs = 2 * len(one[0] & other[0]) / (len(one[0]) + len(other[0]) or 1)
    return (pairs + len(one[1] & other[1]) / (len(one[1]) or 1)) / 2


def split(line: str, book: AddressBook) -> tuple[str, ...]:
    """The names in a line "Gửi:", cut at semicolons, and at commas and line ends where no known name is torn."""
    index = _index(book)
    parts = _FILED.sub("", unicodedata.normalize("NFC", line)).split(";")
    names = (name for part in parts for name in _cut(part, index))
    return tuple(name for name in names if _SIGNS.sub("", name) and not _NOBODY.fullmatch(folded(_without_call(name))))


def _cut(part: str, index: _Index) -> Iterator[str]:
    pieces = [piece.strip() for piece in re.split(r"[,\n]", part) if piece.strip()]
    start = 0
    while start < len(pieces):
        taken, name = _longest_known(pieces[start : start + index.parts], index)
        yield from (name,) if taken > 1 else _both(name, index)
        start += taken


def _longest_known(pieces: Sequence[str], index: _Index) -> tuple[int, str]:
    for count in range(len(pieces), 1, -1):
        name = ", ".join(pieces[:count])
        if _meant(name, index):
            return count, name
    return 1, pieces[0]


def _both(name: str, index: _Index) -> tuple[str, ...]:
    """Two names with "và" between, where each of them is known and the whole is not."""
    if len(name) <= _LONGEST and not _meant(name, index):
        for joint in re.finditer(r"\s+và\s+", name):
            halves = name[: joint.start()], name[joint.end() :]
            if all(_meant(half, index) for half in halves):
                return halves
    return (name,)
