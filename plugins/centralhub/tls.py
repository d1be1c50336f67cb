"""Whom we trust on an https line, and who we are there."""

from __future__ import annotations

import ssl
from pathlib import Path

from plugins.centralhub.settings import CentralhubSettings


def tls(settings: CentralhubSettings, root: Path) -> ssl.SSLContext | None:
    """The settings' own certificates; None: those that the system trusts. Blocking. Raises OSError, ssl.SSLError."""
    if settings.ca is None and settings.certificate is None:
        return None
    context = ssl.create_default_context(cafile=root / settings.ca if settings.ca else None)
    if settings.certificate:
        key = root / settings.certificate_key if settings.certificate_key else None
        context.load_cert_chain(root / settings.certificate, key, settings.certificate_password.get_secret_value())
    return context
