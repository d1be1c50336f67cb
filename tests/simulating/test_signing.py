"""Headers that are nearly right."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.simulating.central.answers import Failed, ascii_text, encoded, failure
from hub.simulating.central.signing import PREFIX, Call, digests, signed_headers, timestamp, verify

NOW = datetime(2026, 11, 23, 4, 14, 4, 590_000, tzinfo=UTC)
SECRET = b"dummy"
LOGICAL = {
    "systemid": "000.00.00.H48",
    "to": '["a","b"]',
    "timestamp": "23112026T111404+0590",
    "Content-Type": "application/json",
}
Headers = dict[str, str]


def judged(headers: Headers, fresh: float = 0.0, now: datetime = NOW) -> Call:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return verify(raw, {"000.00.00.H48": SECRET}.get, now, fresh)


def test_what_is_signed_is_what_is_read() -> None:
    call = judged(signed_headers(SECRET, LOGICAL))
    assert (call.system, call.get("to"), call.get("TO"), call.get("from")) == (
        "000.00.00.H48",
        '["a","b"]',
        '["a","b"]',
        "",
    )
    assert timestamp(NOW) == LOGICAL["timestamp"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda headers: headers.pop(PREFIX + "sign-header"),
        lambda headers: headers.pop(PREFIX + "hash-header"),
        lambda headers: headers.pop(PREFIX + "systemid"),
        lambda headers: headers.pop(PREFIX + "to"),
        lambda headers: headers.pop(PREFIX + "sign-header-key"),
        lambda headers: headers.update({PREFIX + "to": '["a"]'}),
        lambda headers: headers.update({PREFIX + "to": '["c"]', PREFIX + "TO": '["a","b"]'}),
        lambda headers: headers.update({PREFIX + "hash-header": headers[PREFIX + "hash-header"].upper()}),
        lambda headers: headers.update({PREFIX + "hash-header": headers[PREFIX + "hash-header"][:-1]}),
        lambda headers: headers.update({PREFIX + "sign-header": headers[PREFIX + "sign-header"].replace(",", ", ")}),
        lambda headers: headers.update({PREFIX + "sign-header-key": "systemid;timestamp;to;Content-Type"}),
    ],
)
def test_a_spoilt_header_is_seen(spoil: Callable[[Headers], object]) -> None:
    headers = signed_headers(SECRET, LOGICAL)
    spoil(headers)
    with pytest.raises(Failed) as told:
        judged(headers)
    assert told.value.code == "15"


@pytest.mark.parametrize("missing", ["timestamp", "Content-Type"])
def test_what_every_call_signs_must_be_there(missing: str) -> None:
    logical = {name: value for name, value in LOGICAL.items() if name != missing}
    headers = signed_headers(SECRET, {**logical, "Content-Type": "x"})
    if missing == "Content-Type":
        text = json.dumps({PREFIX + name: value for name, value in logical.items()}, separators=(",", ":"))
        headers = _signed_text(logical, text)
    with pytest.raises(Failed, match=missing):
        judged(headers)


def _signed_text(logical: Headers, text: str) -> Headers:
    return {
        **{PREFIX + name: value for name, value in logical.items()},
        PREFIX + "sign-header-key": ";".join(logical),
        PREFIX + "sign-header": text,
        PREFIX + "hash-header": hmac.new(SECRET, text.encode(), hashlib.sha256).hexdigest(),
    }


@pytest.mark.parametrize("text", ["", "[]", "{}", "[" * 5000, '{"systemid": "x"}', '{"XroadVnpt-systemid": 7}', "null"])
def test_a_signed_text_that_is_no_table_of_headers(text: str) -> None:
    with pytest.raises(Failed):
        judged(_signed_text(LOGICAL, text))


@pytest.mark.parametrize(
    "written", ["", "23112026T111404", "23112026T111404+590", "32112026T111404+0590", "2026-11-23"]
)
def test_a_timestamp_of_another_form(written: str) -> None:
    with pytest.raises(Failed, match="timestamp"):
        judged(signed_headers(SECRET, {**LOGICAL, "timestamp": written}))


@pytest.mark.parametrize(("minutes", "fine"), [(9, True), (-9, True), (11, False), (-11, False)])
def test_freshness_counts_both_ways(minutes: int, fine: bool) -> None:
    headers, now = signed_headers(SECRET, LOGICAL), NOW + timedelta(minutes=minutes)
    judged(headers, 0.0, now)
    if fine:
        judged(headers, 600.0, now)
    else:
        with pytest.raises(Failed, match="cu"):
            judged(headers, 600.0, now)


def test_the_digest_of_the_capture() -> None:
    file = '<?xml version="1.0" encoding="UTF-8"?>\n<edXML xmlns="x">Đ</edXML>'.encode()
    assert "eca5b1b3888c118d839a89c4711805b5a2a6d51fdf2674725b3687a0a332d" in digests(hashlib.sha256(file).digest())


@given(st.binary(min_size=32, max_size=32))
def test_a_digest_has_two_forms_at_most(raw: bytes) -> None:
    forms = digests(raw)
    assert raw.hex() in forms
    assert all(32 <= len(form) <= 64 for form in forms)
    assert len(forms) == 1 + any(byte < 16 for byte in raw)


@given(st.text())
def test_answers_are_ascii(text: str) -> None:
    told = encoded(failure(Failed("20", text), DocId=text))
    assert told.isascii()
    assert json.loads(told)["DocId"] == text
    assert ascii_text(text).isprintable()


def test_diacritics_are_left_out() -> None:
    assert Failed("18", "Đơn vị Quảng Ngãi").text == "Don vi nhan khong ton tai: Don vi Quang Ngai"
