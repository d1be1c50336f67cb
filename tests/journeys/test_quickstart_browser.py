"""The demonstration as a newcomer goes on with it: a clerk at each unit's own software, in a real browser."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser import Browser, browser
from tests.crash.machine import waited
from tests.journeys.clerks import a_pdf
from tests.journeys.test_quickstart import ROOT, own_config, plain

pytestmark = [pytest.mark.root, pytest.mark.slow, pytest.mark.timeout(300)]
AXIS, REST = "Sở Khoa học và Công nghệ", "UBND phường Nghĩa Lộ"


@dataclass(frozen=True)
class Playing:
    """`./quickstart` while it runs: where it says that each unit's software is, and everybody's shares."""

    addresses: dict[str, str]
    shares: Path


@contextmanager
def playing(home: Path) -> Iterator[Playing]:
    """Its round trip is done."""
    out = home / "out.txt"
    command = [sys.executable, "-u", "-m", "hub.quickstart", "--config", str(own_config(home))]
    with out.open("w") as file:
        play = subprocess.Popen(command, cwd=ROOT, env=plain(), stdout=file, stderr=file)
    try:
        assert waited(lambda: "Ctrl-C" in out.read_text("utf-8") or play.poll() is not None, 120)
        assert play.poll() is None, out.read_text("utf-8")
        found = re.findall(r"(http://127\.0\.0\.1:\d+\S*)\s+phần mềm của ([^:]+):", out.read_text("utf-8"))
        yield Playing({name: address for address, name in found}, home / "var" / "shares")
    finally:
        play.terminate()
        play.wait()


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playing]:
    with playing(tmp_path_factory.mktemp("playing")) as running:
        yield running


@pytest.fixture
def clerk(tmp_path: Path) -> Iterator[Browser]:
    with browser(tmp_path / "profile") as window:
        yield window
        assert window.complaints() == []


@pytest.mark.parametrize(("unit", "code"), [(AXIS, "07/CĐ-UBND"), (REST, "1846/UBND-KGVX")])
def test_each_unit_shows_what_came_with_its_answers(play: Playing, clerk: Browser, unit: str, code: str) -> None:
    assert unit in clerk.see(play.addresses[unit])
    clerk.click("a", code)
    assert "06 Hoàn thành (đã lên trục)" in clerk.words
    assert not clerk.overflows(1280)
    assert not clerk.overflows(420)


def test_every_page_in_a_share_is_whole_and_fits(play: Playing, clerk: Browser) -> None:
    pages = sorted(play.shares.glob("**/*.html"))
    assert {"HUONG-DAN.html", "theo-doi.html", "phieu.html", "BIEN-NHAN.html"} <= {page.name for page in pages}
    wide = [page for page in pages if clerk.see(page.as_uri()) and (clerk.overflows(1280) or clerk.overflows(420))]
    assert wide == []


@pytest.mark.parametrize(("sender", "recipient", "number"), [(AXIS, REST, "901"), (REST, AXIS, "902")])
def test_what_one_clerk_sends_another_answers_and_the_first_sees_it(
    play: Playing, clerk: Browser, tmp_path: Path, sender: str, recipient: str, number: str
) -> None:
    paper = tmp_path / "văn bản.pdf"
    paper.write_bytes(a_pdf())
    code = f"{number}/CV-THU"

    clerk.see(play.addresses[sender])
    clerk.click("a", "Gửi văn bản")
    clerk.field("Số").send_keys(number)
    clerk.field("Ký hiệu").send_keys("CV-THU")
    clerk.field("Trích yếu").send_keys("Về việc thử trục liên thông")
    clerk.tick(recipient)
    clerk.field("Tệp đính kèm").send_keys(str(paper))
    clerk.click("button", "Gửi")
    assert code in clerk.words
    sent = clerk.driver.current_url

    clerk.see(play.addresses[recipient])
    clerk.until_it_says(code)
    clerk.click("a", code)
    assert "văn bản.pdf" in clerk.words
    clerk.click("button", "Tiếp nhận")
    clerk.field("Giao cho ai").send_keys("Phòng Một cửa")
    clerk.click("button", "Phân công")
    clerk.click("button", "Hoàn thành")
    assert "Không còn việc phải làm" in clerk.words

    clerk.see(sent)
    clerk.until_it_says("01 Đã đến", "03 Đã tiếp nhận", "04 Phân công", "06 Hoàn thành")
    assert clerk.words.index("Gửi văn bản (đã lên trục)") < clerk.words.index("01 Đã đến")
