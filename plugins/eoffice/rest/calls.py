"""How a profile writes a call, METHOD /path, by where it stands; and who we are to those who are called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from hub import Duration
from plugins.eoffice.rest.picks import Part, Picked
from plugins.eoffice.rest.templates import (
    FileText,
    ListText,
    LoginText,
    LoginTree,
    RenewText,
    RenewTree,
    RowText,
    SentText,
    SignedText,
)

_CALL = re.compile(r"(GET|POST|PUT|PATCH|DELETE) +(/\S*|\{\S*)")


def _call(value: object) -> object:
    """`POST /path` as its two halves."""
    match = _CALL.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a call is written METHOD /path, as GET /v1/list?kind={kind}")
    return {"method": match[1], "path": match[2]}


class LoginCall(Part):
    """Of a login."""

    method: str
    path: LoginText


class RenewCall(Part):
    """Of a renewal."""

    method: str
    path: RenewText


class ListCall(Part):
    """Of a list."""

    method: str
    path: ListText


class RowCall(Part):
    """About one row of a list."""

    method: str
    path: RowText


class FileCall(Part):
    """For one file of a document."""

    method: str
    path: FileText


class SentCall(Part):
    """That hands something over, or asks about it."""

    method: str
    path: SentText


Spelled = BeforeValidator(_call)


class Renew(Part):
    """How a bearer is renewed without the password."""

    call: Annotated[RenewCall, Spelled]
    json_: RenewTree = Field(default=None, alias="json")
    form: Mapping[str, RenewText] = {}
    #: what stands for {renewal}
    renewal: Picked


class Login(Part):
    """How a bearer is fetched, and how long it holds."""

    call: Annotated[LoginCall, Spelled]
    json_: LoginTree = Field(default=None, alias="json")
    form: Mapping[str, LoginText] = {}
    token: Picked
    #: seconds that it holds, where the answer does not say; it is renewed when four fifths are over
    lasts: Duration = Field(default=1800.0, ge=5)
    #: seconds that it holds, in the answer
    expires: Picked | None = None
    renew: Renew | None = None


class Sign(Part):
    """An HMAC over parts of the request: what stands for {signature} in the headers."""

    over: SignedText
    digest: Literal["sha256", "sha512", "sha1"] = "sha256"
    written: Literal["hex", "base64"] = "hex"
