"""`kind: folderdrop`: one door, and behind it the layout that the unit's settings name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from hub import Capabilities, Connector, Context, Delivery, Health, Inbox, Outcome, Receipt, Reminder
from plugins.folderdrop.clerk.connector import ClerkFolder
from plugins.folderdrop.connector import Folderdrop, FolderdropSettings

_LAYOUTS: dict[str, type[Connector[FolderdropSettings]]] = {"plain": Folderdrop, "clerk": ClerkFolder}


class Door(Connector[FolderdropSettings]):
    """Passes everything on to the layout's own connector."""

    kind: ClassVar[str] = "folderdrop"
    settings_type = FolderdropSettings
    capabilities = Folderdrop.capabilities

    def __init__(self, settings: FolderdropSettings, context: Context) -> None:
        super().__init__(settings, context)
        self._inside = _LAYOUTS[settings.layout](settings, context)

    @classmethod
    def capable(cls, settings: FolderdropSettings) -> Capabilities:
        """See the layout's own."""
        return _LAYOUTS[settings.layout].capabilities

    @classmethod
    def kit(cls, settings: FolderdropSettings, unit: str, name: str, root: Path, server: str) -> Mapping[str, bytes]:
        """See the layout's own."""
        return _LAYOUTS[settings.layout].kit(settings, unit, name, root, server)

    async def open(self) -> None:
        """See the layout's own."""
        await self.enter(self._inside)

    async def check(self) -> Health:
        """See the layout's own."""
        return await self._inside.check()

    async def listen(self, inbox: Inbox) -> None:
        """See the layout's own."""
        await self._inside.listen(inbox)

    async def send(self, delivery: Delivery) -> Receipt:
        """See the layout's own."""
        return await self._inside.send(delivery)

    async def send_many(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        """See the layout's own."""
        return await self._inside.send_many(deliveries)

    async def find(self, delivery: Delivery) -> Receipt | None:
        """See the layout's own."""
        return await self._inside.find(delivery)

    async def remind(self, reminders: Sequence[Reminder]) -> None:
        """See the layout's own."""
        await self._inside.remind(reminders)
