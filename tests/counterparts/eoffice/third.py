"""A unit's software with an API of another style, made up: third-api.md beside this file is all that is said of it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from aiohttp import web

from tests.counterparts.eoffice import posting
from tests.counterparts.eoffice.core import NotOurs
from tests.counterparts.eoffice.door import Door, Visit, same
from tests.counterparts.eoffice.model import VIETNAM, File, Packet, Paper, Party, Said, digest, folded
from tests.counterparts.eoffice.replies import Reply, said

_BASE = "/lien-thong/v3"
_DAY, _TIME = "%d/%m/%Y", "%d/%m/%Y %H:%M:%S"
_WORD = re.compile(r"[A-Za-z0-9]{8,64}", re.ASCII)
#: seconds that a random word is remembered
_REMEMBERED = 600.0
_KINDS = {1: "Công văn", 2: "Quyết định", 3: "Thông báo", 4: "Giấy mời", 5: "Báo cáo", 6: "Tờ trình", 7: "Kế hoạch"}
_OTHER = 99
_STATUSES = {10: "01", 20: "02", 30: "03", 40: "04", 50: "05", 60: "06", 70: "13", 80: "15", 90: "16"}
_BOXES = {"van-ban": "edoc", "trang-thai": "status"}
_LINES, _MOST_LINES = 20, 100


class Failed(Exception):
    """The call is answered with this error."""

    def __init__(self, number: int, text: str, **more: Any) -> None:
        super().__init__(text)
        self.number, self.more = number, more


class Third(Door):
    """Everything below `/lien-thong/v3`."""

    name = "third"
    matters = frozenset({"ok", "id", "dong", "so"})

    def open(self, app: web.Application) -> None:
        """Add its paths."""
        self.serve(app, "POST", f"{_BASE}/van-ban", self._guarded(self._give))
        self.serve(app, "GET", f"{_BASE}/van-ban/tim", self._guarded(self._find))
        self.serve(app, "POST", f"{_BASE}/trang-thai", self._guarded(self._tell))
        self.serve(app, "GET", f"{_BASE}/hop-thu-di", self._guarded(self._list))
        self.serve(app, "GET", f"{_BASE}/hop-thu-di/{{id}}", self._guarded(self._fetch))
        self.serve(app, "POST", f"{_BASE}/hop-thu-di/{{id}}/xac-nhan", self._guarded(self._confirm))
        self.serve(app, "GET", f"{_BASE}/don-vi", self._guarded(self._agencies))

    def broken(self) -> Reply:
        """Its own error, said with HTTP 200."""
        return _failure(Failed(50, "Hệ thống bận"))

    # who calls ---------------------------------------------------------------------------------------------------

    def _guarded(self, work: Any) -> Any:
        async def guarded(visit: Visit) -> Reply:
            try:
                await self._check(visit)
                return said({"ok": True, "ketQua": await work(visit)})
            except Failed as failed:
                return _failure(failed)
            except NotOurs as error:
                await self.core.refused(self.name, str(error))
                return _failure(Failed(40, "Không phải văn bản của đơn vị này"))

        return guarded

    async def _check(self, visit: Visit) -> None:
        told = visit.request.headers
        at, word = told.get("X-Thoi-Gian", ""), told.get("X-Ma-Ngau-Nhien", "")
        body = hashlib.sha256(await visit.request.read()).hexdigest()
        text = f"{visit.request.method}\n{visit.request.raw_path}\n{at}\n{word}\n{body}"
        wanted = hmac.new(self.settings.secrets.third.encode(), text.encode(), hashlib.sha256).digest()
        right = same(base64.b64encode(wanted).decode(), told.get("X-Chu-Ky", ""))
        if told.get("X-Ung-Dung") != self.settings.app or not right or not _WORD.fullmatch(word):
            raise Failed(1, "Chữ ký không đúng")
        now = self.core.now(visit.faults)
        if "expired" in visit.faults or abs((now - _moment(at)).total_seconds()) > self.settings.tolerance:
            raise Failed(2, "Thời gian lệch quá mức")
        if not await self.core.do(partial(_is_new, word=word, at=now.timestamp())):
            raise Failed(2, "Mã ngẫu nhiên đã dùng")

    # into the office ---------------------------------------------------------------------------------------------

    async def _give(self, visit: Visit) -> Mapping[str, Any]:
        packet = _packet(await _object(visit.request))
        arrival = await self.core.take_packet(packet, self.name)
        if arrival.outcome == "duplicate":
            raise Failed(20, "Văn bản đã có", id=arrival.id)
        return {"id": arrival.id}

    async def _tell(self, visit: Visit) -> Mapping[str, Any]:
        arrival = await self.core.take_packet(Packet(_said(await _object(visit.request))), self.name)
        return {"id": arrival.id}

    async def _find(self, visit: Visit) -> Mapping[str, Any]:
        asked = visit.request.query
        code = f"{_given(asked, 'so')}/{_given(asked, 'kyHieu')}"
        sender, day = folded(_given(asked, "noiGui")), f"{_date(_given(asked, 'ngayBanHanh')):%Y/%m/%d}"
        query = (
            "SELECT id FROM incoming WHERE business = 0 AND code = ? AND key LIKE ? || '|%'"
            " AND json_extract(paper, '$.date') = ? ORDER BY id DESC LIMIT 1"
        )
        row = await self.core.do(lambda db: db.execute(query, (code, sender, day)).fetchone())
        if row is None:
            raise Failed(30, "Không có văn bản")
        return {"id": row["id"]}

    # out of the office -------------------------------------------------------------------------------------------

    async def _list(self, visit: Visit) -> Mapping[str, Any]:
        box = _given(visit.request.query, "loai")
        if box not in _BOXES:
            raise Failed(11, "loai: van-ban, trang-thai")
        rows = [row for row in await self.core.waiting(_BOXES[box]) if _is_theirs(row)]
        page, after = _page(rows, visit, lambda row: int(row["id"]))
        return {"dong": [_line(row) for row in page for _ in range(visit.times)], "tiep": after}

    async def _fetch(self, visit: Visit) -> Mapping[str, Any]:
        row = await self._wanted(visit)
        body = posting.body_of(row)
        if isinstance(body, Said):
            return _status_json(row["id"], body)
        contents = await self.core.contents(body.files)
        return {**_paper_json(row["id"], body), "tep": _files_json(body.files, contents)}

    async def _confirm(self, visit: Visit) -> Mapping[str, Any]:
        row, told = await self._wanted(visit), await _object(visit.request)
        if told.get("ketQua") not in {1, 2}:
            raise Failed(11, "ketQua: 1, 2")
        await self.core.confirm(row["uid"], "done" if told["ketQua"] == 1 else "fail", self.name)
        return {}

    async def _wanted(self, visit: Visit) -> sqlite3.Row:
        told = visit.request.match_info["id"]
        row = await self.core.outbox(told) if told.isascii() and told.isdigit() else None
        if row is None:
            raise Failed(30, "Không có")
        return row

    async def _agencies(self, visit: Visit) -> Mapping[str, Any]:
        every = list(enumerate(await self.core.agencies(), 1))
        page, after = _page(every, visit, lambda row: row[0])
        return {"dong": [{"ma": each.code, "ten": each.name} for _, each in page], "tiep": after}


def _is_new(db: sqlite3.Connection, word: str, at: float) -> bool:
    """Whether the word was not used lately; it is now."""
    db.execute("DELETE FROM seen WHERE at < ?", (at - _REMEMBERED,))
    return db.execute("INSERT OR IGNORE INTO seen (nonce, at) VALUES (?, ?)", (word, at)).rowcount == 1


def _is_theirs(row: sqlite3.Row) -> bool:
    body = posting.body_of(row)
    return isinstance(body, Said) or body.business == 0


def _page(rows: Sequence[Any], visit: Visit, number: Any) -> tuple[Sequence[Any], str | None]:
    """The rows after the cursor that was asked for, and the cursor of what follows. Raises Failed."""
    asked = visit.request.query
    try:
        last = int(base64.urlsafe_b64decode(asked["sau"]).decode("ascii")) if asked.get("sau") else 0
        most = int(asked.get("so-dong", _LINES))
    except ValueError as error:
        raise Failed(11, "sau, so-dong") from error
    most = max(1, min(most, _MOST_LINES))
    left = [row for row in rows if number(row) > last]
    after = base64.urlsafe_b64encode(str(number(left[most - 1])).encode()).decode() if len(left) > most else None
    return left[:most], after


# their objects and ours ------------------------------------------------------------------------------------------


def _packet(told: Mapping[str, Any]) -> Packet:
    files = [(_given(each, "ten"), _decoded(_given(each, "noiDung"))) for each in told.get("tep") or []]
    paper = Paper(
        sender=_party(told.get("noiGui")),
        to=tuple(_party(each) for each in told.get("noiNhan") or []),
        document_id=str(told.get("maVanBan") or ""),
        number=_given(told, "so"),
        notation=_given(told, "kyHieu"),
        date=f"{_date(_given(told, 'ngayBanHanh')):%Y/%m/%d}",
        kind=_KINDS.get(_number(told, "loai"), "Văn bản khác"),
        subject=_given(told, "trichYeu"),
        signer=str(told.get("nguoiKy") or ""),
        urgency=_number(told, "doKhan"),
        due=f"{_date(str(told['hanTraLoi'])):%Y/%m/%d}" if told.get("hanTraLoi") else "",
        files=tuple(File(name, digest(content), len(content)) for name, content in files),
    )
    return Packet(paper, tuple(content for _, content in files))


def _said(told: Mapping[str, Any]) -> Said:
    number = _number(told, "trangThai")
    if number not in _STATUSES:
        raise Failed(11, "trangThai")
    if number in {20, 90} and not told.get("lyDo"):
        raise Failed(10, "Thiếu lyDo")
    return Said(
        sender=_party(told.get("noiGui")),
        organ=_given(told, "cuaDonVi"),
        code=f"{_given(told, 'so')}/{_given(told, 'kyHieu')}",
        date=f"{_date(_given(told, 'ngayBanHanh')):%Y/%m/%d}",
        document_id=str(told.get("maVanBan") or ""),
        status=_STATUSES[number],
        at=_moment(_given(told, "luc")),
        reason=str(told.get("lyDo") or ""),
    )


def _line(row: sqlite3.Row) -> Mapping[str, Any]:
    body = posting.body_of(row)
    if isinstance(body, Said):
        return _status_json(row["id"], body)
    whole = _paper_json(row["id"], body)
    return {name: whole[name] for name in ("id", "so", "kyHieu", "ngayBanHanh", "trichYeu")}


def _paper_json(number: int, paper: Paper) -> dict[str, Any]:
    numbers = {name: number for number, name in _KINDS.items()}
    whole = {
        "id": number, "maVanBan": paper.document_id, "so": paper.number, "kyHieu": paper.notation,
        "ngayBanHanh": _turned(paper.date), "loai": numbers.get(paper.kind, _OTHER), "trichYeu": paper.subject,
        "doKhan": min(paper.urgency, 3), "hanTraLoi": _turned(paper.due), "nguoiKy": paper.signer,
        "noiGui": _party_json(paper.sender), "noiNhan": [_party_json(each) for each in paper.to],
    }  # fmt: skip
    return {name: value for name, value in whole.items() if value != ""}


def _files_json(files: Sequence[File], contents: Sequence[bytes]) -> list[Mapping[str, str]]:
    return [
        {"ten": file.name, "noiDung": base64.b64encode(content).decode()}
        for file, content in zip(files, contents, strict=True)
    ]


def _status_json(number: int, told: Said) -> dict[str, Any]:
    so, _, notation = told.code.partition("/")
    return {
        "id": number, "maVanBan": told.document_id, "so": so, "kyHieu": notation, "ngayBanHanh": _turned(told.date),
        "cuaDonVi": told.organ, "noiGui": _party_json(told.sender),
        "trangThai": next(number for number, code in _STATUSES.items() if code == told.status),
        "lyDo": told.reason, "luc": f"{told.at.astimezone(VIETNAM):{_TIME}}",
    }  # fmt: skip


def _party(told: Any) -> Party:
    if not isinstance(told, dict):
        raise Failed(10, "Thiếu noiGui hoặc noiNhan")
    return Party(_given(told, "ma"), str(told.get("ten") or ""))


def _party_json(party: Party) -> Mapping[str, str]:
    return {"ma": party.code, "ten": party.name}


def _given(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value:
        raise Failed(10, f"Thiếu {name}")
    return value


def _number(told: Mapping[str, Any], name: str) -> int:
    value = told.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Failed(10 if value is None else 11, name)
    return value


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Failed(11, "noiDung: base64") from error


def _date(text: str) -> datetime:
    return _read(text, _DAY)


def _moment(text: str) -> datetime:
    return _read(text, _TIME)


def _read(text: str, form: str) -> datetime:
    try:
        return datetime.strptime(text, form).replace(tzinfo=VIETNAM)
    except ValueError as error:
        raise Failed(11, f"{text}: {form}") from error


def _turned(date: str) -> str:
    """yyyy/MM/dd as dd/MM/yyyy."""
    return "/".join(reversed(date.split("/"))) if date.count("/") == 2 else date


async def _object(request: web.Request) -> Mapping[str, Any]:
    try:
        told = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise Failed(11, "JSON") from error
    if not isinstance(told, dict):
        raise Failed(11, "JSON")
    return told


def _failure(failed: Failed) -> Reply:
    return said({"ok": False, "loi": {"ma": failed.number, "noiDung": str(failed), **failed.more}})
