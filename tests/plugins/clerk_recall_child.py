"""A document is recalled and given up, in a process of its own that dies at its Nth durable step."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hub.testing import eventually
from tests.looking import undisturbed
from tests.plugins.clerk import Office
from tests.plugins.clerk_child import DurableSender, dying, office_at

FOLDERS = {"15": "7-dong-y-thu-hoi", "16": "8-khong-dong-y-thu-hoi"}
WHY_NOT = "Đã xử lý xong và báo cáo cấp trên"
_SHORT = {"grace": "60ms", "grace_refusal": "60ms", "poll": "10ms", "settle": "20ms"}


def folder_of(office: Office) -> Path | None:
    """Where the document lies, if it lies in one place."""
    found = undisturbed(lambda: [path.parent for path in office.share.glob("van-ban-den/**/.lt-id")])
    return found[0] if len(found) == 1 else None


def is_settled(office: Office, code: str) -> bool:
    """Whether everything is as it must be in the end."""
    folder = folder_of(office)
    if folder is None or not (folder / "THU-HOI.txt").exists():
        return False
    said = (folder / "THU-HOI.txt").read_text("utf-8-sig")
    given_up = code == "15"
    home = office.stage("6-hoan-thanh") if given_up else office.stage("1-moi-den")
    return (
        (folder.parents[1] if given_up else folder.parent) == home
        and ("ĐÃ THU HỒI" if given_up else "KHÔNG ĐỒNG Ý") in said
        and (folder / "211.pdf").exists() is not given_up
        and (folder / "bút phê.txt").exists()
        and not any(office.stage(name).exists() for name in FOLDERS.values())
    )


async def day(office: Office, code: str) -> None:
    """It comes, its sender wants it back, its clerk answers."""
    sender = office.sender
    assert isinstance(sender, DurableSender)
    delivery, recall = office.delivery(), office.recall(1)
    async with office.listening(**_SHORT) as connector:
        if not await connector.find(delivery):
            await connector.send(delivery)
        await eventually(lambda: "01" in sender.told)
        await connector.send(recall)
        await eventually(lambda: code in sender.told or office.stage(FOLDERS[code]).exists())
        if code not in sender.told and (folder := folder_of(office)) and folder.parent == office.stage("1-moi-den"):
            (folder / "bút phê.txt").write_text("Chuyển anh An", "utf-8")
            (folder / "ly-do.txt").write_text(WHY_NOT, "utf-8")
            folder.rename(office.stage(FOLDERS[code]) / folder.name)
        await eventually(lambda: code in sender.told)
        await eventually(lambda: is_settled(office, code))


def life(home: Path, turn: int, code: str) -> None:
    """That day, until this process dies at its Nth durable step. Code 15: given up, 16: not agreed to."""
    office = office_at(home)
    dying(turn)
    asyncio.run(day(office, code))
