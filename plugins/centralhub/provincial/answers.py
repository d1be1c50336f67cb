"""What answers of the provincial REST shape say (facts 3.7), as far as it is known. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.standards.json_pieces import NotAnAnswer

_BESIDE = "data.attachments."
_TRUTHS = {"true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True, slots=True)
class Said:
    """Whether it is a success; else the hub's error code, "" where it names none, and its words."""

    ok: bool
    code: str
    text: str


def said(fields: Mapping[str, Any], *, lenient: bool = False) -> Said:
    """By `success`. Raises NotAnAnswer where it is missing; `lenient`: what says no failure is none."""
    if not fields:
        raise NotAnAnswer("the answer says nothing")
    truth = _TRUTHS.get(str(fields.get("success")).lower(), True if lenient else None)
    if truth is None:
        raise NotAnAnswer("the answer has no success")
    code = _first(fields, "data.errorCode", "errorCode", "code")
    return Said(truth, "" if truth else code, _first(fields, "data.errorDesc", "errorDesc", "message"))


def token(fields: Mapping[str, Any]) -> str | None:
    """The bearer of a login; None: it was refused. Raises NotAnAnswer of another page."""
    found = _first(fields, "data.token")
    if found and found.isascii() and found.isprintable():
        return found
    if found or not (_first(fields, "code") or _first(fields, "message")):
        raise NotAnAnswer("the answer has no token, and no reason")
    return None


def refusal(fields: Mapping[str, Any]) -> str:
    """Why a login was refused, in the hub's words."""
    return " ".join(filter(None, (_first(fields, "code"), _first(fields, "message"))))


def doc_id(fields: Mapping[str, Any]) -> str:
    """The id of a packet that was taken; "" where there is none."""
    return _first(fields, "docId", "data.docId")


def is_list(fields: Mapping[str, Any], counts: Mapping[str, int]) -> bool:
    """Whether the rows of a list were there; a list that says that it counts none needs none."""
    return "data" in counts or ("data" in fields and fields["data"] is None and str(fields.get("count")) == "0")


def beside(fields: Mapping[str, Any], counts: Mapping[str, int]) -> int:
    """How many attachments a packet's answer has beside it: entries of a list, or one at least in whatever else."""
    listed = max((count for name, count in counts.items() if f"{name}.".startswith(_BESIDE)), default=0)
    return max(listed, any(value for name, value in fields.items() if f"{name}.".startswith(_BESIDE)))


def agency(row: Mapping[str, Any]) -> bytes:
    """A row of the directory as a row of VXP's getAgenciesList, a comma before it. Its code stands for its id."""
    code = _first(row, "orgCode")
    names = {"id": code, "pid": _first(row, "parentCode"), "code": code, "name": _first(row, "orgName")}
    return b"," + json.dumps({**names, "mail": _first(row, "email")}).encode()


#: What stands around such rows.
AGENCIES_HEAD, AGENCIES_TAIL = b'{"status":"OK","data":[', b'],"ErrorCode":"0","ErrorDesc":""}'


def _first(fields: Mapping[str, Any], *names: str) -> str:
    return next(filter(None, _texts(fields, names)), "")


def _texts(fields: Mapping[str, Any], names: Iterable[str]) -> Iterable[str]:
    for name in names:
        value = fields.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool):
            yield str(value).strip()
