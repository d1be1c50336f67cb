"""What a clerk sees and clicks, without a script in the browser."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hub.standards import edxml
from hub.testing import sample_packet
from hub.testing.samples import HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Document
from tests.counterparts.eoffice import Letter, Office, Paper, Party, Setup, eoffice
from tests.counterparts.eoffice.model import File, Packet, digest
from tests.naughty import TEXTS

CODE = "000.00.12.H48"


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with eoffice(Setup(tmp_path, agencies=(Party(HOME_AFFAIRS, "Sở Nội vụ"), Party("H48.31", "Xã")))) as made:
        yield made


class Browser:
    """Keeps cookies, reads forms."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session, self._url = session, url
        self.text = self.source = ""
        self.headers: Mapping[str, str] = {}

    async def see(self, path: str, **how: Any) -> int:
        async with self._session.get(self._url + path, **how) as response:
            self.headers = response.headers
            self.source = await response.text()
            self.text = unescape(self.source)
            return response.status

    async def click(self, path: str, form: Mapping[str, Any] | aiohttp.FormData, **headers: str) -> int:
        async with self._session.post(self._url + path, data=form, headers=headers) as response:
            self.text = unescape(await response.text())
            return response.status

    @property
    def token(self) -> str:
        found = re.search(r"name=token value=(\w+)", self.text)
        assert found
        return found[1]

    def buttons(self) -> list[str]:
        return re.findall(r"name=gesture value=(\w+)", self.text)


@pytest.fixture
async def browser(office: Office) -> AsyncIterator[Browser]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield Browser(session, office.url)


async def arrived(office: Office, **fields: Any) -> None:
    await office.core.take(sample_packet(a_document(to=(CODE,), **fields)), "provincial")


async def test_a_document_goes_from_hand_to_hand(office: Office, browser: Browser) -> None:
    await arrived(office)
    assert await browser.see("/") == 200
    assert "211/GM-SNV" in browser.text
    assert "Mới đến" in browser.text
    await browser.see("/den/1")
    assert browser.buttons() == ["register", "refuse"]
    steps: tuple[tuple[str, str, list[str]], ...] = (
        ("register", "", ["assign", "process", "finish"]),
        ("assign", "Phòng <A>", ["assign", "process", "finish"]),
        ("process", "", ["finish"]),
        ("finish", "", []),
    )
    for gesture, words, left in steps:
        form = {"token": browser.token, "gesture": gesture, "words": words}
        assert await browser.click("/den/1", form) == 200
        assert browser.buttons() == left
    assert "Giao: <b>Phòng <A></b>" in browser.text
    assert [code for _, code, _ in office.records.statuses()] == ["01", "03", "04", "05", "06"]


async def test_a_second_click_is_harmless_and_an_impossible_one_is_explained(office: Office, browser: Browser) -> None:
    await arrived(office)
    await browser.see("/den/1")
    token = browser.token
    for _ in range(2):
        assert await browser.click("/den/1", {"token": token, "gesture": "register"}) == 200
    assert await browser.click("/den/1", {"token": token, "gesture": "refuse", "words": "x"}) == 409
    assert "Đã vào sổ" in browser.text
    assert await browser.click("/den/1", {"token": token, "gesture": "nonsense"}) == 409
    assert await browser.see("/den/9") == 409
    assert [code for _, code, _ in office.records.statuses()] == ["01", "03"]


async def test_a_document_is_sent_with_its_file_and_its_answers_are_a_timeline(
    office: Office, browser: Browser
) -> None:
    await browser.see("/gui")
    assert "Sở Nội vụ" in browser.text
    form = aiohttp.FormData(quote_fields=False)  # as browsers send names
    for name, value in {"token": browser.token, "number": "45", "notation": "KH-STTTT", "subject": "Kế hoạch <b>",
                        "kind": "Kế hoạch", "urgency": "3", "signer": "Người Ký", "to": HOME_AFFAIRS,
                        "more": " H48.31 , "}.items():  # fmt: skip
        form.add_field(name, value)
    form.add_field("file", b"%PDF-1.4 x", filename="Kế hoạch.pdf")
    assert await browser.click("/gui", form) == 200
    [row] = office.records.outgoing()
    assert [to.code for to in row["paper"].to] == [HOME_AFFAIRS, "H48.31"]
    assert (row["paper"].urgency, row["paper"].kind, row["paper"].files[0].name) == (3, "Kế hoạch", "Kế hoạch.pdf")
    assert browser.text.count("Chưa hồi báo") == 2
    packet = await office.core.packet(office.records.outbox()[0]["uid"], "provincial")
    document = edxml.read(BytesIO(packet)).body
    assert isinstance(document, Document)
    for code, why in (("01", ""), ("02", "Sai nơi nhận")):
        said = an_answer(document, code, HOME_AFFAIRS, description=why)
        await office.core.take(edxml.write_acknowledgement(said), "provincial")
    await browser.see("/di/1")
    assert browser.text.index("01 Đã đến") < browser.text.index("02 Trả lại") < browser.text.index("Sai nơi nhận")
    assert browser.text.count("Chưa hồi báo") == 1
    await browser.see("/di")
    assert "Trả lại" in browser.text
    assert await browser.click("/di/1", {"token": await fresh(browser), "words": "Gửi nhầm"}) == 200
    assert len([row for row in office.records.outbox("status") if row["code"].startswith("13:")]) == 2


async def fresh(browser: Browser) -> str:
    await browser.see("/di/1")
    return browser.token


async def test_files_come_as_files(office: Office, browser: Browser) -> None:
    await office.clerk.send(Letter("45", "KH", "Kế hoạch"), (HOME_AFFAIRS,), [("Kế hoạch.html", b"<script>1</script>")])
    assert await browser.see("/di/1/tep/0") == 200
    assert browser.text == "<script>1</script>"
    assert browser.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''K%E1%BA%BF")
    assert (browser.headers["Content-Type"], browser.headers["X-Content-Type-Options"]) == (
        "application/octet-stream", "nosniff"
    )  # fmt: skip
    assert await browser.see("/di/1/tep/1") == 404


async def test_a_form_of_another_page_does_nothing(office: Office, browser: Browser) -> None:
    await arrived(office)
    assert await browser.click("/den/1", {"token": "0" * 64, "gesture": "register"}) == 403
    await browser.see("/den/1")
    form = {"token": browser.token, "gesture": "register"}
    assert await browser.click("/den/1", {**form, "token": "0" * 64}) == 403
    assert await browser.click("/den/1", form, Origin="http://elsewhere.example") == 403
    assert await browser.click("/den/1", form, Host="elsewhere.example") == 403
    assert await browser.see("/den", headers={"Host": "elsewhere.example"}) == 403
    async with aiohttp.ClientSession() as other, other.post(f"{office.url}/den/1", data=form) as response:
        assert response.status == 403
    assert office.records.incoming()[0]["state"] == "den"


async def test_an_open_form_still_works_after_a_restart(tmp_path: Path) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with eoffice(Setup(tmp_path)) as office:
            await arrived(office)
            browser = Browser(session, office.url)
            await browser.see("/den/1")
        async with eoffice(Setup(tmp_path)) as office:
            again = Browser(session, office.url)
            assert await again.click("/den/1", {"token": browser.token, "gesture": "register"}) == 200


class Tags(HTMLParser):
    """Which tags and attributes a page has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)


async def test_words_of_others_are_only_words(office: Office, browser: Browser) -> None:
    await arrived(office)
    await office.clerk.send(Letter("45", "KH", "Kế hoạch"), (HOME_AFFAIRS,), [("a.pdf", b"x")])
    plain = {path: Tags(await raw(browser, path)) for path in ("/den/1", "/di/1", "/den", "/di")}
    for text in TEXTS:
        paper = Paper(Party(text, text), (Party(CODE, text),), text, text, text, text, text, text, text, text, text,
                      files=(File(text, digest(b""), 0),))  # fmt: skip
        taken = await office.core.take_packet(Packet(paper, (b"",)), "provincial")
        shown = Tags(await raw(browser, f"/den/{taken.id}"))
        assert shown.tags <= plain["/den/1"].tags | {"ul"}, text
        assert shown.attributes <= plain["/den/1"].attributes, text
    for number in range(len(TEXTS) // 50):
        assert Tags(await raw(browser, f"/den?trang={number}")).tags <= plain["/den"].tags
    assert "script" not in browser.headers["Content-Security-Policy"]


async def raw(browser: Browser, path: str) -> str:
    assert await browser.see(path) == 200
    return browser.source


async def test_pages_turn(office: Office, browser: Browser) -> None:
    for number in range(52):
        await arrived(office, code=f"{number}/CV", document_id=f"x,{number}")
    await browser.see("/den")
    assert ("51/CV" in browser.text, "1/CV<" in browser.text, "Cũ hơn" in browser.text) == (True, True, True)
    await browser.see("/den?trang=1&trang-thai=den")
    assert ("0/CV" in browser.text, "Mới hơn" in browser.text, "Cũ hơn" in browser.text) == (True, True, False)
    assert await browser.see('/den?trang=x&trang-thai="><script>') == 200
    assert "<script" not in browser.text
