"""What in `gui-di` belongs together as one document."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.folderdrop.clerk import names
from plugins.folderdrop.clerk.sending.drops import (
    Drop,
    FolderSeen,
    Patience,
    answer_name,
    counts,
    find_drops,
    is_ours,
    is_paper,
    is_slip,
)
from tests.naughty import NAMES
from tests.plugins.tree import BOX, tree

_KNOWN = {"so noi vu", "cac so", "ubnd xa tinh khe"}


def _drops(box: FolderSeen) -> list[Drop]:
    return find_drops(box, lambda name: names.folded(name) in _KNOWN)


def _found(*places: str) -> set[frozenset[str]]:
    return {frozenset(each.place.removeprefix(f"{BOX}/") for each in drop.files) for drop in _drops(tree(*places))}


def _set(*groups: str) -> set[frozenset[str]]:
    return {frozenset(group.split("|")) for group in groups}


GROUPED: list[tuple[str, list[str], set[frozenset[str]]]] = [
    ("nothing", [], set()),
    ("an empty folder", ["So Noi vu/", "Trong/"], set()),
    ("the template alone", ["MAU-PHIEU-GUI.txt"], set()),
    ("a slip alone", ["PHIEU-GUI.txt"], _set("PHIEU-GUI.txt")),
    ("a slip alone in a folder", ["A/PHIEU-GUI.txt", "Q/PHIEU-GUI.txt"], _set("A/PHIEU-GUI.txt", "Q/PHIEU-GUI.txt")),
    ("a slip alone in a recipient's folder", ["So Noi vu/PHIEU-GUI.txt"], _set("So Noi vu/PHIEU-GUI.txt")),
    ("packets are alone", ["a.edxml", "b.XML", "1-UBND.pdf"], _set("a.edxml", "b.XML", "1-UBND.pdf")),
    ("one number goes together", ["1-UBND a.pdf", "1_UBND b.xlsx"], _set("1-UBND a.pdf|1_UBND b.xlsx")),
    ("numbers apart", ["1-UBND.pdf", "2-UBND.pdf"], _set("1-UBND.pdf", "2-UBND.pdf")),
    ("notations apart", ["1-UBND.pdf", "1-SNV.pdf"], _set("1-UBND.pdf", "1-SNV.pdf")),
    ("what bears none goes with the only number", ["1-UBND.pdf", "Phu luc.xlsx"], _set("1-UBND.pdf|Phu luc.xlsx")),
    ("not with several", ["1-UBND.pdf", "2-UBND.pdf", "b.xlsx"], _set("1-UBND.pdf", "2-UBND.pdf", "b.xlsx")),
    ("a slip binds", ["1-UBND.pdf", "b.pdf", "Phiếu gửi.txt"], _set("1-UBND.pdf|b.pdf|Phiếu gửi.txt")),
    ("a slip does not bind packets", ["a.edxml", "1-U.pdf", "PHIEU-GUI.txt"], _set("a.edxml", "1-U.pdf|PHIEU-GUI.txt")),
    ("a folder is one", ["A/1-UBND.pdf", "A/2-UBND.pdf", "A/b/c.pdf"], _set("A/1-UBND.pdf|A/2-UBND.pdf|A/b/c.pdf")),
    ("a recipient's folder is not", ["So Noi vu/1-U.pdf", "so_nội-vụ/2-U.pdf"],
     _set("So Noi vu/1-U.pdf", "so_nội-vụ/2-U.pdf")),
    ("folders in it are", ["3. Sở Nội vụ/A/1.pdf", "3. Sở Nội vụ/A/2.pdf"],
     _set("3. Sở Nội vụ/A/1.pdf|3. Sở Nội vụ/A/2.pdf")),
    ("folders of many too", ["_Nhiều nơi nhận/A/1.pdf", "_Nhieu noi nhan/2-U.pdf"],
     _set("_Nhiều nơi nhận/A/1.pdf", "_Nhieu noi nhan/2-U.pdf")),
    ("temporary files", ["1-U.docx", "~$U.docx", "~WRL01.tmp", "Thumbs.db", ".x", "a.part"], _set("1-U.docx")),
    ("answers of the hub", ["1-U.pdf", "1-U.pdf.LY-DO.txt", "A.LY-DO.txt"], _set("1-U.pdf")),
    ("pages of the hub", ["A/1-U.pdf", "A/BIEN-NHAN.html", "A/.lt-id", "A/GHI-CHU.txt"], _set("A/1-U.pdf")),
    ("the register", ["so-van-ban-den-2026.xlsx", "so-van-ban.xlsx"], _set("so-van-ban.xlsx")),
    ("a filled-in template", ["A/1-U.pdf", "A/MAU-PHIEU-GUI (1).txt"], _set("A/1-U.pdf|A/MAU-PHIEU-GUI (1).txt")),
]  # fmt: skip


@pytest.mark.parametrize(("places", "groups"), [case[1:] for case in GROUPED], ids=[case[0] for case in GROUPED])
def test_what_goes_together(places: list[str], groups: set[frozenset[str]]) -> None:
    assert _found(*places) == groups


@pytest.mark.parametrize(
    ("place", "to"),
    [
        ("1-U.pdf", ""),
        ("A/1-U.pdf", ""),
        ("_Nhieu noi nhan/A/1-U.pdf", ""),
        ("Sở Nội vụ/1-U.pdf", "Sở Nội vụ"),
        ("UBND xã Tịnh Khê/A/1-U.pdf", "UBND xã Tịnh Khê"),
    ],
)
def test_whose_folder_it_lies_in(place: str, to: str) -> None:
    [drop] = _drops(tree(place))
    assert drop.to == to


def test_the_slip_that_counts_is_not_the_filled_in_template() -> None:
    [drop] = _drops(tree("A/1-U.pdf", "A/MAU-PHIEU-GUI.txt", "A/Phieu gui.txt"))
    assert drop.slip
    assert drop.slip.name == "Phieu gui.txt"


@pytest.mark.parametrize(
    ("lock", "locked"),
    [
        ("~$1-UBND-VX.docx", True),
        ("~$UBND-VX.docx", True),
        (".~lock.1-UBND-VX.docx#", True),
        ("~$khac.docx", False),
        (".~lock.khac.docx#", False),
    ],
)
def test_a_file_that_a_program_has_open(lock: str, locked: bool) -> None:
    for place in ("", "A/"):
        [drop] = _drops(tree(f"{place}1-UBND-VX.docx", place + lock))
        assert drop.locks == ((("1-UBND-VX.docx", lock),) if locked else ())


def test_what_is_no_file_is_a_drop_that_cannot_go() -> None:
    drops = _drops(tree("A/1-U.pdf", "2-U.pdf", odd=["A/b/link", "pipe", "So Noi vu/link"]))
    assert {(each.place.removeprefix("gui-di"), each.name): each.odd for each in drops} == {
        ("", "2-U.pdf"): (),
        ("", "pipe"): ("pipe",),
        ("/A", "A"): ("link",),
        ("/So Noi vu", "link"): ("link",),
    }


def test_patience_begins_anew_with_every_change() -> None:
    patience, first = Patience(), _drops(tree("A/1-U.pdf"))
    more = _drops(tree("A/1-U.pdf", "A/2.pdf"))
    key = ("gui-di/A", "A")
    assert [patience.unchanged(drops, now)[key] for drops, now in ((first, 0.0), (first, 2.0), (more, 3.0))] == [
        0,
        2,
        0,
    ]
    patience.unchanged([], 4.0)
    assert patience.unchanged(more, 9.0)[key] == 0


_NAMES = st.sampled_from(
    [
        *("1-UBND.pdf", "1-UBND b.xlsx", "2-UBND.pdf", "b.docx", "x.edxml", "x.xml", "PHIEU-GUI.txt"),
        *("Phiếu gửi (1).txt", "MAU-PHIEU-GUI.txt", "1-UBND.pdf.LY-DO.txt", "~$b.docx", ".~lock.b.docx#"),
        *(".lt-id", "BIEN-NHAN.html", "Thumbs.db", "theo-doi.html", "so-van-ban-den-2026.xlsx", "thong-tin.yaml"),
    ]
) | st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=8)
_FOLDERS = st.sampled_from(["A", "Sở Nội vụ", "_Nhieu noi nhan", "cac so", "b c"])
_PLACES = st.builds(lambda folders, name: "/".join([*folders, name]), st.lists(_FOLDERS, max_size=4), _NAMES)


@given(st.lists(_PLACES, max_size=14, unique=True))
def test_any_tree_every_paper_is_in_one_drop_and_nothing_of_the_hub_is_taken(places: list[str]) -> None:
    box = tree(*places)
    drops = _drops(box)
    taken = [each.place for drop in drops for each in drop.files]
    assert len(taken) == len(set(taken))
    papers = {each.place for each in box.all_files() if is_paper(each.name) and not is_slip(each.name)}
    assert papers <= set(taken)
    assert all(counts(place.rpartition("/")[2]) for place in taken)
    assert not any(is_ours(place.rpartition("/")[2]) and not is_slip(place.rpartition("/")[2]) for place in taken)
    assert all(drop.papers or drop.slip for drop in drops)
    keys = [(drop.place, drop.name) for drop in drops]
    assert len(keys) == len(set(keys))


def test_answers_to_long_names_are_apart_and_fit_on_a_disk() -> None:
    long = [("Công văn " * 40).encode()[:250] + ending for ending in (b"a.pdf", b"b.pdf")]
    called = [answer_name(os.fsdecode(each)) for each in (*long, *NAMES)]
    assert len(set(called)) == len(called)
    assert all(len(os.fsencode(each)) <= 255 and is_ours(each) for each in called)
