"""The server's side of a call's signature (facts 3.2): whose call it is, and what it says."""

from __future__ import annotations

import hmac
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.standards.vxp.signing import PREFIX, sign
from hub.standards.vxp.times import read_timestamp

#: Bytes of sign-header, at most.
_MOST = 2_000_000


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose signature is its system's. `fields`: the logical headers, names as they were signed."""

    systemid: str
    fields: Mapping[str, str]

    def get(self, name: str) -> str:
        """The value of a logical header; "" where the call has none.

        In this very spelling, else in any other: the SDK says docId to one operation and docid to the next, and of
        earlier calls the other one is still there.
        """
        if name in self.fields:
            return self.fields[name]
        wanted = name.lower()
        return next((value for key, value in self.fields.items() if key.lower() == wanted), "")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a call is not believed. `code` is one of facts 3.6; `text` is ASCII."""

    code: str
    text: str


def verify(
    headers: Mapping[str, str],
    secret_of: Callable[[str], str | None],
    now: datetime | None = None,
    fresh: timedelta | None = None,
) -> Call | Fault:
    """Check the headers of a call, names in any case, against the secret of the system that it names.

    `secret_of` says None of a system that nobody knows. Headers that are not signed are ignored, as the SDK leaves
    some of earlier calls behind. Freshness is asked for only where `now` (aware) and `fresh` are given: the SDK
    repeats old timestamps honestly.
    """
    came = _came(headers)
    if len({value for _, value in came.get(f"{PREFIX}systemid".lower(), [])}) > 1:
        return Fault("15", "Nhieu SystemId khac nhau trong mot loi goi")
    systemid, text, said = (_last(came, name) for name in ("systemid", "sign-header", "hash-header"))
    if not _is_signed(secret_of(systemid), text, said):
        return Fault("15", "Sai SystemId hoac SecretKey")
    fields = _fields(text)
    if fields is None or not _came_as_signed(fields, came):
        return Fault("15", "Header khong khop voi noi dung da ky")
    if fields.get("systemid") != systemid:
        return Fault("15", "SystemId khong nam trong noi dung da ky")
    if now and fresh and not _is_fresh(fields.get("timestamp", ""), now, fresh):
        return Fault("15", "Timestamp qua cu hoac khong doc duoc")
    return Call(systemid, fields)


def _came(headers: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    """Lower-case name -> its headers as they came: spelling, value."""
    came: dict[str, list[tuple[str, str]]] = {}
    for name, value in headers.items():
        came.setdefault(name.lower(), []).append((name, value))
    return came


def _last(came: Mapping[str, list[tuple[str, str]]], name: str) -> str:
    return came.get(f"{PREFIX}{name}".lower(), [("", "")])[-1][1]


def _came_as_signed(fields: Mapping[str, str], came: Mapping[str, list[tuple[str, str]]]) -> bool:
    """Whether each signed header came with its value; of several spellings of a name each its own.

    Where somebody on the way wrote all names alike, each value must be one of as many that came.
    """
    spellings = Counter(name.lower() for name in fields)
    for name, value in fields.items():
        pairs = came.get(f"{PREFIX}{name}".lower(), [])
        exact = [each for spelt, each in pairs if spelt == f"{PREFIX}{name}"]
        several = spellings[name.lower()]
        alike = [each for _, each in (pairs[-1:] if several == 1 else pairs)]
        if len(alike) < several or value not in (exact[-1:] or alike):
            return False
    return True


def _is_signed(secret: str | None, text: str, said: str) -> bool:
    """Compared for an unknown system too, so that nobody learns by the time which ones there are."""
    true = sign(secret or "", text[:_MOST]).encode()
    same = hmac.compare_digest(true, said.strip().lower().encode("utf-8", "surrogateescape"))
    return same and bool(secret) and len(text) <= _MOST


def _fields(text: str) -> dict[str, str] | None:
    """The signed headers without their prefix; None where it is no object of texts, or says a name twice."""
    try:
        pairs = json.loads(text, object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, tuple) or not all(map(_is_header, pairs)):
        return None
    fields = {name[len(PREFIX) :]: value for name, value in pairs}
    return fields if len(fields) == len(pairs) else None


def _is_header(pair: object) -> bool:
    match pair:
        case (str(name), str()):
            return name.startswith(PREFIX)
    return False


def _is_fresh(text: str, now: datetime, fresh: timedelta) -> bool:
    moment = read_timestamp(text)
    return moment is not None and abs(now - moment) <= fresh
