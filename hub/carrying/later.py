"""What is tried again with growing patience: at the next look, and after twice as many looks each time. Pure."""

from __future__ import annotations

#: Looks in between, at most.
_MOST = 63


class Later:
    """Packets that wait for their next turn; one that nobody put off is due."""

    def __init__(self) -> None:
        #: packet -> looks that it is left alone, and how many after the next time
        self._waits: dict[str, tuple[int, int]] = {}

    def is_due(self, doc_id: str) -> bool:
        """Asked once a look."""
        looks, then = self._waits.get(doc_id, (0, 0))
        if looks:
            self._waits[doc_id] = looks - 1, then
        return not looks

    def put_off(self, doc_id: str) -> None:
        """It had its turn."""
        _, looks = self._waits.get(doc_id, (0, 0))
        self._waits[doc_id] = looks, min(_MOST, 2 * looks + 1)

    def forget(self, listed: set[str]) -> None:
        """All but these."""
        for doc_id in self._waits.keys() - listed:
            del self._waits[doc_id]
