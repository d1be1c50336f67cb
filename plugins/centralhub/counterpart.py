"""The other sides of the connector, for the contract of connectors: small ones, in memory."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from hub import Acknowledgement, Document
from hub.testing.samples import BINH_SON, an_answer
from plugins.centralhub.office import Office, serving
from plugins.centralhub.provincialoffice import ProvincialOffice

__all__ = ["COUNTERPARTS", "Office", "ProvincialOffice", "office", "provincial"]


def _answer(document: Document) -> Acknowledgement:
    return an_answer(document, "03", BINH_SON)


def office(home: Path) -> AbstractAsyncContextManager[Office]:
    """A hub that speaks VXP."""
    return serving(Office(home, _answer))


def provincial(home: Path) -> AbstractAsyncContextManager[ProvincialOffice]:
    """One of the provincial REST shape."""
    return serving(ProvincialOffice(home, _answer))


#: The provincial one keeps every promise but `find`: it has no list of what was sent, and so no one can tell.
COUNTERPARTS = (office,)
