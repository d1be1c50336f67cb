"""What an endpoint may hand over, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
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
from hub.ledger import Ledger, Settlement
from hub.orphanage import Orphanage
from hub.plugins import Plugins
from hub.routing import Expression, Group, Route, When
from hub.standards.addresses import Contact
from hub.testing import ManualClock
from hub.testing.samples import BINH_SON, GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Acceptance, Blob, DeliveryState, Envelope, Health, Incoming, Organization, Packet, Unit

UNITS = (
    Unit("so-nv", "Sở Nội vụ", HOME_AFFAIRS, ("H48.14",)),
    Unit("xa-binh-son", "UBND xã Bình Sơn", BINH_SON),
    Unit("so-khcn", "Sở Khoa học và Công nghệ", "000.00.15.H48"),
    Unit("truc", "Trục quốc gia", ""),
)

Make = Callable[..., UnitInbox]


@pytest.fixture
async def make(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Make]:
    blobs = Blobs(tmp_path / "blobs")
    blobs.open_store()
    async with Ledger("sqlite", tmp_path, "hub", clock) as ledger:

        def inbox(
            unit: str = "so-nv",
            reserve: int = 0,
            plugins: Plugins | None = None,
            routes: Sequence[Route] = (),
            groups: Mapping[str, Group] = MappingProxyType({}),
            others: str | None = "truc",
        ) -> UnitInbox:
            rules = Rules(Directory(UNITS, others=others), routes, groups, reserve, {"so-nv": "folderdrop"})
            nudged: list[tuple[str, int]] = []
            made = UnitInbox(
                unit, rules, ledger, blobs, clock, plugins or Plugins([]), lambda *told: nudged.append(told)
            )
            made_nudges[id(made)] = nudged
            return made

        yield inbox


made_nudges: dict[int, list[tuple[str, int]]] = {}


def found(body: Any, key: str = "k", hold: float = 0.0) -> Incoming:
    return Incoming(key, "a.edxml", Packet(body), Blob("ab" * 32, 10), hold)


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


async def test_whom_the_carrier_hands_it_to_is_the_only_addressee(make: Make) -> None:
    outside, both = make("truc"), a_document(sender=GOVERNMENT_OFFICE, to=(HOME_AFFAIRS, BINH_SON, "H37"))
    first = await one(outside, replace(found(both, "1"), addressees=("H48.14",)))
    second = await one(outside, replace(found(both, "2"), addressees=(BINH_SON,)))
    third = await one(outside, replace(found(both, "3"), addressees=("000.00.15.h48",)))
    again = await one(outside, replace(found(both, "4"), addressees=(BINH_SON,)))

    told = [(each.recipients, each.duplicate) for each in (first, second, third, again) if isinstance(each, Acceptance)]
    assert [
        (("so-nv",), False),
        (("xa-binh-son",), False),
        (("so-khcn",), False),
        (("so-khcn", "so-nv", "xa-binh-son"), True),
    ] == told


async def test_answers_return_outside(make: Make) -> None:
    document = a_document(sender=GOVERNMENT_OFFICE, to=(HOME_AFFAIRS,))
    await one(make("truc"), found(document))

    verdict = await one(make(), found(an_answer(document, "03", sender=HOME_AFFAIRS), "k2"))

    assert isinstance(verdict, Acceptance)
    assert (GOVERNMENT_OFFICE,) == verdict.recipients


@pytest.mark.parametrize("organ", ["000.00.99.H48", BINH_SON])
async def test_an_answer_to_nobody_waits_for_its_document(make: Make, clock: ManualClock, organ: str) -> None:
    document = a_document()
    await one(make(), found(document))
    said = an_answer(document, "03")
    astray = replace(said, response_for=replace(said.response_for, organ_id=organ))
    inbox = make("xa-binh-son", others=None)

    verdict = await one(inbox, found(astray, "k2"))

    assert isinstance(verdict, Acceptance)
    assert ((), ()) == (verdict.recipients, verdict.unknown)
    await Orphanage(inbox.ledger, clock, lambda *_: None).tick()
    [orphan] = inbox.ledger.views.orphans()
    assert [(document.code, True)] == [(near.code, bool(near.reasons)) for near in orphan.near]
    sent = await inbox.ledger.match(orphan.id, orphan.near[0].document, "person")
    assert ("so-nv",) == sent.recipients
    assert [] == [*inbox.ledger.views.deadletters(), *inbox.ledger.views.strange()]


async def test_an_answer_to_nobody_about_what_its_unit_never_got_is_refused(make: Make) -> None:
    document = a_document()
    await one(make(), found(document))
    said = an_answer(document, "03", sender="000.00.15.H48")
    astray = replace(said, response_for=replace(said.response_for, organ_id="000.00.99.H48"))

    assert "unknown-document" == (await refusal(make("so-khcn", others=None), found(astray, "k2"))).code


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


async def test_a_document_goes_to_the_members_of_the_day_as_counted_here(make: Make, clock: ManualClock) -> None:
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

    assert (await accepted(inbox, found(an_answer(a_document())))).recipients == ()


async def accepted(inbox: UnitInbox, incoming: Incoming) -> Acceptance:
    verdict = await one(inbox, incoming)
    assert isinstance(verdict, Acceptance)
    return verdict


async def delivered(inbox: UnitInbox, recipient: str, reason: str = "") -> None:
    """Everything that waits for this recipient arrived, or was refused for that reason."""
    ledger = inbox.ledger
    grant = await ledger.lease(recipient, 64)
    assert grant
    state = DeliveryState.DEAD if reason else DeliveryState.DELIVERED
    ends = [Settlement(taken, state, reason=reason) for taken in grant.taken]
    await ledger.settle(grant, ends, 0)


async def test_the_same_source_key_gets_the_same_outcome(make: Make) -> None:
    inbox = make()
    given = found(a_document(to=(BINH_SON, GOVERNMENT_OFFICE)), hold=60)

    first = await accepted(inbox, given)

    assert not first.duplicate
    assert await one(inbox, given) == first
    assert await one(inbox, replace(given, hold=0)) == first


async def test_a_duplicate_stays_one_with_the_recipients_that_it_named(make: Make) -> None:
    inbox = make()
    await accepted(inbox, found(a_document(), "a"))
    await accepted(inbox, found(a_document(to=(BINH_SON, GOVERNMENT_OFFICE)), "b"))
    first = await accepted(inbox, found(a_document(to=(BINH_SON, GOVERNMENT_OFFICE)), "c"))

    assert (first.duplicate, first.recipients) == (True, (GOVERNMENT_OFFICE, "xa-binh-son"))
    assert await one(inbox, found(a_document(to=(BINH_SON, GOVERNMENT_OFFICE)), "c")) == first


async def test_an_echo_stays_one(make: Make) -> None:
    first = await accepted(make("truc"), found(a_document()))

    assert await one(make("truc"), found(a_document())) == first


async def test_unknown_addressees_are_named_again(make: Make) -> None:
    inbox = make(others=None)
    given = found(a_document(to=(BINH_SON, "H99.02", "H99.01")))
    first = await accepted(inbox, given)

    assert (first.recipients, first.unknown) == (("xa-binh-son",), ("H99.02", "H99.01"))
    assert await one(inbox, given) == first


async def test_nobody_is_nudged_for_what_is_kept_back(make: Make) -> None:
    inbox = make()

    await accepted(inbox, found(a_document(), hold=60))

    assert made_nudges[id(inbox)] == []


async def test_a_unit_stops_its_own_documents_only(make: Make) -> None:
    inbox = make()
    verdict = await accepted(inbox, found(a_document(), hold=60))

    assert not await make("xa-binh-son").withdraw(verdict.envelope_id)
    assert await inbox.withdraw(verdict.envelope_id)
    assert await inbox.withdraw(verdict.envelope_id)
    [story] = await inbox.stories([verdict.envelope_id])
    assert (story.state, story.held_until, story.delivered_at) == (DeliveryState.WITHDRAWN, None, None)


async def test_the_same_number_again_after_a_stop_is_a_new_document(make: Make) -> None:
    inbox = make()
    first = await accepted(inbox, found(a_document(), "a", hold=60))
    await inbox.withdraw(first.envelope_id)

    second = await accepted(inbox, found(a_document(subject="Bản đã sửa"), "b", hold=60))

    assert (second.duplicate, second.recipients) == (False, ("xa-binh-son",))


async def test_a_sender_is_told_what_became_of_its_document(make: Make, clock: ManualClock) -> None:
    inbox = make()
    document = a_document(to=(BINH_SON, GOVERNMENT_OFFICE))
    envelope = (await accepted(inbox, found(document, hold=60))).envelope_id
    held = await inbox.stories([envelope])
    assert {(story.state, story.held_until) for story in held} == {
        (DeliveryState.HELD, clock.now() + timedelta(seconds=60))
    }

    await clock.advance(60)
    await inbox.ledger.dispatch()
    await delivered(inbox, "xa-binh-son")
    await accepted(make("xa-binh-son"), found(an_answer(document, "03", description="Số đến 5"), "r"))
    await inbox.ledger.note_health("truc", Health(False, "mất kết nối"))
    down = clock.now()
    await clock.advance(30)
    await inbox.ledger.note_health("truc", Health(False, "tên miền không có"))

    here, outside = sorted(await inbox.stories([envelope]), key=lambda story: story.recipient, reverse=True)

    assert (here.recipient, here.name, here.state) == ("xa-binh-son", "UBND xã Bình Sơn", DeliveryState.DELIVERED)
    assert (here.delivered_at, here.down_since, here.status) == (down, None, "03")
    assert [(said.code, said.reason) for said in here.answers] == [("03", "Số đến 5")]
    assert (outside.recipient, outside.name, outside.state) == (
        GOVERNMENT_OFFICE,
        GOVERNMENT_OFFICE,
        DeliveryState.WAITING,
    )
    assert (outside.delivered_at, outside.down_since, outside.answers) == (None, down, ())


async def test_a_sender_is_told_why_something_did_not_arrive(make: Make) -> None:
    inbox = make()
    envelope = (await accepted(inbox, found(a_document()))).envelope_id
    await delivered(inbox, "xa-binh-son", "Ổ đĩa hỏng.")

    [story] = await inbox.stories([envelope])

    assert (story.state, story.reason, story.delivered_at) == (DeliveryState.DEAD, "Ổ đĩa hỏng.", None)


async def test_an_outage_begins_anew_after_a_recovery(make: Make, clock: ManualClock) -> None:
    inbox = make()
    envelope = (await accepted(inbox, found(a_document()))).envelope_id
    for ok in (False, True, False):
        await clock.advance(10)
        await inbox.ledger.note_health("xa-binh-son", Health(ok))

    [story] = await inbox.stories([envelope])

    assert story.down_since == clock.now()


async def test_a_sender_is_not_told_of_whom_a_route_added_in_silence(make: Make) -> None:
    """Reading along is not for the sender to know, unless the answers reach it too."""
    silent = Route("Lặng", ("addressees", "so-khcn"))
    inbox = make(routes=[silent])
    envelope = (await accepted(inbox, found(a_document()))).envelope_id

    assert [story.recipient for story in await inbox.stories([envelope])] == ["xa-binh-son"]
    inbox.ledger.answering(frozenset({"Lặng"}))
    assert {story.recipient for story in await inbox.stories([envelope])} == {"xa-binh-son", "so-khcn"}


async def test_others_documents_and_answers_are_left_out(make: Make) -> None:
    inbox, other = make(), make("xa-binh-son")
    document = a_document()
    mine = (await accepted(inbox, found(document, "a"))).envelope_id
    answer = (await accepted(other, found(an_answer(document), "b"))).envelope_id

    assert await other.stories([mine, answer]) == []
    assert [story.envelope for story in await inbox.stories([mine, answer, mine, "nothing"])] == [mine]
    assert await inbox.stories([]) == []


async def test_many_documents_are_told_at_once(make: Make) -> None:
    inbox = make()
    many = [found(a_document(f"{n}/UBND"), str(n)) for n in range(1200)]
    envelopes = [verdict.envelope_id for verdict in await inbox.accept(many) if isinstance(verdict, Acceptance)]

    assert {story.envelope for story in await inbox.stories(envelopes)} == set(envelopes)


async def test_a_unit_can_address_the_members_of_the_day(make: Make, clock: ManualClock) -> None:
    today = clock.now().astimezone(VIETNAM).date()
    group = DatedGroup("g", ("xa-binh-son", "so-nv"), "Nhóm", terms={"xa-binh-son": (Term(until=today),)})
    inbox = make(groups={"g": group})

    assert [contact.id for contact in inbox.addressees().contacts] == ["xa-binh-son", "so-khcn"]
    assert [one.members for one in inbox.addressees().groups] == [("xa-binh-son",)]
    await clock.advance(86400)
    assert [one.members for one in inbox.addressees().groups] == [()]


AGENCIES = (
    {"id": "1", "code": "000.00.15.H48", "name": "Sở Khoa học và Công nghệ", "oldCode": "28.15.H48"},
    {"id": "2", "code": "000.00.18.H47", "name": "Sở Y tế tỉnh Quảng Nam", "oldCode": "H47.18"},
)


async def answer(*rows: Any) -> AsyncIterator[bytes]:
    yield json.dumps({"status": "OK", "ErrorCode": "0", "data": rows}).encode()


async def taught(make: Make, **options: Any) -> UnitInbox:
    """An inbox of a hub that knows these agencies."""
    await make("truc").directory("getAgenciesList", answer(*AGENCIES))
    inbox = make(**options)
    directory = inbox.rules.directory
    inbox.rules = replace(inbox.rules, directory=directory.learn(await inbox.ledger.agencies.learned(directory.owned)))
    return inbox


async def test_only_the_endpoint_of_the_others_brings_the_directory(make: Make) -> None:
    told: list[str] = []
    outside = make("truc")

    async def note() -> None:
        told.append("learn")

    outside.enrolled = note
    done = await outside.directory("getAgenciesList", answer(*AGENCIES))
    assert (done.rows, done.added, told) == (2, 2, ["learn"])
    with pytest.raises(Refused, match="directory-not-others"):
        await make("so-nv").directory("getAgenciesList", answer(*AGENCIES))
    with pytest.raises(Refused, match="directory-failed"):
        await outside.directory("getAgenciesList", _failed())
    assert told == ["learn"]


async def _failed() -> AsyncIterator[bytes]:
    yield b'{"status":"FAIL","ErrorCode":"15","ErrorDesc":"Sai SystemId"}'


@pytest.mark.parametrize("code", ["so-khcn", "000.00.15.H48", "28.15.h48"])
async def test_one_of_ours_is_never_sent_round_through_the_others(make: Make, code: str) -> None:
    inbox = await taught(make)
    verdict = await one(inbox, found(a_document(to=(code, "H47.18"))))
    assert isinstance(verdict, Acceptance)
    assert verdict.recipients == ("so-khcn", "H47.18")


async def test_an_answer_to_a_learned_code_stays_here_too(make: Make) -> None:
    inbox = await taught(make)
    document = a_document(sender="000.00.15.H48", to=(HOME_AFFAIRS,))
    await one(await taught(make, unit="so-khcn"), found(document))
    said = an_answer(document, "03", sender=HOME_AFFAIRS)
    said = replace(said, response_for=replace(said.response_for, organ_id="28.15.H48"))
    verdict = await one(inbox, found(said, "answer"))
    assert isinstance(verdict, Acceptance)
    assert verdict.recipients == ("so-khcn",)


@pytest.mark.parametrize(
    ("organ", "known"),
    [
        (Organization("000.00.18.H47"), "000.00.18.H47 (Sở Y tế tỉnh Quảng Nam)"),
        (Organization("H47.18"), "000.00.18.H47 (Sở Y tế tỉnh Quảng Nam)"),
        (Organization("000.00.81.H47", "so y te quang nam"), "000.00.18.H47 (Sở Y tế tỉnh Quảng Nam)"),
    ],
)
async def test_the_directory_is_asked_whom_nobody_here_is(make: Make, organ: Organization, known: str) -> None:
    inbox = await taught(make, others=None)

    refused = await refusal(inbox, found(replace(a_document(), to=(organ,))))
    assert refused.code == "unknown-addressee"
    assert f"Trong danh bạ của trục trung ương: {known}." in refused.reason

    both = replace(a_document("2/CV"), to=(organ, Organization(BINH_SON)))
    assert isinstance(await one(inbox, found(both, "both")), Acceptance)
    [dead] = inbox.ledger.views.deadletters()
    assert dead.reason == f"no unit or hub for {dead.recipient}; danh bạ của trục trung ương: {known}"


@pytest.mark.parametrize(
    "typed", ["Sở Y tế tỉnh Quảng Nam", "so y te quang nam", "Kính gửi: Sở Y tế Quảng Nam (để báo cáo)", "H47.18"]
)
async def test_a_sender_learns_the_code_of_one_outside_whom_he_names(make: Make, typed: str) -> None:
    inbox = await taught(make)
    contact = Contact("000.00.18.H47", "000.00.18.H47", "Sở Y tế tỉnh Quảng Nam", outside=True)
    assert await inbox.nearby([typed, "Sở không có"]) == {typed: (contact,)}
    assert await inbox.nearby(["", "?", "Sở không có", "Bộ lạ", "Ban lạ", typed]) == {}


async def test_of_those_that_are_called_alike_each_says_whose_it_is(make: Make) -> None:
    inbox = make()
    above = ({"id": f"{number}", "code": f"00{number}.H1", "name": f"UBND tỉnh {number}"} for number in range(4))
    below = ({"id": f"9{number}", "pid": f"{number}", "code": f"9.H{number}", "name": "Sở Y tế"} for number in range(4))
    await make("truc").directory("getAgenciesList", answer(*above, *below))
    found = (await inbox.nearby(["Sở Y tế"]))["Sở Y tế"]
    assert [(each.code, each.name) for each in found] == [(f"9.H{n}", f"Sở Y tế, UBND tỉnh {n}") for n in range(3)]


async def test_a_sender_reads_the_name_of_one_outside_whom_the_directory_knows(make: Make) -> None:
    inbox = await taught(make)
    document = a_document(to=(BINH_SON, "000.00.18.H47", "000.00.81.H47"))
    envelope = (await accepted(inbox, found(document))).envelope_id

    told = {story.recipient: story.name for story in await inbox.stories([envelope])}

    assert told["000.00.18.H47"] == "Sở Y tế tỉnh Quảng Nam (000.00.18.H47)"
    assert told["000.00.81.H47"] == "000.00.81.H47"
    assert told["xa-binh-son"] == "UBND xã Bình Sơn"


async def test_one_whom_the_directory_does_not_know_either_is_said_as_before(make: Make) -> None:
    inbox = await taught(make, others=None)
    refused = await refusal(inbox, found(a_document(to=("H99.01",))))
    assert "trung ương" not in refused.reason
