"""What the connector asks of a unit's software, each as the profile has it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp

from hub.carrying.failures import NotReached, Outage, Spoilt
from hub.carrying.spool import Spool
from hub.carrying.traffic import Traffic
from plugins.eoffice.rest.bodies import Body, json_body, sent_body
from plugins.eoffice.rest.caller import SMALL, Ask, Caller, Clock, Room
from plugins.eoffice.rest.failures import Failed
from plugins.eoffice.rest.mapping import one_text
from plugins.eoffice.rest.packing import Payload
from plugins.eoffice.rest.picks import NothingThere
from plugins.eoffice.rest.profile import Files, Find, Inlet, Listing, Outlet, Pages
from plugins.eoffice.rest.reading import Judged, hidden
from plugins.eoffice.rest.settings import RestSettings
from plugins.eoffice.rest.templates import Tree, Values
from plugins.eoffice.rest.told import Told

#: Bytes of one page of a list that brings no files; rows that are kept of all pages, and pages.
LIST, ROWS, _PAGES = 1 << 26, 10_000, 1000
#: Ids that one look goes through, and characters of rows that say all.
_SEEN, _WEIGHT = 100_000, 1 << 24
#: Bytes of an answer for one byte of the document in it: base64, escapes, and what stands beside it.
_WIDER = 3
#: Seconds that a check may take.
CHECKING = 10.0
#: Parts of `send_timeout` that a send may wait for its turn, and last; a second more for so many bytes.
_WAITS, _LASTS, _FASTER = 0.3, 0.6, 250_000
_SLOWEST = 50_000
#: A page of a list may take so many times the silence that it is given.
_LISTING = 10
_LONGEST_ID = 200
#: Who says so asks for less, with or without a Retry-After.
_TOO_MUCH = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.TOO_EARLY})
#: So far back a list is asked for at most.
_FURTHEST = timedelta(days=366)
#: Files that look as errors do.
_PAGES_THEMSELVES = (".json", ".html", ".htm")
#: In an address these mean another place.
_STEPS = (".", "..")


@dataclass(frozen=True, slots=True)
class Row:
    """One that waits for us. `told`: the answer that it stands in, where that says all."""

    id: str
    said: Any = field(default=None, repr=False)
    told: Told | None = field(default=None, repr=False)


@dataclass(slots=True)
class Listed:
    """What a list shows: rows that are new, none twice, ids that are `known`, and such as nobody could ask for."""

    known: Collection[str] = ()
    rows: dict[str, Row] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)
    #: every id, of those that are over too
    seen: set[str] = field(default_factory=set)
    strange: list[str] = field(default_factory=list)
    #: pages whose rows say all that there is
    pages: list[Told] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Whether it may hold no more."""
        weight = sum(page.cutter.size for page in self.pages if page.cutter)
        return len(self.rows) >= ROWS or len(self.seen) >= _SEEN or weight >= _WEIGHT

    def drop(self) -> None:
        """Nothing of it is needed any more. Blocking."""
        for page in self.pages:
            if page.spool:
                with suppress(OSError):
                    page.spool.drop()


@dataclass(frozen=True, slots=True)
class Answered:
    """They have it: under which id, and whether they had it before."""

    id: str
    before: bool = False


class Client:
    """Calls to one server. They raise Trouble: Outage, Denied, Resting, Failed, Spoilt."""

    def __init__(self, settings: RestSettings, caller: Caller, traffic: Traffic, clock: Clock, folder: Path) -> None:
        self._settings, self._caller, self.traffic, self._clock = settings, caller, traffic, clock
        self._folder, self._largest = folder, settings.largest * 10**6
        #: whether the disk takes so many bytes more
        self.has_room: Callable[[int], bool] = _always

    async def listed(
        self, name: str, kind: str, *, known: Collection[str] = (), last: datetime | None = None, most: int = _PAGES
    ) -> Listed:
        """What waits, by so many pages at most, at most 10,000 rows that are not `known`: the rest is in the next list.

        `last`: since when there may be any.
        """
        inlet, found, since = self._settings.profile.receive[name], Listed(known), self._since(name, last)
        paging = self._settings.profile.list_of(name).pages
        page, cursor = paging.first if paging else 1, ""
        try:
            async with self.traffic.turn():
                for _ in range(most if paging else 1):
                    told, new = await self._page(name, inlet, kind, (page, cursor), found, since)
                    before, page = cursor, page + 1
                    cursor = self._cursor(name, told)
                    if not new or found.is_full or _is_last(paging, new, no_cursor=cursor in ("", before)):
                        break
        except BaseException:
            await asyncio.shield(asyncio.to_thread(found.drop))
            raise
        return found

    async def fetched(self, name: str, kind: str, row: Row, *, unread: bool = False) -> Told:
        """What the row stands for; its own list where that says all. `unread`: its bytes alone, whatever they are."""
        fetch = self._settings.profile.receive[name].fetch
        if fetch is None:
            assert row.told
            return row.told
        ask = Ask(fetch.call.method, fetch.call.path, fetch.headers, {"id": row.id, "kind": kind, **_NO_WORD},
                  lambda known: _json(fetch.json_, known))  # fmt: skip
        return await self._one(ask, ("receive", name, "fetch"), raw=unread or fetch.packet == "raw", looks=not unread)

    async def file(self, files: Files, row: Row, file: tuple[str, str], at: tuple[str, ...]) -> Told:
        """One file of a document, of that id and name, by its own address."""
        assert files.call
        ask = Ask(files.call.method, files.call.path, files.headers, {"id": row.id, "file.id": file[0], "kind": ""})
        looks = not file[1].lower().endswith(_PAGES_THEMSELVES)
        return await self._one(ask, at, raw=True, looks=looks)

    async def confirm(self, name: str, kind: str, id_: str, *, taken: bool, reason: str = "") -> None:
        """Say what became of one, if there is a word for it."""
        ask = self.confirming(name, kind, id_, taken=taken, reason=reason)
        if ask is None:
            return
        async with self.traffic.turn():
            told, judged = await self._caller.told(ask, self._patience(self._settings.timeout))
            if judged.verdict not in ("ok", "there"):
                raise self._trouble(told, judged, self._settings.profile.place_of(name, "confirm"))

    def confirming(self, name: str, kind: str, id_: str, *, taken: bool, reason: str = "") -> Ask | None:
        """The call that says it; None: there is no word for it."""
        says = self._settings.profile.confirm_of(name)
        word = (says.taken if taken else says.refused) if says else ""
        if says is None or word == "":
            return None
        more = {"id": id_, "kind": kind, "word": word, "reason": reason}
        return Ask(says.call.method, says.call.path, says.headers, more, lambda known: _json(says.json_, known))

    async def send(self, outlet: Outlet, more: Mapping[str, object], payload: Payload, to: _To) -> Answered:
        """Hand it over. Raises Failed with what the profile makes of their answer."""
        settings = self._settings
        ask = Ask(outlet.call.method, outlet.call.path, outlet.headers, more,
                  lambda known: sent_body(outlet, known, payload, to))  # fmt: skip
        size = payload.packet.size + sum(file.content.size for file in payload.files)
        patience = self._patience(settings.transfer_timeout, settings.send_timeout * _LASTS + size / _FASTER)
        async with self.traffic.turn(patience=settings.send_timeout * _WAITS):
            told, judged = await self._caller.told(ask, patience)
        id_ = _id(outlet, told)
        if judged.verdict == "ok" and outlet.id is not None and not id_:
            raise Failed("unknown", "phần mềm của đơn vị nhận mà không trả mã (pick: id)", at=("send",))
        if judged.verdict in ("ok", "there"):
            return Answered(id_, judged.verdict == "there")
        raise Failed(judged.verdict, judged.reason, told.retry_after)

    async def find(self, find: Find, more: Mapping[str, object]) -> Answered | None:
        """Whether they have it; None: they have not."""
        ask = Ask(find.call.method, find.call.path, find.headers, more,
                  lambda known: _json(find.json_, known))  # fmt: skip
        settings = self._settings
        async with self.traffic.turn(patience=settings.send_timeout * _WAITS):
            told, judged = await self._caller.told(ask, self._patience(settings.timeout))
            if judged.code in find.missing or told.status == HTTPStatus.NOT_FOUND:
                return None
            if judged.verdict not in ("ok", "there"):
                raise self._trouble(told, judged, ("find",))
            try:
                there = find.there.holds(told.tree)
                return Answered(find.id.text(told.tree) if find.id else "", True) if there else None
            except NothingThere as error:
                raise Outage(str(error), told.status, at=("find", "there")) from error

    # one call ------------------------------------------------------------------------------------------------

    def _since(self, name: str, last: datetime | None) -> datetime:
        """`look_back`, or further where there may be something from before."""
        now = self._clock.now()
        first = now - timedelta(seconds=self._settings.profile.list_of(name).look_back)
        return min(first, max(last - timedelta(days=1), now - _FURTHEST)) if last else first

    async def _page(
        self, name: str, inlet: Inlet, kind: str, place: tuple[int, str], found: Listed, since: datetime
    ) -> tuple[Told, int]:
        """One page into what was found, and how many rows it has; 0 where none of them is new."""
        says, local = self._settings.profile.list_of(name), self._clock.now().astimezone(self._settings.profile.zone)
        size = says.pages.size if says.pages else ROWS
        first = says.pages.first if says.pages else 1
        more = {
            "kind": kind,
            "since": since.astimezone(local.tzinfo),
            "until": local + timedelta(seconds=says.look_ahead),
            "page": place[0],
            "offset": (place[0] - first) * size,
            "size": size,
            "cursor": place[1],
            "id": "",
        }
        ask = Ask(says.call.method, says.call.path, says.headers, more, lambda known: _json(says.json_, known))
        whole = inlet.fetch is None
        room = Room(self._largest * _WIDER if whole else LIST, self._spool if whole else None)
        silence = self._settings.timeout
        patience = self._patience(silence, most=room.limit) if whole else self._patience(silence, silence * _LISTING)
        told, judged = await self._caller.told(ask, patience, room)
        if whole:
            found.pages.append(told)
        if judged.verdict not in ("ok", "there"):
            raise self._outage(told, judged, self._settings.profile.place_of(name, "list"))
        return told, await asyncio.to_thread(self._keep, name, told, found)

    def _keep(self, name: str, told: Told, found: Listed) -> int:
        """How many rows there are; 0 where none of them is new. Off the loop: they may be very many."""
        at = self._settings.profile.place_of(name, "list")
        try:
            says = self._settings.profile.list_of(name)
            rows = says.rows.rows(told.tree)
        except NothingThere as error:
            raise Outage(str(error), told.status, at=(*at, "rows")) from error
        if rows is None:
            raise Outage("câu trả lời không có danh sách (pick: rows)", told.status, at=(*at, "rows"))
        before = len(found.seen)
        for said in rows:
            self._kept(says, said, told, found)
        # A server that knows no pages gives the first again and again.
        return len(rows) if len(found.seen) > before else 0

    def _kept(self, says: Listing, said: Any, told: Told, found: Listed) -> None:
        try:
            id_, over = one_text(says.id.one(said)), says.over is not None and says.over.holds(said)
        except NothingThere:
            id_, over = "", False
        if not id_ or len(id_) > _LONGEST_ID or not id_.isprintable() or id_ in _STEPS:
            if len(found.strange) < ROWS:
                found.strange.append(hidden(ascii(id_ or said), self._caller.secrets, 60))
            return
        found.seen.add(id_)
        if not over and id_ in found.known:
            found.again.add(id_)
        elif not over and len(found.rows) < ROWS:
            says_all = bool(found.pages) and found.pages[-1] is told
            found.rows.setdefault(id_, Row(id_, said, told) if says_all else Row(id_))

    def _cursor(self, name: str, told: Told) -> str:
        paging = self._settings.profile.list_of(name).pages
        pick, at = paging.cursor if paging else None, self._settings.profile.place_of(name, "list")
        try:
            return pick.text(told.tree) if pick else ""
        except NothingThere as error:
            raise Outage(str(error), told.status, at=(*at, "pages", "cursor")) from error

    async def _one(self, ask: Ask, at: tuple[str, ...], *, raw: bool, looks: bool = True) -> Told:
        """An answer that brings one item: where it is none, the line may be well."""
        limit = self._largest * _WIDER + SMALL
        patience = self._patience(self._settings.transfer_timeout, most=limit)
        async with self.traffic.turn():
            try:
                told, judged = await self._caller.told(ask, patience, Room(limit, self._spool, raw, looks))
            except NotReached:
                raise
            except Outage as error:
                # Who asks for a pause gets it, whatever it was about.
                if error.retry_after:
                    raise
                raise Spoilt(str(error), error.at or at) from error
            if judged.verdict in ("ok", "there"):
                return told
            if told.spool:
                await asyncio.to_thread(told.spool.drop)
            raise self._trouble(told, judged, at)

    def _spool(self) -> Spool:
        return Spool(self._folder, self._largest * _WIDER + SMALL, self.has_room)

    def _patience(self, silence: float, total: float | None = None, *, most: int = 0) -> aiohttp.ClientTimeout:
        lasts = total if total is not None else silence + most / _SLOWEST
        return aiohttp.ClientTimeout(total=lasts, sock_connect=self._settings.timeout, sock_read=silence)

    def _trouble(self, told: Told, judged: Judged, at: tuple[str, ...]) -> Outage | Spoilt:
        """Of an answer about one item."""
        if told.retry_after or told.status >= HTTPStatus.INTERNAL_SERVER_ERROR or told.status in _TOO_MUCH:
            return self._outage(told, judged, at)
        return Spoilt(judged.reason or "câu trả lời không dùng được", at)

    def _outage(self, told: Told, judged: Judged, at: tuple[str, ...]) -> Outage:
        return Outage(judged.reason or "câu trả lời không dùng được", told.status, told.retry_after, at)


_To = list[tuple[str, str]]
_NO_WORD = {"word": "", "reason": ""}


def _always(_size: int) -> bool:
    return True


def _json(tree: Tree, known: Values) -> Body | None:
    return json_body(tree, known) if tree is not None else None


def _is_last(paging: Pages | None, new: int, *, no_cursor: bool) -> bool:
    if paging is None:
        return True
    return no_cursor if paging.cursor else new < paging.size


def _id(outlet: Outlet, told: Told) -> str:
    try:
        return outlet.id.text(told.tree)[:_LONGEST_ID] if outlet.id and told.tree is not None else ""
    except NothingThere:
        return ""
