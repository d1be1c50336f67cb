"""The pages at the top of a clerk's share, written anew where they would say something else. Blocking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from hub import Context
from plugins.folderdrop import system
from plugins.folderdrop.clerk import arrivals, gestures, names, owing, pages, texts
from plugins.folderdrop.clerk.cases import Case, Stage
from plugins.folderdrop.clerk.decisions import Pending, Spans
from plugins.folderdrop.clerk.guide import Sending
from plugins.folderdrop.clerk.names import Folders
from plugins.folderdrop.clerk.reminding import Reminding

_NO_RESULT = " Không kèm kết quả; muốn kèm thì ghi vào ket-qua.txt trước lúc đó."
_BOARD, _GUIDE = "theo-doi.html", "HUONG-DAN.html"
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


class Boards:
    """The board, the guide, and the note of what is owed. One call at a time."""

    def __init__(self, context: Context, spans: Spans, folders: Folders) -> None:
        self._context, self._spans, self._folders = context, spans, folders
        self.reminding = Reminding(context, folders)
        self._pages: dict[str, bytes] = {}

    def write(
        self, root: int, cases: Iterable[Case], pendings: Mapping[str, Pending], sending: Sending | None, sent: str
    ) -> None:
        """`sent`: a table of what was sent from here and is waited for. Raises OSError."""
        self.reminding.write(root)
        unit, now = self._context.unit.name, self._context.clock.now()
        shown = sorted((case for case in cases if case.open or case.asked), key=_order)
        waiting = {key: _waiting(each, self._spans) for key, each in pendings.items() if each.stage}
        owed = owing.line(self.reminding.owed)
        told = pages.board(unit, shown, waiting, _NEVER, sent, owed)
        self._write(root, _BOARD, told, lambda: pages.board(unit, shown, waiting, now, sent, owed))
        refusal = max(self._spans.grace, self._spans.grace_refusal)
        given = self._folders.given
        guide = pages.guide(unit, self._spans.grace, refusal, sending, self._context.hotline, given)
        guide = names.respelt_text(guide, self._folders)
        self._write(root, _GUIDE, guide, lambda: guide)

    def _write(self, root: int, name: str, says: bytes, page: Callable[[], bytes]) -> None:
        if self._pages.get(name) != says or not system.exists(root, name.encode()):
            arrivals.put(root, "", name, page())
            self._pages[name] = says


def _order(case: Case) -> tuple[bool, int, str, str]:
    """What its sender wants back comes first."""
    return (not case.asked, -case.urgency, case.received_at, case.delivery)


def _waiting(pending: Pending, spans: Spans) -> str:
    word = texts.STAGE_WORDS[pending.stage] if pending.stage else ""
    if pending.asks:
        return f"Vừa kéo sang “{word}”; chưa có lý do trong ly-do.txt nên chưa báo nơi gửi."
    wait = gestures.due_of(pending, spans) - pending.since
    at = texts.shown((pending.at + timedelta(seconds=wait)).isoformat(), seconds=texts.is_soon(wait))
    return f"Vừa kéo sang “{word}”; sẽ báo nơi gửi lúc {at}.{_NO_RESULT if _lacks_result(pending) else ''}"


def _lacks_result(pending: Pending) -> bool:
    return pending.stage is Stage.FINISHED and not pending.detail.rpartition("\n")[2]
