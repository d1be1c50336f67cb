"""Who calls, and whether the call is theirs: signed headers and the digest of a body (facts 3.2, 3.4).

Written from the wire's description alone. It shares no line with the client's rules, so that the two
sides do not share a mistake. Pure.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.clock import VIETNAM
from hub.directory import normalise
from hub.simulating.central.answers import BAD_CREDENTIALS, Failed

PREFIX = "XroadVnpt-"
_SIGNED, _NAMES, _HASH = "sign-header", "sign-header-key", "hash-header"
#: logical headers that every call signs
_ALWAYS = ("systemid", "timestamp", "Content-Type")
_MOST_SIGNED = 64
_TIME = re.compile(r"(\d{8}T\d{6})\+\d{4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose signature is right: what it signed, by logical name in the very spelling."""

    system: str
    signed: Mapping[str, str]

    def get(self, *names: str) -> str:
        """The value of the first of these names that is there; else under any capitals; "" where there is none."""
        for name in names:
            if name in self.signed:
                return self.signed[name]
        wanted = {name.lower() for name in names}
        return next((value for name, value in self.signed.items() if name.lower() in wanted), "")


def verify(
    raw: Sequence[tuple[bytes, bytes]], secret_of: Callable[[str], bytes | None], now: datetime, fresh: float = 0.0
) -> Call:
    """The call that these HTTP headers make. Raises Failed (code 15).

    `secret_of` gives the UTF-8 secret of a systemid, None where there is no such system. `fresh` is how many
    seconds the timestamp may be off `now` (aware); 0: it is not looked at, for the vendor's client sends old ones.
    """
    sent = _sent(raw)
    text = _one(sent, _SIGNED)
    system = _one(sent, "systemid").decode("utf-8", "replace")
    secret = secret_of(system)
    if secret is None:
        raise Failed(BAD_CREDENTIALS, f"khong co he thong {system}")
    wanted = hmac.new(secret, text, hashlib.sha256).hexdigest().encode()
    if not hmac.compare_digest(wanted, _one(sent, _HASH)):
        raise Failed(BAD_CREDENTIALS, "chu ky khong dung")
    signed = _signed(text, sent)
    _check_names(signed, _one(sent, _NAMES))
    _check_time(signed["timestamp"], now, fresh)
    return Call(normalise(system), signed)


def signed_headers(secret: bytes, headers: Mapping[str, str]) -> dict[str, str]:
    """The HTTP headers of a call with these logical headers, which must name what every call signs."""
    pairs = {PREFIX + name: value for name, value in headers.items()}
    text = json.dumps(pairs, separators=(",", ":"), ensure_ascii=False)
    return {
        **pairs,
        "Content-Type": headers["Content-Type"],
        PREFIX + _NAMES: ";".join(headers),
        PREFIX + _SIGNED: text,
        PREFIX + _HASH: hmac.new(secret, text.encode(), hashlib.sha256).hexdigest(),
    }


def timestamp(now: datetime) -> str:
    """ddMMyyyyTHHmmss+SSSS in Vietnamese time; SSSS are milliseconds, no zone."""
    local = now.astimezone(VIETNAM)
    return f"{local:%d%m%YT%H%M%S}+{local.microsecond // 1000:04}"


def digests(sha256: bytes) -> frozenset[str]:
    """How `hash-file` may write it: hexadecimal with each byte's leading zero dropped, as the vendor does, or whole."""
    return frozenset({"".join(f"{byte:x}" for byte in sha256), sha256.hex()})


def _sent(raw: Sequence[tuple[bytes, bytes]]) -> dict[str, list[tuple[str, bytes]]]:
    """Lower-case logical name -> (name as spelt, value) of each header that has the prefix."""
    found: dict[str, list[tuple[str, bytes]]] = {}
    prefix = PREFIX.lower()
    for name, value in raw:
        spelt = name.decode("latin-1")
        if spelt.lower().startswith(prefix):
            logical = spelt[len(prefix) :]
            found.setdefault(logical.lower(), []).append((logical, value))
    return found


def _one(sent: Mapping[str, list[tuple[str, bytes]]], name: str) -> bytes:
    values = sent.get(name.lower(), [])
    if len({value for _, value in values}) != 1:
        raise Failed(BAD_CREDENTIALS, f"thieu hoac lap {PREFIX}{name}")
    return values[0][1]


def _signed(text: bytes, sent: Mapping[str, list[tuple[str, bytes]]]) -> dict[str, str]:
    """Logical name -> value out of the signed text, each equal to the header that was sent."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Failed(BAD_CREDENTIALS, f"{PREFIX}{_SIGNED} khong phai JSON") from error
    if not isinstance(said, dict) or not 0 < len(said) <= _MOST_SIGNED:
        raise Failed(BAD_CREDENTIALS, f"{PREFIX}{_SIGNED} khong doc duoc")
    signed: dict[str, str] = {}
    for name, value in said.items():
        logical = name.removeprefix(PREFIX)
        if logical == name or not isinstance(value, str) or not _was_sent(sent, logical, value):
            raise Failed(BAD_CREDENTIALS, f"{name} khac voi chu ky")
        signed[logical] = value
    for name in _ALWAYS:
        if name not in signed:
            raise Failed(BAD_CREDENTIALS, f"chu ky khong co {name}")
    return signed


def _was_sent(sent: Mapping[str, list[tuple[str, bytes]]], logical: str, value: str) -> bool:
    """Whether a header of that name has that value; of two spellings of a name each has its own."""
    values = sent.get(logical.lower(), [])
    alike = [each for spelt, each in values if spelt == logical] or [each for _, each in values]
    return bool(alike) and all(each == value.encode("utf-8", "surrogatepass").strip() for each in alike)


def _check_names(signed: Mapping[str, str], names: bytes) -> None:
    if ";".join(signed).encode() != names:
        raise Failed(BAD_CREDENTIALS, f"{PREFIX}{_NAMES} khac voi {PREFIX}{_SIGNED}")


def _check_time(written: str, now: datetime, fresh: float) -> None:
    match = _TIME.fullmatch(written)
    try:
        moment = datetime.strptime(match[1] if match else "", "%d%m%YT%H%M%S").replace(tzinfo=VIETNAM)
    except ValueError as error:
        raise Failed(BAD_CREDENTIALS, "timestamp khong dung dang ddMMyyyyTHHmmss+SSSS") from error
    if fresh and abs((now - moment).total_seconds()) > fresh:
        raise Failed(BAD_CREDENTIALS, "timestamp qua cu")
