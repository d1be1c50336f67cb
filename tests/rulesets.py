"""A small province, random sets of rules on it, and documents to enumerate."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import pytest

from hub.directory import Directory
from hub.routing import Days, Enclosed, Expression, Group, Route, When, plan
from hub.vocabulary import (
    Attachment,
    Business,
    BusinessInfo,
    Document,
    DocumentType,
    Organization,
    OtherInfo,
    Unit,
    Urgency,
)

NV, KHCN, BS, G22 = "000.00.14.H48", "000.00.15.H48", "000.00.31.H48", "000.00.00.G22"
DIRECTORY = Directory(
    [
        Unit("so-nv", "Sở Nội vụ", NV, ("H48.14",)),
        Unit("so-khcn", "Sở Khoa học và Công nghệ", KHCN),
        Unit("xa-binh-son", "UBND xã Bình Sơn", BS),
        Unit("vpcp", "Văn phòng Chính phủ", ""),
    ],
    "vpcp",
)
GROUPS = {"cac-so": Group("cac-so", ("so-nv", "so-khcn")), "cac-xa": Group("cac-xa", ("xa-binh-son",))}
KINDS = {"so-nv": "folderdrop", "so-khcn": "email", "xa-binh-son": "folderdrop", "vpcp": "wire"}
_PATTERNS = ("so-nv", "so-khcn", "cac-so", "cac-xa", "vpcp", NV, "H48.*", "000.00.1*", "*", "*.G22", G22, "H48.1?")
_SUBJECTS = ("*số*", "*đổi số*", "V/v*", "*", "chuyển đổi số", "*[sx]ố*", "?huyển*")

#: How many random sets of rules a proof tries: some always, many in a whole run.
SETS = pytest.mark.parametrize("sets", [200, pytest.param(2000, marks=pytest.mark.slow)])


def a_when(dice: random.Random) -> When:
    """Conditions of every kind."""

    def some(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(dice.sample(names, dice.choice([1, 1, 2]))) if dice.random() < 0.3 else ()

    few = dice.random
    return When(
        sender=some(_PATTERNS),
        to=some(_PATTERNS),
        types=some(["Công văn", "cong van", "Luật"]),
        urgency=frozenset(dice.sample(list(Urgency)[:3], 2)) if few() < 0.2 else frozenset(),
        subject=some(_SUBJECTS) if few() < 0.6 else (),
        code=some(["*/UBND*", "7/*", "7/UBND-VX"]) if few() < 0.5 else (),
        business=frozenset(dice.sample([Business.NEW, Business.REVOKE], 1)) if few() < 0.1 else frozenset(),
        attachments=Enclosed(some(["pdf", ".pdf", "image/*"]), dice.choice([None, 5, 50])) if few() < 0.15 else None,
        channel=some(["folderdrop", "email", "cac-so", "vpcp", NV]),
        days=Days(date(2026, 1, dice.choice([1, 5])), date(2026, 1, dice.choice([7, 9]))) if few() < 0.1 else None,
        expression=dice.choice([Expression("pages > 1"), Expression("size(to) == 1")]) if few() < 0.1 else None,
    )


def some_routes(dice: random.Random) -> list[Route]:
    """Two to four rules of every kind."""
    targets = ["addressees", "so-nv", "so-khcn", "cac-so", "cac-xa", G22]
    return [
        Route(f"r{index}", tuple(dice.sample(targets, dice.choice([1, 1, 2]))), a_when(dice), final=dice.random() < 0.5)
        for index in range(dice.choice([2, 3, 4]))
    ]


def finite_routes(dice: random.Random) -> list[Route]:
    """Rules that only ask what has few answers, most of them final: often several shadow another together."""
    targets = ["addressees", "so-nv", "xa-binh-son", "cac-so"]
    return [
        Route(f"r{index}", tuple(dice.sample(targets, 1)), _a_finite_when(dice), final=dice.random() < 0.8)
        for index in range(dice.choice([4, 5, 6]))
    ]


def _a_finite_when(dice: random.Random) -> When:
    keys = dice.sample(["sender", "to", "types", "urgency", "business", "channel"], dice.choice([1, 1, 1, 2]))

    def some(key: str, names: Sequence[str]) -> tuple[str, ...]:
        return tuple(dice.sample(names, dice.choice([1, 2]))) if key in keys else ()

    return When(
        sender=some("sender", ["so-nv", "so-khcn", "cac-so", "xa-binh-son", "vpcp"]),
        to=some("to", ["so-nv", "so-khcn", "cac-so", "cac-xa"]),
        types=some("types", ["Công văn", "Luật"]),
        urgency=frozenset(dice.sample(list(Urgency), 3) if "urgency" in keys else ()),
        business=frozenset(dice.sample(list(Business), 2) if "business" in keys else ()),
        channel=some("channel", ["folderdrop", "email", "wire", "cac-so"]),
    )


@dataclass(frozen=True)
class Letter:
    """A document, and the unit by whose endpoint it comes in."""

    document: Document
    way: str


@cache
def letters() -> list[Letter]:
    """Documents that the inbox would take and that reach somebody without any rules."""
    dice = random.Random(2026)
    senders = [
        ("so-nv", NV),
        ("so-nv", "h48.14"),
        ("so-nv", "so-nv"),
        ("so-khcn", KHCN),
        ("xa-binh-son", BS),
        ("vpcp", G22),
        ("vpcp", "H99.1"),
    ]
    to = [(NV,), (KHCN,), (BS,), (G22,), ("H48.14", BS), (KHCN, "H99.1"), ("so-nv", G22)]
    made = [
        Letter(_a_document(dice, code, organs), way)
        for (way, code), organs in itertools.product(senders, to)
        for _ in range(5)
    ]
    return [one for one in made if plan(one.document, one.way, DIRECTORY, (), GROUPS, KINDS).recipients]


def _a_document(dice: random.Random, sender: str, to: Sequence[str]) -> Document:
    names = dice.sample(["a.pdf", "b.png", "c.docx"], dice.choice([0, 1, 2]))
    return Document(
        sender=Organization(sender),
        to=tuple(map(Organization, to)),
        document_id="",
        number=dice.choice(["7", "8"]),
        notation=dice.choice(["UBND-VX", "X"]),
        promulgation_date=dice.choice([None, date(2026, 1, 1), date(2026, 1, 6), date(2026, 1, 9)]),
        subject=dice.choice(["Chuyển đổi số", "V/v số", "Khác", "V/v đổi số 7", "xố"]),
        type=DocumentType(dice.choice(["Công văn", "Luật", "Tờ trình"])),
        other=OtherInfo(urgency=dice.choice(list(Urgency)[:4]), page_amount=dice.choice([None, 1, 2])),
        business=BusinessInfo(dice.choice([Business.NEW, Business.REVOKE])),
        attachments=tuple(_an_attachment(dice, name) for name in names),
    )


def _an_attachment(dice: random.Random, name: str) -> Attachment:
    kind = "image/png" if name.endswith("png") else "application/pdf"
    return Attachment(name, "", kind, kind, 0, 0, dice.choice([1, 5, 6, 50, 51]), "")
