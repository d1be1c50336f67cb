"""From XML without attachments to a tree whose tags are plain local names, inside bounds.

An undeclared prefix is declared and the repair recorded. There is no DOCTYPE here any more, so there are
no entities but the five of XML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, XMLParser
from xml.parsers import expat

from hub.errors import Refused
from hub.standards.edxml.limits import Limits
from hub.standards.edxml.skeleton import Skeleton

QCVN = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
#: packets of "Công văn 512" and 2803/BTTTT-THH
EDOC = "http://www.e-doc.vn/Schema/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XLINK = "http://www.w3.org/1999/xlink"
_UNBOUND = expat.errors.codes[expat.errors.XML_ERROR_UNBOUND_PREFIX]
_ENCODING = re.compile(rb"""<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})""")
_UTF8 = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})


class _Names(dict[str, str]):
    """Tag -> local name for elements of these namespaces; a foreign tag stays as it is."""

    def __init__(self, *own: str) -> None:
        super().__init__()
        self._own = frozenset(own)

    def __missing__(self, tag: str) -> str:
        uri, _, local = tag.rpartition("}")
        name = local if uri.removeprefix("{") in self._own else tag
        if len(self) < _REMEMBERED and len(tag) < _SHORT:
            self[tag] = name
        return name


_REMEMBERED, _SHORT = 512, 128
_OLDER = _Names(EDOC, SOAP, QCVN, "")
#: by the namespace of the root
_NAMES = {QCVN: _Names(QCVN), "": _Names(""), EDOC: _OLDER, SOAP: _OLDER}


@dataclass(frozen=True, slots=True)
class Tree:
    """A packet's markup. Tags of its own namespaces are bare; foreign ones keep their {namespace}."""

    root: Element
    namespace: str
    repairs: tuple[str, ...] = ()


def parse(skeleton: Skeleton, limits: Limits) -> Tree:
    """The tree of a skeleton. Raises Refused, with the place in the packet."""
    text, repairs = skeleton.text, [*_encoding(skeleton.text)]
    if text.count(b"<") > limits.markup:
        raise Refused("too-many", f"Gói tin có hơn {limits.markup} thẻ.")
    try:
        root = _tree(text)
    except ParseError as error:
        if error.code != _UNBOUND:
            raise _malformed(skeleton) from None
        text, names = _declared(skeleton)
        repairs.append(f"Đã khai báo tiền tố còn thiếu: {', '.join(names)}.")
        root = _tree_again(text, skeleton)
    namespace = _accepted(root)
    if not namespace:
        repairs.append("Gói tin không ghi không gian tên, coi là của QCVN 102:2016.")
    _flatten(root, namespace, limits, text)
    return Tree(root, namespace, tuple(repairs))


def _tree(text: bytes) -> Element:
    parser = XMLParser(encoding="utf-8")  # noqa: S314 - the scan let no DOCTYPE and no size through
    parser.feed(text)
    root: Element = parser.close()
    return root


def _tree_again(text: bytes, skeleton: Skeleton) -> Element:
    try:
        return _tree(text)
    except ParseError:
        raise _malformed(skeleton) from None


def _encoding(text: bytes) -> list[str]:
    match = _ENCODING.match(text)
    name = match[1].decode().lower() if match else "utf-8"
    return [] if name in _UTF8 else [f"Gói tin khai báo mã hóa {name} nhưng được đọc theo UTF-8."]


def _malformed(skeleton: Skeleton) -> Refused:
    """The refusal of a text that is not XML, with its line, or its byte where attachments stand before it."""
    parser = expat.ParserCreate("utf-8")
    reason = "tiền tố sai"
    try:
        parser.Parse(skeleton.text, True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
    at = max(parser.ErrorByteIndex, 0)
    if skeleton.start or (skeleton.cuts and skeleton.cuts[0][0] <= at):
        where = f"byte {skeleton.original(at)}"
    else:
        where = f"dòng {parser.ErrorLineNumber}, cột {parser.ErrorColumnNumber + 1}"
    return Refused("not-well-formed", f"Gói tin không phải XML đúng dạng ({reason}).", where)


def _declared(skeleton: Skeleton) -> tuple[bytes, list[str]]:
    """The text with every undeclared prefix declared on the root, and their names."""
    text, scopes, missing = skeleton.text, [frozenset({"xml", "xmlns"})], dict[str, str]()
    roots: list[tuple[int, str, dict[str, str]]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if not roots:
            roots.append((parser.CurrentByteIndex, name, attributes))
        scopes.append(scopes[-1] | {key[6:] for key in attributes if key.startswith("xmlns:")})
        _note(name, "element", scopes[-1], missing)
        for key in attributes:
            _note(key, "attribute", scopes[-1], missing)

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: scopes.pop()
    try:
        parser.Parse(text, True)
    except expat.ExpatError:
        raise _malformed(skeleton) from None
    index, name, attributes = roots[0]
    own = name.rpartition(":")[0]
    uri = attributes.get(f"xmlns:{own}" if own else "xmlns", QCVN)
    added = "".join(f' xmlns:{prefix}="{_uri(prefix, used, uri)}"' for prefix, used in missing.items())
    cut = index + 1 + len(name.encode())
    return text[:cut] + added.encode() + text[cut:], list(missing)


def _note(name: str, used: str, declared: frozenset[str], missing: dict[str, str]) -> None:
    prefix, colon, _ = name.partition(":")
    if colon and prefix not in declared and missing.get(prefix) != "element":
        missing[prefix] = used


def _uri(prefix: str, used: str, namespace: str) -> str:
    if used == "element":
        return namespace.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return XLINK if prefix == "xlink" else f"urn:undeclared:{prefix}"


def _accepted(root: Element) -> str:
    """The packet's namespace. Raises Refused for a root that is no edXML of ours."""
    uri, _, name = root.tag.rpartition("}")
    uri = uri.removeprefix("{")
    if (name, uri) in (("edXML", QCVN), ("edXML", EDOC), ("Envelope", SOAP), ("edXML", "")):
        return uri
    if name.lower() in ("edxml", "edxmlenvelope"):
        raise Refused("namespace", f"Không nhận gói tin có gốc {name} thuộc không gian tên “{uri}”; cần {QCVN}.", name)
    raise Refused("not-edxml", f"Tệp không phải gói tin edXML: phần tử gốc là {name[:80]}.", name[:80])


def _flatten(root: Element, namespace: str, limits: Limits, text: bytes) -> None:
    """Make tags plain, level by level, inside the bounds."""
    names, level, depth = _NAMES[namespace], [root], 0
    while level:
        depth += 1
        if depth > limits.depth:
            raise Refused("too-deep", f"Thẻ lồng nhau hơn {limits.depth} tầng.", level[0].tag[:80])
        for element in level:
            element.tag = names[element.tag]
        level = [child for element in level for child in element]
    if len(text) > limits.text or text.count(b"=") > limits.attributes:
        _weigh(root, limits)


def _weigh(root: Element, limits: Limits) -> None:
    for element in root.iter():
        if len(element.keys()) > limits.attributes:
            raise Refused("too-many", f"Một thẻ có hơn {limits.attributes} thuộc tính.", element.tag[:80])
        if max(map(len, (element.text or "", *element.attrib.values()))) > limits.text:
            raise Refused("too-large", f"Một trường dài hơn {limits.text} ký tự.", element.tag[:80])
