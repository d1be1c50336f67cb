"""The endpoint kinds that plugins bring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hub.connector import Settings
from hub.vocabulary import StatusCode

EVERY = frozenset(StatusCode)


class Kinds(dict[str, type[Settings]]):
    """Kind -> what its settings must look like; of each kind also the codes that units behind it can give."""

    def __init__(
        self,
        settings: Mapping[str, type[Settings]] | Iterable[tuple[str, type[Settings]]] = (),
        codes: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        super().__init__(settings)
        self.codes = dict(codes or {})

    def add(self, brought: Mapping[str, type[Settings]]) -> None:
        """Take up what another plugin brings."""
        self.update(brought)
        self.codes.update(brought.codes if isinstance(brought, Kinds) else {})
