"""How far a sent document has come with each of its recipients, in a clerk's words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum

from hub import VIETNAM, Story
from plugins.folderdrop.clerk import names, texts
from plugins.folderdrop.clerk.sending.records import Fate, Posted


class Progress(IntEnum):
    """How a recipient stands, what a person must look at first."""

    FAILED = 0
    REFUSED = 1
    STUCK = 2
    HELD = 3
    ON_ITS_WAY = 4
    DELIVERED = 5
    ACCEPTED = 6
    HANDLED = 7
    FINISHED = 8
    WITHDRAWN = 9


#: As the totals say it.
TOTALS = {
    Progress.FAILED: "không chuyển được",
    Progress.REFUSED: "từ chối tiếp nhận",
    Progress.STUCK: "chưa chuyển được",
    Progress.HELD: "chờ chuyển",
    Progress.ON_ITS_WAY: "đang chuyển",
    Progress.DELIVERED: "đã chuyển, chưa tiếp nhận",
    Progress.ACCEPTED: "đã tiếp nhận",
    Progress.HANDLED: "đang xử lý",
    Progress.FINISHED: "hoàn thành",
    Progress.WITHDRAWN: "đã dừng",
}
_BY_STATUS = {
    "02": Progress.REFUSED,
    "03": Progress.ACCEPTED,
    "04": Progress.HANDLED,
    "05": Progress.HANDLED,
    "06": Progress.FINISHED,
}
_BY_STATE = {
    "held": Progress.HELD,
    "waiting": Progress.ON_ITS_WAY,
    "sending": Progress.ON_ITS_WAY,
    "deferred": Progress.STUCK,
    "uncertain": Progress.STUCK,
    "delivered": Progress.DELIVERED,
    "dead": Progress.FAILED,
    "withdrawn": Progress.WITHDRAWN,
}
_SENT = {
    Progress.FAILED: "chưa",
    Progress.STUCK: "chưa",
    Progress.ON_ITS_WAY: "đang chuyển",
    Progress.WITHDRAWN: "đã dừng",
}
_RECALLS = {
    "13": "Yêu cầu thu hồi",
    "15": "Đồng ý thu hồi/cập nhật",
    "16": "Không đồng ý thu hồi/cập nhật",
}
#: The furthest first.
_HANDLED = {"06": "Hoàn thành", "05": "Đang xử lý", "04": "Đã phân công"}
_ENDED = frozenset({"delivered", "dead", "withdrawn"})
_INCOMING_NUMBER = re.compile(r"\s*số đến\s*:?\s*(\d{1,9})\b", re.IGNORECASE)
#: Begins the reason of a delivery to somebody whom nobody here serves.
_UNKNOWN = "no unit or hub for "


@dataclass(frozen=True, slots=True)
class Row:
    """One recipient's line of a receipt. Texts are plain and in one line."""

    name: str
    progress: Progress
    sent: str
    arrived: str = ""
    accepted: str = ""
    handled: str = ""
    notes: tuple[str, ...] = ()

    @property
    def taken(self) -> bool:
        """Whether people there have accepted it."""
        return Progress.ACCEPTED <= self.progress <= Progress.FINISHED


def rows(posted: Posted, stories: Sequence[Story]) -> list[Row]:
    """The lines of a receipt, problems first, then by name."""
    since = datetime.fromisoformat(posted.at).astimezone(VIETNAM).date()
    told = (_row(story, posted, since) for story in stories)
    return sorted(told, key=lambda row: (row.progress, names.bare(row.name).lower()))


def settled(posted: Posted, stories: Sequence[Story]) -> bool:
    """Whether nothing more can change by itself, answers left aside."""
    if posted.fate is Fate.WITHDRAWN:
        return True
    return posted.fate is Fate.SENT and bool(stories) and all(story.state in _ENDED for story in stories)


def finished(rows: Iterable[Row]) -> bool:
    """Whether every recipient has accepted it, or it was stopped: nobody waits for anything."""
    return all(row.taken or row.progress is Progress.WITHDRAWN for row in rows)


def stoppable(posted: Posted, stories: Sequence[Story]) -> bool:
    """Whether its sender can still stop it."""
    held = any(story.state == "held" for story in stories)
    return held or (posted.fate is Fate.TAKEN and not stories)


def clock(moment: datetime, since: date, *, seconds: bool = False) -> str:
    """A time as the receipt says it: without its day where that is the day of custody."""
    local = moment.astimezone(VIETNAM)
    hour = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    if local.date() == since:
        return hour
    return f"{hour} {local:%d/%m}" if local.year == since.year else f"{hour} {local:%d/%m/%Y}"


def until(posted: Posted, since: date) -> str:
    """Until when it can be stopped: to the second where that is soon."""
    taken, end = datetime.fromisoformat(posted.at), datetime.fromisoformat(posted.until)
    soon = texts.is_soon((end - taken).total_seconds())
    return clock(end, since, seconds=soon)


def _row(story: Story, posted: Posted, since: date) -> Row:
    progress = Progress.WITHDRAWN if _stopped(story, posted) else _progress(story)
    return Row(
        texts.line(story.name or story.recipient),
        progress,
        _sent(story, progress, posted, since),
        _first(story, "01", since),
        _accepted(story, progress, since),
        _handled(story, since),
        tuple(_notes(story, progress, since)),
    )


def _stopped(story: Story, posted: Posted) -> bool:
    return posted.fate is Fate.WITHDRAWN and story.state in ("held", "waiting")


def _first(story: Story, code: str, since: date) -> str:
    """When that was answered first; "" where it was not."""
    return next((clock(answer.at, since) for answer in story.answers if answer.code == code), "")


def _progress(story: Story) -> Progress:
    """An answer shows that it is there, whatever the way back said."""
    if reached := _BY_STATUS.get(story.status or ""):
        return reached
    if any(answer.code in texts.WORDS for answer in story.answers):
        return Progress.DELIVERED
    if story.down_since and story.state in ("waiting", "sending"):
        return Progress.STUCK
    return _BY_STATE.get(story.state, Progress.ON_ITS_WAY)


def _sent(story: Story, progress: Progress, posted: Posted, since: date) -> str:
    if progress is Progress.HELD:
        return f"chờ đến {until(posted, since)}"
    if story.delivered_at:
        return clock(story.delivered_at, since)
    return _SENT.get(progress, "đã chuyển")


def _accepted(story: Story, progress: Progress, since: date) -> str:
    if story.status == "02":
        return f"từ chối {_first(story, '02', since)}".strip()
    if at := _first(story, "03", since):
        return f"{at}{_incoming_number(story)}"
    return "chưa" if progress is Progress.DELIVERED else ""


def _incoming_number(story: Story) -> str:
    found = (_INCOMING_NUMBER.match(answer.reason) for answer in story.answers if answer.code == "03")
    return next((f", số đến {match[1]}" for match in found if match), "")


def _handled(story: Story, since: date) -> str:
    """The furthest of the last three, and whom it was given to."""
    for code, word in _HANDLED.items():
        for answer in reversed(story.answers):
            if answer.code == code:
                local = answer.at.astimezone(VIETNAM)
                when = clock(answer.at, since) if local.date() == since else f"{local:%d/%m}"
                who = code == "04" and answer.by not in ("", story.name)
                return f"{word} {when}{f': {texts.line(answer.by, 80)}' if who else ''}"
    return ""


def _notes(story: Story, progress: Progress, since: date) -> Iterator[str]:
    if progress is Progress.FAILED:
        yield from _failure(story)
    if progress is Progress.STUCK:
        yield _delay(story, since)
    for answer in story.answers:
        reason, when = texts.line(answer.reason, 300), clock(answer.at, since)
        if answer.code == "02":
            yield (
                f"Lý do: {reason or 'không nêu'}" if story.status == "02" else _told("Từ chối tiếp nhận", when, reason)
            )
        elif answer.code == "03" and reason and not _INCOMING_NUMBER.match(reason):
            yield reason
        elif answer.code in ("04", "05", "06") and reason:
            yield f"{texts.word(answer.code)}: {reason}"
        elif answer.code not in texts.WORDS:
            yield _told(_RECALLS.get(answer.code, f"Hồi báo {texts.line(answer.code, 20)}"), when, reason)


def _failure(story: Story) -> Iterator[str]:
    if story.reason.startswith(_UNKNOWN):
        yield "Không có nơi nhận này trên trục"
        return
    yield "Không chuyển được: cần gọi cán bộ trục"
    if story.reason:
        yield f"Ghi nhận: {texts.line(story.reason)}"


def _delay(story: Story, since: date) -> str:
    if story.down_since:
        return f"Mất kết nối từ {clock(story.down_since, since)}; sẽ tự chuyển khi có mạng"
    if story.state == "uncertain":
        return "Chưa rõ đã tới chưa, hệ thống tự kiểm tra và chuyển lại"
    return "Chưa chuyển được, hệ thống tự chuyển lại"


def _told(word: str, when: str, reason: str) -> str:
    return f"{word} {when}{f': {reason}' if reason else ''}"
