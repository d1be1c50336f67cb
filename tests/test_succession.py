"""Units that end: who stands in for them on which day, and what becomes of what was on its way."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from hub.blobs import Blobs
from hub.directory import Directory
from hub.errors import Refused
from hub.groups import of_heirs
from hub.inbox import Rules, UnitInbox
from hub.ledger import Ledger
from hub.plugins import Plugins
from hub.routing import Group, Plan, Route, plan, plan_acknowledgement
from hub.succession import heirs_on, taken_over
from hub.testing import ManualClock
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Acceptance, Blob, Incoming, Packet, Unit

END = date(2025, 6, 30)
NV = Unit("so-nv", "Sở Nội vụ", "000.00.14.H48")
TTTT = Unit("so-tttt", "Sở Thông tin và Truyền thông", "000.00.20.H48", until=END, successors=("so-khcn",))
KHCN = Unit("so-khcn", "Sở Khoa học và Công nghệ", "000.00.15.H48")
OLD = Unit("so-bcvt", "Sở Bưu chính, Viễn thông", "H48.99", until=date(2008, 3, 31), successors=("so-tttt",))
DISTRICT = Unit("tra-bong", "UBND huyện Trà Bồng", "000.00.40.H48", until=END, successors=("xa-1", "xa-2"))
XA1 = Unit("xa-1", "UBND xã Trà Bồng", "000.00.41.H48")
XA2 = Unit("xa-2", "UBND xã Đông Trà Bồng", "000.00.42.H48")
HALF = Unit("ban", "Ban Dân tộc", "000.00.43.H48", until=END)
AXIS = Unit("truc", "Trục liên thông văn bản quốc gia", "")
UNITS = (NV, TTTT, KHCN, OLD, DISTRICT, XA1, XA2, HALF, AXIS)
BASE = Directory(UNITS, "truc")
BEFORE, LAST, AFTER = date(2008, 1, 1), END, date(2025, 7, 1)
GONE = (
    '"UBND huyện Trà Bồng" đã kết thúc hoạt động từ 01/7/2025. Đơn vị tiếp nhận theo danh mục của tỉnh: '
    "UBND xã Trà Bồng (000.00.41.H48), UBND xã Đông Trà Bồng (000.00.42.H48). "
    "Chọn một hay nhiều đơn vị rồi gửi lại."
)


@pytest.mark.parametrize(
    ("day", "heirs"),
    [
        (BEFORE, {}),
        (date(2008, 3, 31), {}),
        (date(2008, 4, 1), {"so-bcvt": ("so-tttt",)}),
        (LAST, {"so-bcvt": ("so-tttt",)}),
        (AFTER, {"so-bcvt": ("so-khcn",), "so-tttt": ("so-khcn",), "tra-bong": ("xa-1", "xa-2"), "ban": ()}),
    ],
)
def test_who_took_over_on_which_day(day: date, heirs: dict[str, tuple[str, ...]]) -> None:
    assert heirs_on(UNITS, day) == heirs


def test_what_leads_nowhere_or_around_ends() -> None:
    around = (
        Unit("a", "A", "A1", until=END, successors=("b", "nobody")),
        Unit("b", "B", "B1", until=END, successors=("a",)),
    )
    assert heirs_on(around, AFTER) == {"a": (), "b": ()}
    assert taken_over(heirs_on(UNITS, AFTER))["so-khcn"] == {"so-tttt", "so-bcvt"}


@pytest.mark.parametrize(
    ("name", "day", "unit"),
    [
        ("000.00.20.h48", LAST, "so-tttt"),
        ("000.00.20.h48", AFTER, "so-khcn"),
        ("so-tttt", AFTER, "so-khcn"),
        ("H48.99", LAST, "so-tttt"),
        ("H48.99", AFTER, "so-khcn"),
        ("000.00.40.H48", LAST, "tra-bong"),
        ("000.00.40.H48", AFTER, None),
        ("ban", AFTER, None),
        ("000.00.15.H48", AFTER, "so-khcn"),
    ],
)
def test_a_name_means_who_works_on_that_day(name: str, day: date, unit: str | None) -> None:
    assert BASE.on(day).find(name) == unit


def test_days_between_two_ends_are_one_directory() -> None:
    assert BASE.on(BEFORE) is BASE
    assert BASE.on(AFTER) is BASE.on(date(2026, 1, 1))
    assert BASE.on(LAST) is not BASE.on(AFTER)
    assert BASE.on(AFTER).on(LAST).find("so-tttt") == "so-tttt"


def test_the_heir_may_still_use_the_old_code_and_so_may_an_endpoint_left_open() -> None:
    now = BASE.on(AFTER)
    assert now.speaks_for("so-khcn", TTTT.code)
    assert now.speaks_for("so-tttt", TTTT.code)
    assert not now.speaks_for("xa-1", DISTRICT.code)
    assert not now.speaks_for("truc", DISTRICT.code)
    assert not BASE.on(LAST).speaks_for("so-khcn", TTTT.code)


def planned(day: date, *to: str, came_from: str = "so-nv", routes: tuple[Route, ...] = (), **groups: Group) -> Plan:
    sender = "000.00.00.G22" if came_from == "truc" else NV.code
    directory = BASE.on(day)
    return plan(a_document(sender=sender, to=to), came_from, directory, routes, of_heirs(groups, directory))


def test_one_heir_gets_it_once_and_it_is_said() -> None:
    assert planned(LAST, TTTT.code, KHCN.code) == Plan(("so-tttt", "so-khcn"))
    assert planned(AFTER, TTTT.code, KHCN.code, OLD.code) == Plan(
        ("so-khcn",), inherited={"so-tttt": "so-khcn", "so-bcvt": "so-khcn"}
    )


def test_of_several_nobody_gets_it_and_they_are_named_nor_does_it_go_outside() -> None:
    found = planned(AFTER, DISTRICT.code, KHCN.code)
    assert (found.recipients, found.unknown) == (("so-khcn",), (DISTRICT.code,))
    assert found.reasons == {DISTRICT.code: GONE}
    assert planned(LAST, DISTRICT.code).recipients == ("tra-bong",)


def test_nobody_took_over() -> None:
    said = planned(AFTER, HALF.code).reasons[HALF.code]
    assert said.startswith('"Ban Dân tộc" đã kết thúc hoạt động từ 01/7/2025. Chưa khai báo đơn vị nào tiếp nhận')


def test_what_comes_from_outside_for_a_former_unit_is_not_left_out_silently() -> None:
    found = planned(AFTER, DISTRICT.code, NV.code, "000.00.00.G09", came_from="truc")
    assert (found.recipients, found.unknown) == (("so-nv",), (DISTRICT.code,))


def test_rules_that_name_a_former_unit_mean_its_heir() -> None:
    to_old = Route("r", ("addressees", "so-tttt", "tra-bong"))
    found = planned(AFTER, XA1.code, routes=(to_old,))
    assert (found.recipients, found.added) == (("xa-1", "so-khcn"), {"so-khcn": "r"})
    assert found.unknown == ("TRA-BONG",)


def test_a_group_has_the_heir_for_a_member() -> None:
    both = Group("cac-so", ("so-tttt", "so-khcn", "tra-bong"), "Các sở")
    assert of_heirs({"cac-so": both}, BASE.on(AFTER))["cac-so"].units == ("so-khcn", "tra-bong")
    assert of_heirs({"cac-so": both}, BASE)["cac-so"] is both


def test_an_answer_to_a_former_unit_goes_to_its_heir_and_an_old_packet_from_outside_is_an_echo() -> None:
    ours = a_document(sender=TTTT.code, to=(XA1.code,))
    answer = an_answer(ours, "03", XA1.code)
    assert plan_acknowledgement(answer, "xa-1", BASE.on(AFTER)).recipients == ("so-khcn",)
    assert plan(a_document(sender=DISTRICT.code), "truc", BASE.on(AFTER), (), {}).echo


# with the ledger


#: the last day's last minute in Vietnam, and the first of the next
LATE, EARLY = datetime(2025, 6, 30, 16, 59, tzinfo=UTC), datetime(2025, 6, 30, 17, 0, tzinfo=UTC)


@pytest.fixture
async def ledger(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Ledger]:
    async with Ledger("sqlite", tmp_path, "hub", clock) as opened:
        yield opened


async def give(ledger: Ledger, now: datetime, unit: str, body: Any, key: str = "") -> Acceptance | Refused:
    """One input by the unit's endpoint at this time."""
    rules, clock = Rules(BASE, (), {}, 0), ManualClock(now)
    inbox = UnitInbox(unit, rules, ledger, Blobs(Path()), clock, Plugins([]), nudge=lambda recipient, urgency: None)
    digest = f"{hash(repr(body) + key) & (2**64 - 1):064x}"
    [verdict] = await inbox.accept([Incoming(f"{unit}{digest}", "a", Packet(body), Blob(digest, 10))])
    return verdict


async def taken(*given: Any, **more: Any) -> Acceptance:
    """The same, which must be accepted."""
    verdict = await give(*given, **more)
    assert isinstance(verdict, Acceptance), verdict
    return verdict


async def refused(*given: Any) -> Refused:
    """The same, which must be refused."""
    verdict = await give(*given)
    assert isinstance(verdict, Refused), verdict
    return verdict


async def test_answers_about_old_documents_still_match(ledger: Ledger) -> None:
    to_old = a_document("1/CV-SNV", to=(TTTT.code, DISTRICT.code))
    by_old = a_document("2/CV-STTTT", sender=TTTT.code, to=(NV.code,))
    await taken(ledger, LATE, "so-nv", to_old)
    await taken(ledger, LATE, "so-tttt", by_old)
    assert (await refused(ledger, LATE, "so-khcn", an_answer(to_old, "03", KHCN.code))).code == "unknown-document"

    by_heir = await taken(ledger, EARLY, "so-khcn", an_answer(to_old, "03", KHCN.code), key="2")
    by_part = await taken(ledger, EARLY, "xa-2", an_answer(to_old, "03", XA2.code))
    to_heir = await taken(ledger, EARLY, "so-nv", an_answer(by_old, "03", NV.code))

    assert (by_heir.recipients, by_part.recipients, to_heir.recipients) == (("so-nv",), ("so-nv",), ("so-khcn",))
    assert (await refused(ledger, EARLY, "ban", an_answer(to_old, "03", HALF.code))).code == "unknown-document"
    [trace] = ledger.views.trace("1/CV-SNV")
    assert {one.unit: [answer.by for answer in one.answers] for one in trace.recipients} == {
        "so-tttt": [KHCN.code],
        "tra-bong": [XA2.code],
    }


async def test_the_same_document_again_is_not_doubled_with_the_heir(ledger: Ledger) -> None:
    document = a_document("1/CV-SNV", to=(TTTT.code,))
    first = await taken(ledger, LATE, "so-nv", document)
    again = await taken(ledger, EARLY, "so-nv", document, key="again")
    assert (again.duplicate, again.envelope_id) == (True, first.envelope_id)


async def test_who_has_several_heirs_is_a_dead_letter_that_names_them(ledger: Ledger) -> None:
    none = await refused(ledger, EARLY, "so-nv", a_document("1/CV", to=(DISTRICT.code,)))
    some = await taken(ledger, EARLY, "so-nv", a_document("2/CV", to=(DISTRICT.code, TTTT.code)))

    assert (none.code, none.reason, some.recipients) == ("unknown-addressee", GONE, ("so-khcn",))
    [letter] = ledger.views.deadletters()
    assert (letter.recipient, letter.reason) == (DISTRICT.code, GONE)
    [accepted] = [line for line in ledger.views.trace("2/CV")[0].events if line.kind == "accepted"]
    assert json.loads(accepted.data)["inherited"] == {"so-tttt": "so-khcn"}
