"""A document that its sender wants back: what its folder in `thu-hoi` means now, and whom to ask. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from hub import Acknowledgement, Context, Story
from hub.standards import edxml
from plugins.folderdrop.clerk import gestures
from plugins.folderdrop.clerk.hours import after_a_working_day
from plugins.folderdrop.clerk.sending.records import Posted, Recall, Request

#: Those that may have it, or get it before they are asked: what goes to one recipient keeps its order.
_REACHED = frozenset({"delivered", "uncertain", "waiting", "sending", "deferred"})


@dataclass(frozen=True, slots=True)
class Lying:
    """A recalled document's folder as it is seen."""

    #: "" where it is not in `thu-hoi` any more
    place: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Next:
    """What follows: the recall from now on (None: given up), and what is to be done about it."""

    recall: Recall | None
    #: "": nothing; "ask" for a reason; "undo": it lies elsewhere again; "late": no reason came; "go": it is meant
    act: str = ""
    #: seconds until the next look; 0: none is due
    wait: float = 0.0


def begun(now: datetime) -> Recall:
    """Its folder lies in `thu-hoi`, and it cannot be stopped any more."""
    at = now.isoformat(timespec="seconds")
    return Recall(at, at)


def look(recall: Recall, lying: Lying, now: datetime, grace: float) -> Next:
    """What the folder says, now."""
    if not lying.place:
        return Next(None, "undo")
    if lying.reason != recall.reason:
        recall = replace(recall, reason=lying.reason, changed=now.isoformat(timespec="seconds"))
    if not gestures.has_reason(recall.reason):
        late = after_a_working_day(datetime.fromisoformat(recall.since), now)
        return Next(None, "late") if late else Next(recall, "ask")
    left = (due(recall, grace) - now).total_seconds()
    return Next(recall, "", left) if left > 0 else Next(recall, "go")


def due(recall: Recall, grace: float) -> datetime:
    """When it is meant, if nothing changes."""
    return max(map(datetime.fromisoformat, (recall.since, recall.changed))) + timedelta(seconds=grace)


def meant(recall: Recall, stories: Sequence[Story], codes: Mapping[str, str], now: datetime) -> Recall:
    """The recall with everybody whom it is asked of. `codes`: recipient -> its code on the wire."""
    reached = [story.recipient for story in stories if story.state in _REACHED]
    asked = tuple(Request(each, codes.get(each, each)) for each in dict.fromkeys(reached))
    return replace(recall, at=now.isoformat(timespec="seconds"), requests=asked)


def request(posted: Posted, recall: Recall, context: Context, to: Request) -> Acknowledgement:
    """The status that asks one recipient."""
    day = date.fromisoformat(posted.day) if posted.day else None
    at = datetime.fromisoformat(recall.at)
    return edxml.recall(context.unit, to.code, posted.code, day, posted.document_id, at, recall.reason)
