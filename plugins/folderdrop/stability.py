"""Is this file whole, and is it one to read at all? Pure: what was seen goes in, a verdict comes out."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from enum import Enum

from hub import Refused

#: How much of a file's end is looked at for its closing tag.
TAIL = 128
_CLOSING = re.compile(rb"(</([\w.-]+:)?(edXML|Envelope)\s*>|\})\s*\Z")


class Writers(Enum):
    """Whether some process has the file open for writing."""

    NONE = "none"
    SOME = "some"
    #: no lease to be had: a network mount, or another owner's file
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a name showed."""

    inode: int
    size: int
    mtime_ns: int
    mode: int
    links: int


def closed(tail: bytes) -> bool:
    """Whether a file that ends so has the closing tag of a packet."""
    return _CLOSING.search(tail) is not None


def whole(writers: Writers, ends_well: bool, unchanged: float, settle: float) -> bool:
    """Whether a file may be taken now. `unchanged`: seconds since it last looked different."""
    if writers is Writers.SOME:
        return False
    if writers is Writers.NONE and ends_well:
        return True
    return unchanged >= settle


def trap(look: Look) -> Refused | None:
    """Why a name must never be opened or followed, or None."""
    if stat.S_ISLNK(look.mode):
        return Refused("symlink", "Đây là liên kết tượng trưng, không phải tệp văn bản; hub không đi theo liên kết.")
    if not stat.S_ISREG(look.mode):
        return Refused("not-a-file", "Đây không phải tệp thường (ống dẫn, thiết bị hoặc ổ cắm); hub không mở nó.")
    return None


def hard_link() -> Refused:
    """Why a file with a second name is given back."""
    return Refused("hard-link", "Tệp này còn một tên khác ở nơi khác (liên kết cứng); hãy thả một bản sao riêng.")


class Memory:
    """Since when each name has looked as it looks now."""

    def __init__(self) -> None:
        self._since: dict[bytes, tuple[Look, float]] = {}

    def unchanged(self, name: bytes, look: Look, now: float) -> float:
        """Note one look; seconds since the first that was the same."""
        known = self._since.get(name)
        if known is None or known[0] != look:
            self._since[name] = (look, now)
            return 0.0
        return now - known[1]

    def forget(self, name: bytes) -> None:
        """The name was taken."""
        self._since.pop(name, None)

    def keep(self, names: set[bytes]) -> None:
        """Forget every name that the listing no longer shows."""
        if self._since:
            self._since = {name: known for name, known in self._since.items() if name in names}
