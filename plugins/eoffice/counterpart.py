"""The other sides of the connectors, for the contract of connectors: small ones, in memory."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from hub import Acknowledgement, Document
from hub.testing.samples import BINH_SON, an_answer
from plugins.eoffice.axis.software import Software, at_work
from plugins.eoffice.rest.office import Office, serving

__all__ = ["COUNTERPARTS", "axis", "rest"]


def _answer(document: Document) -> Acknowledgement:
    return an_answer(document, "03", BINH_SON)


def axis(_: Path) -> AbstractAsyncContextManager[Software]:
    """Software that calls the hub's axis."""
    return at_work(_answer)


def rest(_: Path) -> AbstractAsyncContextManager[Office]:
    """Software that is a REST server."""
    return serving(_answer)


COUNTERPARTS = (axis, rest)
