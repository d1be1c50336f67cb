"""`phieu.html` kept true: written anew in a document's folder once an answer about it is with the hub. Blocking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from hub import Context, Damaged
from plugins.folderdrop.clerk import arrivals, names, noticing, pages
from plugins.folderdrop.clerk.cases import Case, Said
from plugins.folderdrop.clerk.decisions import Seen
from plugins.folderdrop.clerk.files import opened, text_of
from plugins.folderdrop.clerk.names import Folders

#: The answer that no person gives, and that no sheet shows.
ARRIVED = "01"
_NEVER = datetime.min.replace(tzinfo=UTC)
#: So close to the last answer of all its sheet may not be written yet.
_LATELY = timedelta(seconds=60)


class Sheets:
    """The sheets of one share. One call at a time."""

    def __init__(self, context: Context, folders: Folders) -> None:
        self._context, self._folders = context, folders
        #: deliveries whose sheet says too little
        self._stale: set[str] = set()
        self._seen: Mapping[str, Sequence[Seen]] = {}

    def resume(self, cases: Mapping[str, Case]) -> None:
        """An earlier run may have ended between its last answers and their sheets: those are due again."""
        told = {key: max(map(_told, case.said), default=_NEVER) for key, case in cases.items()}
        last = max(told.values(), default=_NEVER)
        self._stale |= {key for key, case in cases.items() if case.asks}
        self._stale |= {key for key, at in told.items() if at > _NEVER and last - at <= _LATELY}

    @property
    def due(self) -> bool:
        """Whether there is one to write."""
        return bool(self._stale)

    def changed(self, *cases: Case) -> None:
        """An answer about that document was told, or its sender asks something."""
        self._stale |= {case.delivery for case in cases}

    def lie(self, seen: Mapping[str, Sequence[Seen]]) -> None:
        """Where the documents' folders lie now."""
        self._seen = seen

    def write(self, root: int, cases: Mapping[str, Case]) -> None:
        """Write what is due. What cannot be written is tried again while its document is open, and holds nothing up."""
        for delivery in sorted(self._stale):
            case = cases.get(delivery)
            if case is None or self._write(root, case) or (case.closed and not case.asked):
                self._stale.discard(delivery)

    def _write(self, root: int, case: Case) -> bool:
        """Whether every folder of it has the sheet."""
        try:
            document = arrivals.document_of(self._context.bodies, case)
            page = pages.sheet(case, document, self._folders.given).decode()
            files = {names.SHEET: names.respelt(page, self._folders).encode()}
            if case.asks:
                files[names.INFORMATION] = arrivals.information(case, document)
            places = [each.place for each in self._seen.get(case.delivery, ())]
            for place in places:
                self._put(root, place, case, files)
        except (OSError, Damaged):
            return False
        return bool(places)

    def _put(self, root: int, place: str, case: Case, files: Mapping[str, bytes]) -> None:
        with opened(root, place) as folder:
            if text_of(folder, names.IDENTITY).strip() != case.delivery:
                raise FileNotFoundError(place)
        noticing.put(root, place, case, self._context.hotline, self._folders)
        for name, content in files.items():
            arrivals.put(root, place, name, content)


def _told(said: Said) -> datetime:
    """When an answer of a person was told."""
    return datetime.fromisoformat(said.told_at) if said.told_at and said.code != ARRIVED else _NEVER
