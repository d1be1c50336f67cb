"""The hub itself: two units that exchange through folders, run as an admin would run it."""

from __future__ import annotations

import sys
from pathlib import Path

import packets

from peers.base import LeftOut, System, free_port

_COMMAND = Path(sys.executable).with_name("hub")
_HUB = """\
data: data
database: sqlite
listen: 127.0.0.1:{port}
plugins: [folderdrop]
province: {{code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}}
"""
_UNITS = f"""\
units:
  so-nv:
    name: Sở Nội vụ
    code: {packets.SENDER}
    endpoint: {{kind: folderdrop, folder: shares/so-nv, layout: plain, settle: 100ms{{more}}}}
  xa-binh-son:
    name: UBND xã Bình Sơn
    code: {packets.RECEIVER}
    endpoint: {{kind: folderdrop, folder: shares/xa-binh-son, layout: plain, settle: 100ms{{more}}}}
"""


class Hub(System):
    """`hub run` on a configuration of its own."""

    name = "hub"
    #: what every endpoint says beside the rest
    more = ""

    @classmethod
    def prepare(cls) -> None:
        if not _COMMAND.exists():
            raise LeftOut(f"there is no {_COMMAND.name} command beside this Python")

    @property
    def drops(self) -> Path:
        return self.home / "shares" / "so-nv" / "out"

    @property
    def arrivals(self) -> Path:
        return self.home / "shares" / "xa-binh-son" / "in"

    def start(self) -> None:
        (self.home / "hub.yaml").write_text(_HUB.format(port=free_port()), encoding="utf-8")
        (self.home / "units.yaml").write_text(_UNITS.replace("{more}", self.more), encoding="utf-8")
        self.spawn([_COMMAND, "run", "--config", self.home], ready=lambda: self.said("ready"))


class Isolated(Hub):
    """The same with both connectors in worker processes."""

    name = "isolated"
    more = ", isolate: true"
