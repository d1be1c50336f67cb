"""Rows of lists as they stand in an answer's `data` (facts 3.4). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub import Acknowledgement, Delivery, Document
from hub.serving import Agency, Sending, Waiting
from hub.standards import edxml
from hub.standards.addresses import Contact

EDOC, STATUS = "edoc", "status"
#: What a packet is, by the messagetype of a call.
KINDS: Mapping[str, str] = {EDOC: "document", STATUS: "acknowledgement"}
_WORDS = {"initial": "Khoi tao", "processing": "Dang xu ly", "done": "Hoan thanh", "fail": "That bai"}
_SERVICE = "eDoc"


def state_word(state: str, *, failed: bool = False) -> str:
    """One of the wire's four words of where a packet stands with its recipient."""
    if state == "sending":
        return "processing"
    if failed or state in ("dead", "withdrawn"):
        return "fail"
    return "done" if state == "delivered" else "initial"


def organs(delivery: Delivery) -> list[str]:
    """The codes whom a packet says that it goes to: of a status who it is about."""
    body = delivery.envelope.body
    if isinstance(body, Acknowledgement):
        return [body.response_for.organ_id]
    return [organ.id for organ in body.to]


def received(waiting: Waiting, to: str) -> dict[str, Any]:
    """A row of getReceivedEdocList."""
    body = waiting.delivery.envelope.body
    word = state_word(waiting.state, failed=waiting.failed)
    return {
        "docId": waiting.delivery.id,
        "serviceType": _SERVICE,
        "messageType": STATUS if isinstance(body, Acknowledgement) else EDOC,
        "created_time": edxml.write_time(waiting.since),
        "updated_time": edxml.write_time(waiting.since),
        "from": body.sender.id,
        "to": to,
        "status": word,
        "status_desc": _WORDS[word],
    }


def sent(sending: Sending, to: str) -> dict[str, Any]:
    """A row of getSentEdocList: one recipient of one sending."""
    body, word = sending.envelope.body, state_word(sending.state)
    told = "done" if sending.state != "held" else "initial"
    return {
        "serviceType": _SERVICE,
        "messageType": STATUS if isinstance(body, Acknowledgement) else EDOC,
        "title": _title(body),
        "notation": body.response_for.code if isinstance(body, Acknowledgement) else body.code,
        "fromCode": body.sender.id,
        "toCode": to,
        "senderDocId": sending.envelope.id,
        "receiverDocId": sending.delivery,
        "sendStatus": told,
        "sendStatusDesc": _WORDS[told],
        "receiveStatus": word,
        "receiveStatusDesc": _WORDS[word],
        "sentTime": edxml.write_time(sending.envelope.received_at),
        "receivedTime": edxml.write_time(sending.ended_at) if word == "done" and sending.ended_at else "",
    }


def _title(body: Document | Acknowledgement) -> str:
    return f"{body.status} {body.description}".strip() if isinstance(body, Acknowledgement) else body.subject


def contact(each: Contact) -> dict[str, Any]:
    """One of our units in getAgenciesList: it is called by its code, for the list wants an id."""
    old = next((alias for alias in each.aliases if alias != each.code), "")
    return {"id": each.code, "pid": "", "code": each.code, "name": each.name, "mail": "", "oldCode": old}


def agency(row: Agency) -> dict[str, Any]:
    """One of the central hub's in getAgenciesList."""
    named = {"id": row.id, "pid": row.pid, "code": row.code, "name": row.name, "mail": row.mail}
    return {**named, "oldCode": row.old_code}


def agency_qd20(row: Agency) -> dict[str, Any]:
    """The same in getAgenciesListQD20."""
    return {"id": row.id, "code": row.code, "name": row.name, "mail": row.mail, "code102": row.old_code}


def unit(row: Agency) -> dict[str, Any]:
    """The same in getSynchronizeUnit, with the rest as the central hub wrote it."""
    named = {"id": row.id, "pid": row.pid, "code": row.code, "name": row.name, "mail": row.mail}
    return {"version": 1, "centerCode": "", "deleted": False, "modifyDate": "", "isAgency": True, **named, **row.more}
