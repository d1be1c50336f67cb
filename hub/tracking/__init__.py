"""The life of an answer: what each one is in its place, and where a document stands with one recipient. Pure."""

from hub.tracking.folding import Latest, Recall, holding, note, recall
from hub.tracking.machine import NEED_REASON, Word, word, words
from hub.tracking.standing import Standing, answer, life, standing

__all__ = [
    "NEED_REASON",
    "Latest",
    "Recall",
    "Standing",
    "Word",
    "answer",
    "holding",
    "life",
    "note",
    "recall",
    "standing",
    "word",
    "words",
]
