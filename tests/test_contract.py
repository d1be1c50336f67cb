"""The contract of connectors: one that keeps it passes every check, and each check sees one that breaks it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
from _pytest.mark import ParameterSet

from hub import Capabilities, Connector, Delivery, Health, Inbox, Incoming, Outcome, Receipt, Refused, Reminder, logger
from hub.testing import Broken, Check, Counterpart, connector_contract
from hub.testing.contract import alone, lanes, stage
from tests.boxes import Box, BoxSettings, Software, boxed
from tests.short import short


@pytest.mark.parametrize("check", short(connector_contract(boxed(Box)), 2), ids=str)
def test_a_connector_that_keeps_the_contract(check: Check, tmp_path: Path) -> None:
    assert check.run(tmp_path)


def test_the_software_is_a_counterpart() -> None:
    counterpart: Counterpart = Software(Box, "a")
    assert isinstance(counterpart, Counterpart)


class OpensOnce(Box):
    lives: list[str] = []  # noqa: RUF012 - shared on purpose

    async def open(self) -> None:
        if self.settings.box in self.lives:
            raise OSError("address in use")
        self.lives.append(self.settings.box)


class NeverWell(Box):
    async def check(self) -> Health:
        return Health(False, "chưa biết")


class NoKey(Box):
    numbers = itertools.count()

    async def send(self, delivery: Delivery) -> Receipt:
        await self.software.put(f"{delivery.id}", self.token)
        if delivery.attempt > 1:
            self.software.acted.append(delivery.id)
        return Receipt()


class SendsNothing(Box):
    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt()


class TakesOne(Box):
    """What it believes to have sent it never sends again."""

    async def send(self, delivery: Delivery) -> Receipt:
        if not self.software.acted:
            return await super().send(delivery)
        return Receipt()


class FindsAll(Box):
    async def find(self, delivery: Delivery) -> Receipt | None:
        return Receipt()


class FindsAnything(Box):
    async def find(self, delivery: Delivery) -> Receipt | None:
        return Receipt() if self.software.acted else None


class FindsNothing(Box):
    async def find(self, delivery: Delivery) -> Receipt | None:
        return None


class Forgets(Box):
    """Notes that it sends before it sends, and believes its notes."""

    noted: set[str] = set()  # noqa: RUF012 - shared on purpose

    async def send(self, delivery: Delivery) -> Receipt:
        self.noted.add(delivery.id)
        return await super().send(delivery)

    async def find(self, delivery: Delivery) -> Receipt | None:
        return Receipt() if delivery.id in self.noted else None


class Backwards(Box):
    async def send_many(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        return await super().send_many(list(reversed(deliveries)))


class GoesOn(Box):
    async def send_many(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        return [Receipt(), OSError("gone"), Receipt()]


class AnswersTooOften(Box):
    async def send_many(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        return [*(await super().send_many(deliveries)), Receipt()]


class Empty(Box):
    async def send_many(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        return []


class HearsNoAnswer(Box):
    async def take(self, inbox: Inbox, name: str) -> None:
        if name != "answer":
            await super().take(inbox, name)


class SaysNoAnswers(Box):
    capabilities = Capabilities(batch=3, answers=False)


class Mute(Software):
    answer = None  # type: ignore[assignment]  # one that cannot


class AlwaysWell(Box):
    async def check(self) -> Health:
        return Health(True)


class OutageIsRefusal(Box):
    async def send(self, delivery: Delivery) -> Receipt:
        if not self.software.there:
            raise Refused("http", "Không nhận.")
        return await super().send(delivery)


class OutageIsBug(Box):
    async def send(self, delivery: Delivery) -> Receipt:
        if not self.software.there:
            raise KeyError("status")
        return await super().send(delivery)


class OutageIsReceipt(Box):
    async def send(self, delivery: Delivery) -> Receipt:
        return await super().send(delivery) if self.software.there else Receipt()


class LetsGoFirst(Box):
    async def take(self, inbox: Inbox, name: str) -> None:
        incoming = await asyncio.to_thread(self.read, name)
        self.software.out.pop(name)
        await inbox.accept([incoming])


class LetsGoNever(Box):
    """Within one life it knows what it has handed over."""

    async def listen(self, inbox: Inbox) -> None:
        done: set[str] = set()
        while True:
            for name in set(self.software.out) - done:
                await inbox.accept([await asyncio.to_thread(self.read, name)])
                done.add(name)
            await asyncio.sleep(0.01)


class NewKeys(Box):
    numbers = itertools.count()

    def key(self, name: str) -> str:
        return f"{next(self.numbers)}"


class NoBlob(Box):
    def read(self, name: str) -> Incoming:
        read = super().read(name)
        return Incoming(read.source_key, name, read.packet, None)


class TakesNothing(Box):
    async def listen(self, inbox: Inbox) -> None:
        await asyncio.Event().wait()


class Stubborn(Box):
    """A refused input is tried until it is taken."""

    async def take(self, inbox: Inbox, name: str) -> None:
        [outcome] = await inbox.accept([await asyncio.to_thread(self.read, name)])
        if not isinstance(outcome, Refused):
            self.software.out.pop(name)


class ListensOnce(Box):
    async def listen(self, inbox: Inbox) -> None:
        while not self.software.out:  # noqa: ASYNC110 - as others write it
            await asyncio.sleep(0.01)
        for name in list(self.software.out):
            await self.take(inbox, name)


class Swallows(Box):
    async def listen(self, inbox: Inbox) -> None:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            with contextlib.suppress(asyncio.CancelledError):
                for name in list(self.software.out):
                    await self.take(inbox, name)
                await asyncio.sleep(0.01)


class LeavesTask(Box):
    async def listen(self, inbox: Inbox) -> None:
        self.task = asyncio.create_task(super().listen(inbox))
        await asyncio.Event().wait()


class LeavesIdleTask(Box):
    async def open(self) -> None:
        self.task = asyncio.create_task(self.beat())

    async def beat(self) -> None:
        await asyncio.sleep(60)


class LeavesThread(Box):
    async def open(self) -> None:
        threading.Thread(target=time.sleep, args=(4,), name="box-poller", daemon=True).start()


class LeavesWork(Box):
    async def open(self) -> None:
        self.work = asyncio.get_running_loop().run_in_executor(None, time.sleep, 4)


class Blocks(Box):
    async def send(self, delivery: Delivery) -> Receipt:
        time.sleep(0.6)  # noqa: ASYNC251 - this is what must be found
        return await super().send(delivery)


class Computes(Box):
    async def check(self) -> Health:
        end = time.thread_time() + 0.8
        while time.thread_time() < end:
            pass
        return await super().check()


class Talkative(Box):
    async def send(self, delivery: Delivery) -> Receipt:
        logger.debug("POST with {}", self.token)
        return await super().send(delivery)


class Showing(Box):
    def __repr__(self) -> str:
        return f"Box({self.token})"


class Complains(Box):
    """Says the secret only where there is nobody to hear it."""

    async def check(self) -> Health:
        return Health(self.software.there, f"no way to box://{self.token}@box")


class Prints(Box):
    async def open(self) -> None:
        print(self.token)  # noqa: T201 - this is what must be found


class BareSettings(BoxSettings):
    kind: Literal["box"]
    api_token: str = "a"


class Bare(Box):
    settings_type = BareSettings


class HoldsOn(Box):
    """What it opens it never gives back, and a second life waits for it."""

    held: set[str] = set()  # noqa: RUF012 - shared on purpose

    async def open(self) -> None:
        if self.settings.box in self.held:
            raise OSError("address in use")
        self.held.add(self.settings.box)


class TellsAgain(Box):
    async def remind(self, reminders: Sequence[Reminder]) -> None:
        await asyncio.sleep(0)
        self.software.reminded += [each.code for each in reminders]


class NeverForgets(Box):
    async def remind(self, reminders: Sequence[Reminder]) -> None:
        if reminders:
            await super().remind(reminders)


class BlocksLong(Box):
    waits = iter([0.0, 4.0])

    async def open(self) -> None:
        time.sleep(next(self.waits, 0.0))  # noqa: ASYNC251 - this is what must be found


_BROKEN: list[tuple[str, type[Connector[Any]], str]] = [
    ("well", OpensOnce, "open failed while the counterpart was there: OSError: address in use"),
    ("well", NeverWell, "check() says Health(ok=False, detail='chưa biết')"),
    ("one-effect", NoKey, "the same delivery twice made two effects: hand delivery.id over"),
    ("one-effect", TakesOne, "ended with a receipt, and effects() do not show its id"),
    ("find", SendsNothing, "ended with a receipt, and effects() do not show its id"),
    ("find", FindsAll, "it was never sent: the hub would not send it any more. Return None"),
    ("find", FindsAnything, "it was never sent: the hub would not send it any more. Return None"),
    ("find", FindsNothing, "find says None, and the counterpart has the delivery"),
    ("find", Forgets, "whose send was cut off, and the counterpart has it not: it is lost"),
    ("order", Backwards, "in another order than they were sent in"),
    ("order", GoesOn, "send_many went on after the first that was not received"),
    ("order", AnswersTooOften, "send_many answered 4 times for 3 deliveries"),
    ("order", Empty, "give a Receipt for a leading part"),
    ("answers", HearsNoAnswer, "no Acknowledgement reached the inbox"),
    ("answers", SaysNoAnswers, "the connector says Capabilities(answers=False): say True"),
    ("outage", AlwaysWell, "check() says that all is well: make a real round trip to it"),
    ("outage", OutageIsRefusal, "a send ends as refused (Refused: http: Không nhận.)"),
    ("outage", OutageIsBug, "a send ends as bug (KeyError: 'status')"),
    ("outage", OutageIsReceipt, "a send ends as receipt"),
    ("custody", LetsGoFirst, "accept raised, and the input did not come again: its source was let go"),
    ("custody", LetsGoNever, "accept returned, and the input came again in the next life"),
    ("custody", NewKeys, "one input came under the source keys"),
    ("custody", NoBlob, "without its blob: store its bytes first"),
    ("custody", TakesNothing, "listen handed nothing to inbox.accept within 10 s"),
    ("once", NewKeys, "one input came under the source keys"),
    ("once", LetsGoFirst, "the answer of accept was lost, and the input did not come again"),
    ("refusal", Stubborn, "times within a second: give it back once, with its reason"),
    ("refusal", LetsGoNever, "a refused input came again in the next life"),
    ("cancel", ListensOnce, "listen ended by itself (None): it listens until it is cancelled"),
    ("cancel", Swallows, "listen did not end within 1 s of being cancelled"),
    ("cancel", LeavesTask, "listen was cancelled, and inputs are still handed over"),
    ("cancel", LeavesIdleTask, "this goes on: the task LeavesIdleTask.beat"),
    ("cancel", LeavesThread, "this goes on: the thread box-poller"),
    ("cancel", LeavesWork, "this goes on: the thread of sleep"),
    ("reminders", TellsAgain, "remind was called three times, and notes() shows"),
    ("reminders", NeverForgets, "nothing is owed any more, and people are still reminded"),
    ("loop", Blocks, r"the event loop stood still at test_contract.py line \d+ in send"),
    ("loop", Computes, r"the event loop stood still at test_contract.py line \d+ in check"),
    ("secrets", Talkative, "the secret token stands in a text: POST with ***"),
    ("secrets", Showing, "the secret token stands in a text: Box(***)"),
    ("secrets", Complains, "no way to box://***@box"),
    ("secrets", Prints, "the secret token stands in a text: ***"),
    ("secrets", Bare, "the setting api_token is a plain text, and sounds like a secret: make it a SecretStr"),
    ("lane", HoldsOn, "it failed and hung on purpose, and did not come back"),
    ("lane", BlocksLong, r"a neighbour waited \d.\d s for its next document; the event loop stood still at"),
    ("lane", NoKey, "hand delivery.id over as their key"),
]


def _broken() -> Iterator[ParameterSet]:
    """One for each check in every run."""
    seen: set[str] = set()
    for case in _BROKEN:
        yield pytest.param(*case, marks=pytest.mark.slow if case[0] in seen else ())
        seen.add(case[0])


@pytest.mark.parametrize(("name", "connector", "said"), list(_broken()))
def test_a_check_sees_what_breaks_it(
    name: str, connector: type[Connector[Any]], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "PATIENCE", 2.0)
    monkeypatch.setattr(stage, "MERCY", 1.0)
    monkeypatch.setattr(alone, "_REST", 0.5)
    if connector is HoldsOn:
        monkeypatch.setattr(lanes, "RECOVERY", 4.0)
    [check] = [check for check in connector_contract(boxed(connector)) if check.name == name]
    with pytest.raises(Broken) as broken:
        check.run(tmp_path)
    pattern = said if "\\d" in said else re.escape(said)
    assert re.search(pattern, str(broken.value)), str(broken.value)


def test_a_counterpart_that_cannot_answer_needs_a_connector_that_says_so(tmp_path: Path) -> None:
    [check] = [check for check in connector_contract(boxed(Box, Mute)) if check.name == "answers"]
    with pytest.raises(Broken, match="give the counterpart an answer"):
        check.run(tmp_path)
    [check] = [check for check in connector_contract(boxed(SaysNoAnswers, Mute)) if check.name == "answers"]
    check.run(tmp_path)


def test_settings_that_are_not_the_connectors_are_named(tmp_path: Path) -> None:
    class Wrong(Software):
        def __init__(self, connector: type[Connector[Any]], name: str) -> None:
            super().__init__(connector, name)
            self.settings["tokn"] = "a"

    [check] = [check for check in connector_contract(boxed(Box, Wrong)) if check.name == "well"]
    with pytest.raises(Broken, match=r"(?s)the counterpart's settings are not those of Box.*tokn"):
        check.run(tmp_path)


class OneWay(Software):
    one_way = True
    answer = None  # type: ignore[assignment]  # one that cannot


class SendsOnly(SaysNoAnswers):
    async def listen(self, inbox: Inbox) -> None:
        await asyncio.Event().wait()


def test_one_that_only_sends_is_asked_for_nothing_else(tmp_path: Path) -> None:
    left_out = set()
    for check in connector_contract(boxed(SendsOnly, OneWay)):
        if check.name != "lane":
            (tmp_path / check.name).mkdir()
            if not check.run(tmp_path / check.name):
                left_out.add(check.name)
    assert left_out == {"custody", "once", "refusal"}


def test_and_is_found_out_when_it_does_more(tmp_path: Path) -> None:
    class Hands(SaysNoAnswers):
        async def listen(self, inbox: Inbox) -> None:
            await inbox.accept([Incoming("a", "a", Refused("a", "a"), None)])
            await asyncio.Event().wait()

    [check] = [check for check in connector_contract(boxed(Hands, OneWay)) if check.name == "cancel"]
    with pytest.raises(Broken, match="one_way = True, and something was handed over"):
        check.run(tmp_path)


def test_every_check_has_one_that_breaks_it() -> None:
    assert {name for name, _, _ in _BROKEN} == {check.name for check in connector_contract(boxed(Box))}
