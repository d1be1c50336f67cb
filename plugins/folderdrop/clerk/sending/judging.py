"""What a drop is: a document to send, or a reason why it goes back. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath

from hub import VIETNAM
from hub.standards import edxml
from hub.standards.addresses import AddressBook, Contact
from hub.standards.addressing import resolve
from hub.standards.secrecy import is_secret
from plugins.folderdrop import naming
from plugins.folderdrop.clerk import names, texts
from plugins.folderdrop.clerk.sending import reasons
from plugins.folderdrop.clerk.sending.notations import document_type
from plugins.folderdrop.clerk.sending.reasons import Reason
from plugins.folderdrop.clerk.sending.records import Fate, Inspection, Kind, Mention, Posted, Slip, Title
from plugins.folderdrop.clerk.sending.slips import says_secret
from plugins.folderdrop.clerk.sending.titles import read_title

_UNSIGNED = "Văn bản chính chưa có chữ ký số nên chỉ có giá trị tham khảo."
_NO_DAY = (
    "Không đọc được ngày văn bản; đã lấy ngày gửi. Lần sau thêm ngày sau số trong tên tệp, ví dụ “{number}-{notation} "
    "{day} Trích yếu.pdf”, hoặc ghi “Ngày:” trong PHIEU-GUI.txt."
)
_UNNAMED = "(không có trích yếu)"
_ZIPPED = "Tệp nén “{name}” được gửi nguyên như một phụ lục."
_ONE = "Một phiếu chỉ thu hồi hoặc cập nhật được một văn bản: đã lấy văn bản đầu tiên, mỗi văn bản khác gửi một phiếu."
_NUMBERS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Paper:
    """One file of a drop, read."""

    #: below the drop: "Phu luc/1.xlsx"
    place: str
    size: int
    digest: str
    inspection: Inspection

    @property
    def name(self) -> str:
        """Its own name, as every page can hold it."""
        return naming.readable(self.place.rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class Reading:
    """A drop, read."""

    #: the folder's name, or a file's
    name: str
    #: the folder itself was dropped
    whole: bool
    #: name of the folder that tells the recipient, "" where none does
    to: str
    papers: tuple[Paper, ...]
    slip: Slip | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known besides."""

    book: AddressBook
    now: datetime
    #: what this unit sent before
    posted: tuple[Posted, ...]
    #: most bytes of one document
    largest: int
    #: the main document must be signed
    signed_only: bool = False

    @property
    def today(self) -> date:
        """The day, as clerks count it."""
        return self.now.astimezone(VIETNAM).date()


@dataclass(frozen=True, slots=True)
class Ready:
    """A document to send."""

    outline: edxml.Outline
    to: tuple[Contact, ...]
    #: the document itself first
    papers: tuple[Paper, ...]
    warnings: tuple[str, ...]

    @property
    def code(self) -> str:
        """Số, ký hiệu."""
        return f"{self.outline.number}/{self.outline.notation}"


def has_signs_of_secrecy(names_: Sequence[str], looks: Sequence[Inspection], slips: Sequence[Slip]) -> bool:
    """Whether it may be a state secret. What a person says on a slip outweighs what the files show."""
    said = [told for told in map(says_secret, slips) if told is not None]
    if said:
        return any(said)
    return any(map(is_secret, names_)) or any(look.secret for look in looks)


def judge(reading: Reading, facts: Facts) -> Ready | Reason:
    """A document to send, or why it cannot be one."""
    refused = _unfit(reading.papers, facts.largest) or _crowded(reading)
    if refused:
        return refused
    slip = reading.slip or Slip()
    main = main_of(reading.papers, slip)
    if main.inspection.kind is Kind.ARCHIVE:
        return reasons.archive_alone()
    if facts.signed_only and not main.inspection.signed:
        return reasons.unsigned(main.name)
    title = _title(reading, main, slip)
    to = _recipients(reading, slip, facts.book)
    if slip.unread or not (title.number and title.notation):
        return reasons.no_number(*_as_read(slip, title), to if isinstance(to, Reason) else None)
    if isinstance(to, Reason):
        return to
    return _sendable(reading, facts, slip, _Main(main, title, to))


def main_of(papers: Sequence[Paper], slip: Slip) -> Paper:
    """The document itself among its files: the one the slip names, the only signed PDF, the one with the number."""
    ordered = sorted(papers, key=lambda each: natural(each.place))
    named = [each for each in ordered if slip.main and names.plain(each.name) == names.plain(slip.main)]
    signed = [each for each in ordered if each.inspection.kind is Kind.PDF and each.inspection.signed]
    numbered = [each for each in ordered if read_title(each.name).number]
    same = [each for each in numbered if slip.number and read_title(each.name).number == slip.number]
    pdfs = [each for each in ordered if each.inspection.kind is Kind.PDF]
    unpacked = [each for each in ordered if each.inspection.kind is not Kind.ARCHIVE]
    choices = (named, signed if len(signed) == 1 else [], same, numbered, pdfs, unpacked, ordered)
    return next(choice[0] for choice in choices if choice)


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts "Phu luc 2" before "Phu luc 10"."""
    parts = _NUMBERS.split(names.plain(name))
    return [(int(part), "") if part.isdigit() and part.isascii() else (-1, part) for part in parts]


def _unfit(papers: Sequence[Paper], largest: int) -> Reason | None:
    size = sum(each.size for each in papers)
    if size > largest:
        return reasons.too_large(size, largest)
    for each in papers:
        if each.inspection.kind is Kind.PROGRAM:
            return reasons.program(each.name, each.inspection.detail)
        if each.inspection.damaged:
            return reasons.unreadable()
    return None


def _crowded(reading: Reading) -> Reason | None:
    """One slip beside documents of several numbers: nobody can tell whose it is."""
    if reading.whole or reading.slip is None:
        return None
    codes = {f"{title.number}/{title.notation}" for each in reading.papers if (title := read_title(each.name)).number}
    return reasons.several_documents(tuple(sorted(codes))) if len(codes) > 1 else None


def _title(reading: Reading, main: Paper, slip: Slip) -> Title:
    """Number, date and subject: as the slip says, else the main document's name, else the folder's."""
    own, folder = read_title(main.name), read_title(naming.readable(reading.name)) if reading.whole else Title()
    named = own if own.number else folder
    number, notation = (slip.number, slip.notation) if slip.number else (named.number, named.notation)
    subject = slip.subject or own.subject or folder.subject or texts.line(PurePath(main.name).stem)
    return Title(number, notation, slip.day or own.day or folder.day, subject or _UNNAMED)


def _as_read(slip: Slip, title: Title) -> tuple[str, str]:
    """What was read of number and date, for the words of the answer."""
    unread = {names.folded(key): typed for key, typed in slip.unread}
    number = next((typed for key, typed in unread.items() if key.startswith("so")), f"{title.number}".strip())
    day = next((typed for key, typed in unread.items() if key.startswith("ngay")), "")
    return number, day or (f"{title.day:%d/%m/%Y}" if title.day else "")


def _recipients(reading: Reading, slip: Slip, book: AddressBook) -> tuple[Contact, ...] | Reason:
    typed = (*slip.to, *((reading.to,) if reading.to else ()))
    found = resolve(typed, book)
    if found.former:
        gone = found.former[0]
        return reasons.abolished(gone.typed, gone.former.until, gone.successors)
    if found.unknown:
        return reasons.unknown_recipients([(each.typed, each.nearest) for each in found.unknown])
    return found.contacts or reasons.no_recipient()


@dataclass(frozen=True, slots=True)
class _Main:
    paper: Paper
    title: Title
    to: tuple[Contact, ...]

    @property
    def code(self) -> str:
        return f"{self.title.number}/{self.title.notation}"


def _sendable(reading: Reading, facts: Facts, slip: Slip, main: _Main) -> Ready | Reason:
    earlier = _earlier(main.code, reading.papers, facts.posted)
    known = date.fromisoformat(earlier.day) if earlier and earlier.day else None
    shown = (main.paper.inspection.day, _signing_day(main.paper.inspection))
    read = main.title.day or next((each for each in shown if each and each <= facts.today), known)
    if main.title.day and main.title.day > facts.today:
        return reasons.no_number(main.code, f"{main.title.day:%d/%m/%Y}")
    day = read or facts.today
    same = earlier or _numbered_alike(main.code, day, facts.posted)
    changes = slip.replaces or slip.revokes or slip.updates
    if same and not changes and not (same is earlier and _is_for_others(main, same)):
        return already_sent(same, facts.now, main.code)
    notes = (_no_day(main.title, day),) if read is None else ()
    papers = (main.paper, *(each for each in _ordered(reading.papers) if each is not main.paper))
    outline = edxml.Outline(
        number=main.title.number,
        notation=main.title.notation,
        day=day,
        subject=main.title.subject,
        type=slip.type or document_type(main.title.notation),
        urgency=slip.urgency or 0,
        due=slip.due,
        signer=slip.signer,
        position=slip.position,
        answers=tuple(_reference(each, main.to) for each in slip.answers),
        replaces=tuple(_replaced(each, facts.posted, day) for each in slip.replaces),
        revokes=tuple(_replaced(each, facts.posted, day) for each in slip.revokes),
        updates=tuple(_replaced(each, facts.posted, day) for each in slip.updates),
        reason=slip.reason,
    )
    return Ready(outline, main.to, papers, (*notes, *_warnings(papers, slip)))


def _no_day(title: Title, day: date) -> str:
    return _NO_DAY.format(number=title.number, notation=title.notation.replace("/", "-"), day=f"{day:%d-%m-%Y}")


def _ordered(papers: Sequence[Paper]) -> list[Paper]:
    return sorted(papers, key=lambda each: natural(each.place))


def _signing_day(look: Inspection) -> date | None:
    try:
        return datetime.strptime(look.signed_at[:10], "%d/%m/%Y").date()  # noqa: DTZ007 - a day, as the signature has it
    except ValueError:
        return None


def _earlier(code: str, papers: Sequence[Paper], posted: Sequence[Posted]) -> Posted | None:
    """The document sent before with the very same files, one of that number first."""
    digests = sorted(each.digest for each in papers)
    live = [each for each in posted if each.fate is not Fate.WITHDRAWN]
    same = [each for each in live if sorted(file.digest for file in each.files) == digests]
    alike = [each for each in same if _folded(each.code) == _folded(code)]
    return next(reversed(alike or same), None)


def _numbered_alike(code: str, day: date, posted: Sequence[Posted]) -> Posted | None:
    alike = [
        each
        for each in posted
        if each.fate is not Fate.WITHDRAWN and each.day == day.isoformat() and _folded(each.code) == _folded(code)
    ]
    return alike[-1] if alike else None


def already_sent(earlier: Posted, now: datetime, code: str = "") -> Reason:
    """Why a document is not sent again; `code` is its number now, "" where it is the earlier one's."""
    day = date.fromisoformat(earlier.day) if earlier.day else None
    before = (earlier.code, day, datetime.fromisoformat(earlier.at), now, earlier.folder)
    if code and _folded(code) != _folded(earlier.code):
        return reasons.same_files(code, *before)
    return reasons.duplicate(*before)


def _is_for_others(main: _Main, earlier: Posted) -> bool:
    """Whether the same document now goes to somebody besides; under another number it is not the same."""
    return _folded(main.code) == _folded(earlier.code) and bool({each.id for each in main.to} - set(earlier.to))


def _folded(code: str) -> str:
    return names.plain(code.replace("/", "-"))


def _reference(said: Mention, to: Sequence[Contact]) -> edxml.Earlier:
    """A reply names the other's document; whose it is can be told where it goes to one only."""
    return edxml.Earlier(said.code, said.day, to[0].code if len(to) == 1 else "")


def _replaced(said: Mention, posted: Sequence[Posted], day: date) -> edxml.Earlier:
    """An own earlier document; its day is known where it was sent from here."""
    alike = [each for each in posted if _folded(each.code) == _folded(said.code) and each.day]
    known = date.fromisoformat(alike[-1].day) if alike else day
    return edxml.Earlier(said.code, said.day or known)


def _warnings(papers: Sequence[Paper], slip: Slip) -> tuple[str, ...]:
    unsigned = () if papers[0].inspection.signed else (_UNSIGNED,)
    zipped = tuple(_ZIPPED.format(name=each.name) for each in papers if each.inspection.kind is Kind.ARCHIVE)
    crowded = (_ONE,) if len(slip.revokes or slip.updates) > 1 else ()
    return (*unsigned, *zipped, *crowded, *slip.warnings)
