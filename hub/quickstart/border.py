"""The other side of the border: the simulated central hub, and the secrets that both sides of it sign with."""

from __future__ import annotations

import ipaddress
import secrets
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hub.config import Config
from hub.config.systems import System, load_systems, owner
from hub.quickstart.cast import BORDER, GOVERNMENT
from hub.quickstart.processes import Running, Stopped, running

_SYSTEMS, _SECRETS = "systems.yaml", "secrets.yaml"
_NAMES = ("CENTRAL", "CENTRAL_VPCP", "SO_KHCN", "P_NGHIA_LO", "P_NGHIA_LO_PASSWORD")
_HEAD = "# Khóa của tỉnh trình diễn, do ./quickstart tạo (the demonstration's secrets, made up by ./quickstart).\n"


def make_secrets(folder: Path) -> None:
    """Those of the demonstration that its configuration folder lacks; a file that is not ours stays as it is."""
    file = folder / _SECRETS
    said = file.read_text("utf-8") if file.exists() else _HEAD
    if not (folder / _SYSTEMS).exists() or not said.startswith(_HEAD):
        return
    known = {line.partition(":")[0] for line in said.splitlines()}
    if missing := [name for name in _NAMES if name not in known]:
        draft = file.with_name(f".{file.name}")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        more = "".join(f"{name}: {secrets.token_hex(16)}\n" for name in missing)
        draft.write_text(said.rstrip("\n") + "\n" + more, encoding="utf-8")
        draft.rename(file)


@dataclass(frozen=True, slots=True)
class Border:
    """Where the simulated central hub listens, and who the Government Office is there."""

    url: str
    port: int
    office: System
    systems: Path

    def hub(self, data: Path, log: Path) -> AbstractContextManager[Running]:
        """`hub simulate central` there, ready. Raises Stopped."""
        said = {"--port": str(self.port), "--data": str(data), "--systems": str(self.systems)}
        words = [word for pair in said.items() for word in pair]
        return running("trục trung ương giả lập", ["simulate", "central", *words], log)


def border(config: Config) -> Border:
    """The configuration's. Raises Stopped where it leads to another machine, ConfigError for its systems.yaml."""
    url = getattr(config.endpoints.get(BORDER), "url", None)
    if not isinstance(url, str):
        raise Stopped(f"units.yaml không có đơn vị {BORDER} với kênh centralhub (no unit {BORDER} with that kind).")
    parts = urlsplit(url)
    if not parts.port or not _is_here(parts.hostname or ""):
        raise Stopped(f"{BORDER}: {url} không phải địa chỉ trên máy này (is not on this machine).")
    systems = config.folder / _SYSTEMS
    office = owner(GOVERNMENT.id, load_systems(systems))
    if office is None:
        raise Stopped(f"{systems} không có {GOVERNMENT.id} (it has no such system).")
    return Border(url, parts.port, office, systems)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
