"""Whatever is thrown at the reader, it says Refused or gives a packet; nothing else comes out."""

from __future__ import annotations

import io
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import Refused
from hub.standards import edxml
from hub.standards.edxml import skeleton
from hub.vocabulary import Document, Packet

SAMPLES = sorted((Path(__file__).parent / "data" / "edxml").glob("*.edxml"))
#: the samples with the long attachments cut down to 600 characters, so that most mutations meet markup
SHORT = [
    re.sub(rb"(ContentTransferEncoded[^>]*>[A-Za-z0-9+/]{600})[A-Za-z0-9+/=]{60000,}", rb"\1", path.read_bytes())
    for path in SAMPLES
]
QCVN = b"http://www.mic.gov.vn/TBT/QCVN_102_2016"
MIRROR = json.dumps(
    {
        "header": {
            "messageheader": {
                "from": {"organid": "A"},
                "toes": [{"organid": "B"}],
                "code": {"codenumber": "1", "codenotation": "X"},
                "subject": "s",
            }
        },
        "attachments": [{"attachmentname": "a.pdf", "contenttransferencoded": "QUJD" * 50}],
    }
).encode()
VALID = next(data for data, path in zip(SHORT, SAMPLES, strict=True) if path.name == "pvn_edoc_update.edxml")


def outcome(data: bytes) -> Packet | Refused:
    """What the reader makes of it; anything but these two fails the test."""
    try:
        packet = edxml.read(io.BytesIO(data))
    except Refused as refused:
        return refused
    if isinstance(packet.body, Document):
        for attached in packet.body.attachments:
            _unfold(data, packet.body, attached.name)
    return packet


def _unfold(data: bytes, body: Document, name: str) -> None:
    for attached in body.attachments:
        if attached.name == name:
            try:
                list(edxml.decode(io.BytesIO(data), attached))
            except Refused:
                return


def refused(data: bytes) -> str:
    result = outcome(data)
    assert isinstance(result, Refused)
    return result.code


def around(header: bytes) -> bytes:
    """A packet whose Subject is this markup."""
    return re.sub(rb"<edXML:Subject>.*?</edXML:Subject>", lambda _: header, VALID, flags=re.DOTALL)


def test_the_shortened_samples_are_still_packets() -> None:
    assert all(isinstance(outcome(data), Packet) for data in (*SHORT, MIRROR))
    assert isinstance(outcome(around(b"<edXML:Subject>x</edXML:Subject>")), Packet)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_packet_cut_anywhere_is_refused(path: Path) -> None:
    data = SHORT[SAMPLES.index(path)].rstrip()
    for end in range(0, len(data), 97):
        assert refused(data[:end])


def test_a_mirror_cut_anywhere_is_refused() -> None:
    for end in range(len(MIRROR)):
        assert refused(MIRROR[:end])


BOMB = b"".join(b'<!ENTITY l%d "%s">' % (i + 1, b"&l%d;" % i * 10) for i in range(9))


@pytest.mark.parametrize(
    "declaration",
    [
        b'<!DOCTYPE edXML [<!ENTITY l0 "lol">' + BOMB + b"]>",
        b'<!DOCTYPE edXML [<!ENTITY x SYSTEM "beside.txt">]>',
        b'<!DOCTYPE edXML PUBLIC "a" "http://127.0.0.1:9/x.dtd">',
        b'<!DOCTYPE edXML [<!ENTITY % p SYSTEM "http://127.0.0.1:9/"> %p;]>',
        b"<!-- a --><!DOCTYPE edXML>",
        b"<?pi?><!DOCTYPE edXML>",
        b"<!DOCTYPE edXML",
        b"<!ENTITY x 'y'>",
        b"<!doctype html>",
    ],
)
def test_no_declaration_is_let_in(declaration: bytes) -> None:
    assert refused(VALID.replace(b"?>", b"?>" + declaration, 1)) == "doctype"
    assert refused(declaration + VALID.partition(b"?>")[2]) == "doctype"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (around(b"<edXML:Subject>&lol;</edXML:Subject>"), "not-well-formed"),
        (around(b"<edXML:Subject>" + b"<a>" * 100 + b"</a>" * 100 + b"</edXML:Subject>"), "too-deep"),
        (around(b"<edXML:Subject>" + b"<a>" * 30_000 + b"</a>" * 30_000 + b"</edXML:Subject>"), "too-deep"),
        (around(b"<edXML:Subject>" + b"<a>" * 300_000), "too-many"),
        (around(b"<edXML:Subject>" + b"<a/>" * 70_000 + b"</edXML:Subject>"), "too-many"),
        (around(b"<edXML:Subject>" + b"x" * 40_000 + b"</edXML:Subject>"), "too-large"),
        (around(b"<edXML:Subject>" + b"x" * 9_000_000 + b"</edXML:Subject>"), "too-large"),
        (around(b"<edXML:Subject" + b"".join(b' a%d="1"' % i for i in range(10_000)) + b"/>"), "too-many"),
        (around(b"<edXML:Subject" + b"".join(b' xmlns:a%d="u"' % i for i in range(10_000)) + b"/>"), "missing"),
        (around(b"<edXML:Subject" + b' a="1"' * 10_000 + b"/>"), "not-well-formed"),
        (around(b"<edXML:Subject a='" + b"x" * 2_000_000), "too-large"),
        (around(b"<!--" + b"x" * 2_000_000), "too-large"),
        (around(b"<edXML:ContentTransferEncoded " + b"x" * 2_000_000), "too-large"),
        (b"<" * 5000, "not-well-formed"),
        (b"{" * 200_000, "not-well-formed"),
        (b'{"header": ' * 5000 + b"1" + b"}" * 5000, "too-deep"),
        (b'{"header":{"a":' + b"[" * 900 + b"]" * 900 + b"}}", "too-deep"),
        (b'{"header": ' + b"[" * 5000 + b"]" * 5000 + b"}", "too-deep"),
        (b'{"header": ' + b"9" * 9000 + b"}", "not-well-formed"),
        (MIRROR.replace(b'"s"', b'"' + b"x" * 40_000 + b'"'), "too-large"),
        (b'{"header": "' + b"x" * 3_000_000, "too-large"),
        (MIRROR.replace(b'"QUJD', b'0, "x": "QUJD'), "attachment"),
        (MIRROR.replace(b'"contenttransferencoded"', b'"content\\u0074ransferencoded"'), "attachment"),
    ],
)
def test_shapes_that_hurt_are_refused(data: bytes, code: str) -> None:
    assert refused(data) == code


@pytest.mark.parametrize(("key", "where"), [("Subject", '"subject"'), ("", '""')])
def test_a_key_of_json_that_stands_twice_is_named(key: str, where: str) -> None:
    result = outcome(b'{"header": {"first": 1, "%b": 2, "%b": 3}}' % (key.encode(), key.lower().encode()))
    assert isinstance(result, Refused)
    assert (result.code, result.where) == ("ambiguous", where)


def test_the_place_of_a_refusal_can_be_stored_whatever_a_key_is() -> None:
    half = b'{"header": {"status": {"from\\ud800": {}, "from\\ud800": {}}}}'
    for data in (half, half.replace(b'{}, "from\\ud800": {}', b"[[1]]")):
        result = outcome(data)
        assert isinstance(result, Refused)
        str(result).encode()


def test_an_attribute_is_bounded_as_a_text_is() -> None:
    older = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header a="%b"/></s:Envelope>'
    assert refused(older % (b"x" * 40_000)) == "too-large"


class Counted(bytes):
    """Bytes that count how many of them were looked through."""

    looked = 0

    def find(self, sign: Any, begin: Any = 0, end: Any = None, /) -> int:
        found = super().find(sign, begin, end)
        self.looked += (found if found >= 0 else len(self) if end is None else end) - begin
        return found


@pytest.mark.parametrize(
    "piece", [b"<?x?>", b"<!--x-->", b"<![CDATA[]]>", b"<!--value-->", b"<!--!?-->", b"!?", b"value "]
)
def test_markup_is_looked_through_a_few_times_and_no_more(piece: bytes) -> None:
    data = Counted(piece * 5_000)
    ahead, begin = skeleton._Ahead(data), 0
    while 0 <= begin < len(data):
        hit, _ = skeleton._first(ahead, begin, (skeleton.CONTENT, skeleton.VALUE))
        special = skeleton._special(ahead, begin, hit if hit >= 0 else len(data))
        begin = skeleton._past(data, special) if special >= 0 else hit + 1 if hit >= 0 else -1
    assert data.looked < 12 * len(data)


def test_recipients_are_bounded() -> None:
    organ = b"<edXML:To><edXML:OrganId>%d</edXML:OrganId></edXML:To>"
    many = b"".join(organ % i for i in range(1001))
    assert refused(around(many + b"<edXML:Subject>x</edXML:Subject>")) == "too-many"


def test_markup_inside_an_attachment_never_becomes_an_element() -> None:
    smuggled = b"</edXML:ContentTransferEncoded><!--" + b"<x>" * 10 + b"--><edXML:ContentTransferEncoded>"
    broken = VALID.replace(b"ContentTransferEncoded xmlns", b"ContentTransferEncoded a='>' xmlns", 1)
    start = broken.index(b">", broken.index(QCVN + b'">', broken.index(b"a='>'"))) + 1
    assert isinstance(outcome(broken), Packet)
    assert refused(broken[:start] + smuggled + broken[start:])


def test_random_mutations() -> None:
    dice = random.Random(20260302)
    seen: dict[type[Packet | Refused], int] = {Packet: 0, Refused: 0}
    for _ in range(1500):
        data = bytearray(dice.choice([*SHORT, MIRROR]))
        for _ in range(dice.randint(1, 6)):
            _mutate(data, dice)
        seen[type(outcome(bytes(data)))] += 1
    assert all(seen.values())


def _mutate(data: bytearray, dice: random.Random) -> None:
    at, other = dice.randrange(len(data)), dice.randrange(len(data))
    match dice.randrange(5):
        case 0:
            data[at] ^= 1 << dice.randrange(8)
        case 1:
            data[at:at] = dice.choice([b"<", b">", b"&", b"<!", b"]]>", b"<?", b'"', b"\x00", b"\xff", b"-->", b"\\"])
        case 2:
            del data[at : at + dice.randrange(40)]
        case 3:
            data[at:at] = data[other : other + dice.randrange(200)]
        case _:
            data[at] = dice.randrange(256)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=300))
def test_random_bytes(data: bytes) -> None:
    outcome(data)
    outcome(b"<edXML>" + data)
    outcome(b'{"header":' + data)


TOKENS = st.sampled_from(
    [
        b"<edXML:ContentTransferEncoded>", b"</edXML:ContentTransferEncoded>", b"<ContentTransferEncoded/>",
        b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?a", b"?>", b"QUJD", b"QQ==", b"${x}", b" ", b"&#13;", b"&amp;",
        b"<Attachment>", b"</Attachment>", b"<", b">", b"'", b'"', b"/", b"value",
    ]
)  # fmt: skip


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.lists(TOKENS, max_size=14))
def test_the_scan_and_the_parser_agree_on_what_is_an_element(tokens: list[bytes]) -> None:
    outcome(
        b'<edXML xmlns="' + QCVN + b'" xmlns:edXML="' + QCVN + b'"><AttachmentEncoded>'
        + b"".join(tokens)
        + VALID.partition(b"<edXML:edXMLEnvelope")[2]
    )  # fmt: skip


def test_xml_that_the_scan_took_apart_comes_back_in_the_same_places() -> None:
    packet = edxml.read(io.BytesIO(VALID))
    assert isinstance(packet.body, Document)
    (attached,) = packet.body.attachments
    assert VALID[attached.offset - 1 : attached.offset] == b">"
    assert VALID[attached.offset + attached.length :].startswith(b"</edXML:ContentTransferEncoded>")
