"""An inbox without a hub."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterable, Callable, Mapping, Sequence

from hub.agencies import Enrolled, Reader
from hub.connector import Inbox
from hub.errors import Refused
from hub.standards.addresses import AddressBook, Contact
from hub.vocabulary import Acceptance, Incoming, Packet, Story


class MemoryInbox(Inbox):
    """Keeps what it accepted, and judges the same source key the same way again.

    `error`: what `accept` raises before it judges. `lost`: what it raises after it judged, so that the answer is lost.
    `refuses`: why an input is refused, or None.
    """

    def __init__(self, addressees: AddressBook | None = None) -> None:
        self.error: Exception | None = None
        self.lost: Exception | None = None
        self.refuses: Callable[[Incoming], Refused | None] = lambda _: None
        self.room = True
        #: every input of every call, in order, whatever became of it
        self.offered: list[Incoming] = []
        #: source key -> the input, for those accepted
        self.accepted: dict[str, Incoming] = {}
        #: source key -> what was answered
        self.verdicts: dict[str, Acceptance | Refused] = {}
        #: each answer that lists agencies: its kind, and how many good rows it had
        self.directories: list[tuple[str, int]] = []
        #: name -> whom outside it may mean
        self.outside: dict[str, tuple[Contact, ...]] = {}
        self._addressees = addressees or AddressBook()
        self._tries: Counter[str] = Counter()

    async def accept(self, found: Sequence[Incoming]) -> Sequence[Acceptance | Refused]:
        self.offered += found
        if self.error:
            raise self.error
        for incoming in found:
            if incoming.source_key not in self.verdicts:
                self._judge(incoming)
        if self.lost:
            raise self.lost
        return [self.verdicts[incoming.source_key] for incoming in found]

    async def tries(self, source_key: str) -> int:
        self._tries[source_key] += 1
        return self._tries[source_key]

    def has_room(self, size: int) -> bool:
        return self.room

    async def withdraw(self, envelope_id: str) -> bool:
        return False

    async def stories(self, envelope_ids: Sequence[str]) -> Sequence[Story]:
        return []

    def addressees(self) -> AddressBook:
        return self._addressees

    async def nearby(self, names: Sequence[str]) -> Mapping[str, Sequence[Contact]]:
        return {name: self.outside[name] for name in names if name in self.outside}

    async def directory(self, kind: str, chunks: AsyncIterable[bytes]) -> Enrolled:
        reader, rows = Reader(kind), 0
        async for chunk in chunks:
            rows += sum(1 for _ in reader.feed(chunk))
        reader.close()
        self.directories.append((kind, rows))
        return Enrolled(kind, rows, skipped=dict(reader.skipped), odd=reader.odd)

    def _judge(self, incoming: Incoming) -> None:
        refused = self.refuses(incoming) if isinstance(incoming.packet, Packet) else incoming.packet
        self.verdicts[incoming.source_key] = refused or Acceptance(f"envelope-{len(self.verdicts) + 1}")
        if refused is None:
            self.accepted[incoming.source_key] = incoming
