"""What senders ask about documents that came: written down with the document that is meant. Blocking."""

from __future__ import annotations

from collections.abc import Collection

from hub import Acknowledgement, Context, Damaged, Delivery, Document, logger
from plugins.folderdrop import naming
from plugins.folderdrop.clerk import arrivals, names, recalls, texts
from plugins.folderdrop.clerk.cases import RECALL, Asked, Case
from plugins.folderdrop.clerk.recalls import Wanted
from plugins.folderdrop.clerk.store import Store

_UNKNOWN = (
    "{who} yêu cầu thu hồi văn bản {code}, nhưng thư mục này không có văn bản đó nên không trả lời được bằng thư mục.",
    "Việc cần làm: nếu đơn vị có giữ bản in hay bản sao thì không sử dụng nữa, và gọi báo nơi gửi.",
)


class Asking:
    """What is asked of one unit's documents. One call at a time."""

    def __init__(self, context: Context, store: Store) -> None:
        self._context, self._store = context, store

    def by_document(self, document: Document, delivery: str, folder: str) -> list[Case]:
        """Write down what a document asks of earlier ones. Returns those. Raises OSError, Damaged.

        `folder`: where that document lies itself, "" where it gets no folder.
        """
        unit, reason = self._context.unit, document.business.reason
        found = []
        for kind, wanted in recalls.of_document(document, (unit.code, *unit.aliases)):
            case = self._meant(wanted, document.sender.id, {delivery})
            if case is not None:
                ask = Asked(delivery, kind, self._now(), reason, document.code if folder else "", folder)
                found.append(self._keep(case, ask))
            elif folder and (own := self._store.get(delivery)):
                found.append(self._keep(own, Asked(delivery, kind, self._now(), reason, own=True)))
        return found

    def by_answer(self, answer: Acknowledgement, delivery: str) -> Case | None:
        """Write down what a status asks. None: the document it means is not here. Raises OSError, Damaged."""
        case = self._meant(recalls.of_answer(answer), answer.sender.id, ())
        return self._keep(case, Asked(delivery, RECALL, self._now(), answer.description)) if case is not None else None

    def _now(self) -> str:
        return self._context.clock.now().isoformat(timespec="seconds")

    def _keep(self, case: Case, ask: Asked) -> Case:
        case = recalls.asked(case, ask)
        self._store.keep(case)
        return case

    def _meant(self, wanted: Wanted, sender: str, without: Collection[str]) -> Case | None:
        """The newest document of that name from that sender."""
        known = self._store.like(recalls.hint(wanted))
        alike = recalls.alike(wanted, (case for case in known if case.delivery not in without))
        return next((case for case in alike if self._is_from(case, sender)), None)

    def _is_from(self, case: Case, sender: str) -> bool:
        try:
            own = arrivals.document_of(self._context.bodies, case).sender.id
        except Damaged as error:
            logger.bind(unit=self._context.unit.id).warning("{}: cannot tell who sent it: {}", case.folder, error)
            return False
        called = self._context.name_of(sender)
        return names.plain(own) == names.plain(sender) or (called != "" and called == self._context.name_of(own))

    def leave_word(self, root: int, place: str, delivery: Delivery, answer: Acknowledgement) -> str:
        """A text about a document that is not here, where people look for what is new. Returns its name.

        Raises OSError.
        """
        code = answer.response_for.code or answer.response_for.document_id
        who = answer.sender.name or self._context.name_of(answer.sender.id) or answer.sender.id
        told = {"who": texts.line(who, 120), "code": texts.line(code, 120)}
        lines = [line.format(**told) for line in _UNKNOWN]
        reason = [f"Lý do: {texts.line(answer.description, 500)}"] if answer.description else []
        plain = naming.safe(names.bare(code).encode("ascii", "ignore").decode(), 40) or "van-ban"
        name = f"THU-HOI {plain} ~{delivery.id[-6:]}.txt"
        call = texts.help_line(self._context.hotline).strip()
        arrivals.put(root, place, name, texts.for_notepad(*lines, *reason, call))
        return name
