"""The play: starts `hub run`, lets every clerk and every unit's software take turns, and says how it went."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from hub import lock
from hub.config import Config
from hub.quickstart.actor import Actor
from hub.quickstart.border import border
from hub.quickstart.cast import (
    BINH_SON,
    EOFFICES,
    GOVERNMENT,
    LETTERS,
    LY_SON,
    MANG_DEN,
    NGHIA_LO,
    OFFICE,
    OUTSIDE,
    ROLES,
    SCIENCE,
    letter_of,
    reminder,
)
from hub.quickstart.clerks import Clerk
from hub.quickstart.eoffice import Eoffice
from hub.quickstart.notes import Notes
from hub.quickstart.office import Office
from hub.quickstart.offices import address, calls_the_hub, office
from hub.quickstart.processes import Running, Stopped, last_words, running
from hub.quickstart.scripts import SCRIPTS, Awaited, answers, awaited
from hub.quickstart.show import WORDS, Stage
from hub.quickstart.software import Software
from hub.simulating.central.actor import Actor as System

_ROUND_TRIP = 60.0
_HUB = "trục"
_TURN = 0.05
#: Seconds between two answers of one unit, with nobody and with somebody watching; how long the island is cut off.
_QUICK_BEAT, _BEAT, _CUT = 0.2, 0.8, 3.0
_ISLAND_GETS = "07/CĐ-UBND"
_TRY_NEXT = """
Mở bằng trình duyệt (open in a browser):
  {clerk}/HUONG-DAN.html      văn thư làm việc với thư mục của mình thế nào
  {clerk}/theo-doi.html       việc đang chờ của UBND xã Bình Sơn
  {receipt}
  {sheet}
  {axis}    phần mềm của Sở Khoa học và Công nghệ: nó gọi vào trục (eoffice-axis)
  {rest}    phần mềm của UBND phường Nghĩa Lộ: trục gọi nó (eoffice-rest)
                             bấm Tiếp nhận, Phân công, Hoàn thành: hồi báo đi về nơi gửi; Gửi văn bản: gửi đi
Thử như văn thư (try it as a clerk):
  kéo thư mục trong {idle}/van-ban-den/1-moi-den sang 3-da-tiep-nhan; bỏ một PDF vào {idle}/gui-di
Ở cửa sổ khác (in another terminal):
  .venv/bin/hub trace "3127/VPCP-KSTT"    hành trình của một văn bản
  .venv/bin/hub duties                    ai chưa hồi báo, hạn khi nào (UBND xã Măng Đen chỉ nhận, không trả lời)
  .venv/bin/hub status                    đang hỏng gì, vì sao
  .venv/bin/hub verify                    nhật ký và tệp lưu còn nguyên
  .venv/bin/hub simulate list --data {central}   những gì trục trung ương (giả lập) đã ghi
  ls {plain}/in          phần mềm của một đơn vị nhận được gì
  cp {stranger} {plain}/out
  ls {plain}/error       gói tin của người khác: trả lại, kèm lý do
Dừng: Ctrl-C."""
_RUNNING = """\
Một trục đang chạy trên {data}: hãy dừng nó (Ctrl-C ở cửa sổ của nó), rồi chạy lại ./quickstart.
A hub runs on this data folder already: stop it, then start ./quickstart again."""
_STRANGER = "tests/data/edxml/pvn_edoc.edxml"
_RECEIPTS, _SHEETS = "da-gui/*/53-*/BIEN-NHAN.html", "van-ban-den/**/phieu.html"


class Play:
    """One run of the demonstration on a configuration folder."""

    def __init__(self, folder: Path, config: Config) -> None:
        self._folder, self._config = folder, config
        self._var = config.data.parent
        self._log = self._var / "quickstart.log"
        self._shares = dict(_shares(config))
        self._notes = {unit: Notes(self._var / "quickstart" / f"{unit}.txt") for unit in ROLES}
        self._earlier = self._notes[OUTSIDE].count("sent ", "/VPCP-KSTT")
        self._letters = (*LETTERS, reminder(self._earlier)) if self._earlier else LETTERS
        self._wanted = tuple(awaited(self._letters))
        self._names = {unit.id: unit.name for unit in config.units} | {OUTSIDE: GOVERNMENT.name}
        self._border = border(config)
        self._stage = Stage(self._names, self._letters, self._wanted)
        self._cast: dict[str, Actor] = {}
        #: where the software of a unit shows itself
        self._pages: dict[str, str] = {}
        self._beat = _BEAT

    def run(self, *, once: bool) -> int:
        """Exit code. Raises Stopped, KeyboardInterrupt."""
        if lock.held(self._config.data):
            raise Stopped(_RUNNING.format(data=_near(self._config.data)))
        island, self._beat = _Island(self._shares[LY_SON]), _QUICK_BEAT if once else _BEAT
        island.mend()
        with ExitStack() as stack:
            stack.callback(island.mend)
            self._stage.say("Khởi động trục trung ương giả lập: hub simulate central ...")
            central = self._border.hub(self._var / "central", self._log.with_name("central.log"))
            programs = [stack.enter_context(central)]
            self._stage.say("Khởi động trục: hub run ...")
            programs += self._offices(stack, "")
            hub = stack.enter_context(running(_HUB, ["run", "--config", str(self._folder)], self._log))
            programs += [hub, *self._offices(stack, hub.ready.partition("doors=")[2].strip())]
            stack.enter_context(self._stage)
            self._begin()
            missing = self._round_trip(programs, island)
            if once or missing:
                return self._end(missing)
            self._stage.say(self._summary())
            self._stage.print(self._try_next())
            self._go_on(programs)
        return 0

    def _offices(self, stack: ExitStack, hub: str) -> list[Running]:
        """Begin the units' software: what the hub calls before it, what calls the hub once it is there."""
        begun = []
        for unit in (each for each in EOFFICES if calls_the_hub(self._config, each) is bool(hub)):
            self._stage.say(f"Khởi động phần mềm của {self._names[unit]} ...")
            data, log = self._var / "eoffice" / unit, self._log.with_name(f"{unit}.log")
            begun.append(stack.enter_context(office(self._config, unit, data, log, hub)))
            self._pages[unit] = address(begun[-1])
        return begun

    def _begin(self) -> None:
        for unit, share in self._shares.items():
            known = (unit, self._config, share, self._notes[unit], self._letters, self._stage.tell)
            self._cast[unit] = Clerk(*known, self._is_heard) if unit in SCRIPTS else Software(*known)
        for unit, page in self._pages.items():
            self._cast[unit] = Eoffice(unit, self._config, page, self._notes[unit], self._stage.tell)
        there = System(self._border.url, self._border.office)
        self._cast[OUTSIDE] = Office(self._config, there, self._notes[OUTSIDE], self._letters, self._stage.tell)

    def _round_trip(self, programs: Sequence[Running], island: _Island) -> list[Awaited]:
        """Play until every answer came back or the time is up. What is missing."""
        end, mend_at = time.monotonic() + _ROUND_TRIP, time.monotonic() + _CUT
        if not self._has_played():
            island.cut()
            self._stage.say(f"Mất kết nối tới {self._names[LY_SON]}: văn bản sẽ chờ ở trục.", "bold red")
        while time.monotonic() < end:
            self._turn(programs)
            if island.is_cut and time.monotonic() > mend_at:
                island.mend()
                self._stage.say(f"Có kết nối lại tới {self._names[LY_SON]}.", "bold green")
            if not self._missing() and all(each.idle for each in self._cast.values()):
                return []
        return self._missing()

    def _go_on(self, programs: Sequence[Running]) -> None:
        while True:
            self._turn(programs)

    def _turn(self, programs: Sequence[Running]) -> None:
        for program in programs:
            program.expect()
        for each in self._cast.values():
            each.turn(time.monotonic(), self._beat)
        self._stage.heard(self._heard())
        time.sleep(_TURN)

    def _has_played(self) -> bool:
        """Whether the island has its document from an earlier run."""
        island = self._cast[LY_SON]
        island.turn(time.monotonic(), self._beat)
        return _ISLAND_GETS in island.received

    def _heard(self) -> set[Awaited]:
        return set().union(*(each.heard for each in self._cast.values()))

    def _is_heard(self, document: str, by: str, status: str) -> bool:
        return any((each.document, each.by, each.status) == (document, by, status) for each in self._heard())

    def _missing(self) -> list[Awaited]:
        heard = self._heard()
        return [each for each in self._wanted if each not in heard]

    def _surprises(self) -> Iterator[str]:
        """What must not have happened: anything twice, a refusal by mistake."""
        for unit, each in self._cast.items():
            yield from (f"{self._names[unit]} nhận {what} hai lần (came twice)." for what in each.twice)
        for said in sorted(self._heard(), key=lambda each: (each.document, each.by)):
            if said.status == "02" and "06" in answers(letter_of(said.document), said.by):
                yield f"{self._names[said.by]} từ chối nhầm {said.document} (refused by mistake)."

    def _end(self, missing: list[Awaited]) -> int:
        surprises = list(self._surprises())
        for each in missing:
            name, status = self._names[each.by], f"{each.status} {WORDS[each.status]}"
            self._stage.say(f"Chưa về: {status} của {name} về {each.document}.", "bold red")
        for surprise in surprises:
            self._stage.say(surprise, "bold red")
        wrong = bool(missing or surprises)
        self._stage.say(self._summary(), "bold red" if wrong else "bold green")
        if wrong:
            self._stage.say(
                f"Bắt đầu lại từ đầu: chuyển {_near(self._var)} đi nơi khác (to start afresh, move it aside)."
            )
            self._stage.say(last_words(_HUB, self._log))
        else:
            self._stage.say('Xem hành trình: .venv/bin/hub trace "3127/VPCP-KSTT"')
            self._stage.say(f"Xem như văn thư: {_near(self._shares[BINH_SON])}/theo-doi.html, HUONG-DAN.html")
        return 1 if wrong else 0

    def _summary(self) -> str:
        back, twice = len(self._wanted) - len(self._missing()), sum(len(each.twice) for each in self._cast.values())
        heard = [each.status for each in self._wanted if each in self._heard()]
        refused, given_back = heard.count("02"), heard.count("15")
        return (
            f"{back}/{len(self._wanted)} hồi báo đã về tới nơi gửi (answers came back to their senders).\n"
            f"{twice} trùng (duplicates), {refused} từ chối có lý do (refused), "
            f"{given_back} đồng ý thu hồi (given back)."
        )

    def _try_next(self) -> str:
        clerk = self._shares[BINH_SON]
        receipt, sheet = (next(clerk.glob(each), clerk) for each in (_RECEIPTS, _SHEETS))
        places = {
            "central": self._var / "central",
            "clerk": clerk,
            "idle": self._shares[MANG_DEN],
            "plain": self._shares[OFFICE],
            "receipt": receipt,
            "sheet": sheet,
        }
        shown = {name: _near(path) for name, path in places.items()}
        shown |= {"axis": self._pages[SCIENCE], "rest": self._pages[NGHIA_LO]}
        return _TRY_NEXT.format(stranger=_STRANGER, **shown)


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
    for unit in (each for each in ROLES if each not in (OUTSIDE, *EOFFICES)):
        path = getattr(config.endpoints.get(unit), "folder", None)
        if not isinstance(path, Path):
            raise Stopped(f"units.yaml không có đơn vị {unit} với kênh thư mục (no unit {unit} with a folder).")
        yield unit, config.folder / path


def _near(path: Path) -> str:
    """A path as short as it can be said from here."""
    here, there = Path.cwd(), path.resolve()
    return str(there.relative_to(here) if there.is_relative_to(here) else there)
