"""Answers that come in pieces of any size are what they were; long texts are cut out and found again."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.eoffice.rest.cutting import LONG, Cutter, NotAnAnswer, cutter

_TEXT = st.text(max_size=30) | st.text(min_size=1, max_size=5).map(lambda text: text * (LONG // len(text) + 2))
_TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
#: half a pair of surrogates is no text
_WHOLE = _TREES.filter(
    lambda tree: not any("\ud800" <= sign <= "\udfff" for sign in json.dumps(tree, ensure_ascii=False))
)


def fed(form: str, data: bytes, cuts: list[int]) -> tuple[Cutter, Any, bytes]:
    """The tree, and what was cut out of it."""
    reader, out = cutter(form), b""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for begin, end in pairwise(places):
        out += reader.feed(data[begin:end])
    return reader, reader.end(), out


def restored(reader: Cutter, out: bytes, tree: Any) -> Any:
    if isinstance(tree, str):
        cut = reader.cut(tree)
        return out[cut.offset : cut.offset + cut.length].decode() if cut else tree
    if isinstance(tree, list):
        return [restored(reader, out, each) for each in tree]
    if isinstance(tree, dict):
        return {restored(reader, out, key): restored(reader, out, each) for key, each in tree.items()}
    return tree


@settings(max_examples=150, deadline=None)
@given(_WHOLE, st.lists(st.integers(0, 1 << 20), max_size=8), st.booleans())
def test_json_in_any_pieces_is_what_it_was(tree: Any, cuts: list[int], ascii_only: bool) -> None:
    reader, found, out = fed("json", json.dumps(tree, ensure_ascii=ascii_only).encode(), cuts)
    assert tree == restored(reader, out, found)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), max_size=20),
       st.integers(1, 3), st.lists(st.integers(0, 1 << 20), max_size=8))  # fmt: skip
def test_xml_in_any_pieces_is_what_it_was(text: str, times: int, cuts: list[int]) -> None:
    said = text * (LONG * (times - 1) // max(1, len(text)) + 1)
    data = (
        f"<?xml version='1.0' encoding='UTF-8'?><a b=\"{escape(text, {chr(34): '&quot;'})}\"><c>{escape(said)}</c></a>"
    )
    reader, found, out = fed("xml", data.encode(), cuts)
    inner = restored(reader, out, found.findtext("c") or "")
    if "￾" not in text and "￿" not in text:
        assert (said, text) == (inner, found.get("b"))


@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("json", b""),
        ("json", b"   "),
        ("json", b'{"a": "b'),
        ("json", b'{"a": 1} x'),
        ("json", b"<html></html>"),
        ("json", b'{"a": "\xff"}'),
        ("json", b'{"a": "\\ud800 and much more text"}'),
        ("json", b'{"a": "\\x and much more text"}'),
        ("json", b"[" * 200_000),
        ("json", b"1" * (5 << 20)),
        ("xml", b""),
        ("xml", b"<a><b></a>"),
        ("xml", b"<a>"),
        ("xml", b"<!DOCTYPE a><a/>"),
        ("xml", b"{}"),
        ("xml", b"<a>\xff</a>"),
        ("xml", b"<a>" + b"<b/>" * 1_000_000 + b"</a>"),
    ],
)
def test_what_is_no_answer_is_told(form: str, data: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        fed(form, data, [3, 1 << 16])


def test_nobody_can_forge_a_mark() -> None:
    reader, found, _ = fed("json", json.dumps({"a": "x" * (LONG + 1), "b": "cut:0:0", "c": "cut:00:1"}).encode(), [])
    assert reader.cut(found["a"])
    assert reader.cut(found["b"]) is None
    assert reader.cut(found["a"] + "9") is None
