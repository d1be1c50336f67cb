"""Kinds of damage, each with what it leaves. Knows no hub."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from random import Random
from typing import Literal

from tests.matching import damage
from tests.matching.draft import Draft

Kind = Callable[[Draft], None]
Change = Callable[[str], str]
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZĐabcdefghijklmnopqrstuvwxyzđ"
_DIGITS = "0123456789"


def clean(draft: Draft) -> None:
    """As software writes it."""


def other_dashes(draft: Draft) -> None:
    """yyyy-MM-dd, and other signs between the parts of the code."""
    draft.id_day = draft.id_day.replace("/", draft.chance.choice("-/"))
    draft.slash = draft.chance.choice("-_. ")
    draft.notation = draft.notation.replace("-", draft.chance.choice("-/_. "))


def unicode_forms(draft: Draft) -> None:
    """Apart, in other cases, with letters that only look the same."""
    form: Literal["NFD", "NFKD"] = "NFD" if draft.chance.random() < 0.5 else "NFKD"
    case = draft.chance.choice((str.lower, str.upper, str.swapcase, str))
    eth = draft.chance.random() < 0.4

    def change(text: str) -> str:
        looks = text.replace("Đ", "Ð").replace("đ", "ð") if eth else text
        return unicodedata.normalize(form, case(looks))

    draft.code_text = draft.id_text = change


def spaces(draft: Draft) -> None:
    """Spaces, semicolons and invisible letters where none belong."""
    between = draft.chance.choice((" ", "  ", "\u00a0", "\u200b", " \t"))
    draft.comma = draft.chance.choice((" , ", ", ", "; ", " ;", " ,", "," + between))
    draft.slash = draft.chance.choice((" / ", "/ ", " /", f"{between}/"))
    draft.notation = draft.notation.replace("-", draft.chance.choice((" - ", "- ", "-")))
    draft.code_text = draft.id_text = lambda text: f"{between}{text}{between}"


def organ_forms(draft: Draft) -> None:
    """The code of the sender in its old or new form, with zeros lost."""
    groups = draft.organ.split(".")
    new = [groups[3], *(group for group in reversed(groups[:3]))]
    while new[-1].strip("0") == "":
        new.pop()
    short = ".".join(groups[next(at for at, group in enumerate(groups) if group.strip("0")) :])
    forms = (
        ".".join(new),
        short,
        draft.organ.lower(),
        f" {draft.organ}",
        ".".join(g.lstrip("0") or "0" for g in groups),
    )
    draft.organ, draft.id_organ = draft.chance.choice(forms), draft.chance.choice(forms)


def uuid_forms(draft: Draft) -> None:
    """A UUID in braces, in capitals, without hyphens, as a URN."""
    forms: tuple[Change, ...] = (
        str.upper,
        lambda text: f"{{{text}}}",
        lambda text: text.replace("-", ""),
        lambda text: f"urn:uuid:{text}",
        lambda text: f" ({text.upper()}) ",
    )
    if draft.uuid:
        draft.id_text = draft.chance.choice(forms)


def uuid_damaged(draft: Draft) -> None:
    """A UUID cut off or with a sign lost, beside a code that is whole."""
    if draft.uuid and draft.shape == "whole":
        keep = draft.chance.randrange(8, 35)
        text = (
            draft.uuid[:keep]
            if draft.chance.random() < 0.5
            else damage.drop(draft.chance, draft.uuid, "0123456789abcdef")
        )
        draft.id_text = lambda _: text
        draft.hurt.add("id")


def typed_separators(draft: Draft) -> None:
    """204-UBND-VX, 204_UBND-VX, 204.UBND.VX, 204UBND-VX: people and file names have no slash."""
    draft.slash = draft.chance.choice(("-", "_", ".", " ", "-", "", "–"))
    draft.notation = draft.notation.replace("-", draft.chance.choice("-_. "))
    if draft.slash == "" and draft.notation[0].isdigit():
        draft.slash = "-"


def number_only(draft: Draft) -> None:
    """ "Số 204"."""
    form = draft.chance.choice(("Số {}", "số {}", "{}", "CV số {}", "so {}", "Công văn {}"))
    draft.sentence = form.format(draft.number)
    draft.notation = ""
    _in_the_field(draft, "notation")


def without_marks(draft: Draft) -> None:
    """Typed without Vietnamese letters."""
    plain = damage.without_marks(draft.notation)
    if plain != draft.notation:
        draft.notation = plain
        if plain.split("-")[0] in ("HD", "DA"):
            draft.harm("notation")


def notation_letter_lost(draft: Draft) -> None:
    """A letter of the notation lost."""
    _slip(draft, "notation", damage.drop)


def notation_swapped(draft: Draft) -> None:
    """Two letters of the notation swapped."""
    _slip(draft, "notation", damage.swap)


def notation_doubled(draft: Draft) -> None:
    """A letter of the notation twice."""
    _slip(draft, "notation", damage.double)


def digit_lost(draft: Draft) -> None:
    """A digit of the number lost."""
    if len(draft.number.strip("a")) > 1:
        _slip(draft, "number", damage.drop)


def digits_swapped(draft: Draft) -> None:
    """Two digits of the number swapped."""
    _slip(draft, "number", damage.swap)


def digit_doubled(draft: Draft) -> None:
    """A digit of the number twice."""
    _slip(draft, "number", damage.double)


def _slip(draft: Draft, part: Literal["number", "notation"], slip: Callable[[Random, str, str], str]) -> None:
    """Something wrong with one sign of a part, where that changes it."""
    meant = getattr(draft, part)
    typed = slip(draft.chance, meant, _LETTERS if part == "notation" else _DIGITS)
    if typed != meant:
        setattr(draft, part, typed)
        draft.harm(part)


def digit_wrong(draft: Draft) -> None:
    """Another digit: the number of some other document."""
    places = [at for at, sign in enumerate(draft.number) if sign in _DIGITS]
    at = draft.chance.choice(places)
    other = draft.chance.choice([digit for digit in _DIGITS if digit != draft.number[at]])
    draft.number = draft.number[:at] + other + draft.number[at + 1 :]
    draft.harm("number")
    draft.hurt.add("substituted")


def vietnamese_days(draft: Draft) -> None:
    """dd/MM/yyyy and its like."""
    day = draft.paper.day
    forms = (
        f"{day:%d/%m/%Y}",
        f"{day.day}/{day.month}/{day.year}",
        f"{day:%d-%m-%Y}",
        f"{day:%d.%m.%Y}",
        f"ngày {day:%d/%m/%Y}",
        f"ngày {day.day} tháng {day.month} năm {day.year}",
        f"{day:%Y%m%d}",
        f"{day:%Y-%m-%d 00:00:00}",
    )
    draft.day = draft.chance.choice(forms)
    draft.id_day = draft.chance.choice(forms[:4])


def day_turned(draft: Draft) -> None:
    """Day and month the other way round, as American programs write them."""
    day = draft.paper.day
    draft.day, draft.id_day = f"{day:%Y/%d/%m}", f"{day:%Y/%d/%m}"
    if draft.chance.random() < 0.5:
        draft.day = f"{day:%m/%d/%Y}"
    draft.read_day = (day.year, day.day, day.month)
    if day.day != day.month:
        draft.harm("day", "turned")


def year_missing(draft: Draft) -> None:
    """ "ngày 23/11"."""
    day = draft.paper.day
    draft.day = draft.chance.choice((f"{day:%d/%m}", f"{day.day}/{day.month}", f"ngày {day:%d/%m}", f"{day:%d-%m}"))
    draft.read_day = (0, day.month, day.day)
    _in_the_field(draft)


def year_short(draft: Draft) -> None:
    """23/11/26."""
    day = draft.paper.day
    draft.day = draft.chance.choice(
        (f"{day:%d/%m/%y}", f"{day.day}/{day.month}/{day:%y}", f"{day:%d-%m-%y}", f"{day:%d.%m.%y}")
    )
    draft.id_day = f"{day:%d/%m/%y}"


def zero_and_o(draft: Draft) -> None:
    """The letter o for 0, l for 1, and the other way round."""
    table = str.maketrans({"0": draft.chance.choice("oO"), "1": draft.chance.choice("lI")})
    draft.number = draft.number.translate(table)
    if draft.chance.random() < 0.3:
        draft.notation = draft.notation.replace("O", "0")


def old_font(draft: Draft) -> None:
    """TCVN3."""
    _typed_with(draft, damage.tcvn3)


def vni_font(draft: Draft) -> None:
    """VNI."""
    _typed_with(draft, damage.vni)


def telex_left(draft: Draft) -> None:
    """QDD-UBND, vieecj."""
    if draft.notation.startswith(("HĐ", "ĐA")):
        draft.notation = damage.telex(draft.notation)
        draft.harm("notation")
    _typed_with(draft, damage.telex)


def _typed_with(draft: Draft, keys: Change) -> None:
    """Code and id, or number, notation and subject in one line, as an old font or method of input left them."""
    draft.code_text = draft.id_text = keys
    if draft.chance.random() < 0.5 and not draft.uuid:
        _say_all(draft)


def misread_utf8(draft: Draft) -> None:
    """QÄ\x90-UBND."""
    draft.code_text = draft.id_text = damage.misread


def question_marks(draft: Draft) -> None:
    """Q?-UBND."""
    draft.code_text = draft.id_text = damage.questioned
    if not draft.notation.isascii():
        draft.harm("notation")


def extra_words(draft: Draft) -> None:
    """ "CV số 204/UBND-VX ngày 23/11/2026 của UBND tỉnh"."""
    day, name = f"{draft.paper.day:%d/%m/%Y}", draft.paper.agency.name
    form = draft.chance.choice((
        "CV số {code} ngày {day}",
        "Công văn số {code} ngày {day} của {name}",
        "Số: {code}",
        "VB {code} ngày {day} của {name} v/v {subject}",
        "Văn bản số {code} ({day})",
        "số, ký hiệu {code}, ngày {day}",
        "theo công văn {code} ngày {day} của {name}",
        "trả lời VB số {code} - {subject}",
    ))  # fmt: skip
    subject = _plain_subject(draft.paper.subject)
    draft.sentence = form.format(code=draft.code, day=day, name=name, subject=subject)
    if "{subject}" in form:
        draft.subject = draft.paper.subject
    if "{day}" in form and draft.chance.random() < 0.6:
        draft.day = ""
    _in_the_field(draft)


def _in_the_field(draft: Draft, *lost: str) -> None:
    """Typed by hand into the field of the code, with no id but a UUID; these parts are not said."""
    draft.omit(*lost)
    if not draft.uuid:
        draft.shape = "fields"
        draft.omit("id")


def _plain_subject(subject: str) -> str:
    for before in ("V/v ", "Về việc "):
        subject = subject.removeprefix(before)
    return subject


def _say_all(draft: Draft) -> None:
    """Number, notation and subject in one line."""
    draft.shape = "fields"
    draft.sentence = (
        f"{draft.code} {draft.chance.choice(('v/v', 'về việc', 'V/v'))} {_plain_subject(draft.paper.subject)}"
    )
    draft.subject = draft.paper.subject
    draft.omit("id")


def subject_instead(draft: Draft) -> None:
    """The subject where the number should stand."""
    subject, plain = draft.paper.subject, _plain_subject(draft.paper.subject)
    said = draft.chance.choice((subject, plain, subject.upper(), f"Công văn {subject}", f"V/v {plain}"))
    if said.startswith("Công văn") and not subject.startswith(("V/v", "Về việc")):
        said = subject
    if draft.chance.random() < 0.25:
        said = damage.without_marks(said)
    draft.sentence, draft.subject = said, subject
    _in_the_field(draft, "number", "notation")


def punctuation(draft: Draft) -> None:
    """Full stops, brackets and quotation marks around."""
    before, behind = draft.chance.choice(
        (("", "."), ("", ","), ("(", ")"), ('"', '"'), ("", ";"), ("[", "]"), ("- ", ""), ("“", "”"), ("", " ."))
    )
    draft.code_text = draft.id_text = lambda text: f"{before}{text}{behind}"


def said_twice(draft: Draft) -> None:
    """The key twice."""
    between = draft.chance.choice((" ", "", ", ", "; ", "\n"))
    draft.code_text = draft.id_text = lambda text: f"{text}{between}{text}"


def cut_off(draft: Draft) -> None:
    """The end lost, as in a field that is too short."""
    size = draft.chance.randrange(1, len(draft.notation) + 1)
    if draft.uuid:
        draft.uuid = draft.uuid[: draft.chance.randrange(13, 36)]
        draft.hurt.add("id")
    draft.notation = draft.notation[: len(draft.notation) - size].rstrip("-/")
    if draft.notation:
        draft.harm("notation")
    else:
        draft.omit("notation")
        draft.hurt.add("id")


def zeros(draft: Draft) -> None:
    """Leading zeros of the number lost, or added."""
    bare = draft.number.lstrip("0")
    draft.number = draft.chance.choice((bare, f"0{bare}", f"00{bare}"))


def full_width(draft: Draft) -> None:
    """Signs of an Asian width, and dashes of every length."""
    table = {ord(sign): ord(sign) + 0xFEE0 for sign in _DIGITS + _LETTERS if sign.isascii()}
    dash = draft.chance.choice("–—‐−")
    wide = draft.chance.random() < 0.5

    def change(text: str) -> str:
        return text.translate(table) if wide else text.replace("-", dash)

    if not draft.uuid:
        draft.id_text = change
    draft.code_text = change


def day_missing(draft: Draft) -> None:
    """No date at all."""
    draft.shape, draft.uuid, draft.day, draft.read_day = "fields", "", "", None
    draft.omit("day", "id")


def sender_missing(draft: Draft) -> None:
    """Nobody says whose document it is."""
    draft.shape, draft.uuid, draft.organ = "fields", "", ""
    draft.omit("sender", "id")


def sender_damaged(draft: Draft) -> None:
    """A digit of the sender's code lost in its field; the id may still have it."""
    draft.organ = damage.drop(draft.chance, draft.organ, _DIGITS)
    draft.hurt.add("sender")


def two_slips(draft: Draft) -> None:
    """Marks lost, and two letters swapped or a letter lost."""
    without_marks(draft)
    draft.chance.choice((notation_swapped, notation_letter_lost, digits_swapped, digit_lost))(draft)
    draft.chance.choice((typed_separators, vietnamese_days, clean))(draft)


def contradiction(draft: Draft) -> None:
    """The id is one document's, the fields are another's of the same sender."""
    draft.shape, draft.uuid = "whole", ""
    digits = draft.number.strip("a")
    code = f"{int(digits) + draft.chance.choice((1, 2, 10, 100))}/{draft.notation}"
    draft.sentence = code
    draft.hurt.update({"id", "number", "notation", "day", "sender"})


KINDS: Mapping[str, Kind] = {
    kind.__name__: kind
    for kind in (
        clean, other_dashes, unicode_forms, spaces, organ_forms, uuid_forms, uuid_damaged, typed_separators,
        number_only,
        without_marks, notation_letter_lost, notation_swapped, notation_doubled, digit_lost, digits_swapped,
        digit_doubled, digit_wrong, vietnamese_days, day_turned, year_missing, year_short, zero_and_o, old_font,
        vni_font, telex_left, misread_utf8, question_marks, extra_words, subject_instead, punctuation, said_twice,
        cut_off, zeros, full_width, day_missing, sender_missing, sender_damaged, two_slips, contradiction,
    )
}  # fmt: skip
