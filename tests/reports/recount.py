"""The report's figures once more, from the raw tables with plain SQL and plain Python. Imports nothing of the hub."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

HERE = timezone(timedelta(hours=7))
ZERO = datetime(1970, 1, 1, tzinfo=UTC)
MORNING, AFTERNOON = (time(7, 30), time(11, 30)), (time(13, 0), time(17, 0))
OPEN = {"waiting", "sending", "deferred", "uncertain", "held"}


@dataclass(frozen=True)
class World:
    """What a recount must know that no table says."""

    #: id -> name of our units that count
    units: dict[str, str]
    tried_out: set[str]
    #: code -> id
    codes: dict[str, str]
    central: str
    days_off: set[date]
    extra_days: set[date]
    now: datetime

    def side(self, party: str) -> str:
        """ours, central or outside."""
        if party in self.units or party in self.tried_out:
            return "ours"
        return "central" if party == self.central else "outside"


def when(micros: int | None) -> datetime:
    """A moment of the tables."""
    assert micros is not None
    return ZERO + timedelta(microseconds=micros)


def bounds(year: int, month: int) -> tuple[int, int]:
    """A month of Vietnam in the tables' microseconds."""
    first = datetime(year, month, 1, tzinfo=HERE)
    after = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=HERE)
    return (first - ZERO) // timedelta(microseconds=1), (after - ZERO) // timedelta(microseconds=1)


class Working:
    """Working hours, minute by minute nowhere: whole periods of whole days."""

    def __init__(self, world: World) -> None:
        self.world = world

    def is_on(self, day: date) -> bool:
        """Whether people work."""
        return day in self.world.extra_days or (day.weekday() < 5 and day not in self.world.days_off)

    def end(self, day: date) -> datetime:
        """The close of this day, or of the next one that is worked."""
        while not self.is_on(day):
            day += timedelta(1)
        return datetime.combine(day, AFTERNOON[1], HERE)

    def noon(self, day: date) -> datetime:
        """The end of the next working day's morning."""
        return datetime.combine(self.end(day + timedelta(1)).date(), MORNING[1], HERE)

    def hours(self, start: datetime, end: datetime) -> float:
        """Working hours between two moments."""
        total, day = 0.0, start.astimezone(HERE).date()
        while day <= end.astimezone(HERE).date():
            for opens, closes in (MORNING, AFTERNOON) if self.is_on(day) else ():
                low = max(start, datetime.combine(day, opens, HERE))
                high = min(end, datetime.combine(day, closes, HERE))
                total += max(0.0, (high - low).total_seconds())
            day += timedelta(1)
        return total / 3600


def recount(ledger: Path, year: int, month: int, world: World) -> dict[str, Any]:
    """Every figure of that month."""
    database = sqlite3.connect(ledger)
    database.row_factory = sqlite3.Row
    tables = {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in ("envelope", "event", "input")}
    legs, duties, answers = (defaultdict(list) for _ in range(3))
    for row in database.execute("SELECT * FROM delivery"):
        legs[row["envelope_id"]].append(row)
    for row in database.execute("SELECT * FROM duty"):
        duties[row["envelope_id"]].append(row)
    for row in tables["envelope"]:
        if row["about"]:
            answers[row["about"]].append(row)
    accepted = {row["envelope_id"]: json.loads(row["data"]) for row in tables["event"] if row["kind"] == "accepted"}
    low, high = bounds(year, month)
    mine = [
        row
        for row in tables["envelope"]
        if row["kind"] == "document" and low <= row["received_at"] < high and not accepted[row["id"]].get("test")
    ]
    kept = [row for row in mine if row["business_key"]]
    found: dict[str, Any] = {}
    found |= sent(kept, legs, duties, world)
    found |= answered(kept, legs, duties, answers, world)
    found |= accounted(mine, legs, accepted, tables, low, high, world)
    found["overdue"] = overdue(tables["envelope"], duties, accepted, high, world)
    found |= troubles(tables, legs, accepted, low, high, world)
    states = Counter(row["state"] for row in database.execute("SELECT * FROM orphan") if low <= row["at"] < high)
    found["orphans"] = dict(states)
    database.close()
    return found


def sent(documents: list[Any], legs: Any, duties: Any, world: World) -> dict[str, Any]:
    """Bảng 1, 2, 3 and Hình 1."""
    flows: dict[str, Counter[str]] = defaultdict(Counter)
    units: dict[str, Counter[str]] = defaultdict(Counter)
    sending: dict[str, Counter[str]] = defaultdict(Counter)
    days: Counter[int] = Counter()
    whole: Counter[str] = Counter()
    working = Working(world)
    for row in documents:
        body = json.loads(row["body"])
        urgent = int(body["other"]["urgency"]) > 0
        ways = set()
        for leg in legs[row["id"]]:
            way = direction(world.side(row["origin"]), world.side(leg["recipient"]))
            ways.add(way)
            flows[way].update(legs=1, delivered=leg["state"] == "delivered")
            whole.update(legs=1, delivered=leg["state"] == "delivered", dead=leg["state"] == "dead")
            units[row["origin"]].update(legs=1, failed=leg["state"] == "dead")
            days[when(row["received_at"]).astimezone(HERE).day] += 1
        for way in ways:
            flows[way].update(documents=1, urgent=urgent, size=row["size"])
        whole.update(documents=1, urgent=urgent, size=row["size"])
        units[row["origin"]]["sent"] += 1
        sending[row["origin"]][in_time(row, body, duties[row["id"]], working)] += 1
    return {"flows": flows, "sent": units, "sending": sending, "days": days, "whole": whole}


def direction(sender: str, receiver: str) -> str:
    """Which of the four it is."""
    if (sender, receiver) == ("central", "ours"):
        return "VPCP → tỉnh"
    if (sender, receiver) == ("ours", "central"):
        return "Tỉnh → VPCP"
    return "Nội tỉnh" if (sender, receiver) == ("ours", "ours") else "Ngoài tỉnh"


def in_time(row: Any, body: Any, duties: list[Any], working: Working) -> str:
    """How soon after its date."""
    if body["promulgation_date"] is None:
        return "unknown"
    day = date.fromisoformat(body["promulgation_date"])
    came = when(row["received_at"])
    if came.astimezone(HERE).date() <= day:
        return "same-day"
    said = [duty["state"] for duty in duties if duty["code"] == "gui" and duty["state"] in ("met", "late")]
    in_time = said[0] == "met" if said else came <= working.noon(day)
    return "next-morning" if in_time else "late"


def answered(documents: list[Any], legs: Any, duties: Any, answers: Any, world: World) -> dict[str, Any]:
    """Bảng 4, 5, Hình 2, recalls, and what is stale."""
    units: dict[str, Counter[str]] = defaultdict(Counter)
    waits: dict[str, list[float]] = defaultdict(list)
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    recalls: Counter[str] = Counter()
    asked_by: Counter[str] = Counter()
    working = Working(world)
    for row in documents:
        said: dict[str, list[tuple[datetime, str, str]]] = defaultdict(list)
        asked = {duty["unit"] for duty in duties[row["id"]] if duty["code"] == "15"}
        for each in sorted(answers[row["id"]], key=lambda each: each["received_at"]):
            body = json.loads(each["body"])
            said[each["origin"]].append((when(each["received_at"]), body["status"], body["description"]))
            if body["status"] == "13":
                asked.add(world.codes[body["response_for"]["organ_id"]])
        for unit in asked:
            codes = {code for _, code, _ in said[unit]}
            recalls["asked"] += 1
            recalls["agreed" if "15" in codes else "refused" if "16" in codes else "silent"] += 1
            asked_by[row["origin"]] += 1
        for leg in legs[row["id"]]:
            if leg["state"] == "delivered" and world.side(leg["recipient"]) == "ours":
                of_unit = [duty for duty in duties[row["id"]] if duty["unit"] == leg["recipient"]]
                count(leg, said[leg["recipient"]], of_unit, units, waits, reasons, working)
    return {"units": units, "waits": waits, "reasons": reasons, "recalls": recalls, "asked_by": asked_by}


def count(leg: Any, said: Any, duties: list[Any], units: Any, waits: Any, reasons: Any, working: Working) -> None:
    """One leg."""
    mine, codes = units[leg["recipient"]], [code for _, code, _ in said]
    mine["received"] += 1
    mine["arrived"] += bool({"01", "02", "03", "04", "05", "06"} & set(codes))
    owed = {duty["code"]: duty for duty in duties}
    done = [at for at, code, _ in said if code in ("03", "04", "05", "06")]
    if "02" in codes and "15" not in codes:
        mine["refused"] += 1
        reasons[leg["recipient"]][next(why for _, code, why in said if code == "02")] += 1
        return
    if not done:
        called_back = "15" in codes or ("03" in owed and owed["03"]["state"] == "void")
        mine["recalled" if called_back else "waiting"] += 1
        arrived = [at for at, code, _ in said if code == "01"]
        if not called_back and arrived and working.hours(arrived[0], working.world.now) > 16:
            mine["stale"] += 1
        if not called_back:
            finish(mine, owed.get("06"), codes, working.world.now)
        return
    came = when(leg["ended_at"])
    waits[leg["recipient"]].append(working.hours(came, done[0]))
    mine["in_time" if kept(owed.get("03"), came, done[0], working) else "late"] += 1
    if "15" not in codes:
        last = [code for code in codes if code in ("03", "04", "05", "06")][-1]
        mine["assigned"] += last == "04"
        mine["processing"] += last == "05"
    finish(mine, owed.get("06"), codes, working.world.now)


def kept(duty: Any, came: datetime, done: datetime, working: Working) -> bool:
    """Whether an acceptance was in time."""
    if duty and duty["state"] in ("met", "late", "overdue", "broken"):
        return bool(duty["state"] == "met")
    if duty:
        return done <= when(duty["due_at"])
    day = came.astimezone(HERE).date()
    closes = working.end(day)
    return done <= (closes if came <= closes else working.end(day + timedelta(1)))


def finish(mine: Counter[str], duty: Any, codes: list[str], now: datetime) -> None:
    """Whether it is finished, and in time."""
    done = "06" in codes
    late = False
    if duty and duty["state"] != "void":
        late = duty["state"] in ("late", "overdue", "broken")
        if duty["state"] in ("open", "paused"):
            late = now > when(duty["due_at"])
    mine["overdue"] += late
    mine["kept"] += done and not late
    mine["finished"] += done


def accounted(
    documents: list[Any], legs: Any, accepted: Any, tables: Any, low: int, high: int, world: World
) -> dict[str, Any]:
    """Bảng 8a and 8b."""
    balances: dict[str, Counter[str]] = defaultdict(Counter)
    for row in documents:
        mine, told = balances[row["origin"]], accepted[row["id"]]
        mine["planned"] += len(told["recipients"]) + len(told.get("unknown", []))
        for leg in legs[row["id"]]:
            mine["open" if leg["state"] in OPEN else leg["state"]] += 1
    inflows: dict[str, Counter[str]] = defaultdict(Counter)
    for row in tables["input"]:
        if low <= row["at"] < high:
            inflows[row["unit"]]["inputs"] += 1
            inflows[row["unit"]]["reading"] += row["verdict"] == "reading"
    for row in tables["event"]:
        if low <= row["at"] < high and row["kind"] in ("accepted", "duplicate", "echo", "refused", "quarantined"):
            inflows[row["unit"]][row["kind"]] += 1
    return {"balances": balances, "inflows": inflows}


def overdue(
    envelopes: Iterable[Any], duties: Any, accepted: Any, high: int, world: World
) -> list[tuple[str, str, str]]:
    """Bảng 6: number, unit, code of the twenty that are overdue the longest."""
    late = []
    for row in envelopes:
        if row["kind"] != "document" or row["received_at"] >= high or not row["business_key"]:
            continue
        if accepted[row["id"]].get("test"):
            continue
        body = json.loads(row["body"])
        for duty in duties[row["id"]]:
            if duty["state"] in ("overdue", "broken") and when(duty["due_at"]) < world.now:
                number = f"{body['number']}/{body['notation']}"
                late.append((duty["due_at"], duty["id"], (number, world.units[duty["unit"]], duty["code"])))
    return [what for _, _, what in sorted(late)[:20]]


def troubles(tables: Any, legs: Any, accepted: Any, low: int, high: int, world: World) -> dict[str, Any]:
    """Bảng 7: how many of each sort, and the hours of every outage inside the month."""
    kinds = {row["id"]: row["kind"] for row in tables["envelope"]}
    states = {leg["id"]: leg["state"] for many in legs.values() for leg in many}
    lost, mended, back = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
    for row in tables["event"]:
        if row["kind"] == "dead" and low <= row["at"] < high and not accepted[row["envelope_id"]].get("test"):
            lost[kinds[row["envelope_id"]]] += 1
            mended[kinds[row["envelope_id"]]] += states[row["delivery_id"]] == "delivered"
    for row in tables["input"]:
        if low <= row["at"] < high and row["verdict"] in ("refused", "quarantined"):
            back[row["verdict"], row["code"]] += 1
    down: dict[str, int] = {}
    spans = []
    for row in sorted(tables["event"], key=lambda row: (row["at"], row["seq"])):
        if row["kind"] == "outage" and row["at"] < high:
            down.setdefault(row["unit"], row["at"])
        if row["kind"] == "restored" and row["at"] < high and row["unit"] in down:
            spans.append((row["unit"], down.pop(row["unit"]), row["at"]))
    end = min(high, (world.now - ZERO) // timedelta(microseconds=1))
    spans += [(unit, since, high) for unit, since in down.items()]
    hours: dict[str, float] = defaultdict(float)
    number = 0
    for unit, since, until in spans:
        if until > low:
            number += 1
            hours[unit] += max(0, min(until, end) - max(since, low)) / 3.6e9
    return {"lost": lost, "mended": mended, "back": back, "outages": number, "hours": hours}
