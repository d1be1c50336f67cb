"""What an answer does to a duty. Pure."""

from __future__ import annotations

from typing import Literal

#: The sender's own duty: the document itself, in time.
GUI = "gui"
#: An answer to a recall.
RECALL = "15"


def ending(owed: str, answered: str) -> Literal["met", "void", ""]:
    """What an answer of this code does to what the same unit owes about the same document; "": nothing.

    02 meets 01 and 03 and makes void what else is owed; 15 meets an answer to a recall and makes void the rest.
    """
    raise NotImplementedError
