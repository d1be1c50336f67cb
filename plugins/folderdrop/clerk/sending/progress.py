"""How far a sent document has come with each of its recipients, in a clerk's words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import IntEnum

from hub import VIETNAM, Story
from plugins.folderdrop.clerk import names, texts
from plugins.folderdrop.clerk.sending.records import Fate, Posted, Request


class Progress(IntEnum):
    """How a recipient stands, what a person must look at first."""

    FAILED = 0
    REFUSED = 1
    #: it is wanted back: the request cannot reach them, or they do not agree, or have not said
    OUT_OF_REACH = 2
    KEPT = 3
    STUCK = 4
    ASKED = 5
    HELD = 6
    ON_ITS_WAY = 7
    DELIVERED = 8
    ACCEPTED = 9
    HANDLED = 10
    FINISHED = 11
    GIVEN_BACK = 12
    WITHDRAWN = 13


#: As the totals say it.
TOTALS = {
    Progress.FAILED: "không chuyển được",
    Progress.REFUSED: "từ chối tiếp nhận",
    Progress.OUT_OF_REACH: "không thu hồi được qua hệ thống",
    Progress.KEPT: "không đồng ý thu hồi",
    Progress.STUCK: "chưa chuyển được",
    Progress.ASKED: "chưa trả lời thu hồi",
    Progress.HELD: "chờ chuyển",
    Progress.ON_ITS_WAY: "đang chuyển",
    Progress.DELIVERED: "đã chuyển, chưa tiếp nhận",
    Progress.ACCEPTED: "đã tiếp nhận",
    Progress.HANDLED: "đang xử lý",
    Progress.FINISHED: "hoàn thành",
    Progress.GIVEN_BACK: "đồng ý thu hồi",
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
    #: how far it came, the recall left aside; None: as `progress` says
    reached: Progress | None = None

    @property
    def taken(self) -> bool:
        """Whether people there have accepted it."""
        reached = self.progress if self.reached is None else self.reached
        return Progress.ACCEPTED <= reached <= Progress.FINISHED

    @property
    def over(self) -> bool:
        """Whether nobody waits for them any more."""
        if self.progress in (Progress.ASKED, Progress.OUT_OF_REACH):
            return False
        return self.taken or self.progress >= Progress.GIVEN_BACK


def rows(posted: Posted, stories: Sequence[Story]) -> list[Row]:
    """The lines of a receipt, problems first, then by name."""
    since = datetime.fromisoformat(posted.at).astimezone(VIETNAM).date()
    requests = {each.envelope for each in wanted(posted)} - {""}
    asked = {story.recipient: story for story in stories if story.envelope in requests}
    own = (story for story in stories if story.envelope not in requests)
    told = (_row(story, posted, since, asked.get(story.recipient)) for story in own)
    return sorted(told, key=lambda row: (row.progress, names.bare(row.name).lower()))


def wanted(posted: Posted) -> tuple[Request, ...]:
    """Everybody who is asked to give it back."""
    return posted.recall.requests if posted.recall else ()


def settled(posted: Posted, stories: Sequence[Story]) -> bool:
    """Whether nothing more can change by itself, answers left aside."""
    if posted.fate is Fate.WITHDRAWN:
        return True
    return posted.fate is Fate.SENT and bool(stories) and all(story.state in _ENDED for story in stories)


def finished(rows: Iterable[Row]) -> bool:
    """Whether every recipient has accepted it, or gave it back, or it was stopped: nobody waits for anything."""
    return all(row.over for row in rows)


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


def _row(story: Story, posted: Posted, since: date, asked: Story | None) -> Row:
    carried = Progress.WITHDRAWN if _stopped(story, posted) else _progress(story)
    request = next((each for each in wanted(posted) if each.recipient == story.recipient), None)
    progress = _recalled(request, story, asked) if request else carried
    return Row(
        texts.line(story.name or story.recipient),
        progress,
        _sent(story, carried, posted, since),
        _first(story, "01", since),
        _accepted(story, progress if progress is Progress.GIVEN_BACK else carried, since),
        _handled(story, since),
        (*_wanted_back(posted, progress, since), *_notes(_without_asking(posted, story), carried, since)),
        carried,
    )


def _without_asking(posted: Posted, story: Story) -> Story:
    """What a receipt says of its own request need not be said once more."""
    if posted.recall is None:
        return story
    return replace(story, answers=tuple(answer for answer in story.answers if answer.code != "13"))


def _recalled(request: Request, story: Story, asked: Story | None) -> Progress:
    """How a recipient stands that is asked to give it back."""
    said = [answer.code for answer in story.answers if answer.code in _GIVEN]
    if said:
        return _GIVEN[said[-1]]
    return Progress.OUT_OF_REACH if request.refused or (asked and asked.state == "dead") else Progress.ASKED


_GIVEN = {"15": Progress.GIVEN_BACK, "16": Progress.KEPT}
_BEYOND = "Yêu cầu thu hồi không tới được nơi này qua hệ thống, văn bản đã gửi không tự lấy lại được: cần gọi điện"


def _wanted_back(posted: Posted, progress: Progress, since: date) -> Iterator[str]:
    if posted.recall and progress in (Progress.ASKED, Progress.KEPT, Progress.GIVEN_BACK):
        at = clock(datetime.fromisoformat(posted.recall.at), since)
        yield f"Đã yêu cầu thu hồi {at}{', chưa trả lời' if progress is Progress.ASKED else ''}"
    elif progress is Progress.OUT_OF_REACH:
        yield _BEYOND


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
            yield _told(texts.RECALLS.get(answer.code, f"Hồi báo {texts.line(answer.code, 20)}"), when, reason)


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
