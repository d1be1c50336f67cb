"""Packets changed as markup, as JSON, as base64, and as bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pybase64

from tests.fuzz import mutate
from tests.fuzz.mutate import LONGEST, Step

_TOKEN = re.compile(rb"<[^<>]*>|[^<>]+")
_TAG = re.compile(rb"<(/?)([A-Za-z-]*:)?([A-Za-z]+)")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{16,}={0,2}")
_QUOTED = re.compile(rb'"[^"]*"')
_NAMES = (
    b"edXML edXMLEnvelope edXMLHeader MessageHeader From To OrganId OrganName Code CodeNumber CodeNotation "
    b"Subject PromulgationInfo PromulgationDate DocumentType OtherInfo Priority ResponseFor StatusCode "
    b"TraceHeaderList TraceHeader Bussiness BussinessDocType DocumentId ReplacementInfoList "
    b"ReplacementInfo ReceiverList Receiver StaffInfo Timestamp edXMLBody edXMLManifest Reference "
    b"AttachmentEncoded Attachment AttachmentName ContentId ContentType Envelope Header "
    b"ContentTransferEncoded value name Attach Body Appendixes ToPlaces Place Paper SteeringType"
).split()
_PREFIXES = (b"", b"edXML:", b"x:", b"xml:", b"xmlns:", b"SOAP-ENV:", b":", b"a:b:")
_TEXTS = (
    b"", b" ", b"0", b"-1", b"4", b"99999999999999999999", b"null", b"${file}", b"cid:1", b"2026/02/30",
    b"31/12/2026 24:61:00",
    b"2026-11-24T10:00:00.123+07:00", b"0001/01/01 00:00:00", b"9999/12/31 23:59:59", b"204/SNV/VP", b"/", b"&#0;",
    b"&#xD800;",
    b"&#128274;", b"&lol;", b"&amp;&lt;", b"]]>", b"<![CDATA[x]]>", b"<!-- - -->", b"<!---->", b"<?x?>", b"x" * 40_000,
    "Tờ trình (MẬT).pdf".encode(), "\u202e\u200b\ufeffa\u0301".encode(), "１２".encode(), "²".encode(), b"QUJD",
    b"QQ==", b"=",
    b"QUI=QUJD", b"&#x51;&#85;JD", b"UEsDBA==", b"a.zip", b"a.doc", b"a./", b".", b"con.pdf", b"\xed\xa0\x80",
)  # fmt: skip
_ATTRIBUTES = (
    b' xmlns=""', b' xmlns="urn:x"', b' xmlns:edXML="urn:x"', b' xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"',
    b' a="1"',
    b" a='>'", b' a="<"', b' xml:space="preserve"', b" x:y=''", b' a="1" a="2"', b' xmlns:x=""',
    b' xmlns:xml="urn:x"', b" /",
    b' xmlns="http://www.e-doc.vn/Schema/"', b' Content-Type="x"', b' id="&quot;&#10;"',
)  # fmt: skip
_PROLOGS = (
    b"", b"\xef\xbb\xbf", b'<?xml version="1.1"?>', b'<?xml version="1.0" encoding="utf-16"?>',
    b'<?xml version="1.0" encoding="x"?>',
    b"<!DOCTYPE edXML>", b'<!DOCTYPE a [<!ENTITY b "c">]>', b"x" * 4097, b"12<br>12", b" \r\n", b"{",
    b"<!-- <edXML> -->", b"\x00",
    b'<?xml version="1.0" standalone="yes"?>', b'<?xml version="1.0" encoding="us-ascii"?>',
)  # fmt: skip


def mutated(dice: Random, data: bytes, other: bytes) -> bytes:
    """A packet made from one or two others."""
    chance = dice.random()
    if chance < 0.05:
        data = mutate.joined(dice, data, other)
    elif chance < 0.1:
        data = _grafted(dice, data, other)
    elif chance < 0.102:
        return _heavy(dice, data)
    elif chance < 0.11:
        return dice.choice(_RECODED)(data)
    plain = data.lstrip()[:1] == b"{" and dice.random() < 0.7
    return _json(dice, data) if plain else mutate.steps(dice, data, _STEPS)


def _tokens(data: bytes) -> list[bytes]:
    return _TOKEN.findall(data)


def _with(dice: Random, data: bytes, change: Callable[[list[bytes], int], None]) -> bytes:
    """The packet with something done to its tokens at a place of chance."""
    tokens = _tokens(data) or [b""]
    change(tokens, dice.randrange(len(tokens)))
    return b"".join(tokens)


def _subtree(tokens: Sequence[bytes], at: int) -> int:
    """Where the element that begins there ends, as far as it can be told."""
    opened = _TAG.match(tokens[at])
    if opened is None or opened[1] or tokens[at].endswith(b"/>"):
        return at + 1
    closing = b"</" + (opened[2] or b"") + opened[3]
    return next((end + 1 for end in range(at, len(tokens)) if tokens[end].startswith(closing)), at + 1)


def _drop_element(dice: Random, data: bytes) -> bytes:
    def change(tokens: list[bytes], at: int) -> None:
        del tokens[at : _subtree(tokens, at)]

    return _with(dice, data, change)


def _double_element(dice: Random, data: bytes) -> bytes:
    def change(tokens: list[bytes], at: int) -> None:
        tokens[at:at] = tokens[at : _subtree(tokens, at)] * dice.choice((1, 1, 1, 2, 40))

    return _with(dice, data, change)


def _move_element(dice: Random, data: bytes) -> bytes:
    def change(tokens: list[bytes], at: int) -> None:
        end = _subtree(tokens, at)
        moved = tokens[at:end]
        del tokens[at:end]
        to = dice.randrange(len(tokens) + 1)
        tokens[to:to] = moved

    return _with(dice, data, change)


def _rename(dice: Random, data: bytes) -> bytes:
    """An element under another name, or one of its two tags."""

    def change(tokens: list[bytes], at: int) -> None:
        name = dice.choice(_PREFIXES) + dice.choice(_NAMES)
        end = _subtree(tokens, at) - 1
        for each in {at, end} if dice.random() < 0.8 else {at}:
            tokens[each] = _TAG.sub(lambda found: b"<" + found[1] + name, tokens[each], count=1)

    return _with(dice, data, change)


def _attribute(dice: Random, data: bytes) -> bytes:
    def change(tokens: list[bytes], at: int) -> None:
        tokens[at] = re.sub(rb"(?=/?>)", lambda _: dice.choice(_ATTRIBUTES), tokens[at], count=1)

    return _with(dice, data, change)


def _text(dice: Random, data: bytes) -> bytes:
    """Another text between two tags."""

    def change(tokens: list[bytes], at: int) -> None:
        if tokens[at].startswith(b"<"):
            tokens.insert(at + 1, dice.choice(_TEXTS))
        else:
            tokens[at] = dice.choice(_TEXTS)

    return _with(dice, data, change)


def _wrap(dice: Random, data: bytes) -> bytes:
    """A text in a section or a comment, or with one in it."""

    def change(tokens: list[bytes], at: int) -> None:
        kept = tokens[at]
        half = len(kept) // 2
        tokens[at] = dice.choice(
            (b"<![CDATA[" + kept + b"]]>", b"<!--" + kept + b"-->", kept[:half] + b"<!--x-->" + kept[half:],
             kept[:half] + b"<![CDATA[y]]>" + kept[half:], kept[:half] + b"<?x y?>" + kept[half:])
        )  # fmt: skip

    return _with(dice, data, change)


def _prolog(dice: Random, data: bytes) -> bytes:
    bare = re.sub(rb"^<\?xml[^>]*\?>", b"", data) if dice.random() < 0.5 else data
    return dice.choice(_PROLOGS) + bare


def _base64(dice: Random, data: bytes) -> bytes:
    """An attachment's text, or the bytes that it stands for, changed."""
    found = list(_BASE64.finditer(data))
    if not found:
        return _text(dice, data)
    match = dice.choice(found)
    text = match[0]
    if dice.random() < 0.5 and len(text) % 4 == 0:
        raw = pybase64.b64decode(text)
        text = pybase64.b64encode(mutate.steps(dice, raw, mutate.STEPS)) if raw else text
    else:
        at = dice.randrange(len(text))
        text = (
            text[:at]
            + dice.choice((b"\n", b" ", b"=", b"&#10;", b"&#x41;", b"\\n", b"-", b"&#", b"\\u0041", b"\\/"))
            + text[at:]
        )
    return data[: match.start()] + text + data[match.end() :]


def _quoted(dice: Random, data: bytes) -> bytes:
    found = list(_QUOTED.finditer(data))
    if not found:
        return mutate.put(dice, data)
    match = dice.choice(found)
    return data[: match.start()] + b'"' + dice.choice(_TEXTS) + b'"' + data[match.end() :]


_STEPS: Sequence[Step] = (
    *(
        _drop_element,
        _double_element,
        _move_element,
        _rename,
        _rename,
        _attribute,
        _attribute,
        _text,
        _text,
        _text,
        _wrap,
    ),
    *(
        _drop_element,
        _double_element,
        _move_element,
        _rename,
        _text,
        _text,
        _prolog,
        _base64,
        _base64,
        _base64,
        _quoted,
    ),
    *mutate.STEPS,
)


def _grafted(dice: Random, data: bytes, other: bytes) -> bytes:
    """An element of one packet in another."""
    theirs = _tokens(other) or [b""]
    start = dice.randrange(len(theirs))
    branch = theirs[start : _subtree(theirs, start)]
    return _with(dice, data, lambda tokens, at: tokens.__setitem__(slice(at, at), branch))


def _heavy(dice: Random, data: bytes) -> bytes:
    """A packet with far too much of something: it must be refused soon, and cheaply."""
    tokens = _tokens(data) or [b""]
    at = dice.randrange(len(tokens))
    piece = dice.choice(
        (tokens[at], b"<a>", b"<!--x-->", b"x" * 1000, b"[", b'{"a":', b"A" * 1000, b" ", b"&amp;", b"<![CDATA[")
    )
    tokens.insert(at, piece * (dice.choice((100_000, 1_000_000, 3_000_000)) // (len(piece) or 1)))
    return b"".join(tokens)


_RECODED: Sequence[Callable[[bytes], bytes]] = (
    lambda data: data.decode("utf-8", "replace").encode("utf-16"),
    lambda data: data.decode("utf-8", "replace").encode("utf-16-le"),
    lambda data: data.decode("utf-8", "replace").encode("cp1258", "replace"),
    lambda data: data.decode("latin-1").encode("utf-8")[:LONGEST],
    lambda data: data.replace(b"\n", b"\r"),
    lambda data: data.upper(),
    lambda data: data + b"\x00" * 100,
)


# JSON ----------------------------------------------------------------------------------------------

_VALUES: Sequence[Any] = (
    None, True, False, 0, -1, 4, 1e308, 10**30, "", "x", "\ud800", "\x00", "2", [], {}, [[]], [{}], {"a": {}},
    [None], "x" * 40_000,
    {"organid": "A"}, [{"organid": "A"}, {"organid": "A"}], "a.zip", "Tờ trình (MẬT).pdf", "QUJD", "QQ==", "Q",
    "\\u0041",
)  # fmt: skip


def _json(dice: Random, data: bytes) -> bytes:
    """The packet's tree with a value or a key changed; what is no JSON as bytes."""
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return mutate.steps(dice, data, _STEPS)
    for _ in range(dice.choice((1, 1, 2, 4))):
        _change(dice, tree)
    try:
        return json.dumps(tree, ensure_ascii=dice.random() < 0.7).encode("utf-8", "surrogatepass")[:LONGEST]
    except (ValueError, RecursionError):
        return data


def _change(dice: Random, node: Any) -> None:
    """Somewhere below, something is dropped, renamed, replaced or doubled."""
    while isinstance(node, (dict, list)) and node:
        key = dice.choice(list(node)) if isinstance(node, dict) else dice.randrange(len(node))
        if isinstance(node[key], (dict, list)) and node[key] and dice.random() < 0.7:
            node = node[key]
            continue
        _change_at(dice, node, key)
        return


def _change_at(dice: Random, node: Any, key: Any) -> None:
    match dice.randrange(5):
        case 0:
            del node[key]
        case 1 | 2:
            node[key] = dice.choice(_VALUES)
        case 3 if isinstance(node, dict):
            node[
                dice.choice((str(key).upper(), dice.choice(_NAMES).decode().lower(), f" {key}", "{urn:x}To", "<", ""))
            ] = node[key]
        case _:
            node[key] = [node[key], node[key]]
