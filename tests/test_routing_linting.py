"""hub routes lint: what it finds, and that it never calls reached what is not, nor covered what can be lost.

The proof enumerates documents and asks the rules themselves, not the linter's own reasoning.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import pytest

from hub.directory import Directory
from hub.routing import Days, Enclosed, Expression, Group, Route, When, plan
from hub.routing.covering import Covering
from hub.routing.explaining import Outcome, explain
from hub.routing.linting import Fault, Finding, Linter
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
LINTER = Linter(DIRECTORY, GROUPS, KINDS, {"so-khcn"})


def lint(*routes: Route) -> list[tuple[int, str, str]]:
    return [(one.route, one.key, one.fault.value) for one in LINTER.lint(routes)]


TO = ("addressees",)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        (When(), When(types=("Luật",))),
        (When(sender=("cac-so",)), When(sender=("so-nv",))),
        (When(sender=("000.00.1*",)), When(sender=("cac-so",))),
        (When(sender=("H48.*", "so-khcn")), When(sender=("cac-so",))),
        (When(sender=("*",)), When(sender=("vpcp",))),
        (When(channel=("folderdrop",)), When(sender=("so-nv", "cac-xa"))),
        (When(channel=("cac-so",)), When(channel=("email",))),
        (When(to=("*.H48",)), When(to=("cac-xa",))),
        (When(types=("Công văn", "Luật")), When(types=("cong van",))),
        (When(urgency=frozenset({Urgency.FLASH, Urgency.URGENT})), When(urgency=frozenset({Urgency.FLASH}))),
        (When(business=frozenset(Business)), When(business=frozenset({Business.REVOKE}))),
        (When(subject=("*số*",)), When(subject=("V/v chuyển đổi số*", "?số"))),
        (When(code=("*/UBND*",)), When(code=("7/UBND-VX",))),
        (When(attachments=Enclosed(larger=5)), When(attachments=Enclosed(("pdf",), 10))),
        (When(days=Days(until=date(2026, 2, 1))), When(days=Days(until=date(2026, 1, 1)))),
        (When(expression=Expression("pages > 1")), When(types=("Luật",), expression=Expression("pages > 1"))),
    ],
)
def test_a_rule_below_a_final_one_that_takes_all_of_it_is_never_reached(wide: When, narrow: When) -> None:
    first = Route("một", TO, wide, final=True)
    assert lint(first, Route("hai", TO, narrow)) == [(1, "name", "shadowed")]
    if wide != When():
        assert lint(Route("một", TO, narrow, final=True), Route("hai", TO, wide)) == []
    assert lint(Route("một", TO, wide), Route("hai", TO, narrow)) == []


def test_who_does_not_send_by_that_endpoint_makes_a_rule_dead() -> None:
    dead = When(sender=("cac-xa",), channel=("email", "so-nv"))
    assert lint(Route("r", TO, dead)) == [(0, "when", "dead")]
    assert lint(Route("r", TO, When(sender=("*.31.H48",), channel=("folderdrop",)))) == []


def test_a_rule_that_sends_only_back_is_a_loop() -> None:
    assert lint(Route("r", ("so-nv",), When(sender=("H48.14",)))) == [(0, "to", "loop")]
    assert lint(Route("r", (G22,), When(channel=("vpcp",)))) == [(0, "to", "loop")]
    assert lint(Route("r", ("so-nv", *TO), When(sender=("so-nv",)))) == []


def test_units_whose_documents_reach_nobody_are_named_with_the_type() -> None:
    route = Route("r", ("so-nv",), When(types=("Thư công",)), divert=True)
    [found] = LINTER.lint([route])
    assert (found.key, found.fault) == ("to", Fault.NOWHERE)
    assert found.message == "without a way: documents of so-nv (Thư công) reach nobody by this rule"


def test_another_rule_that_takes_the_same_documents_is_a_way() -> None:
    lost, rest = Route("r", ("so-nv",), When(types=("Thư công",))), Route("s", TO)
    assert lint(lost, rest) == []
    assert lint(rest, lost) == []
    assert lint(Route("r", ("so-nv",), When(types=("Thư công",)), final=True), rest) == [(0, "to", "nowhere")]
    stop = Route("t", ("so-nv",), When(types=("Luật",)), final=True)
    assert (0, "to", "nowhere") in lint(lost, stop, rest)


def test_answers_that_nobody_gives_or_that_come_anyhow() -> None:
    assert lint(Route("r", ("so-khcn", *TO), answers="origin")) == [(0, "answers", "answers")]
    assert lint(Route("r", TO, answers="origin")) == [(0, "answers", "answers")]
    assert lint(Route("r", (BS, *TO), answers="origin")) == []
    assert lint(Route("r", ("cac-so", *TO))) == []


# ---------------------------------------------------------------------------------------------- the proof

_PATTERNS = ("so-nv", "so-khcn", "cac-so", "cac-xa", "vpcp", NV, "H48.*", "000.00.1*", "*", "*.G22", G22, "H48.1?")
_SUBJECTS = ("*số*", "*đổi số*", "V/v*", "*", "chuyển đổi số", "*[sx]ố*", "?huyển*")


def _a_when(dice: random.Random) -> When:
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


def _routes(dice: random.Random) -> list[Route]:
    targets = ["addressees", "so-nv", "so-khcn", "cac-so", "cac-xa", G22]
    return [
        Route(
            f"r{index}", tuple(dice.sample(targets, dice.choice([1, 1, 2]))), _a_when(dice), final=dice.random() < 0.5
        )
        for index in range(dice.choice([2, 3, 4]))
    ]


@dataclass(frozen=True)
class Letter:
    document: Document
    way: str


@cache
def _letters() -> list[Letter]:
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
    letters = [
        Letter(_a_document(dice, code, organs), way)
        for (way, code), organs in itertools.product(senders, to)
        for _ in range(5)
    ]
    return [one for one in letters if plan(one.document, one.way, DIRECTORY, (), GROUPS, KINDS).recipients]


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


def _lies(routes: Sequence[Route], findings: Sequence[Finding]) -> Iterator[str]:
    """What documents prove wrong: rules called unreachable that one reaches, and losses that were not told."""
    told = {(one.route, one.fault) for one in findings}
    for letter in _letters():
        found = explain(letter.document, letter.way, DIRECTORY, routes, GROUPS, KINDS)
        matched = [index for index, one in enumerate(found.rules) if one.outcome is Outcome.MATCHED]
        for index in matched:
            for fault in (Fault.DEAD, Fault.SHADOWED):
                if (index, fault) in told:
                    yield f"{fault}: {routes[index].name}"
            alone = plan(letter.document, letter.way, DIRECTORY, routes[index : index + 1], GROUPS, KINDS)
            if (index, Fault.LOOP) in told and alone.recipients:
                yield f"loop: {routes[index].name}"
        if found.plan and not found.plan.recipients and not _is_told(matched, letter.way, findings):
            yield f"covered: {letter.way}"


def _is_told(matched: Sequence[int], way: str, findings: Sequence[Finding]) -> bool:
    return any(
        one.route in matched and (one.fault is Fault.LOOP or (one.fault is Fault.NOWHERE and f" {way}" in one.message))
        for one in findings
    )


def test_no_false_covered_in_2000_random_sets_of_rules() -> None:
    dice = random.Random(48)
    counts = dict.fromkeys(Fault, 0)
    lost = 0
    for _ in range(2000):
        routes = _routes(dice)
        findings = LINTER.lint(routes)
        for one in findings:
            counts[one.fault] += 1
        lies = set(_lies(routes, findings))
        assert not lies, routes
        lost += any(one.fault in (Fault.NOWHERE, Fault.LOOP) for one in findings)
    assert min(counts[fault] for fault in (Fault.DEAD, Fault.SHADOWED, Fault.LOOP, Fault.NOWHERE)) > 40, counts
    assert lost < 1900


@pytest.mark.parametrize("lie", ["everything is covered", "nothing is lost"])
def test_the_enumeration_catches_a_linter_that_lies(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if lie == "nothing is lost":
        monkeypatch.setattr(Linter, "_saved", lambda *_: True)
    else:
        monkeypatch.setattr(Covering, "covers", lambda *_: True)
    dice = random.Random(48)
    sets = [_routes(dice) for _ in range(60)]
    assert any(set(_lies(routes, LINTER.lint(routes))) for routes in sets)
