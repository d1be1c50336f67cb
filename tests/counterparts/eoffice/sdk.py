"""Calls the axis as the vendor's Java library 2.0.1 does (facts 3.2-3.4), with its habits.

One object is one service object of that library: its timestamp is taken once, its headers are never cleared and come
in a Java HashMap's order, it waits for 100 Continue where Apache HttpClient does, and it reads an HTML page as an empty
list. It is not for two threads. Written from the wire's description and the capture; no line of it is the hub's.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import http.client
import json
import select
import socket
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from tests.counterparts.eoffice.faults import Fault
from tests.counterparts.eoffice.model import VIETNAM

_PREFIX = "XroadVnpt-"
_OCTETS, _JSON = "application/octet-stream", "application/json"
_AGENT, _VERSION = "JAVASDKAgent/1.0.0 XRoad/VPCP", "3.0.201608"
#: seconds that Apache HttpClient waits for 100 Continue; a whole call may be silent for
_CONTINUE, _PATIENCE = 2.0, 60.0
#: bytes of an answer
_MOST = 256 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `http` 0: nothing did, `told` is empty then."""

    http: int
    content: bytes = field(default=b"", repr=False)

    @property
    def told(self) -> dict[str, Any]:
        """Its JSON object; empty where it is none."""
        try:
            value = json.loads(self.content)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def fields(self) -> tuple[str, str, str] | None:
        """`status`, `ErrorCode`, `ErrorDesc`; None where one of them is missing: the library returns null then."""
        told = self.told
        found = [told.get(name) for name in ("status", "ErrorCode", "ErrorDesc")]
        return None if None in found else (str(found[0]), str(found[1]), str(found[2]))

    @property
    def well(self) -> bool:
        """Whether the library would say OK."""
        return self.fields is not None and self.fields[1] == "0"


NOTHING = Answer(0)


class Sdk:
    """A service object. Each call raises nothing: where no answer came, it is NOTHING."""

    def __init__(self, url: str, systemid: str, secret: str, now: datetime, patience: float = _PATIENCE) -> None:
        parts = urlsplit(url)
        self._secure, self._host, self._base = parts.scheme == "https", parts.netloc, parts.path.rstrip("/")
        self._secret, self._patience = secret, patience
        #: logical headers, by insertion
        self._map = {"systemid": systemid, "timestamp": timestamp(now)}

    def agencies(self, faults: Mapping[str, Fault] | None = None) -> list[dict[str, Any]]:
        """Rows of getAgenciesList."""
        return _rows(self.call("getAgenciesList", {}, faults=faults))

    def received(self, kind: str, faults: Mapping[str, Fault] | None = None) -> tuple[Answer, list[dict[str, Any]]]:
        """Rows of getReceivedEdocList for `edoc` or `status`; none where the answer is no JSON, as the library does."""
        answer = self.call("getReceivedEdocList", {"servicetype": "eDoc", "messagetype": kind}, faults=faults)
        return answer, _rows(answer)

    def fetch(self, doc_id: str, faults: Mapping[str, Fault] | None = None) -> Answer:
        """getEdoc; its `data` is base64."""
        return self.call("getEdoc", {"docId": doc_id, "filePath": "store"}, b"{}", faults=faults)

    def download(self, doc_id: str, faults: Mapping[str, Fault] | None = None) -> Answer:
        """downloadEdoc: the packet as it is."""
        return self.call("downloadEdoc", {"docId": doc_id, "filePath": "store"}, method="GET", faults=faults)

    def update(self, doc_id: str, status: str, faults: Mapping[str, Fault] | None = None) -> Answer:
        """updateStatus."""
        return self.call("updateStatus", {"docid": doc_id, "status": status}, b"{}", faults=faults)

    def send(
        self, sender: str, kind: str, packet: bytes, to: Sequence[str] = (), faults: Mapping[str, Fault] | None = None
    ) -> Answer:
        """sendEdoc: the packet, then CRLF. `to`: the optional header; without it the packet's own list counts."""
        narrowed = {"to": json.dumps(list(to), separators=(",", ":"))} if to else {}
        logical = {"from": sender, "servicetype": "eDoc", "messagetype": kind, **narrowed, "hash-file": short(packet)}
        return self.call("sendEdoc", logical, packet + b"\r\n", kind=_OCTETS, faults=faults)

    def call(
        self,
        operation: str,
        logical: Mapping[str, str],
        body: bytes | None = None,
        *,
        kind: str = _JSON,
        method: str = "POST",
        faults: Mapping[str, Fault] | None = None,
    ) -> Answer:
        """Any operation. What it puts among the headers stays there."""
        met = faults or {}
        self._map.update({"Content-Type": kind, **logical})
        signed = self._signed(met)
        headers = [pair for name, value in signed.items() for pair in _pair(name, value)]
        text = json.dumps(
            {_PREFIX + name: value for name, value in signed.items()}, separators=(",", ":"), ensure_ascii=False
        )
        key = self._secret + ("x" if "forged" in met else "")
        headers += [
            (_PREFIX + "sign-header-key", ";".join(signed)),
            (_PREFIX + "sign-header", text),
            (_PREFIX + "hash-header", hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()),
            ("User-Agent", _AGENT),
            (_PREFIX + "version", _VERSION),
        ]
        try:
            return self._exchanged(method, operation, headers, body, met)
        except (OSError, http.client.HTTPException, EOFError, zlib.error):
            return NOTHING

    def _signed(self, met: Mapping[str, Fault]) -> dict[str, str]:
        """The logical headers of this call, in the order in which Java walks them."""
        logical = dict(self._map)
        if "skew" in met:
            ahead = datetime.now(VIETNAM).timestamp() + met["skew"].amount
            logical["timestamp"] = timestamp(datetime.fromtimestamp(ahead, VIETNAM))
        if "missing" in met:
            logical.pop("from", None)
        return {name: logical[name] for name in java_order(logical)}

    def _exchanged(
        self, method: str, operation: str, headers: list[tuple[str, str]], body: bytes | None, met: Mapping[str, Fault]
    ) -> Answer:
        made = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = made(self._host, timeout=self._patience)
        try:
            connection.putrequest(method, f"{self._base}/{operation}", skip_host=True, skip_accept_encoding=True)
            for name, value in _after(headers, operation, method, self._host, body, met):
                connection.putheader(name, value.encode())
            connection.endheaders()
            if body and (operation == "sendEdoc" or _continues(connection.sock)):
                connection.send(_cut(body) if "truncated" in met else body)
            if "length" in met:
                return NOTHING
            return _read(connection.getresponse())
        finally:
            connection.close()


def timestamp(now: datetime) -> str:
    """ddMMyyyyTHHmmss+SSSS in Vietnamese time; SSSS are milliseconds, no zone."""
    local = now.astimezone(VIETNAM)
    return f"{local:%d%m%YT%H%M%S}+{local.microsecond // 1000:04}"


def short(content: bytes) -> str:
    """SHA-256 with each byte's leading zero dropped, as Integer.toHexString writes it."""
    return "".join(f"{byte:x}" for byte in hashlib.sha256(content).digest())


def java_order(names: Sequence[str] | Mapping[str, str]) -> list[str]:
    """These keys as a java.util.HashMap walks them: by bucket, then as they were put in."""
    room = 16
    while len(names) > room * 3 // 4:
        room *= 2
    return sorted(names, key=lambda name: _hash(name) & (room - 1))


def _hash(name: str) -> int:
    value = 0
    for letter in name:
        value = (value * 31 + ord(letter)) & 0xFFFFFFFF
    return value ^ value >> 16


def _pair(name: str, value: str) -> list[tuple[str, str]]:
    plain = [(name, value)] if name == "Content-Type" else []
    return [*plain, (_PREFIX + name, value)]


def _after(
    headers: list[tuple[str, str]], operation: str, method: str, host: str, body: bytes | None, met: Mapping[str, Fault]
) -> list[tuple[str, str]]:
    """All headers of the request, as the one HTTP library or the other finishes them."""
    length = ("Content-Length", str(len(body or b"") + (1000 if "length" in met else 0) - _missing(body, met)))
    if operation == "sendEdoc":
        first = next(each for each in headers if each[0] == "Content-Type")
        rest = [each for each in headers if each is not first]
        more = [("Cache-Control", "no-cache"), ("Pragma", "no-cache"), ("Host", host),
                ("Accept", "text/html, image/gif, image/jpeg, */*; q=0.2"), ("Connection", "keep-alive")]  # fmt: skip
        return [first, *rest, *more, length]
    waits = [("Expect", "100-continue")] if body else []
    sized = [] if method == "GET" else [length]
    more = [("Host", host), ("Connection", "Keep-Alive"), *waits, ("Accept-Encoding", "gzip,deflate")]
    return [*headers, *sized, *more]


def _missing(body: bytes | None, met: Mapping[str, Fault]) -> int:
    return len(body or b"") - len(_cut(body or b"")) if "truncated" in met else 0


def _cut(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _continues(connection: socket.socket) -> bool:
    """Whether the body may go: the server says so, or nothing for a while."""
    ready, _, _ = select.select([connection], [], [], _CONTINUE)
    return not ready or connection.recv(12, socket.MSG_PEEK).endswith(b" 100")


def _read(response: http.client.HTTPResponse) -> Answer:
    content = response.read(_MOST)
    coding = response.headers.get("Content-Encoding", "")
    if coding == "gzip":
        content = gzip.decompress(content)
    elif coding == "deflate":
        content = zlib.decompress(content)
    return Answer(response.status, content)


def _rows(answer: Answer) -> list[dict[str, Any]]:
    rows = answer.told.get("data")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
