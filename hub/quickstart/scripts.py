"""What each clerk does with each document that comes, as data; and by it, which answers must come back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hub.quickstart.cast import (
    BINH_SON,
    HOME,
    LETTERS,
    LY_SON,
    MANG_DEN,
    ROLES,
    TINH_KHE,
    Letter,
    receiver,
)
from hub.quickstart.gestures import Copy, Drag, DragFile, Gesture, GiveBack, GiveReason

_NEW, _REFUSED, _ACCEPTED = "1-moi-den", "2-tu-choi", "3-da-tiep-nhan"
_ASSIGNED, _PROCESSING, _FINISHED = "4-phan-cong", "5-dang-xu-ly", "6-hoan-thanh"
_SURVEY, _TELEGRAM, _INVITATION = "1846/UBND-KGVX", "07/CĐ-UBND", "211/GM-SNV"
_PROPOSAL = "52/TTr-UBND"

#: What software answers when a document is wanted back.
GIVEN_BACK = ("15",)
#: unit -> number/notation -> gestures, each made when the sender has heard of the one before
SCRIPTS: Mapping[str, Mapping[str, Sequence[Gesture]]] = {
    HOME: {
        _SURVEY: (Drag(_ACCEPTED, number=2210), Drag(_FINISHED, result="Đã rà soát, không còn văn bản chưa hồi báo.")),
        _PROPOSAL: (GiveBack(),),
    },
    BINH_SON: {
        _TELEGRAM: (
            Drag(_ACCEPTED, number=1251),
            Drag(f"{_ASSIGNED}/Chuyên viên Phòng Kinh tế"),
            Drag(_PROCESSING),
            Drag(_FINISHED, result="Đã trực 24/24 giờ, đưa 12 hộ ven sông đến nơi an toàn."),
        ),
        _SURVEY: (
            Drag(_REFUSED, why="trượt chuột"),
            Drag(_NEW, why="kéo lại ngay, nơi gửi không hay biết"),
            Drag(_FINISHED, number=1252),
        ),
        _INVITATION: (DragFile(_ACCEPTED),),
    },
    TINH_KHE: {
        _TELEGRAM: (Drag(_FINISHED, number=877),),
        _SURVEY: (Copy(_ACCEPTED), Drag(_FINISHED)),
        _INVITATION: (Drag(_REFUSED), GiveReason("Giấy mời ghi sai tên đơn vị")),
    },
    LY_SON: {
        _TELEGRAM: (Drag(_ACCEPTED, number=305), Drag(_FINISHED)),
        _SURVEY: (Drag(_ACCEPTED, number=306), Drag(_FINISHED)),
    },
    # Receives and never answers: the hub itself says that its documents have arrived.
    MANG_DEN: {},
}


@dataclass(frozen=True, slots=True)
class Awaited:
    """An answer that must come back: whose document, which, from whom, which code."""

    origin: str
    document: str
    by: str
    status: str


def answers(letter: Letter | None, unit: str) -> tuple[str, ...]:
    """The codes that unit gives about that document, in the end."""
    if unit in SCRIPTS:
        return _by_hand(SCRIPTS[unit].get(letter.code, ()) if letter else ())
    return (*by_software(letter, unit), *(GIVEN_BACK if letter and letter.recalled else ()))


def by_software(letter: Letter | None, unit: str) -> tuple[str, ...]:
    """The codes that a unit's software gives when a document comes; of one that is not in the cast all of its role."""
    codes = ROLES[unit].codes if unit in ROLES else ()
    return tuple(code for code in codes if letter is None or not letter.asks or code in letter.asks)


def _by_hand(gestures: Sequence[Gesture]) -> tuple[str, ...]:
    """The hub says that it has arrived, hands say the rest; whoever finishes has accepted."""
    told = [code for gesture in gestures for code in gesture.codes]
    skipped = ["03"] if "03" not in told and {"04", "05", "06"} & {*told} else []
    return ("01", *skipped, *told)


def awaited(letters: Sequence[Letter] = LETTERS) -> Iterator[Awaited]:
    """Every answer of the play, in the order of its documents."""
    for letter in letters:
        for unit in map(receiver, letter.to):
            yield from (Awaited(letter.unit, letter.code, unit, code) for code in answers(letter, unit))
