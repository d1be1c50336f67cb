"""Readers of single values. A wrong one raises ValueError with what to write instead."""

from __future__ import annotations

import ipaddress
import math
import re
from datetime import date, datetime
from difflib import get_close_matches
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, SecretStr, StringConstraints

from hub.connector import Duration
from hub.routing import DOCUMENT_TYPES, URGENCY_WORDS, Expression, business, samples, type_key, urgencies
from hub.routing.expressions import check as check_expression
from hub.vocabulary import Business, Urgency

SQLITE = "sqlite"
_POSTGRES = "postgresql"

_SIZES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_SIZE = re.compile(r"(\d{1,15})\s*((?:[kmg]i?)?b|)", re.ASCII | re.IGNORECASE)
_MAIL = re.compile(r"[^\s@;,<>]+@[^\s@;,<>]+\.[^\s@;,.<>]+")
_LONGEST_LINE = 100
_LONGEST = 366 * 86400.0


def one_of(word: str, words: tuple[str, ...], near: str = "") -> str:
    """What to say of a word that is none of these."""
    known = {known.casefold(): known for known in words}
    meant = near or "".join(known[close] for close in get_close_matches(word.casefold(), known, n=1))
    return f'"{word}" is not known here' + (f'; did you mean "{meant}"?' if meant else f": {', '.join(words)}")


def key_words(key: str) -> str:
    """How a message names a key. What is no word may be a misplaced value, and is not shown."""
    return f'the key "{key}"' if re.fullmatch(r"[\w-]{1,40}", key) else "this key"


def upper(value: object) -> object:
    """Text in capitals, anything else as it is."""
    return value.upper() if isinstance(value, str) else value


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _any_address(value: object) -> tuple[str, int]:
    match = re.fullmatch(r"\[?([^\[\]]+)\]?:(\d{1,9})", value.strip(), re.ASCII) if isinstance(value, str) else None
    if match is None:
        raise ValueError("an address is written host:port, as 127.0.0.1:8036")
    if int(match[2]) > 65535:
        raise ValueError(f"the port {match[2]} is out of range: 0 to 65535")
    return match[1], int(match[2])


def _address(value: object) -> tuple[str, int]:
    host, port = _any_address(value)
    if not is_loopback(host):
        raise ValueError(f"{host} is open to the network, and there is no login yet: use 127.0.0.1")
    return host, port


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _size(value: object) -> int:
    match = _SIZE.fullmatch(str(value).strip())
    if isinstance(value, bool) or match is None:
        raise ValueError("a size is written 64MB, 512MiB or 1GB")
    return int(match[1]) * _SIZES[match[2].lower()]


def _bounded(value: float) -> float:
    if not math.isfinite(value) or value > _LONGEST:
        raise ValueError("a span of time may be a year at most")
    return value


def _positive(value: float) -> float:
    if value <= 0:
        raise ValueError("a span of time must be longer than 0 here")
    return value


def _database(value: SecretStr) -> SecretStr:
    """Of a wrong one only a scheme is said: the rest may be a password."""
    text = value.get_secret_value()
    scheme, found, _ = text.partition("://")
    if text == SQLITE or (scheme == _POSTGRES and _names_database(text)):
        return value
    if (scheme == _POSTGRES and found) or not re.fullmatch(r"[A-Za-z0-9+]{1,12}", scheme):
        raise ValueError("a database is written sqlite, or postgresql://user@host:5432/name")
    raise ValueError(one_of(scheme, (SQLITE, _POSTGRES)))


def holds_password(url: str) -> bool:
    """Whether a database is written with its password."""
    try:
        return bool(urlsplit(url).password)
    except ValueError:
        return False


def _names_database(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.port != 0 and bool(parts.path.strip("/"))
    except ValueError:
        return False


def _document_type(name: str) -> str:
    known = {type_key(word): word for word in DOCUMENT_TYPES}
    if type_key(name) in known:
        return name
    near = get_close_matches(type_key(name), known, n=1)
    raise ValueError(
        f'"{name}" is no document type'
        + (f'; did you mean "{known[near[0]]}"?' if near else f": {', '.join(DOCUMENT_TYPES[:8])}, ...")
    )


def _urgency(value: object) -> frozenset[Urgency]:
    if not isinstance(value, str):
        raise ValueError(f"an urgency is one of: {', '.join(URGENCY_WORDS)}; with + for that and above")  # noqa: TRY004 - pydantic's word
    word = value.strip()
    try:
        return urgencies(word)
    except ValueError:
        plus = "+" if word.endswith("+") else ""
        near = get_close_matches(word.rstrip("+").lower(), URGENCY_WORDS, n=1)
        raise ValueError(one_of(word, URGENCY_WORDS, near[0] + plus if near else "")) from None


def _business(value: object) -> Business:
    return business(str(value).strip())


def day(value: object) -> date:
    """A day as people write it. Raises ValueError."""
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(str(value).strip(), form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise ValueError(f'"{value}" is no day: write 2026-11-24 or 24/11/2026')


def _mail(value: str) -> str:
    if not _MAIL.fullmatch(value):
        raise ValueError(f'"{value}" is no e-mail address: write ten@donvi.example')
    return value


def _telephone(value: str) -> str:
    if len(value) > _LONGEST_LINE or not value.isprintable():
        raise ValueError("a telephone number is one line, as 0255 3822 123")
    return value


def _expression(value: object) -> Expression:
    if not isinstance(value, str):
        raise ValueError("an expression is text: write it in quotes")  # noqa: TRY004 - pydantic's word
    return check_expression(value.strip(), samples())


Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Words = Annotated[tuple[Word, ...], BeforeValidator(_as_list), Field(min_length=1)]
Types = Annotated[
    tuple[Annotated[Word, AfterValidator(_document_type)], ...], BeforeValidator(_as_list), Field(min_length=1)
]
Urgencies = Annotated[
    tuple[Annotated[frozenset[Urgency], PlainValidator(_urgency)], ...],
    BeforeValidator(_as_list),
    Field(min_length=1),
]
Businesses = Annotated[
    tuple[Annotated[Business, PlainValidator(_business)], ...], BeforeValidator(_as_list), Field(min_length=1)
]
Day = Annotated[date, PlainValidator(day)]
Mail = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_mail)]
Telephone = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_telephone)]
Condition = Annotated[Expression, PlainValidator(_expression)]
Span = Annotated[Duration, AfterValidator(_bounded)]
Pause = Annotated[Span, AfterValidator(_positive)]
Address = Annotated[tuple[str, int], PlainValidator(_address)]
#: an address that others may reach
AnyAddress = Annotated[tuple[str, int], PlainValidator(_any_address)]
Size = Annotated[int, PlainValidator(_size)]
Database = Annotated[SecretStr, AfterValidator(_database)]
