"""What a clerk's gestures must lead to, told a second time and without the hub's code: from the contract alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

GRACE, GRACE_REFUSAL, SETTLE = timedelta(seconds=120), timedelta(seconds=600), timedelta(seconds=2)
_HERE = timezone(timedelta(hours=7))
_NIGHT, _WORKING_DAY = timedelta(hours=7), timedelta(hours=10)
_LEAST_REASON = 10
#: stage -> the stages that may follow, and be told
FOLLOWING = {1: {2, 3, 4, 5, 6}, 2: set[int](), 3: {2, 4, 5, 6}, 4: {4, 5, 6}, 5: {6}, 6: set[int]()}
#: stages 7 and 8 answer a recall; nobody recalls anything here, a person makes these folders
FOLDERS = {
    1: "1-moi-den",
    2: "2-tu-choi",
    3: "3-da-tiep-nhan",
    4: "4-phan-cong",
    5: "5-dang-xu-ly",
    6: "6-hoan-thanh",
    7: "7-dong-y-thu-hoi",
    8: "8-khong-dong-y-thu-hoi",
}
_INCOMING = "van-ban-den"


@dataclass(frozen=True)
class Spot:
    """Where a clerk can put something. Stage 0: elsewhere on the share."""

    stage: int
    person: str = ""

    @property
    def path(self) -> str:
        if not self.stage:
            return "Cá nhân"
        return "/".join(part for part in (_INCOMING, FOLDERS[self.stage], self.person) if part)


@dataclass
class Copy:
    """One of a document's folders."""

    spot: Spot
    above: str
    name: str
    whole: bool = True
    #: what people put in: name -> content
    extras: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"{self.above}/{self.name}"


@dataclass
class Wait:
    """Something that was seen, and is not meant yet."""

    key: str
    detail: object
    since: datetime
    changed: datetime
    stage: int = 0
    crowd: bool = False


@dataclass
class Paper:
    """One document: what the sender has heard, where its folders lie."""

    copies: list[Copy]
    stage: int = 1
    person: str = ""
    heard: list[tuple[str, str]] = field(default_factory=lambda: [("01", "")])
    wait: Wait | None = None
    #: the gesture that waits, as a restart will find it
    kept: Wait | None = None
    restored: bool = False
    gone: bool = False
    #: a file of it that lies alone: where, and since when the hub has seen it
    loose: Spot | None = None
    loose_since: datetime | None = None

    @property
    def closed(self) -> bool:
        return self.stage in (2, 6)

    @property
    def kept_since(self) -> tuple[datetime, datetime, bool] | None:
        """Since when a gesture waits and is unchanged, and whether it is one of many."""
        return (self.kept.since, self.kept.changed, self.kept.crowd) if self.kept else None

    @property
    def home(self) -> Spot:
        return Spot(self.stage, self.person)

    def had(self, spot: Spot) -> bool:
        """Whether that person had it before, and somebody has it now."""
        return spot.stage == self.stage == 4 and ("04", spot.person) in self.heard

    def legal(self, spot: Spot) -> bool:
        """Whether a document may go there, and the sender would hear of it."""
        again = spot.stage == self.stage == 4
        return spot.stage in FOLLOWING[self.stage] and not (again and spot.person in ("", self.person))


class Model:
    """All documents of one share."""

    def __init__(self, folders: Iterable[str], crowd: int) -> None:
        new = Spot(1)
        #: the names that the hub gave
        self.given = list(folders)
        self.papers = [Paper([Copy(new, new.path, name)]) for name in self.given]
        self._crowd = crowd

    def forked(self) -> Model:
        """The same, to go another way."""
        return deepcopy(self)

    def restart(self) -> None:
        """The hub knows of gestures that wait, and forgets what else waited."""
        for paper in self.papers:
            paper.wait, paper.loose_since = deepcopy(paper.kept), None

    def look(self, now: datetime) -> None:
        """The hub looks once."""
        for paper in self.papers:
            self._join(paper, now)
        for paper in self.papers:
            self._observe(paper, now)
        counts = Counter(paper.wait.stage for paper in self.papers if paper.wait and paper.wait.stage)
        for paper in self.papers:
            if paper.wait and counts[paper.wait.stage] > self._crowd:
                paper.wait.crowd = True
        for paper in self.papers:
            rolls = [copy for copy in paper.copies if paper.stage == copy.spot.stage == 6]
            self._act(paper, now)
            self._roll(rolls, now)
            paper.kept = deepcopy(paper.wait) if paper.wait and paper.wait.stage else None

    def _join(self, paper: Paper, now: datetime) -> None:
        """A file alone in another stage takes its folder there."""
        if paper.loose is None or paper.closed:
            paper.loose_since = None
            return
        if paper.loose_since is None:
            paper.loose_since = now
        seen = self._seen(paper)
        if now - paper.loose_since < SETTLE or len(seen) != 1 or seen[0].spot == paper.loose:
            return
        [copy] = seen
        copy.whole = True
        spot, paper.loose, paper.loose_since = paper.loose, None, None
        if paper.legal(spot):
            self._put(copy, spot)

    def _seen(self, paper: Paper) -> list[Copy]:
        """What the hub knows of: what lies elsewhere is looked for only when nothing lies in the stages."""
        copies = sorted(paper.copies, key=lambda copy: copy.path)
        inside = [copy for copy in copies if copy.spot.stage]
        lost = not inside and not paper.closed and not paper.gone
        return copies if lost else inside

    def _forward(self, paper: Paper, seen: list[Copy]) -> Copy | None:
        """The furthest legal place; a half copy counts only where nothing whole, and nothing at home, is left."""
        better = any(copy.spot == paper.home or copy.whole for copy in seen)
        home = any(copy.spot == paper.home for copy in seen)
        legal = [copy for copy in seen if paper.legal(copy.spot) and not (home and paper.had(copy.spot))]
        meant = [copy for copy in legal if copy.whole or not better]
        return max(meant, key=lambda copy: (copy.spot.stage if copy.spot.stage != 2 else 0, copy.whole), default=None)

    def _observe(self, paper: Paper, now: datetime) -> None:
        """What is seen, and since when."""
        seen = self._seen(paper)
        key, detail, stage = self._state(paper, seen)
        if not key:
            paper.wait = None
        elif paper.wait is None or paper.wait.key != key:
            paper.wait = Wait(key, detail, now, now, stage)
        elif paper.wait.detail != detail:
            paper.wait.detail, paper.wait.changed = detail, now

    def _state(self, paper: Paper, seen: list[Copy]) -> tuple[str, object, int]:
        if not seen:
            return ("" if paper.closed or paper.gone else "missing"), None, 0
        if copy := self._forward(paper, seen):
            told = {name: copy.extras.get(name) for name in ("ly-do.txt", "ket-qua.txt")}
            return f"to {copy.spot}", (copy.name, told), copy.spot.stage
        if any(each.spot == paper.home for each in seen):
            twins = self._twins(paper, seen)[1]
            return ("twins" if twins else ""), sorted(each.path for each in twins), 0
        if all(each.spot.stage for each in seen):
            return f"back {seen[0].path}", None, 0
        return "", None, 0

    def _twins(self, paper: Paper, seen: list[Copy]) -> tuple[Copy, list[Copy]]:
        """The one that stays, and what is left over besides."""
        given = self.given[self.papers.index(paper)]
        home = [copy for copy in seen if copy.spot == paper.home]
        stays = max(home, key=lambda copy: (copy.whole, copy.name == given, copy.path))
        return stays, [
            copy
            for copy in seen
            if copy is not stays and copy.spot.stage and (paper.had(copy.spot) or not paper.legal(copy.spot))
        ]

    def _act(self, paper: Paper, now: datetime) -> None:
        wait, seen = paper.wait, self._seen(paper)
        if wait is None:
            return
        if wait.key == "missing" and now >= wait.since + GRACE:
            self._restore(paper)
        elif wait.key == "twins" and now >= wait.changed + GRACE:
            self._drop(paper, seen)
        elif wait.key.startswith("back") and now >= wait.since + SETTLE:
            self._put(seen[0], paper.home)
            paper.wait = None
        elif wait.stage:
            self._tell(paper, wait, now)

    def _tell(self, paper: Paper, wait: Wait, now: datetime) -> None:
        copy = self._forward(paper, self._seen(paper))
        assert copy is not None
        if copy.spot.stage == 2 and not _has_reason(copy):
            if _worked(now) - _worked(wait.since) >= _WORKING_DAY:
                self._put(copy, paper.home)
                paper.wait = None
            return
        long = copy.spot.stage == 2 or wait.crowd
        if now < max(wait.since + (GRACE_REFUSAL if long else GRACE), wait.changed + GRACE):
            return
        if copy.spot.stage > 3 and ("03", "") not in paper.heard:
            paper.heard.append(("03", ""))
        paper.heard.append((f"0{copy.spot.stage}", copy.spot.person))
        paper.stage, paper.person, paper.wait, paper.gone = copy.spot.stage, copy.spot.person, None, False

    def _drop(self, paper: Paper, seen: list[Copy]) -> None:
        stays, twins = self._twins(paper, seen)
        for twin in twins:
            if twin.whole and stays.whole and twin.extras.items() <= stays.extras.items():
                paper.copies.remove(twin)
        paper.wait = None

    def _restore(self, paper: Paper) -> None:
        paper.wait = None
        if paper.restored:
            paper.gone = True
            return
        paper.restored = True
        paper.copies.append(Copy(paper.home, paper.home.path, self.given[self.papers.index(paper)]))

    def _roll(self, finished: list[Copy], now: datetime) -> None:
        """What was finished before goes into the folder of its month."""
        for copy in finished:
            if copy.above == copy.spot.path:
                self._put(copy, copy.spot, f"{copy.above}/{now.astimezone(_HERE):%Y-%m}")

    def _put(self, copy: Copy, spot: Spot, above: str = "") -> None:
        taken = {each.path for other in self.papers for each in other.copies}
        above, turn, name = above or spot.path, 1, copy.name
        while f"{above}/{name}" in taken:
            turn += 1
            name = f"{copy.name} ({turn})"
        copy.spot, copy.above, copy.name = spot, above, name


def _has_reason(copy: Copy) -> bool:
    return sum(letter.isalpha() for letter in copy.extras.get("ly-do.txt", "")) >= _LEAST_REASON


def _worked(until: datetime) -> timedelta:
    """The working hours since some Monday long ago: ten a day from 7:00, five days a week."""
    here = until.astimezone(_HERE)
    weeks, day = divmod((here.date() - datetime(2020, 1, 6, tzinfo=_HERE).date()).days, 7)
    today = timedelta(hours=here.hour, minutes=here.minute, seconds=here.second, microseconds=here.microsecond)
    began = min(max(today - _NIGHT, timedelta()), _WORKING_DAY) if day < 5 else timedelta()  # Saturday
    return (weeks * 5 + min(day, 5)) * _WORKING_DAY + began
