"""Text as XML and HTML bear it. Pure."""

from __future__ import annotations

from html import escape

from hub.report.telling import visible


def text(said: str) -> str:
    """Text between tags: nothing of it is markup."""
    return escape(visible(said), quote=False)


def attribute(said: str) -> str:
    """Text between quotation marks."""
    return escape(visible(said))
