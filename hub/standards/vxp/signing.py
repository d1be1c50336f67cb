"""What is signed, and how (facts 3.2): a JSON object of the call's headers, byte for byte as Gson writes it."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping

#: Before the name of each header that a call signs.
PREFIX = "XroadVnpt-"
_ESCAPED = re.compile('[\x00-\x1f"\\\\\u2028\u2029]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\b": "\\b", "\n": "\\n", "\r": "\\r", "\f": "\\f"}


def as_gson(fields: Mapping[str, str]) -> str:
    """A JSON object as Gson's toString writes it: no spaces, letters outside ASCII and / < > & ' = as they are."""
    return "{" + ",".join(f'"{_escaped(name)}":"{_escaped(value)}"' for name, value in fields.items()) + "}"


def _escaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: _SHORT.get(match[0]) or f"\\u{ord(match[0]):04x}", text)


def signed_text(headers: Mapping[str, str]) -> str:
    """The value of sign-header: these logical headers, each name with the prefix."""
    return as_gson({f"{PREFIX}{name}": value for name, value in headers.items()})


def sign(secret: str, text: str) -> str:
    """The value of hash-header: HMAC-SHA256 in lower-case hex, keyed with the secret's own text in UTF-8."""
    message = text.encode("utf-8", "surrogateescape")
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def in_sdk_order(names: Iterable[str]) -> list[str]:
    """Names in the order in which the SDK signs them: that of a Java HashMap they were put into one by one.

    True for up to 12 names; the SDK's table is larger from the thirteenth on, and no call has so many.
    """
    return sorted(names, key=lambda name: _spread(name) & 15)


def _spread(name: str) -> int:
    code = 0
    for letter in name:
        code = (31 * code + ord(letter)) & 0xFFFFFFFF
    return code ^ (code >> 16)
