"""The report's figures against a recount that knows nothing of the hub, on months with every kind of trouble."""

from __future__ import annotations

import random
import sqlite3
import unicodedata
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from hub.calendar import USUAL, Change, WorkCalendar
from hub.config import ReportSays, load
from hub.directory import Directory
from hub.ledger.figures import open_accounts
from hub.plugins import Plugins
from hub.report.composing import compose
from hub.report.counting import BINS
from hub.report.gathering import Source, gather
from hub.report.layout import Bullets
from hub.report.letter import letter_of
from hub.report.months import Month
from hub.report.network import Link, network
from hub.report.parties import Parties
from hub.report.records import Available, Figures
from hub.testing.samples import a_document
from hub.vocabulary import Business, BusinessInfo, Unit
from tests.reports import filling
from tests.reports.recount import World, recount

NOW = datetime(2026, 12, 3, 2, 0, tzinfo=UTC)
HOLIDAY, SATURDAY = date(2026, 11, 24), date(2026, 11, 28)
CALENDAR = WorkCalendar(
    (USUAL,), (Change(HOLIDAY, "nghi"), Change(SATURDAY, "lam-bu")), frozenset({2024, 2025, 2026, 2027})
)
WORLD = World(
    {unit: name for unit, (name, _) in filling.UNITS.items()},
    {filling.TRIED_OUT},
    {code: unit for unit, (_, code) in filling.UNITS.items()},
    filling.CENTRAL,
    {HOLIDAY},
    {SATURDAY},
    NOW,
)
MONTH = Month(2026, 11)


@dataclass
class Both:
    """One ledger, counted twice."""

    figures: Figures
    again: dict[str, Any]
    ledger: Path


def figures_of(folder: Path, month: Month = MONTH, *, series: bool = True) -> Figures:
    """What the hub counts."""
    config = load(folder, lambda names: Plugins(names).settings)
    accounts = open_accounts("sqlite", config.data)
    with accounts.look() as look:
        links = [Link(unit, settings.kind, "plain") for unit, settings in config.endpoints.items()]
        parties = Parties(config.directory, config.report.codes, look.name)
        source = Source(look, parties, links, CALENDAR, {}, NOW, lambda _month, _count: None)
        found = gather(source, month, series=series)
    accounts.close()
    return found


@pytest.fixture(scope="module", params=[1, 20_261_126])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Both:
    folder = tmp_path_factory.mktemp("report")
    filling.configure(folder)
    filling.fill(folder / "data", {(2025, 11): 40, (2026, 2): 9, (2026, 10): 90, (2026, 11): 500}, request.param)
    ledger = folder / "data" / "ledger.sqlite"
    again = recount(ledger, 2026, 11, WORLD)
    again["before"], again["year_before"] = recount(ledger, 2026, 10, WORLD), recount(ledger, 2025, 11, WORLD)
    again["january"], again["february"] = recount(ledger, 2026, 1, WORLD), recount(ledger, 2026, 2, WORLD)
    return Both(figures_of(folder), again, ledger)


def test_by_direction(both: Both) -> None:
    flows = {
        one.direction: (one.documents, one.legs, one.delivered, one.urgent, one.size) for one in both.figures.flows
    }
    names = ("documents", "legs", "delivered", "urgent", "size")
    wanted = {way: tuple(counts[name] for name in names) for way, counts in both.again["flows"].items()}
    wanted["Tổng số"] = tuple(both.again["whole"][name] for name in names)
    assert flows == wanted
    assert all(counts[0] > 0 for counts in flows.values())


def test_by_unit(both: Both) -> None:
    for one in both.figures.exchanges:
        sent, received = both.again["sent"][one.unit], both.again["units"][one.unit]
        inflow = both.again["inflows"][one.unit]
        given_back = inflow["refused"] + inflow["quarantined"]
        assert (one.sent, one.sent_legs, one.received, one.failed, one.given_back, one.recalled) == (
            *(sent["sent"], sent["legs"], received["received"], sent["failed"]),
            *(given_back, both.again["asked_by"][one.unit]),
        )
    assert {one.unit for one in both.figures.exchanges} == set(filling.UNITS)


def test_sent_in_time(both: Both) -> None:
    for one in both.figures.promptness:
        wanted = both.again["sending"][one.unit]
        names = ("same-day", "next-morning", "late", "unknown")
        assert (one.same_day, one.next_morning, one.late, one.unknown) == tuple(wanted[name] for name in names)
    assert sum(one.next_morning for one in both.figures.promptness) > 5


def test_by_day(both: Both) -> None:
    assert both.figures.days == tuple(both.again["days"][day] for day in range(1, 31))
    assert both.figures.days[0]
    assert both.figures.days[-1]


_ANSWERED = ("received", "arrived", "in_time", "late", "waiting", "refused", "assigned", "processing", "finished")


def test_answered(both: Both) -> None:
    for one in both.figures.answers:
        wanted = both.again["units"][one.unit]
        assert {name: getattr(one, name) for name in _ANSWERED} == {name: wanted[name] for name in _ANSWERED}
        assert (one.finished_in_time, one.overdue, one.recalled) == (
            *(wanted["kept"], wanted["overdue"], wanted["recalled"]),
        )
        assert one.owed == one.in_time + one.late + one.waiting + one.refused
        assert one.received == one.owed + one.recalled
        assert dict(one.reasons) == dict(both.again["reasons"][one.unit])
    assert both.figures.stale == sum(each["stale"] for each in both.again["units"].values())
    assert both.figures.stale > 0


def test_working_hours_until_acceptance(both: Both) -> None:
    every = sorted(hours for mine in both.again["waits"].values() for hours in mine)
    waits = both.figures.waits
    assert waits.number == len(every)
    assert waits.median == pytest.approx(every[ceil(len(every) / 2) - 1])
    assert waits.p90 == pytest.approx(every[ceil(len(every) * 0.9) - 1])
    ends = (0.0, *BINS, float("inf"))
    counted = [
        sum((low < each <= high) or (not place and each == 0) for each in every)
        for place, (low, high) in enumerate(pairwise(ends))
    ]
    assert list(waits.bins) == counted


def test_those_that_only_receive(both: Both) -> None:
    wanted = [
        unit
        for unit, counts in both.again["units"].items()
        if counts["received"] >= 10 and (counts["in_time"] + counts["late"]) / counts["received"] < 0.2
    ]
    assert [one.unit for one in both.figures.idle] == wanted == ["xa-mang-den"]


def test_overdue_the_longest(both: Both) -> None:
    found = [(one.code, one.name, one.owed) for one in both.figures.overdue]
    assert found == both.again["overdue"]
    assert len(found) == 20


def test_faults(both: Both) -> None:
    faults, again = both.figures.faults, both.again
    for kind, word in (("document", "Văn bản không"), ("acknowledgement", "Hồi báo không")):
        mine = [one for one in faults if one.cause.startswith(word)]
        assert sum(one.number for one in mine) == again["lost"][kind]
        assert sum(one.mended or 0 for one in mine) == again["mended"][kind]
    for verdict, word in (("refused", "Gói tin trả lại"), ("quarantined", "Gói tin cách ly")):
        counts = sorted(number for (said, _), number in again["back"].items() if said == verdict)
        assert sorted(one.number for one in faults if one.cause.startswith(word)) == counts
    [lost] = [one for one in faults if one.cause == "Mất kết nối"]
    assert lost.number == again["outages"]
    hours: dict[str, float] = dict.fromkeys(again["hours"], 0.0)
    for one in both.figures.network.outages:
        hours[one.unit] += one.hours
    assert hours == pytest.approx(dict(again["hours"]))
    central = both.figures.network.central
    assert central
    assert central.percent == pytest.approx(100 * (1 - again["hours"]["vpcp"] / 720))


def test_everything_is_accounted_for(both: Both) -> None:
    for balance in both.figures.balances:
        wanted = both.again["balances"][balance.unit]
        names = ("planned", "delivered", "open", "dead", "withdrawn")
        assert [getattr(balance, name) for name in names] == [wanted[name] for name in names]
    for one in both.figures.inflows:
        said = both.again["inflows"][one.unit]
        assert (one.inputs, one.accepted, one.refused, one.quarantined, one.reading) == (
            *(said["inputs"], said["accepted"], said["refused"], said["quarantined"], said["reading"]),
        )
        assert one.repeated == said["duplicate"] + said["echo"]
    senders = {unit for unit, counts in both.again["balances"].items() if counts["planned"]}
    assert senders <= {one.unit for one in both.figures.balances}
    assert both.figures.difference == 0


def test_recalls_and_orphans(both: Both) -> None:
    recalls = both.figures.recalls
    wanted = both.again["recalls"]
    names = ("asked", "agreed", "refused", "silent")
    assert [getattr(recalls, name) for name in names] == [wanted[name] for name in names]
    assert recalls.asked == recalls.agreed + recalls.refused + recalls.silent > 0
    assert both.figures.orphans == both.again["orphans"]


def _line(again: dict[str, Any]) -> tuple[int, ...]:
    units = again["units"].values()
    whole = again["whole"]
    parts = [sum(each[name] for each in units) for name in ("in_time", "late", "waiting", "refused", "finished")]
    return whole["documents"], whole["legs"], whole["delivered"], whole["dead"], sum(parts[:4]), *parts


def test_compared_with_other_months(both: Both) -> None:
    figures = both.figures
    found = {
        "": figures.totals,
        "before": figures.before,
        "year_before": figures.year_before,
        "january": figures.series[0][1],
        "february": figures.series[1][1],
    }
    names = ("documents", "legs", "delivered", "dead", "owed", "in_time", "late", "waiting", "refused", "finished")
    for key, totals in found.items():
        wanted = both.again[key] if key else both.again
        assert tuple(getattr(totals, name) for name in names) == _line(wanted), key
    assert [month.month for month, _ in figures.series] == list(range(1, 12))
    assert figures.before.documents
    assert figures.year_before.documents


def test_a_leg_that_vanished_is_a_difference(tmp_path: Path) -> None:
    filling.configure(tmp_path)
    filling.fill(tmp_path / "data", {(2026, 11): 30}, 3)
    assert figures_of(tmp_path, series=False).difference == 0
    tamper(tmp_path, "DELETE FROM delivery WHERE id = (SELECT min(id) FROM delivery WHERE state = 'delivered')")
    assert figures_of(tmp_path, series=False).difference == 1
    tamper(tmp_path, "DELETE FROM input WHERE source_key = (SELECT max(source_key) FROM input)")
    assert figures_of(tmp_path, series=False).difference == 2


def tamper(folder: Path, statement: str) -> None:
    """Change the ledger behind the hub's back."""
    with sqlite3.connect(folder / "data" / "ledger.sqlite") as database:
        assert database.execute(statement).rowcount == 1
    database.close()


# What is said of connections, and of a month that is not over


def happened(folder: Path, *events: tuple[datetime, str, str], outside: str = filling.OUTSIDE) -> Figures:
    """The figures of a ledger with nothing but these: when, outage or restored, whose."""
    filling.configure(folder, outside)
    filling.fill(folder / "data", {}, 1)
    with sqlite3.connect(folder / "data" / "ledger.sqlite") as database:
        told = filling.Filling(database, random.Random(1), events=10)
        for at, kind, unit in events:
            told.event(at, kind, unit=unit, detail="")
        told.flush()
    database.close()
    return figures_of(folder, series=False)


def said_in(figures: Figures) -> str:
    report = compose(figures, letter_of(ReportSays(), "UBND tỉnh Quảng Ngãi"))
    lines = (block.lines if isinstance(block, Bullets) else (getattr(block, "text", ""),) for block in report.blocks)
    return "\n".join(line for some in lines for line in some)


def test_an_outage_that_ended_after_the_month_is_not_said_to_last(tmp_path: Path) -> None:
    began, ended = MONTH.until - timedelta(hours=6), MONTH.until + timedelta(hours=30)
    figures = happened(tmp_path, (began, "outage", "vpcp"), (ended, "restored", "vpcp"), (ended, "outage", "so-nv"))
    [one] = figures.network.outages
    assert (one.until, one.hours) == (ended, 6.0)
    assert [(fault.number, fault.mended, fault.hours) for fault in figures.faults] == [(1, 1, 36.0)]
    assert "Từ 18:00 ngày 30/11/2026 đến 06:00 ngày 02/12/2026 (6,0 giờ trong tháng)." in said_in(figures)


def test_a_connection_is_judged_by_the_time_in_which_it_was_known(tmp_path: Path) -> None:
    first = MONTH.until - timedelta(days=10)
    day = timedelta(days=1)
    figures = happened(
        tmp_path,
        *((first, "restored", "vpcp"), (first + day, "outage", "vpcp"), (first + 2 * day, "restored", "vpcp")),
    )
    assert figures.network.central == Available(90.0, first)
    assert "hoạt động 90,00 % thời gian trong tháng, tính từ 00:00 ngày 21/11/2026." in said_in(figures)


def test_nothing_is_said_of_a_connection_that_nobody_looked_at(tmp_path: Path) -> None:
    assert "Chưa có số liệu về kênh kết nối trong tháng." in said_in(happened(tmp_path))


def test_the_hub_of_all_provinces_is_the_way_to_the_government_office(tmp_path: Path) -> None:
    outside = "trung-uong: {name: Trục quốc gia, endpoint: {kind: folderdrop, folder: shares/tw, serves: others}}"
    first = MONTH.until - timedelta(days=10)
    figures = happened(tmp_path, (first, "restored", "trung-uong"), outside=outside)
    assert (figures.network.central_unit, figures.network.central) == ("trung-uong", Available(100.0, first))
    assert "Kênh kết nối hoạt động 100,00 % thời gian" in said_in(figures)


def test_a_province_without_a_way_outside_is_told_so(tmp_path: Path) -> None:
    assert "Chưa cấu hình kênh kết nối với Văn phòng Chính phủ." in said_in(happened(tmp_path, outside=""))


def test_a_code_outside_is_named_where_anybody_knows_it() -> None:
    units = (Unit("so-nv", "Sở Nội vụ", "000.00.14.H48"),)
    known = {"000.00.00.G22": "Văn phòng Chính phủ", "so-nv": "nobody asks"}
    parties = Parties(Directory(units), (), lambda code: known.get(code, ""))
    names = [parties.name(party) for party in ("so-nv", "000.00.00.G22", "000.00.00.H29")]
    assert names == ["Sở Nội vụ", "Văn phòng Chính phủ (000.00.00.G22)", "000.00.00.H29"]


def test_a_month_that_is_not_over_is_said_to_be_so(tmp_path: Path) -> None:
    whole = happened(tmp_path)
    part = replace(whole, made_at=datetime(2026, 11, 26, 11, 43, tzinfo=UTC))
    assert "Đến hết tháng 11 năm 2026, " in said_in(whole)
    assert "số liệu đến" not in said_in(whole)
    assert "Đến 18:43 ngày 26/11/2026, " in said_in(part)
    assert "Tháng chưa hết: số liệu đến 18:43 ngày 26/11/2026." in said_in(part)


def test_a_units_level_is_what_units_yaml_says_else_what_its_name_begins_with() -> None:
    units = (
        *(Unit("a", "Trung tâm A", "1", level="so"), Unit("b", "UBND xã B", "2", level="khac")),
        *(Unit("c", "Uỷ ban nhân dân đặc khu C", "3"), Unit("d", unicodedata.normalize("NFD", "Sở D"), "4")),
        *(Unit("e", "Công ty E", "5"), Unit("f", "F", "6", level="phuong")),
    )
    found = network(Parties(Directory(units), ()), (), {}, (), {}, MONTH, None)
    assert {one.word: one.connected.whole for one in found.levels} == {
        "Sở, ban, ngành cấp tỉnh": 2,
        "Xã, phường, đặc khu": 2,
        "Đơn vị khác": 2,
    }
    assert found.guessed == 3


def test_a_packet_that_asks_for_a_recall_is_received_and_owes_no_acceptance(tmp_path: Path) -> None:
    filling.configure(tmp_path)
    filling.fill(tmp_path / "data", {}, 1)
    at = MONTH.since + timedelta(days=3)
    with sqlite3.connect(tmp_path / "data" / "ledger.sqlite") as database:
        made = filling.Filling(database, random.Random(1), events=10)
        for kind in (Business.NEW, Business.REVOKE):
            body = a_document(business=BusinessInfo(kind))
            name = made.envelope(at, "so-nv", body)
            made.event(at, "accepted", name, unit="so-nv", recipients=["xa-binh-son"])
            made.delivery(at, name, "xa-binh-son", "delivered", at)
        made.flush()
    database.close()
    figures = figures_of(tmp_path, series=False)
    assert (figures.totals.delivered, sum(one.received for one in figures.exchanges)) == (2, 2)
    assert sum(one.received for one in figures.answers) == figures.totals.owed == 1
