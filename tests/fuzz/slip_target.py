"""What clerks drop: names of files and folders, and `PHIEU-GUI.txt`; a document comes out, or a sentence why not."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from random import Random

from hub import VIETNAM
from hub.standards import edxml
from hub.standards.addressing import resolve
from hub.vocabulary import Document, Unit
from plugins.folderdrop.clerk import texts
from plugins.folderdrop.clerk.lettering import UNREADABLE
from plugins.folderdrop.clerk.sending import reasons
from plugins.folderdrop.clerk.sending.drops import answer_name, is_slip
from plugins.folderdrop.clerk.sending.judging import Facts, Paper, Reading, Ready, judge
from plugins.folderdrop.clerk.sending.packing import attachment_names
from plugins.folderdrop.clerk.sending.reasons import Reason
from plugins.folderdrop.clerk.sending.records import Inspection, Kind, Slip
from plugins.folderdrop.clerk.sending.slips import read_slip, says_secret
from plugins.folderdrop.clerk.sending.titles import read_title
from tests.fuzz.slip_mutate import mutated
from tests.fuzz.slip_valid import BOOK, Wish, samples, valid
from tests.fuzz.target import Case, Ending, hold, kept

_NOW = datetime(2026, 11, 24, 9, 0, tzinfo=VIETNAM)
_UNIT = Unit("xa-binh-son", "UBND xã Bình Sơn", "000.00.31.H48")
_LETTER = re.compile(r"[^\W_]")
#: the opening checks this of every file; here a main document of each kind stands for it
_PAPER = Inspection(Kind.PDF)


class SlipTarget:
    """A file, the folder that tells its recipient, and its slip: a line each, then the slip's bytes."""

    name = "slip"

    def seeds(self) -> Sequence[bytes]:
        """Slips as clerks write them, and what is kept."""
        return [*samples(), *kept(self.name).values()]

    def valid(self, dice: Random) -> Case:
        """A drop as a clerk makes it, with what it says."""
        return valid(dice)

    def mutated(self, dice: Random, data: bytes, other: bytes) -> bytes:
        """Lines, words and bytes changed."""
        return mutated(dice, data, other)

    def judge(self, case: Case) -> Ending:
        """Read slip and names, and see what the clerk gets."""
        name, to, written = apart(case.data)
        text = texts.decoded(written)
        slip = read_slip(text, BOOK)
        title = read_title(name)
        if isinstance(case.wish, Wish):
            hold(slip == case.wish.slip, f"the slip is read as {slip} and not as {case.wish.slip}")
            hold(title == case.wish.title, f"the name is read as {title} and not as {case.wish.title}")
        _nothing_is_lost(text, slip)
        _everybody_is_found(slip)
        answer_name(name).encode("utf-8", "surrogateescape")
        is_slip(name)
        paper = Paper(name or "a.pdf", 100, "00", _PAPER)
        found = judge(Reading(name, True, to, (paper,), slip), Facts(BOOK, _NOW, (), 10_000))
        secret = says_secret(slip)
        hold(case.wish is None or isinstance(found, Ready), f"a valid drop is not sent: {found}")
        if isinstance(found, Reason):
            return Ending(
                False, f"{found.code} {_has_a_sentence(found, name)} {bool(title.number)} {secret} {_shape(slip)}"
            )
        _goes_out(found)
        return Ending(True, f"{bool(found.warnings)} {bool(title.number)} {secret} {_shape(slip)}")


def apart(data: bytes) -> tuple[str, str, bytes]:
    """Name, folder and slip of an input."""
    name, _, rest = data.partition(b"\n")
    to, _, slip = rest.partition(b"\n")
    # "/" and NUL stand in no name of a file, nor is one longer than 255 bytes
    bare = name.replace(b"/", b"").replace(b"\x00", b"")[:255].decode("utf-8", "surrogateescape")
    return bare, to[:255].replace(b"\x00", b"").decode("utf-8", "surrogateescape"), slip


def _shape(slip: Slip) -> str:
    """Which parts of the slip are said."""
    return "".join("01"[bool(getattr(slip, name))] for name in Slip.__dataclass_fields__)


def _nothing_is_lost(text: str, slip: Slip) -> None:
    """Where a person wrote something, something was understood, or named as not understood."""
    hold(text != UNREADABLE or slip.unread, "a slip that cannot be read is taken for an empty one")
    for typed in (*slip.warnings, *(part for pair in slip.unread for part in pair)):
        hold(typed.strip(), "a warning without words")
    for value in (slip.number, slip.notation, slip.subject, slip.type, slip.main, slip.signer, slip.position):
        hold("\n" not in value and "\x00" not in value, f"a value of several lines: {value!r}")
        value.encode()


def _everybody_is_found(slip: Slip) -> None:
    """Each name in "Gửi" leads to somebody, or is named as leading to nobody."""
    for typed in slip.to:
        hold(_LETTER.search(typed) or not typed.isascii(), f"an addressee without letters: {typed!r}")
        found = resolve((typed,), BOOK)
        hold(found.contacts or found.unknown or found.former, f"the addressee {typed!r} is dropped without a word")


def _has_a_sentence(reason: Reason, name: str) -> str:
    """The clerk's text says what and what to do, in Vietnamese; returns its first word."""
    text = reasons.text(reason, _NOW, "0255 3822 822", name).decode("utf-8-sig")
    hold(reason.code and reason.what.strip() and reason.todo.strip(), f"an answer without a sentence: {reason}")
    hold(not reason.what.isascii(), f"an answer that is not Vietnamese: {reason.what}")
    hold(
        all(letter.isprintable() or letter in "\r\n" for letter in text),
        f"an answer with unprintable letters: {text!r}",
    )
    hold(len(text) < 20_000, "an answer nobody reads to its end")
    return reason.what.split()[0]


def _goes_out(ready: Ready) -> None:
    """What is ready to send is a packet that any reader takes, and says the same."""
    hold(ready.to and ready.outline.number and ready.outline.subject, f"sent without a word of it: {ready}")
    said = edxml.draft(_UNIT, ready.to, ready.outline)
    names = attachment_names([paper.place for paper in ready.papers])
    files = [edxml.File(name, partial(io.BytesIO, b"%PDF-1.7")) for name in names]
    body = edxml.read(io.BytesIO(b"".join(edxml.compose(said, files)))).body
    assert isinstance(body, Document)
    hold(replace(body, attachments=()) == said, f"goes out as another: {body} / {said}")
    hold(len(body.attachments) == len(files), "a file is lost")
