"""edXML (QCVN 102:2016): documents and status messages, read in every form seen, written in the SDK's."""

from __future__ import annotations

from hub.standards.edxml.answers import answer, recall
from hub.standards.edxml.compose import File, compose
from hub.standards.edxml.contents import decode
from hub.standards.edxml.dates import write_time
from hub.standards.edxml.drafts import Earlier, Outline, draft
from hub.standards.edxml.limits import Limits
from hub.standards.edxml.reader import read
from hub.standards.edxml.writer import render, write, write_acknowledgement
from hub.vocabulary import Trace

__all__ = [
    "Earlier",
    "File",
    "Limits",
    "Outline",
    "Trace",
    "answer",
    "compose",
    "decode",
    "draft",
    "read",
    "recall",
    "render",
    "write",
    "write_acknowledgement",
    "write_time",
]
