"""Names that break programs, in every place of a clerk's share: nothing fails, is lost, or is told wrongly."""

from __future__ import annotations

import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from hub.standards import edxml
from hub.testing.samples import a_document
from hub.vocabulary import Document, Unit
from plugins.folderdrop import naming
from plugins.folderdrop.clerk import names
from tests.naughty import NAMES, TEXTS
from tests.plugins.clerk_days import ROOM, ModelledDay
from tests.short import short

_UNIT = Unit("xa-binh-son", "UBND xã Bình Sơn", "000.00.31.H48")
_SHOWN = [name for name in NAMES if not name.startswith(b".")]
_BAD_FOR_WINDOWS = re.compile(r'[<>:"/\\|?*\x00-\x1f]|[. ]$')


@pytest.fixture
def day() -> Iterator[ModelledDay]:
    with tempfile.TemporaryDirectory(dir=ROOM) as home:
        yield ModelledDay(Path(home), 2)


def codes(day: ModelledDay, place: int = 0) -> list[str]:
    return [code for code, _staff in day.told(place)]


def rounds(day: ModelledDay, *seconds: float) -> None:
    """Time passes; what the hub does is not what the model expects, so only its troubles are looked at."""
    for pause in seconds:
        day.clock.passed += pause
        day.round()


def one_folder(day: ModelledDay, place: int = 0) -> Path:
    [folder] = day.folders()[day.deliveries[place].id]
    return day.share / folder


def test_there_are_enough() -> None:
    assert min(len(TEXTS), len(NAMES), len(_SHOWN)) >= 515
    assert all(0 < len(name) <= 255 and not {*name} & {0, 0x2F} for name in NAMES)


class Tags(HTMLParser):
    """The elements of a page, and what it says."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.text = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("start", range(0, len(TEXTS), 120))
def test_attachments_by_such_names_arrive_whole(day: ModelledDay, start: int) -> None:
    called = TEXTS[start : start + 120]
    delivery = day.office.delivery(90, {name: f"tệp {turn}".encode() for turn, name in enumerate(called)})
    assert isinstance(delivery.envelope.body, Document)
    folder = day.office.stage("1-moi-den") / day.desk.place(delivery, delivery.envelope.body).reference
    rounds(day, 1.0)

    said = YAML(typ="safe").load((folder / "thong-tin.yaml").read_text("utf-8"))
    assert [each.name for each in delivery.envelope.body.attachments] == [each["ten_day_du"] for each in said["tep"]]
    assert [f"tệp {turn}".encode() for turn in range(len(called))] == [
        (folder / each["ten"]).read_bytes() for each in said["tep"]
    ]
    stored = [each["ten"] for each in said["tep"]]
    assert (
        len({name.lower() for name in (*stored, *names.OURS, names.REASON, names.RESULT)})
        == len(stored) + len(names.OURS) + 2
    )
    assert not [name for name in stored if _BAD_FOR_WINDOWS.search(name) or name.startswith((".", "~$"))]
    assert not [
        name
        for name in stored
        if len(name) > 100 or len(name.encode()) > 240 or naming.safe(name, 255, spaces=True) != name
    ]
    page = Tags((folder / "phieu.html").read_bytes())
    assert page.names.isdisjoint({"script", "img", "svg", "a", "iframe", "object", "base", "form"})


def test_a_folder_keeps_its_document_under_any_name(day: ModelledDay) -> None:
    for name in NAMES:
        folder = one_folder(day)
        folder.rename(folder.with_name(os.fsdecode(name)))
        rounds(day, 1.0)
    folder = one_folder(day)
    folder.rename(folder.with_name("1254 cuối cùng"))
    rounds(day, 130.0, 130.0)
    assert ["01"] == codes(day)
    assert len(day.folders()[day.deliveries[0].id]) == 1


@pytest.mark.parametrize("start", range(10))
def test_a_folder_moved_under_such_a_name_is_answered(tmp_path: Path, start: int) -> None:
    chosen = _SHOWN[start::60]
    day = ModelledDay(tmp_path, len(chosen))
    for place, name in enumerate(chosen):
        one_folder(day, place).rename(day.office.stage("3-da-tiep-nhan") / os.fsdecode(name))
    rounds(day, 1.0, 130.0)
    for place in range(len(chosen)):
        folder = one_folder(day, place)
        folder.rename(day.office.stage("6-hoan-thanh") / folder.name)
    rounds(day, 1.0, 130.0, 1.0)
    assert [["01", "03", "06"]] * len(chosen) == [codes(day, place) for place in range(len(chosen))]
    assert {os.fsencode(one_folder(day, place).name) for place in range(len(chosen))} == set(chosen)


@pytest.mark.parametrize("start", short(range(0, len(_SHOWN), 60), 3))
def test_a_person_may_be_called_anything(day: ModelledDay, start: int) -> None:
    called = _SHOWN[start : start + 60]
    document = a_document()
    rooms = day.office.stage("4-phan-cong")
    for name in called:
        before = one_folder(day)
        room = rooms / os.fsdecode(name)
        room.mkdir(exist_ok=True)
        before.rename(room / before.name)
        if before.parent.parent == rooms:
            before.parent.rmdir()
        rounds(day, 1.0, 130.0)
        code, staff = day.told(0)[-1]
        assert code == "04"
        answer = edxml.answer(document, _UNIT, code, datetime(2026, 11, 23, tzinfo=UTC), "", staff)
        assert edxml.read(io.BytesIO(edxml.write_acknowledgement(answer))).body is not None
    assert ["01", "03", *["04"] * len(called)] == codes(day)


def places(day: ModelledDay) -> Iterator[Path]:
    """Everywhere that a person may put something."""
    yield day.share
    yield day.share / "Cá nhân"
    yield day.share / "van-ban-den"
    yield from (day.office.stage(name) for name in names.STAGES.values())
    yield day.office.stage("4-phan-cong/An")
    yield one_folder(day)


def test_foreign_files_in_every_place_stay_and_change_nothing(day: ModelledDay) -> None:
    laid = dict[Path, bytes]()
    for number, place in enumerate(places(day)):
        for name in NAMES:
            path = place / os.fsdecode(name)
            if not path.exists() and name.lower() not in (b"ly-do.txt", b".lt-id", b"ghi-chu.txt"):
                laid[path] = b"%d %s" % (number, name)
                path.write_bytes(laid[path])
    folder = one_folder(day)
    own = {path.relative_to(folder): path for path in laid if path.parent == folder}
    rounds(day, 1.0, 130.0)
    for stage, code in (("3-da-tiep-nhan", "03"), ("4-phan-cong/An", "04"), ("6-hoan-thanh", "06")):
        now = one_folder(day)
        now.rename(day.office.stage(stage) / now.name)
        rounds(day, 1.0, 130.0, 1.0)
        assert code == codes(day)[-1]
    assert ["01", "03", "04", "06"] == codes(day)
    assert ["01"] == codes(day, 1)
    gone = {one_folder(day) / name: laid.pop(path) for name, path in own.items()}
    assert [] == [path for path, content in {**laid, **gone}.items() if path.read_bytes() != content]
    day.desk.show()
    assert day.office.drafts() == []


def test_foreign_folders_in_every_place_change_nothing(day: ModelledDay) -> None:
    made = [place / os.fsdecode(name) for place in places(day) for name in NAMES[::7]]
    made = [path for path in made if not path.exists()]
    for path in made:
        path.mkdir()
    folder = one_folder(day)
    folder.rename(day.office.stage("5-dang-xu-ly") / folder.name)
    rounds(day, 1.0, 130.0)
    assert ["01", "03", "05"] == codes(day)
    assert all(path.is_dir() for path in made if folder not in path.parents)


def test_the_hub_s_own_pages_are_no_documents_wherever_they_are_put(day: ModelledDay) -> None:
    day.desk.show()
    folder, other = one_folder(day), one_folder(day, 1)
    refused = folder.rename(day.office.stage("2-tu-choi") / folder.name)
    rounds(day, 1.0)
    pages = [refused / name for name in ("phieu.html", "thong-tin.yaml", "GHI-CHU.txt", "ly-do.txt")]
    pages += [day.share / "theo-doi.html", day.share / "HUONG-DAN.html"]
    assert all(page.exists() for page in pages)
    refused.rename(folder)
    back = [folder / page.name if page.parent == refused else page for page in pages]
    (day.office.stage("5-dang-xu-ly") / "Của tôi").mkdir()
    for place in (*places(day), day.office.stage("5-dang-xu-ly/Của tôi")):
        for page in back:
            if place not in (folder, page.parent):
                shutil.copy(page, place / page.name)
    rounds(day, 1.0, 130.0, 700.0, 130.0)
    assert (["01"], ["01"]) == (codes(day), codes(day, 1))
    assert {folder} == {day.share / place for place in day.folders()[day.deliveries[0].id]}

    moved = other.rename(day.office.stage("4-phan-cong/An") / other.name)
    rounds(day, 1.0, 130.0, 700.0)
    assert (["01"], ["01", "03", "04"]) == (codes(day), codes(day, 1))
    assert moved.exists()


def test_the_hub_s_own_pages_moved_away_from_their_document_are_no_gesture(day: ModelledDay) -> None:
    folder = one_folder(day)
    for name in ("phieu.html", "thong-tin.yaml"):
        (folder / name).rename(day.office.stage("6-hoan-thanh") / name)
    rounds(day, 1.0, 130.0, 700.0)
    assert ["01"] == codes(day)
    assert one_folder(day) == folder
