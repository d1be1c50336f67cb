"""VXP's pure functions: proved on the twelve requests that the vendor's own client sent."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from hub.standards import vxp

SECRET = "test-secret-123"
CAPTURE = Path(__file__).parent / "data" / "vxp" / "wire-capture-sdk-2.0.1.txt"
#: what an HTTP client adds by itself
_TRANSPORT = {"Host", "Content-Length"}


@dataclass(frozen=True)
class Captured:
    method: str
    operation: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def fields(self) -> dict[str, str]:
        """What the program behind the SDK had asked for."""
        known = {"timestamp", "systemid", "Content-Type"}
        signed = json.loads(self.headers["XroadVnpt-sign-header"])
        return {key[10:]: value for key, value in signed.items() if key[10:] not in known}


def captured() -> list[Captured]:
    pieces = CAPTURE.read_bytes().split(b"=====\n")[1:]
    return [_read(piece) for piece in pieces]


def _read(piece: bytes) -> Captured:
    head, _, rest = piece.partition(b"\n\n")
    first, *lines = head.decode().split("\n")
    method, path, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    # The capture shows each line end as one byte; what was sent ended in CRLF.
    body = rest.rstrip(b"\n")
    return Captured(method, path.rpartition("/")[2], headers, body)


CALLS = captured()


def secret_of(systemid: str) -> str | None:
    return SECRET if systemid == "000.00.00.H48" else None


def test_the_capture_has_twelve_calls() -> None:
    assert 12 == len(CALLS) == len({call.operation for call in CALLS})


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.operation)
def test_a_captured_call_verifies(call: Captured) -> None:
    said = vxp.verify(call.headers, secret_of)
    assert isinstance(said, vxp.Call)
    assert ("000.00.00.H48", call.fields) == (
        said.systemid,
        {key: value for key, value in said.fields.items() if key in call.fields},
    )
    assert vxp.verify({name.lower(): value for name, value in call.headers.items()}, secret_of) == said


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.operation)
def test_ours_from_the_same_inputs_is_the_captured_one(call: Captured) -> None:
    moment = vxp.read_timestamp(call.headers["XroadVnpt-timestamp"])
    assert moment is not None
    ours = vxp.request(call.operation, "000.00.00.H48", SECRET, moment, call.fields)
    assert (call.method, f"/{call.operation}") == (ours.method, ours.path)
    assert {name: value for name, value in call.headers.items() if name not in _TRANSPORT} == dict(ours.headers)


def test_the_file_hash_of_the_captured_call_is_that_of_its_body() -> None:
    [call] = [call for call in CALLS if call.operation == "sendEdoc"]
    digest = hashlib.sha256(call.body).digest()
    assert call.headers["Content-Length"] == str(len(call.body) + len(b"\r\n"))
    assert call.headers["XroadVnpt-hash-file"] == vxp.hash_file(digest) != digest.hex()
    assert vxp.is_hash_of(call.headers["XroadVnpt-hash-file"], digest)
    assert vxp.is_hash_of(digest.hex().upper(), digest)
    assert not vxp.is_hash_of(call.headers["XroadVnpt-hash-file"], hashlib.sha256(call.body + b"\r\n").digest())
    assert not vxp.is_hash_of("é", digest)


def _changed(call: Captured, **headers: str) -> dict[str, str]:
    return {**call.headers, **{f"XroadVnpt-{name.replace('_', '-')}": value for name, value in headers.items()}}


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.operation)
def test_a_call_that_was_touched_is_not_believed(call: Captured) -> None:
    text = call.headers["XroadVnpt-sign-header"]
    for headers in (
        _changed(call, hash_header="0" * 64),
        _changed(call, hash_header=""),
        _changed(call, sign_header=text.replace("H48", "H49")),
        _changed(call, systemid="000.00.00.H49"),
        _changed(call, timestamp="23112026T111404+0591"),
        _changed(call, **dict.fromkeys(call.fields or ["timestamp"], "other")),
        {name: value for name, value in call.headers.items() if name != "XroadVnpt-timestamp"},
    ):
        said = vxp.verify(headers, secret_of)
        assert isinstance(said, vxp.Fault)
        assert "15" == said.code
        assert said.text.isascii()


def test_headers_that_leak_from_earlier_calls_are_ignored() -> None:
    said = vxp.verify(_changed(CALLS[0], docId="d0", filePath="store"), secret_of)
    assert isinstance(said, vxp.Call)
    assert "" == said.get("docId")
    assert "edoc" == said.get("MessageType")


TWICE = (
    '{"XroadVnpt-systemid":"000.00.00.H48","XroadVnpt-docId":"fetched","XroadVnpt-docid":"confirmed",'
    '"XroadVnpt-timestamp":"23112026T111407+0491"}'
)
_STAMP = "23112026T111407+0491"


def test_a_name_in_two_spellings_is_two_headers() -> None:
    """As one service object of the SDK leaves them: getEdoc says docId, updateStatus docid."""
    said = vxp.verify(_signed(TWICE, docId="fetched", docid="confirmed", timestamp=_STAMP), secret_of)
    assert isinstance(said, vxp.Call)
    assert ("fetched", "confirmed") == (said.get("docId"), said.get("docid"))
    swapped = _signed(TWICE, docId="confirmed", docid="fetched", timestamp=_STAMP)
    assert isinstance(vxp.verify(swapped, secret_of), vxp.Fault)
    for only in ({"docId": "fetched"}, {"docid": "confirmed"}, {"docId": "confirmed"}):
        assert isinstance(vxp.verify(_signed(TWICE, timestamp=_STAMP, **only), secret_of), vxp.Fault)


def test_names_that_a_proxy_wrote_alike_still_count_each() -> None:
    headers = CIMultiDict(_signed(TWICE, timestamp=_STAMP))
    for value in ("fetched", "confirmed"):
        headers.add("xroadvnpt-docid", value)
    said = vxp.verify(headers, secret_of)
    assert isinstance(said, vxp.Call)
    assert ("fetched", "confirmed") == (said.get("docId"), said.get("docid"))
    del headers["xroadvnpt-docid"]
    headers.add("xroadvnpt-docid", "fetched")
    assert isinstance(vxp.verify(headers, secret_of), vxp.Fault)


def _signed(text: str, **headers: str) -> dict[str, str]:
    true = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    return {"XroadVnpt-systemid": "000.00.00.H48", "XroadVnpt-sign-header": text, "XroadVnpt-hash-header": true} | {
        f"XroadVnpt-{name}": value for name, value in headers.items()
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "x",
        "[" * 3000,
        '{"XroadVnpt-systemid":1}',
        '{"systemid":"000.00.00.H48"}',
        '[["XroadVnpt-systemid","000.00.00.H48"]]',
        '{"XroadVnpt-systemid":"000.00.00.H48","XroadVnpt-SystemId":"000.00.00.H48"}',
        '{"XroadVnpt-systemid":"000.00.00.H48","XroadVnpt-to":["a"]}',
        '{"XroadVnpt-systemid":"000.00.00.H48","XroadVnpt-docId":"unsent"}',
    ],
)
def test_what_was_signed_must_be_the_headers(text: str) -> None:
    assert isinstance(vxp.verify(_signed(text), secret_of), vxp.Fault)


def test_an_empty_secret_opens_nothing() -> None:
    text = '{"XroadVnpt-systemid":"a"}'
    headers = {
        "XroadVnpt-systemid": "a",
        "XroadVnpt-sign-header": text,
        "XroadVnpt-hash-header": vxp.sign("", text),
    }
    assert isinstance(vxp.verify(headers, lambda _: ""), vxp.Fault)
    assert isinstance(vxp.verify(headers, lambda _: None), vxp.Fault)


def test_freshness_is_asked_for_only_where_it_is_wanted() -> None:
    call = CALLS[0]
    moment = datetime(2026, 11, 23, 4, 14, 4, 590_000, UTC)
    assert isinstance(vxp.verify(call.headers, secret_of), vxp.Call)
    near = vxp.verify(call.headers, secret_of, moment + timedelta(minutes=5), timedelta(minutes=5))
    assert isinstance(near, vxp.Call)
    far = vxp.verify(call.headers, secret_of, moment + timedelta(minutes=6), timedelta(minutes=5))
    assert isinstance(far, vxp.Fault)


def test_a_timestamp_is_vietnams_time_with_milliseconds() -> None:
    moment = datetime(2026, 11, 23, 4, 8, 34, 123_999, UTC)
    assert "23112026T110834+0123" == vxp.timestamp(moment)
    assert moment.replace(microsecond=123_000) == vxp.read_timestamp("23112026T110834+0123")
    for text in ("", "30022026T110834+0123", "2026-11-23", "23112026T110834+0123 "):
        assert vxp.read_timestamp(text) is None


def test_json_is_written_as_gson_writes_it() -> None:
    said = vxp.as_gson({"a": "/<>&'=\"\\\t\n\x01", "đ": "Đ\u2028"})
    assert '{"a":"/<>&\'=\\"\\\\\\t\\n\\u0001","đ":"Đ\\u2028"}' == said


@given(st.dictionaries(st.text(), st.text()))
def test_what_is_written_as_gson_reads_as_it_was(fields: dict[str, str]) -> None:
    assert fields == json.loads(vxp.as_gson(fields))


@pytest.mark.parametrize("value", ["a\r\nX: y", "Sở Nội vụ", "\x7f"])
def test_a_value_that_no_header_may_hold_is_no_call(value: str) -> None:
    with pytest.raises(ValueError, match="docId"):
        vxp.request("getEdoc", "a", "b", datetime.now(UTC), {"docId": value})


def read(content: bytes, step: int, *, data: bool = False) -> tuple[vxp.Said, list[Any], str]:
    rows: list[Any] = []
    texts: list[str] = []
    scanner = vxp.Scanner(rows.append if data else None, texts.append if data else None)
    for at in range(0, len(content), step):
        scanner.feed(content[at : at + step])
    return scanner.end(data=data), rows, "".join(texts)


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 10_000])
def test_rows_come_whole_however_the_answer_is_cut(step: int) -> None:
    rows = [{"docId": f"d{number}", "to": 'a"]}', "đ": "Đỗ", "n": None, "deep": [{"x": 1}]} for number in range(40)]
    content = vxp.write_answer(data=rows, count=12)
    said, found, _ = read(content, step, data=True)
    assert (True, "0", rows, 12) == (said.ok, said.code, found, said.fields["count"])
    late = json.dumps({"data": rows, "ErrorDesc": None, "ErrorCode": 0, "status": "OK"}, indent=2).encode()
    assert rows == read(b"\xef\xbb\xbf\n" + late + b"\r\n", step, data=True)[1]


@pytest.mark.parametrize("step", [1, 2, 5, 1000])
def test_a_text_comes_in_pieces_its_escapes_undone(step: int) -> None:
    content = b'{"status":"OK","data":"QUJD\\u003d\\u003D\\/\\n","ErrorCode":"0","ErrorDesc":""}'
    said, _, text = read(content, step, data=True)
    assert (True, "QUJD==/\n") == (said.ok, text)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" ",
        b"<html><body>502 Bad Gateway</body></html>",
        b"[]",
        b"null",
        b"{}",
        b'{"status":"OK"}',
        b'{"status":"OK","ErrorCode":"0","ErrorDesc":""}',
        b'{"status":"OK","ErrorCode":"0","data":null}',
        b'{"status":"OK","ErrorCode":"0","data":{}}',
        b'{"status":"OK","ErrorCode":null,"data":[]}',
        b'{"ErrorCode":"0","data":[]}',
        b'{"status":"OK","ErrorCode":"0","data":[1]}',
        b'{"status":"OK","ErrorCode":"0","data":[{]}',
        b'{"status":"OK","ErrorCode":"0","data":[{"docId":"d1"}',
        b'{"status":"OK","ErrorCode":"0","data":[]',
        b'{"status":"OK","ErrorCode":"0","data":[]}{}',
        b'{"status":"OK","ErrorCode":"0","data":"QUJD\\x"}  ',
        b'{"status":"OK","ErrorCode":"0","data":"QUJD',
        b'{"status":"OK","ErrorCode":"0","data":[],x}',
        b'{"status":"\xff","ErrorCode":"0","data":[]}',
        b'{"status":"OK","ErrorCode":"0","ErrorDesc":"' + b"x" * 200_000 + b'","data":[]}',
        b'{"a":' + b"[" * 100_000,
        b"{" + b"".join(b'"%d":0,' % number for number in range(101)) + b'"status":"OK","ErrorCode":"0","data":[]}',
    ],
)
@pytest.mark.parametrize("step", [1, 4096])
def test_what_is_no_answer_is_never_taken_for_an_empty_list(content: bytes, step: int) -> None:
    if step == 1 and len(content) > 10_000:
        step = 512
    with pytest.raises(vxp.NotAnAnswer):
        read(content, step, data=True)


def test_a_failure_needs_no_data() -> None:
    said, rows, _ = read(vxp.write_answer("15", "Sai SystemId hoặc SecretKey"), 5, data=True)
    assert (False, "15", "Sai SystemId hoac SecretKey", []) == (said.ok, said.code, said.text, rows)


def test_an_answer_is_ascii_and_has_what_clients_take_for_granted() -> None:
    content = vxp.write_answer("19", "Đơn vị gửi ☂ không đăng ký", DocId="")
    assert content.isascii()
    assert {
        "status": "FAIL",
        "ErrorCode": "19",
        "ErrorDesc": "Don vi gui ? khong dang ky",
        "DocId": "",
    } == json.loads(content)


def test_a_long_answer_is_read_in_little_time_and_memory() -> None:
    row = json.dumps({"docId": "0" * 24, "from": "000.00.00.G22", "to": "000.00.00.H48"}).encode()
    count = 0

    def seen(_: dict[str, Any]) -> None:
        nonlocal count
        count += 1

    scanner = vxp.Scanner(seen)
    scanner.feed(b'{"status":"OK","ErrorCode":"0","ErrorDesc":"","data":[')
    piece = b",".join([row] * 600)
    for number in range(200):
        scanner.feed(piece if number == 0 else b"," + piece)
    scanner.feed(b"]}")
    assert scanner.end(data=True).ok
    assert 120_000 == count


def test_every_operation_of_the_facts_is_known() -> None:
    facts = re.findall(r"\w+", " ".join(call.operation for call in CALLS) + " getAgenciesListQD20")
    assert sorted(facts) == sorted(vxp.OPERATIONS)
