"""Answers of the provincial shape read in pieces, whatever the pieces; and packets unwrapped from them."""

from __future__ import annotations

import base64
import json
from random import Random
from typing import Any, Literal

import pytest

from hub.standards.json_pieces import NotAnAnswer
from plugins.centralhub.failures import Undecodable
from plugins.centralhub.provincial import answers
from plugins.centralhub.provincial.form import Form
from plugins.centralhub.provincial.scanner import Scanner
from plugins.centralhub.unwrapping import Unwrapped

_TEXT = 'Về việc "họp" \\ / \n\t 😀 ế ' * 50
_ROWS = [{"docId": f"d{number}", "subject": _TEXT[:40], "more": {"a": [1, {"b": None}]}} for number in range(50)]
_ANSWER: dict[str, Any] = {
    "success": True,
    "count": 50,
    "rate": -1.5e3,
    "none": None,
    "deep": {"a": {"b": "c"}, "list": [[], {}, [1, "x"], "]}", {"b": 7}]},
    "data": {"rows": _ROWS, "edxml": _TEXT, "attachments": [{"fileName": "a", "fileContent": "A" * 70_000}]},
    "message": "OK",
}


def read(data: bytes, size: int) -> tuple[dict[str, Any], dict[str, int], list[dict[str, Any]], str]:
    rows: list[dict[str, Any]] = []
    texts: list[str] = []
    scanner = Scanner({"data.rows": rows.append, "": rows.append}, {"data.edxml": texts.append})
    for at in range(0, len(data), size):
        scanner.feed(data[at : at + size])
    return dict(scanner.end()), scanner.counts, rows, "".join(texts)


@pytest.mark.parametrize("size", [1, 7, 1000, 1 << 20])
@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize("indent", [None, 2])
def test_the_pieces_make_no_difference(size: int, ascii_only: bool, indent: int | None) -> None:
    data = json.dumps(_ANSWER, ensure_ascii=ascii_only, indent=indent).encode()
    fields, counts, rows, text = read(data, size)
    assert rows == _ROWS
    assert text == _TEXT
    assert counts == {"deep.list": 5, "data.rows": 50, "data.attachments": 1}
    assert fields.pop("data.edxml") is True
    assert fields == {"success": True, "count": 50, "rate": -1500.0, "none": None, "deep.a.b": "c", "message": "OK"}


def test_an_array_is_a_list_too() -> None:
    assert ({}, {"": 50}, _ROWS, "") == read(json.dumps(_ROWS).encode(), 100)
    assert ({}, {"": 0}, [], "") == read(b" [ ] ", 1)


def test_an_answer_cut_anywhere_is_no_answer() -> None:
    data = json.dumps({**_ANSWER, "data": {"edxml": "<a/>", "attachments": [{"a": [1]}]}}).encode()
    for at in range(len(data)):
        with pytest.raises(NotAnAnswer):
            read(data[:at], 1000)


def test_an_answer_with_wrong_signs_is_none_or_says_the_same_as_json() -> None:
    dice, data = Random(7), json.dumps({"success": True, "data": {"edxml": "a\\nb", "list": [1, {"a": "b"}]}}).encode()
    refused = 0
    for _ in range(3000):
        broken = bytearray(data)
        broken[dice.randrange(len(data))] = dice.choice(b'{}[]",:\\ abtrue019\xff')
        try:
            fields, _, _, _ = read(bytes(broken), 16)
        except NotAnAnswer:
            refused += 1
            continue
        true = json.loads(broken, strict=False)
        assert fields.get("success") == true.get("success")
    assert refused > 1000


@pytest.mark.parametrize(
    "wrong",
    [
        b"", b" ", b"<html></html>", b'"text"', b"7", b"null", b"{}x", b'{"a":1}{"a":1}', b'{"a" 1}', b"{a:1}",
        b'{"a":1,}', b"[1,]", b'{"a":tru}', b'{"a":1.2.3}', b'{"a":"\\x"}', b'{"a":"\\ud83d"}', b"[" * 50,
        b'{"a":' * 50, b"\xff{}", b'{"data":{"edxml":"a","edxml":"b"}}', b'{"data":{"rows":[1]}}',
        b'{"data":{"rows":[{}}}', b'{"' + b"k" * 70_000,
        json.dumps({str(number): number for number in range(300)}).encode(),
        b'{"data":{"rows":[{"a":"' + b"x" * 300_000,
    ],
    ids=lambda wrong: wrong[:24].decode("latin-1"),
)  # fmt: skip
def test_what_is_no_answer_is_refused(wrong: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        read(wrong, 50_000)


def test_what_nobody_asked_for_is_not_kept() -> None:
    scanner = Scanner()
    scanner.feed(b'{"success":true,"other":"')
    for _ in range(100):
        scanner.feed(b"x" * 50_000)
        assert len(scanner._rest) < 100
    scanner.feed(b'"}')
    assert len(scanner.end()["other"]) <= 2 * 64 * 1024


@pytest.mark.parametrize("form", ["plain", "base64"])
@pytest.mark.parametrize("looks", [True, False], ids=["auto", "as it is"])
@pytest.mark.parametrize("size", [1, 5, 4096])
def test_a_packet_is_unwrapped(form: Literal["plain", "base64"], looks: bool, size: int) -> None:
    packet = f"<?xml version='1.0'?><a>{_TEXT}<edXML:ContentTransferEncoded>QQ==".encode()
    text = packet.decode() if form == "plain" else base64.b64encode(packet).decode()
    unwrapped = Unwrapped("auto" if looks else form, "d1")
    lead = "\ufeff" if looks else ""
    stray = "1212" if form == "plain" else " \n"
    whole = lead + stray + text
    found = b"".join(unwrapped.feed(whole[at : at + size]) for at in range(0, len(whole), size))
    found += unwrapped.finish()
    assert found == (stray.encode() if form == "plain" else b"") + packet
    assert unwrapped.size == len(found)


@pytest.mark.parametrize("text", ["<a/>", "PGEvPg=="])
def test_a_short_one_is_too(text: str) -> None:
    unwrapped = Unwrapped("auto", "d1")
    assert b"<a/>" == unwrapped.feed(text) + unwrapped.finish()


@pytest.mark.parametrize("text", ["QUJ", "QQ==QQ==", "@@@@", "QU JD!"])
@pytest.mark.parametrize("form", ["auto", "base64"])
def test_base64_that_is_none_is_said_at_the_end(text: str, form: Literal["auto", "base64"]) -> None:
    unwrapped = Unwrapped(form, "d1")
    for sign in text:
        unwrapped.feed(sign)
    with pytest.raises(Undecodable, match="base64"):
        unwrapped.finish()


def test_what_answers_say() -> None:
    assert answers.said({"success": True}).ok
    failed = answers.said({"success": False, "message": "M", "data.errorCode": 18, "data.errorDesc": "khong co"})
    assert (failed.ok, failed.code, failed.text) == (False, "18", "khong co")
    assert answers.said({"success": "false", "message": "M"}).text == "M"
    assert answers.said({"message": "x"}, lenient=True).ok
    for fields in ({}, {"message": "x"}, {"success": None}, {"success": "maybe"}):
        with pytest.raises(NotAnAnswer):
            answers.said(fields)
    assert answers.doc_id({"data.docId": 7}) == "7"
    assert answers.is_list({}, {"data": 0})
    assert answers.is_list({"data": None, "count": 0}, {})
    assert not answers.is_list({"data": None}, {})
    assert not answers.is_list({"count": 0}, {})


def test_a_number_that_no_machine_holds_costs_its_list_nothing() -> None:
    rows: list[Any] = []
    scanner = Scanner(rows_at={"data": rows.append})
    scanner.feed(b'{"data": [{"id": ' + b"7" * 5000 + b'}, {"id": 2}]}')
    scanner.end()
    assert ["7" * 5000, 2] == [row["id"] for row in rows]


def test_what_a_login_says() -> None:
    assert answers.token({"data.token": "abc"}) == "abc"
    assert answers.token({"code": 401, "message": "sai"}) is None
    for fields in ({}, {"data.token": "dấu"}, {"data.token": "a\r\nX: y", "code": 1}):
        with pytest.raises(NotAnAnswer):
            answers.token(fields)


async def test_a_form_is_as_long_as_it_says_streamed_or_not() -> None:
    async def packet() -> Any:
        yield b"<a>"
        yield b"</a>"

    form = Form("edoc")
    streamed = b"".join([piece async for piece in form.around(packet())])
    assert streamed == form.whole(b"<a></a>")
    assert form.length(7) == len(streamed)
    assert Form("edoc").boundary != form.boundary
