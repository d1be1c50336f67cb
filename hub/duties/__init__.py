"""Who owes which answer by when, and what is done about it. Pure: the ledger keeps the rows, a loop takes the steps.

The life of a duty, for those who keep it:
- `Book.owed` (a document was accepted), `Book.recalled` (its sender wants it back) and `Book.sender` say what to open.
- `ending(owed, answered)` says what an answer does to a duty: "met", "void" or nothing; "met" after `due_at` is "late".
- `Book.step` says what to do with a duty whose `next_at` has come. After the configuration changed (calendar, rules,
  pauses) step every open duty once and write what differs: a storm may bring the next look forward.
- `Book.due` says when a duty is due by the rules of today, for those who only want to know.
"""

from __future__ import annotations

from hub.duties.book import Book
from hub.duties.endings import GUI, RECALL, ending
from hub.duties.people import Delegation, Pause, Subject
from hub.duties.records import Duty, Owed, Sent, Step
from hub.duties.rules import DEFAULTS, FOR_INFORMATION, OWABLE, Chase, Rule, When

__all__ = [
    "DEFAULTS",
    "FOR_INFORMATION",
    "GUI",
    "OWABLE",
    "RECALL",
    "Book",
    "Chase",
    "Delegation",
    "Duty",
    "Owed",
    "Pause",
    "Rule",
    "Sent",
    "Step",
    "Subject",
    "When",
    "ending",
]
