"""What an answer does to a duty. Pure."""

from __future__ import annotations

from typing import Literal

from hub.vocabulary import StatusCode

#: The sender's own duty: the document itself, in time.
GUI = "gui"
#: An answer to a recall.
RECALL = StatusCode.RECALL_AGREED.value

_HANDLED = ("03", "04", "05", "06")
#: what is owed -> the answers that meet it
_MEETS = {
    "01": ("01", "02", *_HANDLED),
    "02": ("02",),
    "03": ("02", *_HANDLED),
    "04": _HANDLED[1:],
    "05": _HANDLED[2:],
    "06": _HANDLED[3:],
    RECALL: ("15", "16"),
}
#: With these the document is no more the unit's to work on.
_ENDS = (StatusCode.REJECTED, StatusCode.RECALL_AGREED)


def ending(owed: str, answered: str) -> Literal["met", "void", ""]:
    """What an answer of this code does to what the same unit owes about the same document; "": nothing.

    02 meets 01 and 03 and makes void what else is owed; 15 meets an answer to a recall and makes void the rest.
    """
    if answered in _MEETS.get(owed, ()):
        return "met"
    return "void" if answered in _ENDS and owed != GUI else ""
