"""Units' own software as programs beside the hub: one calls the hub's axis, one is called by the hub."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from hub.config import Config
from hub.quickstart.processes import Running, Stopped, running

#: the program: `python -m` this, from the project's folder
MODULE = "tests.counterparts.eoffice"
_AXIS, _REST = "eoffice-axis", "eoffice-rest"


def calls_the_hub(config: Config, unit: str) -> bool:
    """Whether its software comes to the hub, and so needs to know where that is."""
    return getattr(config.endpoints.get(unit), "kind", "") == _AXIS


def office(config: Config, unit: str, data: Path, log: Path, hub: str) -> AbstractContextManager[Running]:
    """That unit's software, ready; `hub`: the hub's outer listener. Raises Stopped."""
    settings: Any = config.endpoints.get(unit)
    if getattr(settings, "kind", "") not in (_AXIS, _REST):
        raise Stopped(f"units.yaml không có đơn vị {unit} với phần mềm eOffice (no unit {unit} with such a kind).")
    own = config.directory.unit(unit)
    said = ["--data", str(data), "--code", own.code, "--name", own.name]
    said += [word for alias in own.aliases for word in ("--alias", alias)]
    said += [word for each in config.units if each.code for word in ("--agency", f"{each.code}={each.name}")]
    said += _axis(settings, hub) if settings.kind == _AXIS else _rest(settings)
    return running(f"phần mềm của {own.name}", said, log, MODULE, _secrets(settings))


def address(program: Running) -> str:
    """Where its pages are."""
    return program.ready.split()[1]


def _axis(settings: Any, hub: str) -> list[str]:
    return ["--door", "axis", "--port", "0", "--url", f"{hub}/vxp", "--systemid", settings.systemid, "--poll", "0.3"]


def _rest(settings: Any) -> list[str]:
    where = urlsplit(settings.url)
    if where.hostname != "127.0.0.1" or not where.port:
        raise Stopped(f"{settings.url} không phải địa chỉ trên máy này (is not on this machine).")
    account = ["--username", settings.username, "--system", settings.system]
    return ["--door", "provincial", "--port", str(where.port), *account]


def _secrets(settings: Any) -> dict[str, str]:
    """As the software finds them in its environment."""
    if settings.kind == _AXIS:
        return {"EOFFICE_AXIS": _bare(settings.secret)}
    return {"EOFFICE_PASSWORD": _bare(settings.password), "EOFFICE_KEY": _bare(settings.secret)}


def _bare(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
