"""A clerk's share as the clerk sees it in Explorer: what lies where, and moving it. Nothing else."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

INCOMING, OUTGOING, SENT, RETURNED, RECALL = "van-ban-den", "gui-di", "da-gui", "tra-lai", "thu-hoi"
MANY, AGREE, WANTED_BACK = "_Nhieu noi nhan", "7-dong-y-thu-hoi", "THU-HOI.txt"
SLIP, RECEIPT, REASON, RESULT, NOTE = "PHIEU-GUI.txt", "BIEN-NHAN.txt", "ly-do.txt", "ket-qua.txt", "GHI-CHU.txt"
_INFORMATION, _IDENTITY = "thong-tin.yaml", ".lt-id"
_CODE = re.compile(r'^so_ky_hieu: "(.+)"$', re.MULTILINE)
_SENDER = re.compile(r'^noi_gui: "(.+)"$', re.MULTILINE)


class Desk:
    """One share. What is gone while it is looked at raises FileNotFoundError: looked at again later."""

    def __init__(self, share: Path) -> None:
        self.share = share

    @property
    def is_there(self) -> bool:
        """Whether the share can be seen, with its folders."""
        return (self.share / INCOMING).is_dir() and (self.share / OUTGOING).is_dir()

    def received(self) -> Iterator[tuple[str, str, Path]]:
        """Number/notation, sender and folder of each document that came, wherever it lies now."""
        for information in self.share.glob(f"{INCOMING}/**/{_INFORMATION}"):
            text = information.read_text("utf-8")
            code, sender = _CODE.search(text), _SENDER.search(text)
            if code and sender:
                yield code[1], sender[1], information.parent

    def identity(self, folder: Path) -> str:
        """What tells two deliveries of one document apart."""
        return (folder / _IDENTITY).read_text("utf-8").strip()

    def stage(self, folder: Path) -> str:
        """Below which folder of the stages it lies: "4-phan-cong"."""
        return folder.relative_to(self.share / INCOMING).parts[0]

    def sent(self, document: str) -> Path | None:
        """The folder in da-gui, once its receipt lies there."""
        return next((path.parent for path in self.share.glob(f"{SENT}/*/{_plain(document)} ~*/{RECEIPT}")), None)

    def recalled(self, document: str) -> Path | None:
        """The folder in thu-hoi."""
        return next(self.share.glob(f"{RECALL}/{_plain(document)} ~*"), None)

    def returned(self, name: str) -> Path | None:
        """What came back to tra-lai, once the reason lies beside it."""
        found = (path for path in self.share.glob(f"{RETURNED}/*/{name}") if self.reason_beside(path).exists())
        return next(found, None)

    def reason_beside(self, returned: Path) -> Path:
        """Why it came back."""
        return returned.with_name(f"{returned.name}.LY-DO.txt")

    def receipt(self, document: str) -> str:
        """What the receipt of a document sent says now; "" where there is none."""
        folder = self.sent(document) or self.recalled(document)
        return (folder / RECEIPT).read_text("utf-8-sig") if folder else ""

    def first_line(self, file: Path) -> str:
        """Of a text that the hub wrote."""
        return file.read_text("utf-8-sig").splitlines()[0]

    def drag(self, source: Path, place: str, name: str = "") -> None:
        """Move a file or folder, as dragging inside one share does."""
        target = self.share / place
        target.mkdir(exist_ok=True)
        source.rename(target / (name or source.name))

    def copy(self, source: Path, place: str) -> None:
        """Ctrl+C, Ctrl+V."""
        shutil.copytree(source, self.share / place / source.name)

    def put(self, place: str, files: Mapping[str, bytes]) -> None:
        """Copy files there one after the other; the folder is seen before its content."""
        folder = self.share / place
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)

    def type(self, path: Path, text: str) -> None:
        """Type a text in Notepad, and save it."""
        path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())


def _plain(document: str) -> str:
    """How folders name a document: "52/TTr-UBND" lies in "52-TTr-UBND ~7K3"."""
    return document.replace("/", "-")
