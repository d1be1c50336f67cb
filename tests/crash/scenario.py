"""The standard trip: folder -> ledger -> folder -> status back, with everything an input can end as.

Three units. Two of them answer; one of those takes its files away at once, as real software does.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from hub.standards.edxml import File, compose, write_acknowledgement
from hub.testing.samples import a_document, an_answer
from hub.vocabulary import Document
from tests.crash.records import Arrived, Dropped, Evidence

ORIGIN, TAKER, KEEPER = "so-nv", "xa-binh-son", "so-khcn"
CODES = {ORIGIN: "000.00.14.H48", TAKER: "000.00.31.H48", KEEPER: "000.00.12.H48"}
_UNKNOWN = "H99.01"

_HUB = """\
data: data
listen: 127.0.0.1:0
plugins: [folderdrop]
province: {code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}
retry: {first: 100ms, most: 1s}
drain: 5s
reserve: %d
"""
_UNIT = "  %s: {name: %s, code: %s, endpoint: {kind: folderdrop, folder: shares/%s, settle: 50ms, poll: %s%s}}\n"
_NAMES = {ORIGIN: "Sở Nội vụ", TAKER: "UBND xã Bình Sơn", KEEPER: "Sở Khoa học và Công nghệ"}

_ID = re.compile(rb"<edXML:DocumentId>([^<]*)<")
_STATUS = re.compile(rb"<edXML:StatusCode>([^<]*)<")
_SENDER = re.compile(rb"<edXML:From><edXML:OrganId>([^<]*)<")
_TEXT = re.compile(rb"<(?:\w+:)?ContentTransferEncoded[^>]*>([^<]*)<")

#: What each receiver's software answers about a document it got, by the document's number.
_ANSWERS: dict[str, dict[str, tuple[str, ...]]] = {
    TAKER: {"1": ("01", "03", "06"), "2": ("01",)},
    KEEPER: {"1": ("01", "03")},
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A file that is going to be dropped."""

    content: bytes
    drop: Dropped


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _document(
    number: int,
    to: tuple[str, ...],
    subject: str = "Dự tập huấn công tác văn thư",
    size: int = 12_000,
    like: int | None = None,
    unit: str = ORIGIN,
) -> tuple[Document, bytes]:
    document = a_document(f"{number}/GM-SNV", CODES[unit], to, subject=subject)
    seed = subject.encode() + b"%d" % (number if like is None else like)
    raw = b"%PDF-1.7\n" + hashlib.shake_256(seed).digest(size)
    return document, b"".join(compose(document, [File("giay-moi.pdf", lambda: io.BytesIO(raw))]))


def drafted(name: str, content: bytes, fate: str, *to: str, unit: str = ORIGIN) -> Draft:
    """A file with what it must end as, and the units that must get it."""
    found, code, text = _ID.search(content), _STATUS.search(content), _TEXT.search(content)
    drop = Dropped(
        unit=unit,
        name=name,
        digest=_sha(content),
        size=len(content),
        fate=fate,
        document_id=found[1].decode() if found else "",
        status=code[1].decode() if code else "",
        payload=_sha(base64.b64decode(text[1])) if text else "",
        to=to,
    )
    return Draft(content, drop)


def a_draft(number: int, *to: str, size: int = 12_000, like: int | None = None, unit: str = ORIGIN) -> Draft:
    """One more document of a unit, which is accepted; its attachment is of that size, and that of number `like`."""
    _, content = _document(number, tuple(CODES[unit] for unit in to), size=size, like=like, unit=unit)
    return drafted(f"{number}.edxml", content, "accepted", *to, unit=unit)


@cache
def documents() -> tuple[Draft, ...]:
    """What the origin drops, in this order: every sort of end that an input can have."""
    both, one = (CODES[TAKER], CODES[KEEPER]), (CODES[TAKER],)
    _, first = _document(1, both)
    _, second = _document(2, one)
    _, other = _document(2, one, "Một nội dung khác dưới cùng mã định danh")
    _, third = _document(3, (CODES[TAKER], _UNKNOWN))
    _, nowhere = _document(4, (_UNKNOWN,))
    return (
        drafted("mot.edxml", first, "accepted", TAKER, KEEPER),
        drafted("mot-lan-nua.edxml", first, "duplicate"),
        drafted("hai.edxml", b"\r\n  " + second, "accepted", TAKER),
        drafted("hai-khac.edxml", other, "quarantined"),
        drafted("ba.edxml", third, "accepted", TAKER),
        drafted("khong-biet.edxml", nowhere, "refused"),
        drafted("hong.edxml", b"day khong phai goi tin", "refused"),
    )


def bulk(count: int, size: int = 2_000, begin: int = 1000) -> Iterator[Draft]:
    """Further documents, to both receivers, that nobody answers."""
    return (a_draft(number, TAKER, KEEPER, size=size) for number in range(begin, begin + count))


@cache
def answers(unit: str, document_id: str) -> tuple[Draft, ...]:
    """What a receiver's software drops when that document arrived."""
    number = document_id.rpartition(",")[2].partition("/")[0]
    codes = _ANSWERS.get(unit, {}).get(number, ())
    if not codes:
        return ()
    document, _ = _document(int(number), ())
    drafts = [_answer(unit, number, document, code) for code in codes]
    if drafts and unit == TAKER and number == "2":
        drafts.append(_blurred(unit, document))
    return tuple(drafts)


def _blurred(unit: str, document: Document) -> Draft:
    """An answer whose keys somebody mistyped: it waits, is matched by evidence, and arrives under the right ones."""
    said = an_answer(document, "03", CODES[unit])
    wrong = replace(said.response_for, document_id="", code=document.code.replace("/", " "))
    content = write_acknowledgement(replace(said, response_for=wrong))
    draft = drafted("go-nham.edxml", content, "accepted", ORIGIN, unit=unit)
    return replace(draft, drop=replace(draft.drop, document_id=document.document_id))


def _answer(unit: str, number: str, document: Document, code: str) -> Draft:
    content = write_acknowledgement(an_answer(document, code, CODES[unit]))
    return drafted(f"tra-loi-{number}-{code}.edxml", content, "accepted", ORIGIN, unit=unit)


def all_drafts() -> tuple[Draft, ...]:
    """Everything that a whole trip drops."""
    replies = {
        reply
        for each in documents()
        for unit in each.drop.to
        if each.drop.fate == "accepted"
        for reply in answers(unit, each.drop.document_id)
    }
    return (*documents(), *sorted(replies, key=lambda reply: (reply.drop.unit, reply.drop.name)))


class Trip:
    """One trip in a folder of its own: the units' software, and what it saw."""

    def __init__(
        self,
        home: Path,
        *,
        takes: bool = True,
        durable: bool = False,
        reserve: int = 1_000_000,
        poll: str = "200ms",
        isolated: Collection[str] = (),
    ) -> None:
        self.home, self._takes, self._durable, self._reserve, self._poll = home, takes, durable, reserve, poll
        self._isolated = isolated
        shares = {unit: home / "shares" / unit for unit in CODES}
        self.evidence = Evidence(shares, CODES, home / "data")
        self._turn = 0
        self._archive = home / "taken"
        #: replies are held back until this is set
        self.answering = True

    def set_up(self) -> None:
        """Write the configuration, make the folders that the software uses."""
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "hub.yaml").write_text(_HUB % self._reserve, encoding="utf-8")
        units = "".join(
            _UNIT % (unit, _NAMES[unit], code, unit, self._poll, self._more(unit)) for unit, code in CODES.items()
        )
        (self.home / "units.yaml").write_text("units:\n" + units, encoding="utf-8")
        for share in self.evidence.shares.values():
            (share / "out").mkdir(parents=True)
            (share / "in").mkdir()
        self._archive.mkdir()

    def _more(self, unit: str) -> str:
        return ", isolate: true" if unit in self._isolated else ""

    def drop_all(self) -> None:
        """Drop every document of the trip; the answers follow what arrives."""
        for draft in documents():
            self.drop(draft)

    def drop(self, draft: Draft) -> None:
        """Drop a file as careful software does: whole, by one rename. Its record is kept here."""
        out = self.evidence.shares[draft.drop.unit] / "out"
        temporary = out / f".{draft.drop.name}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.write(descriptor, draft.content)
        # Distinct times, so that the order in which they lie there is the order of dropping.
        self._turn += 1
        os.utime(descriptor, (1_764_000_000 + self._turn, 1_764_000_000 + self._turn))
        if self._durable:
            os.fsync(descriptor)
        os.close(descriptor)
        temporary.rename(out / draft.drop.name)
        if self._durable:
            _sync_folder(out)
        self.evidence.dropped.append(draft.drop)

    def look(self) -> None:
        """One turn of every unit's software: read what came, answer it."""
        for unit in CODES:
            for arrival in self._new(unit):
                self.evidence.arrived.append(arrival)
        if self.answering:
            self._answer()

    def forget_lost(self) -> None:
        """After a power cut the software's own disk forgot too: what is not there now was never seen."""
        self.evidence.arrived = [
            arrival
            for arrival in self.evidence.arrived
            if (self.evidence.shares[arrival.unit] / "in" / arrival.name).exists()
        ]

    def complete(self) -> bool:
        """Whether everything dropped has visibly come to its end: arrived, or given back."""
        if self.answering and len(self.evidence.dropped) < len(all_drafts()):
            return False
        seen = {(each.unit, each.sender, each.document_id, each.status) for each in self.evidence.arrived}
        return all(self._ended(drop, seen) for drop in self.evidence.dropped)

    def _ended(self, drop: Dropped, seen: set[tuple[str, str, str, str]]) -> bool:
        share = self.evidence.shares[drop.unit]
        if drop.fate == "refused":
            return (share / "error" / drop.name).exists()
        if any((share / folder / drop.name).exists() for folder in ("out", ".hub/claims")):
            return False
        return all((unit, CODES[drop.unit], drop.document_id, drop.status) in seen for unit in drop.to)

    def _new(self, unit: str) -> Iterator[Arrived]:
        known = {(each.name, each.inode) for each in self.evidence.arrived if each.unit == unit}
        folder = self.evidence.shares[unit] / "in"
        for path in sorted(folder.iterdir()):
            if (path.name, inode := path.stat().st_ino) not in known:
                yield read(unit, path, inode)
                if self._takes and unit == TAKER:
                    path.rename(self._archive / f"{len(known)}-{inode}-{path.name}")

    def _answer(self) -> None:
        done = {(drop.unit, drop.name) for drop in self.evidence.dropped}
        for arrival in list(self.evidence.arrived):
            for draft in () if arrival.status else answers(arrival.unit, arrival.document_id):
                if (draft.drop.unit, draft.drop.name) not in done:
                    done.add((draft.drop.unit, draft.drop.name))
                    self.drop(draft)


def read(unit: str, path: Path, inode: int) -> Arrived:
    """What a receiver's own reader, which is not the hub's, makes of a file."""
    content = path.read_bytes()
    found, code, text, sender = (pattern.search(content) for pattern in (_ID, _STATUS, _TEXT, _SENDER))
    return Arrived(
        unit=unit,
        name=path.name,
        inode=inode,
        digest=_sha(content),
        document_id=found[1].decode() if found else "",
        status=code[1].decode() if code else "",
        payload=_sha(base64.b64decode(text[1])) if text else "",
        sender=sender[1].decode() if sender else "",
    )


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(descriptor)
    os.close(descriptor)
