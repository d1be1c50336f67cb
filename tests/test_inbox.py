"""What an endpoint may hand over, and what becomes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from hub.blobs import Blobs
from hub.clock import VIETNAM
from hub.directory import Directory
from hub.errors import Quarantined, Refused
from hub.groups import DatedGroup, Term
from hub.hookspecs import hookimpl
from hub.inbox import Rules, UnitInbox
from hub.ledger import Ledger
from hub.plugins import Plugins
from hub.routing import Expression, Group, Route, When
from hub.testing import FakeClock
from hub.testing.samples import BINH_SON, GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Acceptance, Blob, Envelope, Incoming, Packet, Unit

UNITS = (
    Unit("so-nv", "Sở Nội vụ", HOME_AFFAIRS, ("H48.14",)),
    Unit("xa-binh-son", "UBND xã Bình Sơn", BINH_SON),
    Unit("truc", "Trục quốc gia", ""),
)

Make = Callable[..., UnitInbox]


@pytest.fixture
async def make(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Make]:
    blobs = Blobs(tmp_path / "blobs")
    blobs.open_store()
    async with Ledger("sqlite", tmp_path, "hub", clock) as ledger:

        def inbox(
            unit: str = "so-nv",
            reserve: int = 0,
            plugins: Plugins | None = None,
            routes: Sequence[Route] = (),
            groups: Mapping[str, Group] = MappingProxyType({}),
        ) -> UnitInbox:
            rules = Rules(Directory(UNITS, others="truc"), routes, groups, reserve, {"so-nv": "folderdrop"})
            nudged: list[tuple[str, int]] = []
            made = UnitInbox(
                unit, rules, ledger, blobs, clock, plugins or Plugins([]), lambda *told: nudged.append(told)
            )
            made_nudges[id(made)] = nudged
            return made

        yield inbox


made_nudges: dict[int, list[tuple[str, int]]] = {}


def found(body: Any, key: str = "k") -> Incoming:
    return Incoming(key, "a.edxml", Packet(body), Blob("ab" * 32, 10))


async def one(inbox: UnitInbox, incoming: Incoming) -> Acceptance | Refused:
    [verdict] = await inbox.accept([incoming])
    return verdict


async def refusal(inbox: UnitInbox, incoming: Incoming) -> Refused:
    verdict = await one(inbox, incoming)
    assert isinstance(verdict, Refused)
    return verdict


async def test_recipients_are_nudged_once_the_document_is_safe(make: Make) -> None:
    inbox = make()

    verdict = await one(inbox, found(a_document()))

    assert isinstance(verdict, Acceptance)
    assert [("xa-binh-son", 0)] == made_nudges[id(inbox)]


async def test_nobody_speaks_for_another(make: Make) -> None:
    verdict = await refusal(make("xa-binh-son"), found(a_document()))

    assert ("wrong-sender", "From/OrganId") == (verdict.code, verdict.where)


async def test_an_alias_is_the_unit_itself(make: Make) -> None:
    assert isinstance(await one(make(), found(a_document(sender="h48.14"))), Acceptance)


async def test_an_unknown_addressee_is_named_with_its_neighbours(make: Make) -> None:
    verdict = await refusal(make("truc"), found(a_document(sender=GOVERNMENT_OFFICE, to=("000.00.13.H48",))))

    assert "unknown-addressee" == verdict.code
    assert "000.00.13.H48" in verdict.reason
    assert "Sở Nội vụ" in verdict.reason


async def test_our_own_packet_from_outside_is_an_echo(make: Make) -> None:
    verdict = await one(make("truc"), found(a_document()))

    assert isinstance(verdict, Acceptance)
    assert (True, ()) == (verdict.duplicate, verdict.recipients)


async def test_answers_return_outside(make: Make) -> None:
    document = a_document(sender=GOVERNMENT_OFFICE, to=(HOME_AFFAIRS,))
    await one(make("truc"), found(document))

    verdict = await one(make(), found(an_answer(document, "03", sender=HOME_AFFAIRS), "k2"))

    assert isinstance(verdict, Acceptance)
    assert (GOVERNMENT_OFFICE,) == verdict.recipients


async def test_intake_leaves_the_reserve_and_answers_may_use_half(make: Make) -> None:
    free = make().blobs.free()
    inbox = make(reserve=free + 1_000_000)

    assert not inbox.has_room(100_000)
    assert inbox.has_room(10)
    assert not make(reserve=3 * free).has_room(10)


async def test_a_plugin_may_choose_recipients(make: Make) -> None:
    class Chooser:
        @hookimpl
        def hub_plan_route(self, envelope: Envelope) -> list[str]:
            return ["xa-binh-son", "so-khcn"]

    verdict = await one(make(plugins=with_plugin(Chooser())), found(a_document()))

    assert isinstance(verdict, Acceptance)
    assert ("xa-binh-son", "so-khcn") == verdict.recipients


async def test_what_a_plugin_fails_to_plan_waits_for_a_person(make: Make) -> None:
    class Broken:
        @hookimpl
        def hub_plan_route(self) -> list[str]:
            raise KeyError("oops")

    assert isinstance(await one(make(plugins=with_plugin(Broken())), found(a_document())), Quarantined)


async def test_a_listening_plugin_that_fails_stops_nothing(make: Make) -> None:
    heard: list[str] = []

    class Listener:
        @hookimpl
        def hub_accepted(self, envelope: Envelope) -> None:
            heard.append(envelope.unit)
            raise SystemError("oops")

    verdict = await one(make(plugins=with_plugin(Listener())), found(a_document()))

    assert isinstance(verdict, Acceptance)
    assert ["so-nv"] == heard


def with_plugin(plugin: object) -> Plugins:
    plugins = Plugins([])
    plugins._manager.register(plugin, name="test")
    return plugins


async def test_a_document_goes_to_the_members_of_the_day_as_counted_here(make: Make, clock: FakeClock) -> None:
    last = clock.now().astimezone(VIETNAM).date()
    group = DatedGroup("cac-xa", ("xa-binh-son",), terms={"xa-binh-son": (Term(until=last),)})
    inbox = make(routes=[Route("Một", ("cac-xa",), divert=True)], groups={"cac-xa": group})
    midnight = datetime.combine(last + timedelta(days=1), time(), VIETNAM)

    await clock.advance((midnight - clock.now()).total_seconds() - 1)
    assert isinstance(await one(inbox, found(a_document("1/A"), "a")), Acceptance)

    await clock.advance(1)
    assert (await refusal(inbox, found(a_document("2/A"), "b"))).code == "unknown-addressee"


async def test_a_rule_that_fails_parks_the_document_and_delivers_nothing(make: Make) -> None:
    broken = Route("Chia theo số", ("addressees",), When(expression=Expression("int(notation) == 7")))
    inbox = make(routes=[broken])

    verdict = await refusal(inbox, found(a_document()))

    assert isinstance(verdict, Quarantined)
    assert ("rule", "routes.yaml") == (verdict.code, verdict.where)
    assert '"Chia theo số"' in verdict.reason
    assert made_nudges[id(inbox)] == []


async def test_rules_know_the_kind_of_the_endpoint(make: Make) -> None:
    route = Route("Qua thư mục", ("addressees", "000.00.00.G22"), When(channel=("folderdrop",)))

    verdict = await one(make(routes=[route]), found(a_document()))

    assert isinstance(verdict, Acceptance)
    assert verdict.recipients == ("xa-binh-son", "000.00.00.G22")


async def test_answers_meet_no_rules(make: Make) -> None:
    broken = Route("r", ("addressees",), When(expression=Expression("1 / 0 == 1")))
    inbox = make("xa-binh-son", routes=[broken])

    verdict = await refusal(inbox, found(an_answer(a_document())))

    assert verdict.code == "unknown-document"
