"""The operations of the central hub, and what a call of each looks like on the wire (facts 3.2 and 3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from hub.standards.vxp.signing import PREFIX, in_sdk_order, sign, signed_text
from hub.standards.vxp.times import timestamp

JSON, RAW = "application/json", "application/octet-stream"
_AGENT = {"User-Agent": "JAVASDKAgent/1.0.0 XRoad/VPCP", f"{PREFIX}version": "3.0.201608"}
#: What the two HTTP clients inside the SDK say of themselves.
_APACHE = {"Connection": "Keep-Alive", "Accept-Encoding": "gzip,deflate"}
_PLAIN = {
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "Accept": "text/html, image/gif, image/jpeg, */*; q=0.2",
    "Connection": "keep-alive",
}
_EXPECTS = {"Expect": "100-continue"}


@dataclass(frozen=True, slots=True)
class Operation:
    """How an operation is called. `body` is what the SDK sends with it; of sendEdoc the packet takes its place."""

    name: str
    method: str = "POST"
    body: bytes = b""
    content_type: str = JSON
    #: headers that are not signed
    client: Mapping[str, str] = field(default_factory=lambda: MappingProxyType(_APACHE))


_WITH_BODY = MappingProxyType(_APACHE | _EXPECTS)
#: Every operation by its name.
OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        each.name: each
        for each in (
            Operation("getAgenciesList"),
            Operation("getAgenciesListQD20"),
            Operation("getSynchronizeUnit"),
            Operation("getReceivedEdocList"),
            Operation("getSentEdocList"),
            Operation("registerAgency", client=_WITH_BODY),
            Operation("deleteAgency", body=b"{}", client=_WITH_BODY),
            Operation("getEdoc", body=b"{}", client=_WITH_BODY),
            Operation("updateStatus", body=b"{}", client=_WITH_BODY),
            Operation("countReceiveEdoc", body=b"{}", client=_WITH_BODY),
            Operation("countReceiveStatus", body=b"{}", client=_WITH_BODY),
            Operation("downloadEdoc", "GET"),
            Operation("sendEdoc", content_type=RAW, client=MappingProxyType(_PLAIN)),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Request:
    """A call, ready to be sent. `path` is appended to the endpoint; Host and Content-Length are the HTTP client's."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def request(name: str, systemid: str, secret: str, moment: datetime, fields: Mapping[str, str]) -> Request:
    """A call of this operation, signed. `fields`: its own logical headers, in the order of the table in facts 3.4.

    Raises KeyError of an unknown operation, ValueError of a value that no HTTP header may hold.
    """
    operation = OPERATIONS[name]
    for key, value in fields.items():
        if not (key + value).isascii() or not (key + value).isprintable():
            raise ValueError(f"{key} cannot stand in a header: only printable ASCII may")
    put = {
        "timestamp": timestamp(moment),
        "systemid": systemid,
        "Content-Type": operation.content_type,
        **fields,
    }
    logical = {key: put[key] for key in in_sdk_order(put)}
    return Request(operation.method, f"/{name}", _headers(operation, logical, secret), operation.body)


def _headers(operation: Operation, logical: Mapping[str, str], secret: str) -> Mapping[str, str]:
    text = signed_text(logical)
    return {
        "Content-Type": operation.content_type,
        **{f"{PREFIX}{name}": value for name, value in logical.items()},
        f"{PREFIX}sign-header-key": ";".join(logical),
        f"{PREFIX}sign-header": text,
        f"{PREFIX}hash-header": sign(secret, text),
        **_AGENT,
        **operation.client,
    }
