"""VXP, the central hub's interface ("Knobstick" REST, SDK 2.0.1): headers, signatures, answers. Pure.

All that a call says travels in HTTP headers, signed with HMAC-SHA256; an answer is one JSON object.
"""

from __future__ import annotations

from hub.standards.json_pieces import NotAnAnswer
from hub.standards.vxp.answers import Said, Scanner, ascii_only, write_answer
from hub.standards.vxp.calls import OPERATIONS, Operation, Request, request
from hub.standards.vxp.checking import Call, Fault, verify
from hub.standards.vxp.hashing import hash_file, is_hash_of
from hub.standards.vxp.signing import PREFIX, as_gson, sign, signed_text
from hub.standards.vxp.times import read_timestamp, timestamp

__all__ = [
    "OPERATIONS",
    "PREFIX",
    "Call",
    "Fault",
    "NotAnAnswer",
    "Operation",
    "Request",
    "Said",
    "Scanner",
    "as_gson",
    "ascii_only",
    "hash_file",
    "is_hash_of",
    "read_timestamp",
    "request",
    "sign",
    "signed_text",
    "timestamp",
    "verify",
    "write_answer",
]
