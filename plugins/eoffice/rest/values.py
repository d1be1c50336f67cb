"""What stands for the names that every text of a profile may say: who we are, and what time it is. Pure."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from pydantic import SecretStr

from plugins.eoffice.rest.settings import RestSettings
from plugins.eoffice.rest.templates import Values


class Now(Protocol):
    """The wall clock."""

    def now(self) -> datetime:
        """Aware."""


def values(settings: RestSettings, now: datetime) -> Values:
    """Of one call: its time and its random word are the same wherever they stand."""
    local = now.astimezone(settings.profile.zone)
    username, password = settings.username, _bare(settings.password)
    named: Mapping[str, object] = {
        **{name: settings.values.get(name, said) for name, said in settings.profile.values.items()},
        "username": username,
        "password": password,
        "secret": _bare(settings.secret),
        "system": settings.system,
        "basic": base64.b64encode(f"{username}:{password}".encode()).decode(),
        "now": local,
        "today": local.date(),
        "epoch": int(now.timestamp()),
        "epoch_ms": int(now.timestamp() * 1000),
        "nonce": secrets.token_hex(16),
        "signature": "",
        "token": "",
    }
    return Values(named, settings.profile.tables)


def _bare(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
