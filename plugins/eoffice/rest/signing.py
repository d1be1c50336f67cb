"""Whether a call that pushes is the unit's software's own: its time and its signature. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

TIMESTAMP, SIGNATURE = "X-Timestamp", "X-Signature"
_EPOCH = re.compile(r"[0-9]{1,11}", re.ASCII)
_SIGNED = re.compile(r"sha256=([0-9a-fA-F]{64})", re.ASCII)
_LONGEST = 40


class Forged(Exception):
    """It is not theirs, or too old. The text is for people."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the headers of a call say: when it was signed, as it is written, and the signature in hex."""

    timestamp: str
    signature: str


def claim(headers: Mapping[str, str], now: datetime, fresh: float) -> Claim:
    """What is claimed, before anything of the body is read. Raises Forged where it cannot be true any more."""
    written = headers.get(TIMESTAMP, "").strip()
    signed = _SIGNED.fullmatch(headers.get(SIGNATURE, "").strip())
    if signed is None:
        raise Forged(f"{SIGNATURE} không có hoặc không đúng dạng sha256=<64 chữ số hex>")
    at = _moment(written)
    if at is None:
        raise Forged(f"{TIMESTAMP} không có hoặc không đúng dạng: ISO 8601 có múi giờ, hoặc số giây từ 1970")
    if abs((now - at).total_seconds()) > fresh:
        raise Forged(f"{TIMESTAMP} lệch giờ của hub quá {fresh:g} giây")
    return Claim(written, signed[1].lower())


class Proof:
    """The body of a call as it comes, held against its claim."""

    def __init__(self, claimed: Claim, secret: str) -> None:
        self._claimed, head = claimed, f"{claimed.timestamp}.".encode("ascii")
        self._mac = hmac.new(secret.encode(), head, hashlib.sha256)
        self._name = hashlib.sha256(head)

    def feed(self, piece: bytes) -> None:
        """The next bytes of it."""
        self._mac.update(piece)
        self._name.update(piece)

    def name(self) -> str:
        """What tells this call from every other, the same each time it comes. Raises Forged."""
        if not hmac.compare_digest(self._mac.hexdigest(), self._claimed.signature):
            raise Forged(f"{SIGNATURE} không đúng với {TIMESTAMP} và nội dung nhận được")
        return self._name.hexdigest()


def _moment(written: str) -> datetime | None:
    if len(written) > _LONGEST or not written.isascii():
        return None
    try:
        if _EPOCH.fullmatch(written):
            return datetime.fromtimestamp(int(written), UTC)
        at = datetime.fromisoformat(written)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None
