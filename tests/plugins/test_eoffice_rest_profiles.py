"""What a profile can say, each against a server that looks at what came: who we are, bodies, pages, forms, errors."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import hmac
import io
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree as ET

import pytest
from aiohttp import web

from hub import Acknowledgement, Document
from hub.clock import SystemClock
from hub.directory import normalise
from hub.standards import edxml
from hub.testing import MemoryInbox, eventually, outcome_of, sample_context, sample_delivery, sample_packet
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document, an_answer
from plugins.eoffice.rest.connector import EofficeRest
from plugins.eoffice.rest.mapping import is_misread
from tests.plugins.authority import Authority
from tests.plugins.rest import PATIENT
from tests.plugins.restdesk import Desk, desk, profile


@pytest.fixture
async def there() -> AsyncIterator[Desk]:
    async with desk() as made:
        yield made


@asynccontextmanager
async def connector(home: Path, there: Desk, says: dict[str, Any], **more: Any) -> AsyncIterator[EofficeRest]:
    context = sample_context(home, clock=SystemClock(), codes={normalise(BINH_SON): "xa-binh-son"})
    settings = {"kind": "eoffice-rest", "url": there.url, "profile": says, **PATIENT, **more}
    async with EofficeRest(EofficeRest.settings_type.model_validate(settings), context) as made:
        yield made


async def sent(home: Path, there: Desk, says: dict[str, Any], **more: Any) -> str:
    """How a send ends."""
    async with connector(home, there, says, **more) as made:
        return (await outcome_of(made, sample_delivery(made.context.bodies))).word


async def taken(home: Path, there: Desk, says: dict[str, Any], count: int = 1, **more: Any) -> list[Any]:
    """What the inbox takes."""
    inbox = MemoryInbox()
    async with connector(home, there, says, **more) as made:
        task = asyncio.create_task(made.listen(inbox))
        try:
            await eventually(lambda: len(inbox.accepted) >= count or task.done(), 10)
        finally:
            task.cancel()
            await asyncio.wait({task})
    return [each.packet.body for each in inbox.accepted.values() if not isinstance(each.packet, Exception)]


def of_unit(code: str = "12/UBND-VX", **fields: Any) -> bytes:
    """A packet of the unit."""
    return sample_packet(a_document(code, BINH_SON, (HOME_AFFAIRS,), **fields))


# who we are ------------------------------------------------------------------------------------------------


async def test_basic(tmp_path: Path, there: Desk) -> None:
    says = profile(headers={"Authorization": "Basic {basic}"})
    assert "receipt" == await sent(tmp_path, there, says, username="tỉnh", password="mật khẩu")
    [heard] = there.asked("POST /in")
    assert "tỉnh:mật khẩu" == base64.b64decode(heard.headers["Authorization"].removeprefix("Basic ")).decode()


async def test_an_api_key_in_a_header_or_in_the_address(tmp_path: Path, there: Desk) -> None:
    says = profile(headers={"X-Api-Key": "{secret}"})
    says["send"]["packets"]["call"] = "POST /in?key={secret}"
    assert "receipt" == await sent(tmp_path, there, says, secret="a b&c")
    [heard] = there.asked("POST /in")
    assert ("a b&c", "a b&c") == (heard.headers["X-Api-Key"], heard.query["key"])


async def test_an_hmac_over_what_the_profile_names(tmp_path: Path, there: Desk) -> None:
    says = profile(
        headers={"X-Time": "{epoch}", "X-Sign": "{signature}"},
        sign={"over": "{method}|{path}|{epoch}|{body_sha256}", "digest": "sha512"},
    )
    assert "receipt" == await sent(tmp_path, there, says, secret="khoa")
    [heard] = there.asked("POST /in")
    over = f"POST|/in|{heard.headers['X-Time']}|{hashlib.sha256(heard.body).hexdigest()}"
    assert hmac.new(b"khoa", over.encode(), "sha512").hexdigest() == heard.headers["X-Sign"]


_LOGIN = {
    "call": "POST /login",
    "form": {"user": "{username}", "pass": "{password}"},
    "token": "access",
    "expires": "expires_in",
    "renew": {"call": "POST /renew", "json": {"refresh": "{renewal}"}, "renewal": "refresh"},
}


async def test_a_bearer_is_renewed_without_the_password_as_long_as_that_works(tmp_path: Path, there: Desk) -> None:
    tokens = iter(range(10))
    renewals = [web.json_response({"access": "r0", "expires_in": 3600, "refresh": "f9"}), web.Response(status=401)]
    there.answers["POST /login"] = lambda _: {"access": f"t{next(tokens)}", "expires_in": 3600, "refresh": "f0"}
    there.answers["POST /renew"] = lambda _: renewals.pop(0)
    good = {"t0"}
    there.answers["GET /list"] = lambda heard: (
        {"rows": []} if heard.headers["Authorization"].removeprefix("Bearer ") in good else web.Response(status=401)
    )
    says = profile(headers={"Authorization": "Bearer {token}"}, login=_LOGIN)
    async with connector(tmp_path, there, says, username="u", password="p") as made:
        for bearer in ("t0", "r0", "t1"):
            good.clear()
            good.add(bearer)
            assert (await made.check()).ok, bearer
    assert [{"user": ["u"], "pass": ["p"]}] * 2 == [parse_qs(each.body.decode()) for each in there.asked("POST /login")]
    assert ["f0", "f9"] == [each.json["refresh"] for each in there.asked("POST /renew")]


def knows_clients(authority: Authority) -> ssl.SSLContext:
    """A server that wants to see a certificate of that authority's."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.file)
    tls.load_cert_chain(*authority.issue("may-chu"))
    tls.verify_mode = ssl.CERT_REQUIRED
    return tls


async def test_a_client_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.issue("hub", "mo-khoa")
    ours = {"certificate": "hub.pem", "certificate_key": "hub.key", "certificate_password": "mo-khoa"}
    async with desk(knows_clients(authority)) as there:
        async with connector(tmp_path, there, profile(), ca="ca.pem", **ours) as made:
            assert (await made.check()).ok
        async with connector(tmp_path, there, profile(), ca="ca.pem") as made:
            assert not (await made.check()).ok


async def test_a_client_certificate_that_is_over_and_renewed_while_it_runs(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.issue("hub", seconds=-3600)
    ours = {"ca": "ca.pem", "certificate": "hub.pem", "certificate_key": "hub.key"}
    async with desk(knows_clients(authority)) as there, connector(tmp_path, there, profile(), **ours) as made:
        task = asyncio.create_task(made.listen(MemoryInbox()))
        await asyncio.sleep(0.5)
        assert there.asked("GET /list") == []
        authority.issue("hub")
        await eventually(lambda: there.asked("GET /list"), 20)
        task.cancel()
        await asyncio.wait({task})


# lists -----------------------------------------------------------------------------------------------------


async def test_pages_by_number_go_on_behind_a_page_of_what_is_over(tmp_path: Path, there: Desk) -> None:
    rows = [{"id": number, "state": "done" if number < 3 else "new"} for number in range(1, 6)]
    there.answers["GET /list"] = lambda heard: {"rows": rows[int(heard.query["o"]) : int(heard.query["o"]) + 2]}
    there.answers.update({
        f"GET /one/{number}": lambda heard: {"packet": base64.b64encode(of_unit(f"{heard.path[-1]}/CV")).decode()}
        for number in range(1, 6)
    })  # fmt: skip
    says = profile()
    says["receive"]["packets"]["list"] |= {
        "call": "GET /list?o={offset}&n={size}",
        "pages": {"size": 2},
        "over": {"pick": "state", "in": ["done"]},
    }
    bodies = await taken(tmp_path, there, says, 3)
    assert ["3/CV", "4/CV", "5/CV"] == sorted(body.code for body in bodies)


async def test_a_server_that_knows_no_pages_is_asked_once_more_and_not_for_ever(tmp_path: Path, there: Desk) -> None:
    there.answers["GET /list"] = lambda _: {"rows": [{"id": 1}, {"id": 2}]}
    says = profile()
    says["receive"]["packets"]["list"]["pages"] = {"size": 2}
    async with connector(tmp_path, there, says) as made:
        listed = await made._client.listed("packets", "")
    assert ["1", "2"] == list(listed.rows)
    assert 2 == len(there.asked("GET /list"))


async def test_pages_without_an_end_are_left_in_bounded_memory(tmp_path: Path, there: Desk) -> None:
    row = {"x": "y" * 4000}
    there.answers["GET /list"] = lambda heard: {
        "rows": [{"id": f"{heard.query['p']}-{number}", **row} for number in range(100)]
    }
    says = profile()
    says["receive"]["packets"] |= {"document": {"code": "a", "subject": "a", "date": "a", "to": "a"}}
    del says["receive"]["packets"]["fetch"]
    says["receive"]["packets"]["list"] |= {"call": "GET /list?p={page}", "pages": {"size": 100}}
    async with connector(tmp_path, there, says) as made:
        listed = await made._client.listed("packets", "")
        whole = len(there.heard)
        says["receive"]["packets"]["fetch"] = {"call": "GET /one/{id}"}
    assert 42 == whole
    assert 4200 == len(listed.rows)
    async with connector(tmp_path, there, says) as made:
        listed = await made._client.listed("packets", "")
    assert 100 == len(there.heard) - whole
    assert all(each.said is None for each in listed.rows.values())


async def test_rows_without_an_id_are_told_and_the_others_come(tmp_path: Path, there: Desk) -> None:
    there.answers["GET /list"] = lambda _: {"rows": [{"id": None}, {"name": "x"}, {"id": "a/b?c"}, {"id": "a/b?c"}]}
    there.answers["GET /one/a/b?c"] = lambda _: {"packet": of_unit().decode()}
    there.answers["POST /done/a/b?c"] = lambda _: {}
    inbox = MemoryInbox()
    async with connector(tmp_path, there, profile()) as made:
        task = asyncio.create_task(made.listen(inbox))
        await eventually(lambda: inbox.accepted and made._polls[0].trouble, 10)
        health = await made.check()
        task.cancel()
        await asyncio.wait({task})
    assert ["packets//a/b?c"] == list(inbox.accepted)
    assert "2 dòng trong danh sách không có mã" in health.detail
    assert {"word": "done", "why": ""} == there.asked("POST /done/a/b?c")[0].json


# documents -------------------------------------------------------------------------------------------------


async def test_a_packet_that_is_the_answer_itself(tmp_path: Path, there: Desk) -> None:
    there.answers["GET /list"] = lambda _: {"rows": [{"id": 1}]}
    said = [web.json_response({"error": "bận"}), web.Response(text="<html>x"), web.Response(body=of_unit())]
    there.answers["GET /one/1"] = lambda _: said.pop(0)
    says = profile(answers={"ok": "ok", "text": "error"})
    says["receive"]["packets"]["fetch"]["packet"] = "raw"
    says["receive"]["packets"]["list"]["rows"] = "rows"
    there.answers["GET /list"] = lambda _: {"ok": True, "rows": [{"id": 1}]}
    [body] = await taken(tmp_path, there, says)
    assert "12/UBND-VX" == body.code
    assert [] == said


async def test_files_by_an_address_each_and_times_with_a_zone(tmp_path: Path, there: Desk) -> None:
    there.answers["GET /list"] = lambda _: {
        "rows": [{
            "id": 5, "so": "12/UBND-VX", "ve": "V/v thử", "ngay": 1_795_721_612_000, "den": [HOME_AFFAIRS], "khan": "K",
            "tep": [{"ma": "f 1", "ten": "Phụ lục.pdf"}, {"ma": "f2", "ten": "so-lieu.json"}],
        }]
    }  # fmt: skip
    there.answers["GET /file/5/f 1"] = lambda _: web.Response(body=b"%PDF-1.7 phu luc")
    there.answers["GET /file/5/f2"] = lambda _: {"muc": 1}
    says = profile(tables={"khan": {"0": "T", "1": "K"}}, answers={"ok": "rows"})
    says["receive"] = {
        "docs": {
            "list": {"call": "GET /list", "rows": "rows", "id": "id"},
            "document": {
                "code": "so", "subject": "ve", "date": {"pick": "ngay", "form": "epoch_ms"}, "to": "den",
                "urgency": {"pick": "khan", "table": "khan"},
                "files": {"rows": "tep", "name": "ten", "id": "ma", "call": "GET /file/{id}/{file.id}"},
            },
        }
    }  # fmt: skip
    [body] = await taken(tmp_path, there, says)
    assert isinstance(body, Document)
    assert ("12/UBND-VX", "2026-11-27", 1) == (body.code, str(body.promulgation_date), int(body.urgency))
    assert ["Phụ lục.pdf", "so-lieu.json"] == [each.name for each in body.attachments]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"id": 5, "so": "1/CV", "ngay": "31/02/2026", "ve": "x", "den": ["H"]}, "no time of the form"),
        ({"id": 5, "so": "1/CV", "ngay": "01/02/2026", "den": ["H"]}, "không thấy subject"),
        ({"id": 5, "so": "1/CV", "ngay": "01/02/2026", "ve": "x", "den": []}, "không thấy nơi nhận"),
        ({"id": 5, "so": "1/CV", "ngay": "01/02/2026", "ve": "x", "den": ["H"], "khan": "9"}, "không phải 0 đến 4"),
    ],
)
async def test_a_document_that_lacks_something_is_told_with_its_place(
    tmp_path: Path, there: Desk, row: dict[str, Any], told: str
) -> None:
    there.answers["GET /list"] = lambda _: {"rows": [row]}
    says = profile()
    says["receive"] = {
        "docs": {
            "list": {"call": "GET /list", "rows": "rows", "id": "id"},
            "document": {"code": "so", "subject": "ve", "date": {"pick": "ngay", "form": "%d/%m/%Y"}, "to": "den",
                         "urgency": "khan"},
        }
    }  # fmt: skip
    async with connector(tmp_path, there, says) as made:
        task = asyncio.create_task(made.listen(MemoryInbox()))
        await eventually(lambda: made._polls[0].trouble, 10)
        task.cancel()
        await asyncio.wait({task})
        assert told in made._polls[0].trouble
        assert "receive.docs.document." in made._polls[0].trouble


@pytest.mark.parametrize(
    ("text", "misread"),
    [
        ("V/v thử", False),
        ("Họp ngày 3 à", False),
        ("café", False),
        ("plain", False),
        ("", False),
        ("V/v thử".encode().decode("latin-1"), True),
        ("Quyết định".encode().decode("latin-1"), True),
        ("à la carte".encode().decode("cp1252"), True),
    ],
)
def test_a_text_that_was_misread_is_known(text: str, misread: bool) -> None:
    assert misread == is_misread(text)


# XML -------------------------------------------------------------------------------------------------------

_XML = """
<s:Envelope xmlns:s="http://soap.example"><s:Body><v:List xmlns:v="urn:v">{rows}</v:List></s:Body></s:Envelope>
"""


def xml_profile() -> dict[str, Any]:
    """The same in XML."""
    made = profile(
        format="xml", namespaces={"v": "urn:v"}, answers={"code": "//v:Error/@code", "codes": {"E7": "refuse"}}
    )
    made["receive"]["packets"] |= {
        "list": {"call": "GET /list", "rows": "//v:Row", "id": "v:Id"},
        "fetch": {"call": "GET /one/{id}", "packet": "//v:Data", "written": "base64"},
    }
    made["send"]["packets"] = {
        "call": "POST /in",
        "text": '<v:In xmlns:v="urn:v"><v:Doc>{doc.subject}</v:Doc><v:Data>{packet.base64}</v:Data></v:In>',
        "headers": {"Content-Type": "text/xml; charset=utf-8"},
        "id": "//v:Id",
    }
    return made


def xml(rows: str) -> web.Response:
    return web.Response(text=_XML.format(rows=rows), content_type="text/xml")


async def test_answers_and_bodies_in_xml(tmp_path: Path, there: Desk) -> None:
    packet = sample_packet(a_document("12/UBND-VX", BINH_SON, (HOME_AFFAIRS,)), {"a.pdf": bytes(50_000)})
    there.answers["GET /list"] = lambda _: xml("<v:Row><v:Id> 9 </v:Id></v:Row>")
    there.answers["GET /one/9"] = lambda _: xml(f"<v:Data>{base64.encodebytes(packet).decode()}</v:Data>")
    there.answers["POST /in"] = lambda _: xml("<v:Id>d7</v:Id>")
    there.answers["POST /done/9"] = lambda _: xml("")
    [body] = await taken(tmp_path, there, xml_profile())
    assert "12/UBND-VX" == body.code
    async with connector(tmp_path, there, xml_profile()) as made:
        delivery = sample_delivery(made.context.bodies, body=a_document(subject="Họp <quý> & tổng kết"))
        assert "d7" == (await made.send(delivery)).reference
    root = ET.fromstring(there.asked("POST /in")[0].body)
    assert "Họp <quý> & tổng kết" == root.findtext("{urn:v}Doc")
    sent_body = edxml.read(io.BytesIO(base64.b64decode(root.findtext("{urn:v}Data") or ""))).body
    assert isinstance(sent_body, Document)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ("<v:Error code='E7'/>", "refused"),
        ("<v:Error code='E8'/>", "unknown"),
        ("<v:Id>", "unknown"),
    ],
)
async def test_errors_in_xml(tmp_path: Path, there: Desk, answer: str, word: str) -> None:
    there.answers["POST /in"] = lambda _: xml(answer)
    assert word == await sent(tmp_path, there, xml_profile())


async def test_a_dtd_is_not_read(tmp_path: Path, there: Desk) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "bbb"><!ENTITY c "&b;&b;">]><a>&c;</a>'
    there.answers["POST /in"] = lambda _: web.Response(text=bomb, content_type="text/xml")
    async with connector(tmp_path, there, xml_profile()) as made:
        ending = await outcome_of(made, sample_delivery(made.context.bodies))
    assert "unknown" == ending.word
    assert "DTD" in str(ending.outcome)


# errors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda: {"id": 7, "code": "0"}, "receipt"),
        (lambda: {"code": "N.To"}, "refused"),
        (lambda: {"code": "N.Later"}, "deferred"),
        (lambda: {"code": "Exists", "id": 3}, "receipt"),
        (lambda: {"code": "?"}, "unknown"),
        (lambda: {"code": "0"}, "unknown"),
        (lambda: web.json_response({}, status=409), "receipt"),
        (lambda: web.Response(status=413), "refused"),
        (lambda: web.Response(status=429, headers={"Retry-After": "7"}), "deferred"),
        (lambda: web.Response(status=404), "deferred"),
        (lambda: web.Response(status=408), "unknown"),
        (lambda: web.Response(status=401), "deferred"),
        (lambda: web.Response(text='{"id": 7', content_type="application/json"), "unknown"),
        (lambda: web.Response(body=b'{"id": "\xe1\xba"}', content_type="application/json"), "unknown"),
        (lambda: web.Response(text="[" * 100_000, content_type="application/json"), "unknown"),
    ],
)  # fmt: skip
async def test_how_a_send_ends(tmp_path: Path, there: Desk, answer: Any, word: str) -> None:
    there.answers["POST /in"] = lambda _: answer()
    codes = {"0": "ok", "N.*": "refuse", "N.Later": "retry", "Exists": "there"}
    says = profile(answers={"ok": "id", "code": "code", "codes": codes, "http": {"409": "there"}})
    assert word == await sent(tmp_path, there, says)


async def test_who_asks_for_a_pause_gets_it(tmp_path: Path, there: Desk) -> None:
    there.answers["POST /in"] = lambda _: web.Response(status=503, headers={"Retry-After": "7"})
    async with connector(tmp_path, there, profile()) as made:
        ending = await outcome_of(made, sample_delivery(made.context.bodies))
    assert 7.0 == getattr(ending.outcome, "retry_after", 0)


async def test_an_error_that_repeats_our_secret_shows_it_to_nobody(tmp_path: Path, there: Desk) -> None:
    there.answers["POST /in"] = lambda _: web.json_response({"text": "sai khoa: bi-mat-77"}, status=400)
    says = profile(headers={"X-Key": "{secret}"}, answers={"text": "text"})
    async with connector(tmp_path, there, says, secret="bi-mat-77") as made:
        ending = await outcome_of(made, sample_delivery(made.context.bodies))
    assert "refused" == ending.word
    assert "sai khoa: ***" in str(ending.outcome)


async def test_a_status_is_mapped_by_tables_and_needs_its_words(tmp_path: Path, there: Desk) -> None:
    said = an_answer(a_document(sender=BINH_SON, to=(HOME_AFFAIRS,)), "03", HOME_AFFAIRS)
    says = profile(tables={"tt": {"03": 30, "*": 0}})
    says["send"]["statuses"] = {
        "call": "POST /status",
        "json": {"tt": "{status.code|tt}", "luc": "{status.at:%d/%m/%Y %H:%M}", "vb": ["{status.doc.code}"]},
    }
    there.answers["POST /status"] = lambda _: {}
    async with connector(tmp_path, there, says) as made:
        await made.send(sample_delivery(made.context.bodies, body=said))
    assert {"tt": 30, "luc": "23/11/2026 09:00", "vb": ["211/GM-SNV"]} == there.asked("POST /status")[0].json
    assert isinstance(said, Acknowledgement)


async def test_a_value_that_no_table_knows_waits_and_is_told(tmp_path: Path, there: Desk) -> None:
    row = {"id": 5, "tt": 35, "cua": HOME_AFFAIRS, "vb": "000.00.14.H48,2026/11/23,211/GM-SNV"}
    there.answers["GET /list"] = lambda _: {"rows": [row]}
    says = profile(tables={"tt": {"03": 30}})
    says["receive"] = {
        "answers": {
            "list": {"call": "GET /list", "rows": "rows", "id": "id"},
            "status": {"status": {"pick": "tt", "table": "tt"}, "to": "cua", "document": "vb"},
        }
    }
    inbox = MemoryInbox()
    async with connector(tmp_path, there, says) as made:
        assert frozenset({"03"}) == made.capabilities.codes
        task = asyncio.create_task(made.listen(inbox))
        await eventually(lambda: made._polls[0].trouble, 10)
        assert '"35" không có trong "table"' in made._polls[0].trouble
        row["tt"] = 30
        await eventually(lambda: inbox.accepted, 10)
        task.cancel()
        await asyncio.wait({task})
    [found] = inbox.accepted.values()
    assert "03" == getattr(getattr(found.packet, "body", None), "status", "")


async def test_what_is_packed_is_not_unpacked(tmp_path: Path, there: Desk) -> None:
    bomb = gzip.compress(b'{"id": 7, "x": "' + b"0" * 50_000_000 + b'"}')
    there.answers["POST /in"] = lambda _: web.Response(
        body=bomb, headers={"Content-Encoding": "gzip"}, content_type="application/json"
    )
    assert "unknown" == await sent(tmp_path, there, profile())
    assert "identity" == there.heard[0].headers["Accept-Encoding"]
