"""A clerk's day in a process of its own, which dies at its Nth durable step."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hub import Acceptance, Incoming, Refused
from hub.testing import eventually
from plugins.folderdrop import system
from tests.plugins.clerk import Office, Sender


class DurableSender(Sender):
    """What the hub has of a unit's answers, in a file of lines."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self.lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    async def accept(self, found: Sequence[Incoming]) -> Sequence[Acceptance | Refused]:
        await super().accept(found)
        new = [{"key": each.source_key, "digest": each.blob.digest} for each in found if each.blob]
        with self._path.open("a") as file:
            file.writelines(json.dumps(line) + "\n" for line in new)
            file.flush()
            os.fsync(file.fileno())
        self.lines += new
        return [Acceptance(each.source_key) for each in found]

    @property
    def told(self) -> set[str]:
        """The codes that the hub has."""
        return {line["key"].split("|")[2] for line in self.lines}


def dying(turn: int) -> None:
    """Kill this process at that turn of the calls that make something durable or visible."""
    left = [turn]

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **named)

        return step

    for module, name in ((os, "fsync"), (os, "rename"), (os, "mkdir"), (os, "unlink"), (system, "rename_new")):
        setattr(module, name, counted(getattr(module, name)))


def office_at(home: Path) -> Office:
    """The same office in every life."""
    office = Office(home)
    office.sender = DurableSender(home / "journal")
    return office


async def day(office: Office) -> None:
    """A document comes, and is dragged straight to the last stage."""
    sender = office.sender
    assert isinstance(sender, DurableSender)
    delivery = office.delivery()
    async with office.listening(grace="60ms", poll="10ms", settle="20ms") as connector:
        if not await connector.find(delivery):
            await connector.send(delivery)
        await eventually(lambda: "01" in sender.told)
        for folder in office.stage("1-moi-den").iterdir():
            folder.replace(office.stage("6-hoan-thanh") / folder.name)
        await eventually(lambda: sender.told == {"01", "03", "06"})
        await eventually(lambda: len(list(office.stage("6-hoan-thanh").glob("????-??/*"))) == 1)


def life(home: Path, turn: int) -> None:
    """That day, until this process dies at its Nth durable step; 0: it lives."""
    office = office_at(home)
    dying(turn)
    asyncio.run(day(office))
