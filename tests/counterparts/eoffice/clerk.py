"""The people of an office: what they do, each as a coroutine. The page for the clerk does the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from tests.counterparts.eoffice import posting, register
from tests.counterparts.eoffice.core import Core
from tests.counterparts.eoffice.model import VIETNAM, Paper, Party
from tests.counterparts.eoffice.posting import Impossible

DOOR = "clerk"


@dataclass(frozen=True, slots=True)
class Letter:
    """What a clerk fills in to send a document. `day`: yyyy/MM/dd, "": today. `kind`: name of its type.

    `business`: 1 revokes, 2 updates, 3 takes the place of the document whose identifier `about` is, with a `reason`.
    """

    number: str
    notation: str
    subject: str
    kind: str = "Công văn"
    day: str = ""
    signer: str = "Nguyễn Văn Mẫu"
    position: str = "Giám đốc"
    place: str = "Quảng Ngãi"
    urgency: int = 0
    due: str = ""
    business: int = 0
    about: str = ""
    reason: str = ""


class Clerk:
    """Gestures over incoming documents take their number in the register's table (`id`); each raises Impossible.

    A gesture returns False where it was made before: nothing happens then.
    """

    def __init__(self, core: Core) -> None:
        self._core = core

    async def register(self, doc: int) -> bool:
        """Tiếp nhận, vào sổ: 03."""
        return await self.gesture(doc, "register")

    async def assign(self, doc: int, to: str) -> bool:
        """Phân công: 04."""
        return await self.gesture(doc, "assign", to)

    async def process(self, doc: int) -> bool:
        """Đang xử lý: 05."""
        return await self.gesture(doc, "process")

    async def finish(self, doc: int) -> bool:
        """Hoàn thành: 06."""
        return await self.gesture(doc, "finish")

    async def refuse(self, doc: int, reason: str) -> bool:
        """Trả lại: 02."""
        return await self.gesture(doc, "refuse", reason)

    async def agree(self, doc: int) -> bool:
        """Đồng ý với yêu cầu (a row of its own among what came in): 15."""
        return await self.gesture(doc, "agree")

    async def decline(self, doc: int, reason: str) -> bool:
        """Không đồng ý với yêu cầu: 16."""
        return await self.gesture(doc, "decline", reason)

    async def gesture(self, doc: int, name: str, words: str = "") -> bool:
        """Any of them, by its name in register.GESTURES."""
        here = self._core.here(DOOR)
        return await self._core.do(partial(register.gesture, here=here, doc=doc, name=name, words=words))

    async def send(self, letter: Letter, to: Sequence[Party | str], files: Sequence[tuple[str, bytes]] = ()) -> int:
        """A document goes out to these, with these files (name, bytes); its number among what went out."""
        day = letter.day or f"{self._core.now().astimezone(VIETNAM):%Y/%m/%d}"
        me, code = self._core.settings.me, f"{letter.number.strip()}/{letter.notation.strip()}"
        parties = await self._parties(to)
        if letter.business and not (letter.about and letter.reason):
            raise Impossible("Thu hồi, cập nhật, thay thế: phải có văn bản gốc và lý do.")
        if not parties or not letter.number.strip() or not letter.subject.strip():
            raise Impossible("Phải có số, trích yếu và ít nhất một nơi nhận.")
        paper = Paper(
            me, parties, f"{me.code},{day},{code}", letter.number.strip(), letter.notation.strip(), day, letter.kind,
            letter.subject.strip(), letter.place, letter.signer, letter.position, letter.urgency, letter.due,
            letter.business, letter.about, letter.reason,
        )  # fmt: skip
        return await self._core.send(paper, files, DOOR)

    async def take_back(self, doc: int, reason: str, to: Sequence[str] = ()) -> None:
        """Lấy lại: a 13 to each recipient of a document that went out, or to these."""
        here, parties = self._core.here(DOOR), tuple(Party(code) for code in to)
        await self._core.do(partial(posting.take_back, here=here, doc=doc, recipients=parties, reason=reason))

    async def _parties(self, to: Sequence[Party | str]) -> tuple[Party, ...]:
        names: Mapping[str, str] = {each.code: each.name for each in await self._core.agencies()}
        return tuple(each if isinstance(each, Party) else Party(each, names.get(each, "")) for each in to)
