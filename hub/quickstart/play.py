"""The play: starts `hub run`, lets every unit's software take its turns, and says how it went."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from hub import lock
from hub.config import Config
from hub.errors import HubError
from hub.quickstart.cast import HOME, LETTERS, LY_SON, OUTSIDE, RECALLS, ROLES, Awaited, awaited, reminder
from hub.quickstart.show import WORDS, Stage
from hub.quickstart.software import Notes, Software

_READY, _ROUND_TRIP, _STOP = 60.0, 60.0, 40.0
_TURN = 0.05
#: Seconds between two answers of one unit, with nobody and with somebody watching; how long the island is cut off.
_QUICK_BEAT, _BEAT, _CUT = 0.2, 0.8, 3.0
_ISLAND_GETS = "07/CĐ-UBND"
_TRY_NEXT = """
Thử tiếp, ở cửa sổ khác (try next, in another terminal):
  .venv/bin/hub trace "3127/VPCP-KSTT"    hành trình của một văn bản
  .venv/bin/hub status                    đang hỏng gì, vì sao
  .venv/bin/hub verify                    nhật ký và tệp lưu còn nguyên
  ls {folder}/in          văn bản và hồi báo mà một đơn vị nhận được
  cp {stranger} {folder}/out
  ls {folder}/error       gói tin của người khác: trả lại, kèm lý do
Dừng: Ctrl-C."""
_RUNNING = """\
Một trục đang chạy trên {data}: hãy dừng nó (Ctrl-C ở cửa sổ của nó), rồi chạy lại ./quickstart.
A hub runs on this data folder already: stop it, then start ./quickstart again."""
_STRANGER = "tests/data/edxml/pvn_edoc.edxml"


class Stopped(HubError):
    """The play cannot go on."""


class Play:
    """One run of the demonstration on a configuration folder."""

    def __init__(self, folder: Path, config: Config) -> None:
        self._folder, self._config = folder, config
        self._var = config.data.parent
        self._log = self._var / "quickstart.log"
        self._shares = dict(_shares(config))
        self._notes = {unit: Notes(self._var / "quickstart" / f"{unit}.txt") for unit in self._shares}
        earlier = self._notes[OUTSIDE].count("sent ", "/VPCP-KSTT")
        self._letters = (*LETTERS, reminder(earlier)) if earlier else LETTERS
        self._wanted = tuple(awaited(self._letters))
        self._names = {unit.id: unit.name for unit in config.units}
        self._stage = Stage(self._names, self._letters, self._wanted)
        self._software: list[Software] = []
        self._beat = _BEAT

    def run(self, *, once: bool) -> int:
        """Exit code. Raises Stopped, KeyboardInterrupt."""
        if lock.held(self._config.data):
            raise Stopped(_RUNNING.format(data=_near(self._config.data)))
        island, self._beat = _Island(self._shares[LY_SON]), _QUICK_BEAT if once else _BEAT
        island.mend()
        with ExitStack() as stack:
            stack.callback(island.mend)
            self._stage.say("Khởi động trục: hub run ...")
            hub = stack.enter_context(_running(self._folder, self._log))
            stack.enter_context(self._stage)
            self._begin()
            missing = self._round_trip(hub, island)
            if once or missing:
                return self._end(missing)
            self._stage.say(self._summary())
            self._stage.say(_TRY_NEXT.format(folder=_near(self._shares[HOME]), stranger=_STRANGER))
            self._go_on(hub)
        return 0

    def _begin(self) -> None:
        acts = (*self._letters, *RECALLS)
        for unit, share in self._shares.items():
            self._software.append(Software(unit, self._config, share, self._notes[unit], acts, self._stage.tell))

    def _round_trip(self, hub: subprocess.Popen[str], island: _Island) -> list[Awaited]:
        """Play until every answer came back or the time is up. What is missing."""
        end, mend_at = time.monotonic() + _ROUND_TRIP, time.monotonic() + _CUT
        if not self._has_played():
            island.cut()
            self._stage.say(f"Mất kết nối tới {self._names[LY_SON]}: văn bản sẽ chờ ở trục.", "bold red")
        while time.monotonic() < end:
            self._turn(hub)
            if island.is_cut and time.monotonic() > mend_at:
                island.mend()
                self._stage.say(f"Có kết nối lại tới {self._names[LY_SON]}.", "bold green")
            if not self._missing() and all(software.idle for software in self._software):
                return []
        return self._missing()

    def _go_on(self, hub: subprocess.Popen[str]) -> None:
        while True:
            self._turn(hub)

    def _turn(self, hub: subprocess.Popen[str]) -> None:
        if hub.poll() is not None:
            raise Stopped(_last_words(self._log))
        for software in self._software:
            software.turn(time.monotonic(), self._beat)
        self._stage.heard(self._heard())
        time.sleep(_TURN)

    def _has_played(self) -> bool:
        """Whether the island has its document from an earlier run."""
        island = next(software for software in self._software if software.unit == LY_SON)
        island.turn(time.monotonic(), self._beat)
        return _ISLAND_GETS in island.received

    def _heard(self) -> set[Awaited]:
        return set().union(*(software.heard for software in self._software))

    def _missing(self) -> list[Awaited]:
        heard = self._heard()
        return [each for each in self._wanted if each not in heard]

    def _end(self, missing: list[Awaited]) -> int:
        for each in missing:
            name, status = self._names[each.by], f"{each.status} {WORDS[each.status]}"
            self._stage.say(f"Chưa về: {status} của {name} về {each.document}.", "bold red")
        self._stage.say(self._summary(), "bold red" if missing else "bold green")
        if missing:
            self._stage.say(
                f"Bắt đầu lại từ đầu: chuyển {_near(self._var)} đi nơi khác (to start afresh, move it aside)."
            )
            self._stage.say(_last_words(self._log))
        else:
            self._stage.say('Xem hành trình: .venv/bin/hub trace "3127/VPCP-KSTT"')
        return 1 if missing else 0

    def _summary(self) -> str:
        back = len(self._wanted) - len(self._missing())
        return f"{back}/{len(self._wanted)} hồi báo đã về tới nơi gửi (answers came back to their senders)."


class _Island:
    """A unit whose folder goes away for a while, as an island's line does."""

    def __init__(self, share: Path) -> None:
        self._share, self._away = share, share.with_name(f"{share.name}.mat-ket-noi")

    @property
    def is_cut(self) -> bool:
        return self._away.exists()

    def cut(self) -> None:
        self._share.rename(self._away)

    def mend(self) -> None:
        """Also what a run that was killed left behind."""
        if self.is_cut and not self._share.exists():
            self._away.rename(self._share)


def _shares(config: Config) -> Iterator[tuple[str, Path]]:
    """Each unit of the cast with its folder. Raises Stopped where the configuration has other units."""
    for unit in ROLES:
        path = getattr(config.endpoints.get(unit), "folder", None)
        if not isinstance(path, Path):
            raise Stopped(f"units.yaml không có đơn vị {unit} với kênh thư mục (no unit {unit} with a folder).")
        yield unit, config.folder / path


@contextmanager
def _running(folder: Path, log: Path) -> Iterator[subprocess.Popen[str]]:
    """`hub run` as its own process, ready; stopped gently at the end."""
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "hub.cli", "run", "--config", str(folder)]
    with log.open("a", encoding="utf-8") as errors:
        # In a session of its own, so that Ctrl-C reaches it through us, once.
        hub = subprocess.Popen(  # noqa: S603 - our own program
            command, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        )
        with hub:
            try:
                _await_ready(hub, log)
                yield hub
            finally:
                _stop(hub)


def _await_ready(hub: subprocess.Popen[str], log: Path) -> None:
    assert hub.stdout
    line = _first_line(hub.stdout, _READY)
    if not line.startswith("ready"):
        raise Stopped(f"Trục không khởi động được (the hub did not start).\n{_last_words(log)}")


def _first_line(stream: IO[str], seconds: float) -> str:
    """The first line, or "" when it does not come in time."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=lambda: lines.put(stream.readline()), daemon=True).start()
    try:
        return lines.get(timeout=seconds)
    except queue.Empty:
        return ""


def _stop(hub: subprocess.Popen[str]) -> None:
    if hub.poll() is None:
        hub.terminate()
    try:
        hub.wait(_STOP)
    except subprocess.TimeoutExpired:
        hub.kill()


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
    return "\n".join([f"Nhật ký của trục (the hub's log): {log}", *lines])


def _near(path: Path) -> str:
    """A path as short as it can be said from here."""
    here, there = Path.cwd(), path.resolve()
    return str(there.relative_to(here) if there.is_relative_to(here) else there)
