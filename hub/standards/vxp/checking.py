"""The server's side of a call's signature (facts 3.2): whose call it is, and what it says."""

from __future__ import annotations

import hmac
import json
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
        """The value of a logical header, whatever the case of its name; "" where the call has none."""
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
    lower = {name.lower(): value for name, value in headers.items()}
    systemid = lower.get(f"{PREFIX}systemid".lower(), "")
    text = lower.get(f"{PREFIX}sign-header".lower(), "")
    if not _is_signed(secret_of(systemid), text, lower.get(f"{PREFIX}hash-header".lower(), "")):
        return Fault("15", "Sai SystemId hoac SecretKey")
    fields = _fields(text)
    if fields is None or any(lower.get(f"{PREFIX}{name}".lower()) != value for name, value in fields.items()):
        return Fault("15", "Header khong khop voi noi dung da ky")
    if fields.get("systemid") != systemid:
        return Fault("15", "SystemId khong nam trong noi dung da ky")
    if now and fresh and not _is_fresh(fields.get("timestamp", ""), now, fresh):
        return Fault("15", "Timestamp qua cu hoac khong doc duoc")
    return Call(systemid, fields)


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
    return fields if len({name.lower() for name in fields}) == len(pairs) else None


def _is_header(pair: object) -> bool:
    match pair:
        case (str(name), str()):
            return name.startswith(PREFIX)
    return False


def _is_fresh(text: str, now: datetime, fresh: timedelta) -> bool:
    moment = read_timestamp(text)
    return moment is not None and abs(now - moment) <= fresh
