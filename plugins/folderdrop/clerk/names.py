"""How folders are spelt, and what documents, files and people are called on a clerk's share. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import PurePath

from plugins.folderdrop import naming
from plugins.folderdrop.clerk.cases import RECALL, REPLACE, UPDATE, Stage

#: Stages that not every unit has, and by which code they are told.
_OPTIONAL = {Stage.ASSIGNED: "04", Stage.PROCESSING: "05"}


@dataclass(frozen=True, slots=True)
class Folders:
    """What each folder of the contract is called in one spelling."""

    incoming: str
    stages: Mapping[Stage, str]
    agree: str
    disagree: str
    outgoing: str
    sent: str
    returned: str
    recall: str
    many: str
    #: the stages that lie ready; another is made only where a document stands in it
    given: frozenset[Stage] = frozenset(Stage)

    def giving(self, codes: Collection[str]) -> Folders:
        """The same for a unit that gives these codes only (none: all): assigning and processing may be none of its."""
        left_out = {stage for stage, code in _OPTIONAL.items() if codes and code not in codes}
        return replace(self, given=self.given - left_out)

    @property
    def answers(self) -> Mapping[Stage, str]:
        """The folders of `van-ban-den` that answer a recall."""
        return {Stage.AGREED: self.agree, Stage.DISAGREED: self.disagree}


PLAIN = Folders(
    incoming="van-ban-den",
    stages={
        Stage.NEW: "1-moi-den",
        Stage.REFUSED: "2-tu-choi",
        Stage.ACCEPTED: "3-da-tiep-nhan",
        Stage.ASSIGNED: "4-phan-cong",
        Stage.PROCESSING: "5-dang-xu-ly",
        Stage.FINISHED: "6-hoan-thanh",
    },
    agree="7-dong-y-thu-hoi",
    disagree="8-khong-dong-y-thu-hoi",
    outgoing="gui-di",
    sent="da-gui",
    returned="tra-lai",
    recall="thu-hoi",
    many="_Nhieu noi nhan",
)
ACCENTED = Folders(
    incoming="Văn bản đến",
    stages={
        Stage.NEW: "1. Mới đến",
        Stage.REFUSED: "2. Từ chối",
        Stage.ACCEPTED: "3. Đã tiếp nhận",
        Stage.ASSIGNED: "4. Phân công",
        Stage.PROCESSING: "5. Đang xử lý",
        Stage.FINISHED: "6. Hoàn thành",
    },
    agree="7. Đồng ý thu hồi",
    disagree="8. Không đồng ý thu hồi",
    outgoing="Gửi đi",
    sent="Đã gửi",
    returned="Trả lại",
    recall="Thu hồi",
    many="_Nhiều nơi nhận",
)
#: `names:` of the endpoint -> what the hub calls the folders that it makes
SPELLINGS = {"khong-dau": PLAIN, "co-dau": ACCENTED}
INCOMING, STAGES = PLAIN.incoming, PLAIN.stages
IDENTITY, INFORMATION, SHEET = ".lt-id", "thong-tin.yaml", "phieu.html"
REASON, RESULT, NOTE = "ly-do.txt", "ket-qua.txt", "GHI-CHU.txt"
#: What its sender asks of a document -> the file that says so in its folder; another name where a file bears that.
NOTICES = {RECALL: "THU-HOI.txt", UPDATE: "CAP-NHAT.txt", REPLACE: "THAY-THE.txt"}
SPARE_NOTICES = {kind: name.replace(".txt", " (2).txt") for kind, name in NOTICES.items()}
#: Files in a document's folder that are the hub's own besides the attachments.
OURS = frozenset({IDENTITY, INFORMATION, SHEET, NOTE, *NOTICES.values(), *SPARE_NOTICES.values()})

_LONGEST_FOLDER = 60
#: With the stage, a person and the document's folder before it, a path stays below 240 characters.
_LONGEST_NAME = 100
_SHORT = {"Uy-ban-nhan-dan": "UBND", "Hoi-dong-nhan-dan": "HDND", "Uy-ban-Mat-tran-To-quoc": "UBMTTQ"}
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RUNS = re.compile(r"[\s_.\-]+")
#: Where pages name folders. A packet's text is escaped and stands in none of these.
_OURS = re.compile(r"<(?:code|h2)>[^<]*")
_NUMBER = re.compile(r"(\d{1,6})(?=[\s_.\-]|$)")


def bare(text: str) -> str:
    """Without diacritics: "Đã tiếp nhận" -> "Da tiep nhan"."""
    apart = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def plain(text: str) -> str:
    """What all spellings have in common, its numbers among it: "204-UBND_VX" -> "204 ubnd vx"."""
    return _RUNS.sub(" ", bare(text).lower()).strip()


def folded(name: str) -> str:
    """What all spellings of a folder's name have in common: "3. Đã tiếp nhận" -> "da tiep nhan"."""
    return re.sub(r"^\d+ (?=\D)", "", plain(name))


_FOLDED = {folded(name): stage for stage, name in STAGES.items()}
_FOLDED |= {folded(name): stage for stage, name in PLAIN.answers.items()} | {"khong dong y": Stage.DISAGREED}


@lru_cache(1000)
def stage_of(name: str) -> Stage | None:
    """The stage a folder stands for, however it is spelt."""
    return _FOLDED.get(folded(name))


@lru_cache(1000)
def is_incoming(name: str) -> bool:
    """Whether this is the folder of what came."""
    return folded(name) == folded(INCOMING)


def respelt(page: str, folders: Folders) -> str:
    """A page with its folders called as the hub makes them; what packets say in it stays as it is."""
    called, plain = _called(folders)
    return _OURS.sub(lambda part: plain.sub(lambda name: called[name[0]], part[0]), page)


def respelt_text(content: bytes, folders: Folders) -> bytes:
    """A text file of the hub's with its folders called as the hub makes them."""
    if folders is PLAIN:
        return content
    called, plain = _called(folders)
    return plain.sub(lambda name: called[name[0]], content.decode()).encode()


def _called(folders: Folders) -> tuple[dict[str, str], re.Pattern[str]]:
    called = {PLAIN.stages[stage]: name for stage, name in folders.stages.items()} | {
        PLAIN.agree: folders.agree,
        PLAIN.disagree: folders.disagree,
        PLAIN.incoming: folders.incoming,
        PLAIN.outgoing: folders.outgoing,
        PLAIN.sent: folders.sent,
        PLAIN.returned: folders.returned,
        PLAIN.recall: folders.recall,
        PLAIN.many: folders.many,
    }
    return called, re.compile("|".join(map(re.escape, sorted(called, key=len, reverse=True))))


def tail_of(delivery: str, taken: Collection[str]) -> str:
    """The short mark of one delivery, which no other bears: ~7K3."""
    value = int.from_bytes(hashlib.sha256(delivery.encode()).digest())
    letters = "".join(_CROCKFORD[(value >> shift) & 31] for shift in range(0, 130, 5))
    return next(letters[:length] for length in range(3, 27) if letters[:length] not in taken)


def folder_name(code: str, day: date | None, sender: str, tail: str) -> str:
    """A document's folder: number, date, who sent it, its mark; at most 60 characters of ASCII."""
    when = f" {day:%d-%m-%Y}" if day else ""
    stem = (_plain(code, 24) or "van-ban") + when
    who = _whole_words(sender, _LONGEST_FOLDER - len(stem) - len(tail) - 3)
    return f"{stem} {who} ~{tail}" if who else f"{stem} ~{tail}"


def _whole_words(sender: str, longest: int) -> str:
    """A unit's name, the usual words shortened, cut between words where it is too long."""
    name = _plain(sender, 300)
    for long, short in _SHORT.items():
        name = re.sub(rf"\b{long}\b", short, name, flags=re.IGNORECASE)
    cut = name[:longest]
    return cut.rpartition("-")[0] or cut if name[longest : longest + 1] not in ("", "-") else cut


def _plain(text: str, longest: int) -> str:
    ascii_only = bare(text).encode("ascii", "ignore").decode()
    return naming.safe(re.sub(r"[~\-]+", "-", ascii_only), longest)


def arrival_number(folder: str, code: str, given: str) -> str:
    """Số đến: what the clerk wrote before the name; never the document's own number."""
    own = _RUNS.sub(" ", _plain(code, 24)).lower()
    match = _NUMBER.match(folder)
    if match is None or folder == given or _RUNS.sub(" ", bare(folder)).lower().startswith(own):
        return ""
    return match[1]


def file_names(full_names: Sequence[str]) -> list[str]:
    """Names for a document's files: safe everywhere, none twice, none of the hub's own, extensions kept."""
    used = {each.lower() for each in (*OURS, REASON, RESULT)}
    names = []
    for full in full_names:
        name = next(each for turn in range(1, 10_000) if (each := _file_name(full, turn)).lower() not in used)
        used.add(name.lower())
        names.append(name)
    return names


def _file_name(full: str, turn: int) -> str:
    path = PurePath(full.replace("\\", "/"))
    extension = naming.safe(path.suffix[1:], 12)
    ending = (f"~{turn}" if turn > 1 else "") + (f".{extension}" if extension else "")
    stem = naming.safe(path.stem, 240 - len(ending.encode()), spaces=True)[: _LONGEST_NAME - len(ending)].rstrip("-. ")
    name = (stem or "tep") + ending
    return f"tep-{name}" if naming.is_temporary(name.encode()) else name


def folder_label(name: str) -> str:
    """An addressee as a folder in ASCII: "UBND các xã, phường" -> "UBND cac xa phuong"; "" where nothing is left."""
    words = re.sub(r"[^A-Za-z0-9]+", " ", bare(name))
    return naming.safe(words, _LONGEST_NAME, spaces=True)


def person_name(folder: str) -> str:
    """A person as the folder under `4-phan-cong` names them."""
    text = naming.visible(folder.encode("utf-8", "replace").decode())
    return re.sub(r"[\s_]+", " ", text).strip()[:120]
