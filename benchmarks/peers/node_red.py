"""Node-RED: a flow that watches a folder, reads, writes to the other folder, deletes the source. No durability."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import inotify

from peers.base import LeftOut, System

VERSION = "4.1.15"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path(__file__).resolve().parent.parent / ".cache")
_INSTALLED = _CACHE / f"node-red-{VERSION}"
_PROGRAM = _INSTALLED / "node_modules" / "node-red" / "red.js"

_SETTINGS = {
    "flowFile": "flows.json",
    "credentialSecret": False,
    "httpAdminRoot": False,
    "httpNodeRoot": False,
    "uiHost": "127.0.0.1",
    "uiPort": 0,
    "diagnostics": {"enabled": False},
    "telemetry": {"enabled": False, "updateNotification": False},
    "logging": {"console": {"level": "info"}},
}


def _flow(source: Path, target: Path) -> list[dict[str, object]]:
    """The nodes of the flow, each wired to the next."""
    pick = (
        "if (msg.type !== 'file') { return null; }"
        f"msg.source = msg.filename; msg.target = {json.dumps(str(target))} + '/' + msg.file; return msg;"
    )
    chain: list[dict[str, object]] = [
        {"type": "watch", "files": str(source), "recursive": False},
        {"type": "function", "func": pick, "outputs": 1},
        {"type": "file in", "filename": "source", "filenameType": "msg", "format": "", "sendError": False},
        {"type": "file", "filename": "target", "filenameType": "msg", "overwriteFile": "true", "appendNewline": False},
        {"type": "file", "filename": "source", "filenameType": "msg", "overwriteFile": "delete"},
    ]
    for at, node in enumerate(chain):
        follows = [f"node-{at + 1}"] if at + 1 < len(chain) else []
        node |= {"id": f"node-{at}", "z": "flow", "x": 0, "y": 0, "wires": [follows]}
    return [{"id": "flow", "type": "tab", "label": "folder to folder"}, *chain]


class NodeRed(System):
    """Node-RED from npm, at the pinned version. It writes under the final name: whole means closed."""

    name = "node-red"
    whole = inotify.CLOSE_WRITE
    needs = ("node", "npm")

    @classmethod
    def prepare(cls) -> None:
        super().prepare()
        if _PROGRAM.exists():
            return
        _INSTALLED.mkdir(parents=True, exist_ok=True)
        (_INSTALLED / "package.json").write_text('{"private": true}\n')
        command = ["npm", "install", "--no-audit", "--no-fund", "--save-exact", f"node-red@{VERSION}"]
        done = subprocess.run(command, cwd=_INSTALLED, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LeftOut(f"npm could not install node-red {VERSION}: {done.stderr.strip()[-200:]}")

    @property
    def drops(self) -> Path:
        return self.home / "in"

    @property
    def arrivals(self) -> Path:
        return self.home / "out"

    def start(self) -> None:
        self.drops.mkdir()
        self.arrivals.mkdir()
        (self.home / "settings.js").write_text(f"module.exports = {json.dumps(_SETTINGS)};\n")
        (self.home / "flows.json").write_text(json.dumps(_flow(self.drops, self.arrivals)))
        settings = self.home / "settings.js"
        self.spawn(
            ["node", _PROGRAM, "--userDir", self.home, "--settings", settings], ready=lambda: self.said("Started flows")
        )
