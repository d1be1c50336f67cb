"""The axis: the vendor's calls against a whole hub over real sockets."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from hub.app import Hub
from hub.ledger import Ledger, Proposal, intake
from hub.ledger.proposal import Verdict
from hub.standards import edxml
from hub.testing import RunningHub, eventually, sample_packet
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Acknowledgement, Document, new_id
from tests.plugins.axis import OFFICE, SECRETS, Software, looking, province, word
from tests.simulating.bench import Answer, exchange
from tests.simulating.test_capture import REGISTRATION, captured


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with RunningHub(province(tmp_path)) as running:
        yield running


@pytest.fixture
def office(hub: Hub) -> Software:
    return Software(hub.outer_address, OFFICE)


@pytest.fixture
def home_affairs(hub: Hub) -> Software:
    return Software(hub.outer_address, HOME_AFFAIRS)


def dropped(home: Path, code: str = "52/TTr-UBND", to: tuple[str, ...] = (HOME_AFFAIRS,)) -> Document:
    """Bình Sơn's clerk sends a document by the folder."""
    document = a_document(code, BINH_SON, to)
    out = home / "shares" / "xa-binh-son" / "out"
    out.mkdir(parents=True, exist_ok=True)
    (out / ".draft").write_bytes(sample_packet(document))
    (out / ".draft").rename(out / f"{code.replace('/', '-')}.edxml")
    return document


async def arrived(software: Software, kind: str = "edoc", number: int = 1) -> list[str]:
    """The docIds that are listed once there are so many."""
    found: list[str] = []
    while len(found) < number:
        await asyncio.sleep(0.05)
        found = [row["docId"] for row in await software.waiting(kind)]
    return found


def received(home: Path) -> list[Document | Acknowledgement]:
    paths = sorted((home / "shares" / "xa-binh-son" / "in").glob("*.edxml"))
    return [edxml.read(io.BytesIO(path.read_bytes())).body for path in paths]


# The vendor's own bytes


async def _as_captured(software: Software, operation: str, forged: tuple[bytes, bytes] = (b"", b"")) -> Answer:
    head, body = captured()[operation]
    head = head.replace(b" /base/", b" /vxp/").replace(*forged)
    late = REGISTRATION if operation == "registerAgency" else b"{}"
    if b"Expect: 100-continue" not in head:
        return await asyncio.to_thread(exchange, software.port, head + body)
    return await asyncio.to_thread(exchange, software.port, head, late)


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (operation, {"registerAgency": "20", "deleteAgency": "20", "sendEdoc": "22"}.get(operation, "0"))
        for operation in sorted(captured().keys() - {"downloadEdoc"})
    ],
)
async def test_a_captured_call_gets_an_answer_that_the_sdk_accepts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: str, code: str
) -> None:
    names = iter(["d1"])
    monkeypatch.setattr(intake, "new_id", lambda now: next(names, None) or new_id(now))
    async with RunningHub(province(tmp_path)) as hub:
        office = Software(hub.outer_address, OFFICE)
        dropped(tmp_path, to=(OFFICE,))
        assert ["d1"] == await arrived(office)
        answer = await _as_captured(office, operation)
    assert code == word(answer)
    assert operation != "sendEdoc" or answer.json["DocId"] == ""


async def test_a_captured_download_is_the_packet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = iter(["d2"])
    monkeypatch.setattr(intake, "new_id", lambda now: next(names, None) or new_id(now))
    async with RunningHub(province(tmp_path)) as hub:
        office = Software(hub.outer_address, OFFICE)
        document = dropped(tmp_path, to=(OFFICE,))
        await arrived(office)
        answer = await _as_captured(office, "downloadEdoc")
    assert 200 == answer.http
    body = edxml.read(io.BytesIO(answer.body)).body
    assert isinstance(body, Document)
    assert (document.code, document.document_id) == (body.code, body.document_id)


@pytest.mark.parametrize("operation", sorted(captured()))
async def test_a_changed_byte_of_what_is_signed_fails(office: Software, operation: str) -> None:
    forged = (b'"XroadVnpt-systemid":"000', b'"XroadVnpt-systemid":"001')
    answer = await _as_captured(office, operation, forged)
    assert ("15", 401 if operation == "downloadEdoc" else 200) == (answer.json["ErrorCode"], answer.http)


# Sending


async def test_what_is_sent_arrives_and_its_answers_wait(tmp_path: Path, home_affairs: Software) -> None:
    answer = await home_affairs.send(home_affairs.packet("12/BC-SNV"))
    assert "0" == word(answer)
    await eventually(lambda: received(tmp_path), 20)
    [document] = received(tmp_path)
    assert isinstance(document, Document)
    said = edxml.write_acknowledgement(an_answer(document, "03", BINH_SON))
    (tmp_path / "shares/xa-binh-son/out/tra-loi.edxml").write_bytes(said)
    [doc_id] = await arrived(home_affairs, "status")
    heard = await home_affairs.get(doc_id)
    assert isinstance(heard, Acknowledgement)
    assert ("03", "12/BC-SNV") == (heard.status, heard.response_for.code)
    assert "0" == word(await home_affairs.update(doc_id))
    assert [] == await home_affairs.waiting("status")
    [row] = await home_affairs.sent()
    assert (answer.json["DocId"], BINH_SON, "done", "12/BC-SNV") == (
        row["senderDocId"], row["toCode"], row["receiveStatus"], row["notation"],
    )  # fmt: skip


async def test_the_same_packet_again_is_one_document_of_one_docid(tmp_path: Path, home_affairs: Software) -> None:
    packet = home_affairs.packet()
    answers = [await home_affairs.send(packet) for _ in range(3)]
    assert ["0", "0", "0"] == [word(answer) for answer in answers]
    assert 1 == len({answer.json["DocId"] for answer in answers})
    at_once = await asyncio.gather(*(home_affairs.send(home_affairs.packet("13/BC-SNV")) for _ in range(8)))
    assert 1 == len({answer.json["DocId"] for answer in at_once})
    await eventually(lambda: len(received(tmp_path)) == 2, 20)
    with looking(tmp_path) as views:
        # The same bytes are the same input; the same document in other bytes is a duplicate.
        assert {"accepted": 2, "duplicate": 7} == views.counts().inputs


async def test_nothing_is_said_before_it_is_in_custody(
    tmp_path: Path, home_affairs: Software, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept, begun, leave = Ledger.accept, asyncio.Event(), asyncio.Event()

    async def slow(ledger: Ledger, proposals: Sequence[Proposal]) -> list[Verdict]:
        begun.set()
        await leave.wait()
        return await accept(ledger, proposals)

    monkeypatch.setattr(Ledger, "accept", slow)
    sending = asyncio.create_task(home_affairs.send(home_affairs.packet()))
    await begun.wait()
    told, _ = await asyncio.wait({sending}, timeout=0.3)
    leave.set()
    assert set() == told
    assert "0" == word(await sending)
    with looking(tmp_path) as views:
        assert (await sending).json["DocId"] == views.trace("12/BC-SNV")[0].document.id


async def test_a_status_again_is_one_status(tmp_path: Path, home_affairs: Software) -> None:
    document = dropped(tmp_path)
    await arrived(home_affairs)
    said = edxml.write_acknowledgement(an_answer(document, "03", HOME_AFFAIRS))
    answers = [await home_affairs.send(said, messagetype="status") for _ in range(3)]
    assert ["0", "0", "0"] == [word(answer) for answer in answers]
    assert 1 == len({answer.json["DocId"] for answer in answers})
    await eventually(lambda: received(tmp_path), 20)
    assert ["03"] == [body.status for body in received(tmp_path) if isinstance(body, Acknowledgement)]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"from": BINH_SON}, "19"),
        ({"from": OFFICE}, "19"),
        ({"from": ""}, "19"),
        ({"hash-file": "00"}, "21"),
        ({"hash-file": ""}, "21"),
        ({"messagetype": "status"}, "22"),
        ({"messagetype": "letter"}, "20"),
        ({"to": "[1]"}, "18"),
        ({"to": '["000.00.99.H48"]'}, "18"),
    ],
    ids=str,
)
async def test_a_wrong_header_is_refused_and_leaves_nothing(
    tmp_path: Path, home_affairs: Software, headers: dict[str, str], code: str
) -> None:
    answer = await home_affairs.send(home_affairs.packet(), **headers)
    assert (code, "") == (word(answer), answer.json["DocId"])
    with looking(tmp_path) as views:
        assert {} == views.counts().deliveries


async def test_nobody_speaks_for_another(tmp_path: Path, home_affairs: Software) -> None:
    """Its own signature and `from`, and another's name inside the packet."""
    foreign = sample_packet(a_document("1/BC", BINH_SON, (OFFICE,)))
    assert "19" == word(await home_affairs.send(foreign))
    document = a_document("7/CV", BINH_SON, (HOME_AFFAIRS, OFFICE))
    said = edxml.write_acknowledgement(an_answer(document, "03", OFFICE))
    assert "19" == word(await home_affairs.send(said, messagetype="status"))


async def test_nobody_answers_what_was_never_sent_to_it(tmp_path: Path, home_affairs: Software) -> None:
    document = dropped(tmp_path, to=(OFFICE,))
    await eventually(lambda: _accepted(tmp_path) == 1, 20)
    said = edxml.write_acknowledgement(an_answer(document, "03", HOME_AFFAIRS))
    assert "10" == word(await home_affairs.send(said, messagetype="status"))


def _accepted(home: Path) -> int:
    with looking(home) as views:
        return views.counts().inputs.get("accepted", 0)


async def test_a_header_narrows_whom_it_goes_to(tmp_path: Path, home_affairs: Software, office: Software) -> None:
    both = home_affairs.packet(to=(BINH_SON, OFFICE, "000.00.77.H48"))
    assert "0" == word(await home_affairs.send(both, to=f'["{BINH_SON}"]'))
    await eventually(lambda: received(tmp_path), 20)
    assert [] == await office.waiting()


# Fetching


async def test_what_waits_stays_listed_until_it_is_done(tmp_path: Path, home_affairs: Software) -> None:
    document = dropped(tmp_path)
    [doc_id] = await arrived(home_affairs)
    for _ in range(2):
        body = await home_affairs.get(doc_id)
        assert isinstance(body, Document)
        assert (document.code, BINH_SON) == (body.code, body.sender.id)
        [row] = await home_affairs.waiting()
        assert ("initial", BINH_SON, HOME_AFFAIRS, "edoc") == (
            row["status"], row["from"], row["to"], row["messageType"],
        )  # fmt: skip
    assert "0" == word(await home_affairs.update(doc_id, "processing"))
    assert ["processing"] == [row["status"] for row in await home_affairs.waiting()]
    assert "0" == word(await home_affairs.update(doc_id, "fail", description="CSDL loi"))
    assert ["fail"] == [row["status"] for row in await home_affairs.waiting()]
    for _ in range(2):
        assert "0" == word(await home_affairs.update(doc_id))
        assert [] == await home_affairs.waiting()
    assert isinstance(await home_affairs.get(doc_id), Document)
    with looking(tmp_path) as views:
        [trace] = views.trace(document.code)
    [recipient] = trace.recipients
    assert ("delivered", "") == (recipient.state, recipient.reason)
    assert ["accepted", "uncertain", "delivered"] == [line.kind for line in trace.events]


async def test_a_damaged_packet_is_never_handed_out(tmp_path: Path, home_affairs: Software) -> None:
    document = dropped(tmp_path)
    [doc_id] = await arrived(home_affairs)
    [path] = (path for path in (tmp_path / "data" / "blobs").iterdir() if path.is_file())
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    told = [await home_affairs.call(operation, docId=doc_id) for operation in ("getEdoc", "downloadEdoc")]
    assert [(200, "10"), (404, "10")] == [(answer.http, answer.json["ErrorCode"]) for answer in told]
    assert [] == await home_affairs.waiting()
    with looking(tmp_path) as views:
        [dead] = views.deadletters()
    assert document.code.lower() == dead.code
    assert dead.reason.startswith("Bản lưu của văn bản bị hỏng: the blob ")


async def test_a_dropped_failure_is_a_dead_letter(tmp_path: Path) -> None:
    async with RunningHub(province(tmp_path, on_fail="drop")) as hub:
        software = Software(hub.outer_address)
        document = dropped(tmp_path)
        [doc_id] = await arrived(software)
        assert "0" == word(await software.update(doc_id, "fail", description="CSDL loi"))
        assert [] == await software.waiting()
        assert "10" == word(await software.update(doc_id))
    with looking(tmp_path) as views:
        assert [(document.code.lower(), "CSDL loi")] == [(dead.code, dead.reason) for dead in views.deadletters()]


async def test_what_is_not_there_is_refused(home_affairs: Software) -> None:
    assert "10" == word(await home_affairs.update("d9"))
    assert "10" == word(await home_affairs.call("getEdoc", b"{}", docId="d9"))
    assert "10" == word(await home_affairs.call("getEdoc", b"{}"))
    download = await home_affairs.call("downloadEdoc", docId="d9")
    assert (404, "10") == (download.http, download.json["ErrorCode"])


async def test_no_unit_sees_what_is_anothers(tmp_path: Path, home_affairs: Software, office: Software) -> None:
    """Every operation that names a packet or lists some, for the unit that has it and the one that has not."""
    dropped(tmp_path)
    [doc_id] = await arrived(home_affairs)
    sent = (await home_affairs.send(home_affairs.packet())).json["DocId"]
    assert [] == await office.waiting()
    assert [] == await office.waiting("status")
    assert [] == await office.sent()
    assert [] == await office.sent(docId=sent)
    assert 0 == (await office.call("countReceiveEdoc", b"{}")).json["count"]
    assert "10" == word(await office.call("getEdoc", b"{}", docId=doc_id))
    assert 404 == (await office.call("downloadEdoc", docId=doc_id)).http
    for status in ("processing", "done", "fail"):
        assert "10" == word(await office.update(doc_id, status))
    assert [doc_id] == [row["docId"] for row in await home_affairs.waiting()]
    assert ["initial"] == [row["status"] for row in await home_affairs.waiting()]
    assert [sent] == [row["senderDocId"] for row in await home_affairs.sent(docId=sent)]
    assert 1 == (await home_affairs.call("countReceiveEdoc", b"{}")).json["count"]


async def test_the_directory_is_the_provinces(home_affairs: Software) -> None:
    told = (await home_affairs.call("getAgenciesList")).json["data"]
    assert {(OFFICE, "Văn phòng UBND tỉnh"), (BINH_SON, "UBND xã Bình Sơn")} == {
        (row["code"], row["name"]) for row in told
    }
    assert [{"id", "pid", "code", "name", "mail", "oldCode"}] * 2 == [set(row) for row in told]


async def test_a_secret_is_in_no_answer_and_no_log(
    tmp_path: Path, home_affairs: Software, capfd: pytest.CaptureFixture[str]
) -> None:
    wrong = Software(home_affairs.address, HOME_AFFAIRS, "wrong-secret")
    answer = await wrong.send(wrong.packet())
    assert "15" == word(answer)
    out, err = capfd.readouterr()
    for secret in SECRETS.values():
        assert not re.search(re.escape(secret), f"{answer.body!r}{out}{err}")


async def test_nothing_is_sent_where_the_unit_fetches_but_its_connector_is_there_for_duties(hub: Hub) -> None:
    await eventually(lambda: hub.supervisor.connector("so-nv"), 10)
    assert hub._pushed("so-nv") is None
    assert hub._pushed("xa-binh-son") is not None
    assert hub._port("so-nv") is not None
