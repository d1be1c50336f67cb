"""Two units and the hub between them: Sở Nội vụ with software, UBND xã Bình Sơn with a clerk's folder."""

from __future__ import annotations

import io
from pathlib import Path

from hub.standards import edxml
from hub.testing import eventually
from hub.testing.samples import a_document
from hub.vocabulary import Acknowledgement

_HUB = """
data: data
listen: 127.0.0.1:0
plugins: [folderdrop]
province: {code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}
retry: {first: 100ms, most: 1s}
reserve: 1000000
"""
_UNITS = """
units:
  so-nv:
    name: Sở Nội vụ
    code: 000.00.14.H48
    endpoint: {kind: folderdrop, folder: shares/so-nv, settle: 50ms, poll: 100ms}
  xa-binh-son:
    name: UBND xã Bình Sơn
    code: 000.00.31.H48
    endpoint:
      {kind: folderdrop, folder: shares/xa-binh-son, layout: clerk,
       settle: 50ms, poll: 50ms, grace: 200ms, grace_refusal: 300ms}
"""
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 100


class Province:
    """The configuration in one folder, and what people and software see of the shares."""

    def __init__(self, home: Path, *, isolate: bool = False) -> None:
        self.home = home
        #: what the clerk's share holds, as the disk has it
        self.share = home / "shares" / "xa-binh-son"
        (home / "hub.yaml").write_text(_HUB, "utf-8")
        told = _UNITS.replace("{kind:", "{isolate: true, kind:") if isolate else _UNITS
        (home / "units.yaml").write_text(told, "utf-8")

    def drop(self, number: int = 211, files: dict[str, bytes] | None = None) -> None:
        """The sender's software drops a packet."""
        called = files or {"211-GM-SNV.pdf": PDF}
        attached = [edxml.File(name, lambda content=content: io.BytesIO(content)) for name, content in called.items()]  # type: ignore[misc]  # a default in a lambda has no type
        out = self.home / "shares" / "so-nv" / "out"
        (out / ".draft").write_bytes(b"".join(edxml.compose(a_document(f"{number}/GM-SNV"), attached)))
        (out / ".draft").rename(out / f"{number}.edxml")

    def stage(self, name: str) -> Path:
        """One of the stages of the clerk's share."""
        return self.share / "van-ban-den" / name

    async def arrived(self) -> Path:
        """The only folder in the first stage, once it is there."""
        stage = self.stage("1-moi-den")
        await eventually(lambda: stage.exists() and any(stage.iterdir()))
        [folder] = stage.iterdir()
        return folder

    def statuses(self) -> list[Acknowledgement]:
        """What the sender's software finds in its `in/`, by their codes."""
        found = []
        for path in sorted((self.home / "shares" / "so-nv" / "in").iterdir()):
            body = edxml.read(io.BytesIO(path.read_bytes())).body
            assert isinstance(body, Acknowledgement)
            found.append(body)
        return sorted(found, key=lambda each: each.status)

    def codes(self) -> list[str]:
        """The codes of these."""
        return [each.status for each in self.statuses()]

    async def heard(self, *codes: str) -> None:
        """Wait until the sender has exactly these."""
        await eventually(lambda: self.codes() == list(codes))
