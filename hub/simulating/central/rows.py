"""Rows of lists as they stand in an answer's `data` (facts 3.4). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hub.simulating.central.directory import Listed
from hub.simulating.central.store import Row
from hub.standards.edxml import write_time

_WORDS = {"initial": "Khoi tao", "processing": "Dang xu ly", "done": "Hoan thanh", "fail": "That bai"}
_SERVICE = "eDoc"


def received(row: Row) -> dict[str, Any]:
    """A row of getReceivedEdocList."""
    return {
        "docId": row.doc_id,
        "serviceType": _SERVICE,
        "messageType": row.message_type,
        "created_time": moment(row.created),
        "updated_time": moment(row.updated),
        "from": row.sender,
        "to": row.recipient,
        "status": row.status,
        "status_desc": _WORDS[row.status],
    }


def synchronised(row: Row) -> dict[str, Any]:
    """A row of the provincial syncReceivedEdocList (facts 3.7)."""
    told = received(row)
    for old, new in (("created_time", "createdTime"), ("updated_time", "updatedTime"), ("status_desc", "statusDesc")):
        told[new] = told.pop(old)
    return told


def organisation(row: Listed, parents: Mapping[int, str]) -> dict[str, Any]:
    """A row of the provincial getAgenciesList; `parents`: codes by id."""
    named = {"orgCode": row.code, "orgName": row.name, "parentCode": parents.get(row.pid, "")}
    return {**named, "address": "", "email": row.mail, "phone": ""}


def sent(row: Row) -> dict[str, Any]:
    """A row of getSentEdocList: one recipient of one sending."""
    return {
        "serviceType": _SERVICE,
        "messageType": row.message_type,
        "title": row.title,
        "notation": row.notation,
        "fromCode": row.sender,
        "toCode": row.recipient,
        "senderDocId": row.sending,
        "receiverDocId": row.doc_id,
        "sendStatus": "done",
        "sendStatusDesc": _WORDS["done"],
        "receiveStatus": row.status,
        "receiveStatusDesc": _WORDS[row.status],
        "sentTime": moment(row.created),
        "receivedTime": "" if row.status == "initial" else moment(row.updated),
    }


def agency(row: Listed) -> dict[str, Any]:
    """A row of getAgenciesList."""
    return {**_named(row), "pid": _parent(row), "code": row.code, "oldCode": row.old_code}


def agency_qd20(row: Listed) -> dict[str, Any] | None:
    """A row of getAgenciesListQD20; None where the organisation has no such code."""
    if not row.qd20:
        return None
    return {**_named(row), "code": row.qd20, "code102": row.code}


def unit(row: Listed) -> dict[str, Any]:
    """A row of getSynchronizeUnit."""
    return {
        **_named(row),
        "pid": _parent(row),
        "code": row.code,
        "version": row.version,
        "centerCode": row.center,
        "deleted": bool(row.deleted),
        "modifyDate": moment(row.modified),
        "isAgency": bool(row.is_agency),
    }


def moment(seconds: float) -> str:
    """Seconds since 1970 as yyyy/MM/dd HH:mm:ss, Vietnamese time."""
    return write_time(datetime.fromtimestamp(seconds, UTC))


def _named(row: Listed) -> dict[str, Any]:
    return {"id": str(row.id), "name": row.name, "mail": row.mail}


def _parent(row: Listed) -> str:
    return str(row.pid) if row.pid else ""
