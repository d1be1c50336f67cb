"""The central hub's directory as its answers say it, read in pieces of any size."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.agencies import Agency, Reader, asked, beginnings, nearness, reading, words_of
from hub.agencies.scanning import MOST_ROW
from hub.errors import Refused
from hub.standards.addressing import folded

LIST, QD20, UNITS = reading.KINDS
HEALTH = {
    "id": 7,
    "pid": 1,
    "code": "000.00.18.H48",
    "name": "Sở Y tế tỉnh Quảng Ngãi",
    "mail": "syt@qn.example",
}
#: texts out of the signs that rows are cut at
TEXTS = st.text('aữ"\\[]{},: \0', max_size=8)


def answer(*rows: Any, **rest: Any) -> bytes:
    """An answer as the central hub gives it."""
    head = {"status": "OK", "ErrorCode": "0", "ErrorDesc": "Thanh cong"}
    return json.dumps({**head, "data": list(rows), **rest}, ensure_ascii=False).encode()


def read(said: bytes, kind: str = LIST, size: int = 1 << 20) -> tuple[list[Agency], Reader]:
    """What is read of it in pieces of this size."""
    reader = Reader(kind)
    found = [one for at in range(0, len(said), size) for one in reader.feed(said[at : at + size])]
    reader.close()
    return found, reader


def test_each_answer_has_its_own_fields() -> None:
    [listed], _ = read(answer({**HEALTH, "oldCode": "28.22.h48 "}))
    assert listed == Agency(
        "000.00.18.H48", "Sở Y tế tỉnh Quảng Ngãi", "7", "1", "syt@qn.example", old_code="28.22.H48"
    )

    [mapped], _ = read(answer({"id": "9", "code": "H48.18", "name": "Sở Y tế", "code102": "000.00.18.H48"}), QD20)
    assert (mapped.code, mapped.old_code, mapped.pid, mapped.mail) == ("H48.18", "000.00.18.H48", "", "")

    more = {"version": 3, "centerCode": "00.22.W00", "deleted": True, "modifyDate": "2026-01-02", "isAgency": False}
    [unit], _ = read(answer({**HEALTH, **more}), UNITS)
    assert unit.deleted
    assert unit.more == {"version": "3", "centerCode": "00.22.W00", "modifyDate": "2026-01-02", "isAgency": "false"}


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["id", "pid", "code", "name", "mail", "oldCode", "note"]),
            st.one_of(TEXTS, st.none(), st.integers(), st.lists(TEXTS, max_size=2)),
        ),
        max_size=6,
    ),
    st.integers(1, 40),
    st.booleans(),
    st.sampled_from([None, 1]),
)
def test_pieces_of_any_size_say_the_same(rows: list[Any], size: int, plain: bool, indent: int | None) -> None:
    said = json.dumps({"a": [1, {"b": "]}"}], "data": rows, "ErrorCode": "0"}, ensure_ascii=plain, indent=indent)
    content = said.encode("utf-8", "surrogatepass")

    whole, reader = read(content)
    pieces, again = read(content, size=size)

    assert whole == pieces
    assert reader.skipped == again.skipped
    assert len(whole) + sum(reader.skipped.values()) == len(rows)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({**HEALTH, "code": "  "}, reading.NO_CODE),
        ({**HEALTH, "code": None}, reading.NO_CODE),
        ({**HEALTH, "code": {"is": "none"}}, reading.NO_CODE),
        ({**HEALTH, "name": ""}, reading.NO_NAME),
        ({**HEALTH, "name": "x" * 501}, reading.TOO_LONG),
        ({**HEALTH, "code": "H" * 101}, reading.CODE_TOO_LONG),
        ({**HEALTH, "name": "a\0b"}, reading.NOT_TEXT),
        ({**HEALTH, "mail": "\ud800"}, reading.NOT_TEXT),
        ({**HEALTH, "note": "x" * MOST_ROW}, reading.TOO_LONG),
        ({**HEALTH, "note": [[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}, reading.TOO_LONG),
        (None, reading.UNREADABLE),
        (12, reading.UNREADABLE),
        ("text, with ] and }", reading.UNREADABLE),
        ([HEALTH], reading.UNREADABLE),
    ],
)
@pytest.mark.parametrize("size", [1 << 20, 7])
def test_a_bad_row_is_left_out_with_its_reason_and_the_others_stay(row: Any, reason: str, size: int) -> None:
    said = json.dumps({"ErrorCode": "0", "data": [HEALTH, row, {**HEALTH, "code": "H48.18"}]}).encode()

    found, reader = read(said, size=size)

    assert [one.code for one in found] == ["000.00.18.H48", "H48.18"]
    assert reader.skipped == {reason: 1}


@pytest.mark.parametrize("row", [b'{"code":1,}', b'{"code" "H48"}', b"{\xff}", b"nul", b"", b'{"a":1]'])
def test_so_is_one_that_is_no_json(row: bytes) -> None:
    good = json.dumps(HEALTH).encode()
    found, reader = read(b'{"ErrorCode":"0","data":[' + good + b"," + row + b"," + good + b"]}")
    assert len(found) == 2
    assert reader.skipped == {reading.UNREADABLE: 1}


WHOLE = answer(HEALTH, {**HEALTH, "code": "H48.18", "name": 'Sở "Y tế" [cũ] \\'})


def test_one_that_is_cut_short_anywhere_is_not_believed() -> None:
    for end in range(len(WHOLE)):
        with pytest.raises(Refused) as refused:
            read(WHOLE[:end])
        assert refused.value.code == "directory-unreadable"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"<html><body>502 Bad Gateway</body></html>",
        b"[]",
        b'"data"',
        b'{"status":"OK","ErrorCode":"0"}',
        b'{"status":"OK","data":null}',
        b'{"data":{"code":"H48"}}',
        b'{"status":"OK","data":[]}',
        b'{"data":[],"data":[]}',
        WHOLE + b"}",
        WHOLE + b"<!-- x -->",
        b'{"data":[}]}',
        b'{"data":[]]',
        b'{"a":"' + b"x" * 70_000 + b'","data":[]}',
    ],
    ids=range(14),
)
@pytest.mark.parametrize("size", [1 << 20, 5])
def test_what_is_no_such_answer_is_not_believed(said: bytes, size: int) -> None:
    with pytest.raises(Refused) as refused:
        read(said, size=size)
    assert refused.value.code == "directory-unreadable"


@pytest.mark.parametrize("rest", [{"ErrorCode": "15"}, {"ErrorCode": 20}, {"status": "FAIL"}])
def test_one_that_says_that_it_failed_is_not_believed(rest: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="directory-failed"):
        read(answer(HEALTH, **rest))


def test_one_row_without_end_is_not_held() -> None:
    reader = Reader(LIST)
    list(reader.feed(b'{"ErrorCode":"0","data":[{"name":"'))
    for _ in range(100):
        assert list(reader.feed(b"x" * 50_000)) == []
        assert len(reader._scanner._buffer) <= MOST_ROW + 50_000
    list(reader.feed(b'"},' + json.dumps(HEALTH).encode() + b"]}"))
    reader.close()
    assert reader.skipped == {reading.TOO_LONG: 1}


def test_a_code_of_neither_form_is_counted_and_taken() -> None:
    found, reader = read(answer(HEALTH, {**HEALTH, "code": "vxp.saas.03"}, {**HEALTH, "code": "00.22.W00"}))
    assert [(one.code, one.is_centre) for one in found][1:] == [("VXP.SAAS.03", False), ("00.22.W00", True)]
    assert (reader.odd, reader.skipped) == (2, {})


def test_only_three_answers_list_agencies() -> None:
    with pytest.raises(ValueError, match="getEdoc"):
        Reader("getEdoc")


@pytest.mark.parametrize(
    ("name", "words"),
    [("Sở Y tế tỉnh Quảng Ngãi", " so y te tinh quang ngai "), ("Ủy ban nhân dân xã Bình-Sơn", " ubnd xa binh son ")],
)
def test_names_are_searched_without_diacritics(name: str, words: str) -> None:
    assert words_of(name) == words
    assert asked(f"{name} {name}") == words.split()


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=6), max_size=8), st.data())
def test_what_has_all_the_words_has_all_their_signs(words: Sequence[str], data: st.DataObject) -> None:
    text = folded(" ".join(words)).split()
    some = data.draw(st.lists(st.sampled_from(text), max_size=4)) if text else []
    begun = [word[: data.draw(st.integers(1, len(word)))] for word in some]
    assert beginnings(begun) & beginnings(text) == beginnings(begun)
    assert beginnings(text) < 1 << 63


def test_whole_words_at_the_beginning_come_first() -> None:
    asked_for = ["so", "y", "te", "quang", "ngai"]
    names = [
        "Sở Y tế tỉnh Quảng Ngãi",
        "Phòng Tổ chức Sở Y tế Quảng Ngãi",
        "Sở Y tế Quảng Ngãim",
        "Sông Yên Tế Quảng Ngãi",
    ]
    keys = [nearness(asked_for, words_of(name), words_of(name)) for name in names]
    assert keys == sorted(keys)
    under = words_of("Sở Y tế") + words_of("UBND tỉnh Quảng Ngãi")
    assert keys[0] < nearness(asked_for, words_of("Sở Y tế"), under) < keys[1]
