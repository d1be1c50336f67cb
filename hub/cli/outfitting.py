"""Writes the files with which a unit's people begin, as its connector makes them, into a new folder."""

from __future__ import annotations

import socket
from pathlib import Path

from hub.cli import opening
from hub.config import Config
from hub.errors import HubError
from hub.plugins import Plugins


def run(unit: str, out: Path, server: str, folder: Path) -> list[Path]:
    """The files written, those that lie on top first. Raises HubError, OSError."""
    files = _kit(opening.settings(folder), unit, server or socket.gethostname())
    out.mkdir(parents=True)
    written = sorted((out / name for name in files), key=lambda path: (len(path.parts), path))
    for path in written:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[str(path.relative_to(out))])
    return written


def _kit(config: Config, named: str, server: str) -> dict[str, bytes]:
    found = config.directory.find(named)
    if found is None:
        near = ", ".join(config.directory.nearest(named))
        raise HubError(f"Không có đơn vị {named} (no such unit). {f'Có phải: {near}?' if near else ''}".strip())
    settings = config.endpoints.get(found)
    if settings is None:
        raise HubError(f"{found} đã kết thúc hoạt động, không có kênh kết nối (a former unit without an endpoint).")
    connector = Plugins(config.plugins).connectors[settings.kind]
    try:
        files = dict(connector.kit(settings, found, config.directory.unit(found).name, config.folder, server))
    except ValueError as error:
        raise HubError(f"units.yaml: {found}: {error}") from error
    if not files:
        raise HubError(
            f"Kênh kết nối của {found} không cần bộ cài đặt: chỉ layout: clerk có (this endpoint has no kit)."
        )
    return files
