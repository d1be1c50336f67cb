"""What a sender reads of each recipient: how it is called, and whether it is down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from hub.directory import Directory
from hub.ledger import Ledger
from hub.routing import intended
from hub.vocabulary import Story

_WELL: Mapping[str, Any] = MappingProxyType({"ok": True})


async def told(ledger: Ledger, directory: Directory, unit: str, envelope_ids: Sequence[str]) -> list[Story]:
    """What became of what the unit sent, a story a recipient; those outside as the central hub's directory has them.

    Raises StorageError.
    """
    found = await ledger.stories(unit, envelope_ids)
    health = await ledger.endpoints()
    strangers = {story.recipient for story in found if _called(story.recipient, directory) == story.recipient}
    outside = await ledger.agencies.names(strangers) if strangers else {}
    return [_told(story, directory, health, outside) for story in found]


def _told(
    story: Story, directory: Directory, health: Mapping[str, Mapping[str, Any]], outside: Mapping[str, str]
) -> Story:
    """The story with the recipient's name, and since when its endpoint is down. `outside`: code -> name there."""
    endpoint = directory.endpoint(story.recipient)
    said = health.get(endpoint or "", _WELL)
    since = None if said["ok"] else datetime.fromisoformat(said["since"])
    known = outside.get(story.recipient)
    name = f"{known} ({story.recipient})" if known else _called(intended(story.recipient), directory)
    return replace(story, name=name, down_since=since)


def _called(recipient: str, directory: Directory) -> str:
    """What its sender knows it by; of a unit that is no more, also who took over, where that is one."""
    former, heir = directory.former(recipient), directory.find(recipient)
    if former is None:
        return directory.name(recipient)
    return f"{former.name} (nay là {directory.name(heir)})" if heir else former.name
