"""What people see: a live picture on a terminal, one line a happening elsewhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from hub.clock import VIETNAM
from hub.quickstart.cast import Letter
from hub.quickstart.notes import Happening
from hub.quickstart.scripts import Awaited

WORDS = {
    "01": "Đã đến",
    "02": "Từ chối tiếp nhận",
    "03": "Đã tiếp nhận",
    "04": "Đã phân công xử lý",
    "05": "Đang xử lý",
    "06": "Đã hoàn thành",
    "13": "Yêu cầu thu hồi",
    "15": "Đồng ý thu hồi",
}
_COLOURS = {"send": "bold cyan", "gesture": "bold magenta", "arrive": "yellow", "hear": "green"}
_LAST = 14
_WIDE = 100_000


class Stage:
    """The picture. `names` are the units' names, `letters` what is sent, `wanted` every answer that must come back."""

    def __init__(self, names: Mapping[str, str], letters: Sequence[Letter], wanted: Sequence[Awaited]) -> None:
        self._names, self._letters, self._wanted = names, letters, wanted
        self._heard: set[Awaited] = set()
        self._lines: deque[Text] = deque(maxlen=_LAST)
        self.console = Console(highlight=False, markup=False)
        if not self.console.is_terminal:
            self.console = Console(highlight=False, markup=False, width=_WIDE, soft_wrap=True)
        self._live = Live(console=self.console, refresh_per_second=8, transient=True)

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()
        if self.console.is_terminal:
            self.console.print(self._picture())

    def tell(self, happening: Happening) -> None:
        """Show what a unit's software did or saw."""
        line = Text(f"{happening.at.astimezone(VIETNAM):%H:%M:%S}  ", style="dim")
        line.append(self._sentence(happening), style=_COLOURS.get(happening.what, "dim"))
        self._say(line)

    def say(self, text: str, style: str = "") -> None:
        """Show what the play itself has to say."""
        for line in text.split("\n"):
            self._say(Text(line, style=style))

    def print(self, text: str) -> None:
        """Show what stays to be read: above the picture, where there is one."""
        self.console.print(Text(text))

    def heard(self, heard: set[Awaited]) -> None:
        """Show how many answers came back."""
        self._heard = heard
        if self.console.is_terminal:
            self._live.update(self._picture())

    def _say(self, line: Text) -> None:
        self._lines.append(line)
        if not self.console.is_terminal:
            self.console.print(line)

    def _sentence(self, told: Happening) -> str:
        name, note = self._names.get(told.unit, told.unit), f": {told.note}" if told.note else ""
        status = f"{told.status} {WORDS.get(told.status, '')}".strip()
        match told.what:
            case "send":
                return f"{name} gửi {told.document}{note}"
            case "again":
                return f"{name} gửi lại {told.document} (trục đã có thì không chuyển lần nữa)"
            case "gesture":
                return f"{told.other} ({name}), {told.document}: {told.note}"
            case "arrive":
                return f"{name} nhận {told.document} từ {told.other}"
            case _:
                return f"{told.other}: {status}, {told.document} → {name}{note}"

    def _picture(self) -> Group:
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("Văn bản", no_wrap=True, min_width=14)
        table.add_column("Từ", no_wrap=True, overflow="ellipsis")
        table.add_column("Hồi báo đã về", no_wrap=True, min_width=16)
        table.add_column("", no_wrap=True, min_width=5)
        for letter in self._letters:
            table.add_row(*self._row(letter))
        timeline = Group(*self._fitted())
        return Group(Panel(table, title="Trục liên thông văn bản tỉnh", border_style="cyan"), timeline)

    def _row(self, letter: Letter) -> Iterator[Text | ProgressBar]:
        wanted = {each for each in self._wanted if each.document == letter.code}
        back = len(wanted & self._heard)
        yield Text(letter.code, style="bold")
        yield Text(self._names.get(letter.unit, letter.unit))
        yield ProgressBar(total=len(wanted), completed=back, width=16, complete_style="green")
        yield Text(f"{back}/{len(wanted)}", style="green" if back == len(wanted) else "yellow")

    def _fitted(self) -> Iterator[Text]:
        for line in self._lines:
            short = line.copy()
            short.truncate(self.console.width, overflow="ellipsis")
            yield short
