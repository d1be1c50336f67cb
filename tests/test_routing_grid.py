"""The table of hub routes lint: what it says of every unit and type, compared with what the rules do to documents."""

from __future__ import annotations

import itertools
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import pytest

from hub.directory import Directory
from hub.routing import Route, When, grid, plan
from hub.routing.covering import Covering
from hub.routing.grid import Cell, Fate, Grid
from hub.routing.words import type_key
from hub.vocabulary import Business, BusinessInfo, Document, DocumentType, Organization, OtherInfo, Urgency
from tests.rulesets import BS, DIRECTORY, G22, GROUPS, KHCN, KINDS, NV, SETS, finite_routes, letters, some_routes

TO = ("addressees",)


def odd(*routes: Route, kinds: Mapping[str, str] = KINDS, closed: Collection[str] = ()) -> dict[tuple[str, str], str]:
    """The cells that are not fine."""
    cells = Grid(DIRECTORY, GROUPS, kinds, closed).cells(routes)
    return {(cell.unit, cell.type): cell.fate.value for cell in cells if cell.fate is not Fate.REACHED}


def test_every_unit_by_every_type_that_rules_mention_and_the_rest() -> None:
    rules = [Route("a", TO, When(types=("Luật", "Công văn"))), Route("b", TO, When(types=("cong van", "Lệnh")))]
    cells = Grid(DIRECTORY, GROUPS, KINDS).cells(rules)
    assert [(cell.unit, cell.type) for cell in cells] == list(
        itertools.product(["so-nv", "so-khcn", "xa-binh-son", "vpcp"], ["Luật", "Công văn", "Lệnh", ""])
    )
    assert {cell.fate for cell in cells} == {Fate.REACHED}


def test_without_rules_all_is_fine_but_a_unit_without_an_endpoint() -> None:
    assert odd() == {}
    assert odd(kinds={unit: kind for unit, kind in KINDS.items() if unit != "so-nv"}) == {("so-nv", ""): "lost"}
    assert odd(closed=["xa-binh-son"]) == {("xa-binh-son", ""): "lost"}


def test_documents_taken_elsewhere_are_diverted_and_to_nobody_are_lost() -> None:
    away = Route("a", ("so-nv",), When(types=("Thư công",)), divert=True)
    assert odd(away) == {(unit, "Thư công"): "diverted" for unit in ("so-khcn", "xa-binh-son", "vpcp")}
    assert odd(replace(away, to=(G22,)))[("so-nv", "Thư công")] == "diverted"
    assert odd(away, closed=["so-nv"])[("xa-binh-son", "Thư công")] == "lost"
    inside = {"so-nv": "folderdrop", "so-khcn": "email"}
    assert odd(replace(away, to=(G22,)), kinds=inside)[("so-khcn", "Thư công")] == "lost"


def test_what_is_taken_away_from_some_senders_only_is_partly_so() -> None:
    away = Route("a", ("so-nv",), When(types=("Thư công",), sender=("xa-binh-son",)), divert=True)
    assert odd(away) == {("so-khcn", "Thư công"): "partly", ("vpcp", "Thư công"): "partly"}
    assert odd(replace(away, when=When(subject=("*số*",))))[("so-khcn", "")] == "partly"


def test_another_addressee_may_take_a_unit_s_documents_away() -> None:
    rule = Route("a", ("so-nv",), When(to=("so-khcn",)), divert=True)
    assert odd(rule) == {("so-khcn", ""): "diverted", ("xa-binh-son", ""): "partly", ("vpcp", ""): "partly"}


def test_the_rule_that_takes_away_is_named() -> None:
    rules = [
        Route("a", TO, When(types=("Luật",), urgency=frozenset({Urgency.FLASH})), final=True),
        Route("b", ("so-khcn",), When(types=("Luật",)), final=True),
        Route("c", ("so-nv",), When(types=("Luật",))),
    ]
    [cell] = [one for one in Grid(DIRECTORY, GROUPS, KINDS).cells(rules) if (one.unit, one.type) == ("so-nv", "Luật")]
    assert cell == Cell("so-nv", "Luật", Fate.PARTLY, (1,))


def test_a_final_rule_above_keeps_documents_from_being_taken_away() -> None:
    taken = Route("b", ("so-khcn",), When(types=("Luật",)))
    assert odd(Route("a", TO, When(types=("Luật",)), final=True), taken) == {}
    assert odd(taken, Route("a", TO)) == {}


def test_a_province_without_others_has_no_row_for_them() -> None:
    directory = Directory(DIRECTORY.ours, None)
    assert {cell.unit for cell in Grid(directory, GROUPS, KINDS).cells([])} == {"so-nv", "so-khcn", "xa-binh-son"}


# ---------------------------------------------------------------------------------------------- the proof


@dataclass(frozen=True)
class World:
    """Which units have endpoints."""

    kinds: Mapping[str, str]
    closed: tuple[str, ...] = ()

    @property
    def grid(self) -> Grid:
        return Grid(DIRECTORY, GROUPS, self.kinds, self.closed)

    def receives(self, recipient: str) -> bool:
        unit = DIRECTORY.find(recipient) or "vpcp"
        return unit in self.kinds and unit not in self.closed


WORLDS = [
    World(KINDS),
    World(KINDS, ("xa-binh-son",)),
    World({unit: kind for unit, kind in KINDS.items() if unit != "so-khcn"}),
    World({unit: kind for unit, kind in KINDS.items() if unit != "vpcp"}),
]


@dataclass(frozen=True)
class Seen:
    """What the rules did to one document, as one of its addressees sees it."""

    cell: tuple[str, str]
    alone: bool
    arrives: bool
    somebody: bool


def _seen(world: World, routes: Sequence[Route], document: Document, way: str) -> Iterator[Seen]:
    kind = type_key(document.type.name)
    columns = {type_key(name) for route in routes for name in route.when.types}
    got = [one for one in plan(document, way, DIRECTORY, routes, GROUPS, world.kinds).recipients if world.receives(one)]
    for organ in document.to:
        unit = DIRECTORY.find(organ.id) or "vpcp"
        if unit != way:
            arrives = (organ.id if unit == "vpcp" else unit) in got
            yield Seen((unit, kind if kind in columns else ""), len(document.to) == 1, arrives, bool(got))


def _lies(world: World, routes: Sequence[Route], cells: Sequence[Cell], seen: Sequence[Seen]) -> set[str]:
    said = {(cell.unit, type_key(cell.type)): cell.fate for cell in cells}
    lies = set()
    for one in seen:
        fate = said[one.cell]
        if fate is Fate.REACHED and not one.arrives:
            lies.add(f"false fine: {one.cell}")
        if fate is Fate.DIVERTED and one.arrives:
            lies.add(f"false diverted: {one.cell}")
        if fate is Fate.LOST and one.alone and one.somebody:
            lies.add(f"false without a way: {one.cell}")
    return lies


def _judged(world: World, routes: Sequence[Route]) -> tuple[list[Cell], set[str]]:
    cells = world.grid.cells(routes)
    seen = [
        one
        for letter in letters()
        if letter.way in world.kinds
        for one in _seen(world, routes, letter.document, letter.way)
    ]
    return cells, _lies(world, routes, cells, seen)


@SETS
def test_no_false_fine_and_no_false_without_a_way_in_random_sets_of_rules(sets: int) -> None:
    dice = random.Random(50 + sets)
    counts = dict.fromkeys(Fate, 0)
    for number in range(sets):
        routes = (some_routes, finite_routes)[number % 2](dice)
        cells, lies = _judged(WORLDS[dice.choice([0, 0, 0, 1, 2, 3])], routes)
        assert not lies, routes
        for cell in cells:
            counts[cell.fate] += 1
    assert min(counts.values()) > sets * 0.15, counts


def _every_document() -> Iterator[tuple[Document, str]]:
    """Of each kind that `finite_routes` can tell apart one."""
    to = [some for number in range(1, 5) for some in itertools.combinations((NV, KHCN, BS, G22), number)]
    senders = [("so-nv", NV), ("so-khcn", KHCN), ("xa-binh-son", BS), ("vpcp", G22)]
    kinds = itertools.product(senders, to, ["Công văn", "Luật", "Tờ trình"], Urgency, Business)
    for (way, sender), organs, name, urgency, business in kinds:
        document = Document(
            sender=Organization(sender),
            to=tuple(map(Organization, organs)),
            document_id="",
            number="7",
            notation="UBND",
            promulgation_date=None,
            subject="",
            type=DocumentType(name),
            other=OtherInfo(urgency=urgency),
            business=BusinessInfo(business),
        )
        yield document, way


@cache
def _everything() -> list[tuple[Document, str]]:
    return list(_every_document())


def _fates(seen: Sequence[Seen]) -> dict[tuple[str, str], Fate]:
    """What the table should say, had it seen every document."""
    fates = {}
    for cell, group in itertools.groupby(sorted(seen, key=lambda one: one.cell), lambda one: one.cell):
        mine = list(group)
        if all(one.arrives for one in mine):
            fates[cell] = Fate.REACHED
        elif not any(one.somebody for one in mine if one.alone):
            fates[cell] = Fate.LOST
        else:
            fates[cell] = Fate.PARTLY if any(one.arrives for one in mine) else Fate.DIVERTED
    return fates


def test_where_rules_ask_only_what_has_few_answers_the_table_is_exact() -> None:
    dice = random.Random(51)
    for _ in range(25):
        world, routes = dice.choice(WORLDS), finite_routes(dice)
        documents = [(document, way) for document, way in _everything() if way in world.kinds]
        seen = [one for document, way in documents for one in _seen(world, routes, document, way)]
        said = {(cell.unit, type_key(cell.type)): cell.fate for cell in world.grid.cells(routes)}
        assert {cell: said[cell] for cell in _fates(seen)} == _fates(seen), routes


@pytest.mark.parametrize("lie", ["nothing is opaque", "everybody is named", "the rest is as the first"])
def test_the_enumeration_catches_a_table_that_lies(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if lie == "nothing is opaque":
        monkeypatch.setattr(grid, "is_opaque", lambda _: False)
    elif lie == "everybody is named":
        monkeypatch.setattr(Covering, "named", lambda *_: True)
    else:
        monkeypatch.setattr(grid, "sorts", lambda _: {(Urgency.NORMAL, Business.NEW)})
    dice = random.Random(50)
    assert any(_judged(WORLDS[0], some_routes(dice))[1] for _ in range(100))
