"""The demonstration as a newcomer runs it: a province exchanges, every answer comes back, a second run works too."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from hub import lock
from hub.clock import VIETNAM
from hub.config import load
from hub.plugins import Plugins
from hub.quickstart import cast, packets, papers, scripts
from hub.quickstart.border import make_secrets
from hub.quickstart.clerks import Clerk
from hub.quickstart.notes import Notes
from hub.quickstart.software import Software
from hub.simulating.central import Record, records
from hub.standards import edxml
from hub.testing import eventually
from hub.vocabulary import Acknowledgement
from tests.ports import free_port
from tests.program import said
from tests.recount import recounted

pytestmark = pytest.mark.timeout(300)
ROOT = Path(__file__).parents[2]
DEMO = "3127/VPCP-KSTT"


def plain() -> dict[str, str]:
    """A newcomer's environment: it holds no secrets."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}


def own_config(home: Path) -> Path:
    """The committed configuration with data, shares and ports of its own; without secrets, as in a fresh clone."""
    folder = home / "config"
    shutil.copytree(ROOT / "config", folder, ignore=shutil.ignore_patterns("secrets.yaml"))
    units = folder / "units.yaml"
    text = units.read_text("utf-8")
    for port in (8090, 8202):
        text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{free_port()}")
    units.write_text(text, "utf-8")
    hub = folder / "hub.yaml"
    text = hub.read_text("utf-8").replace("127.0.0.1:8036", "127.0.0.1:0").replace("127.0.0.1:8037", "127.0.0.1:0")
    hub.write_text(text, "utf-8")
    return folder


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return own_config(tmp_path)


@dataclass(frozen=True)
class Played:
    """A province after one play."""

    config: Path
    shares: Path
    said: str
    #: unit -> the answers that lay in its in/ then, or that the central hub had for it
    answers: Mapping[str, set[tuple[str, str]]]
    arrived: Sequence[Path]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    config = own_config(tmp_path_factory.mktemp("played"))
    shares = config.parent / "var" / "shares"
    done = run("hub.quickstart", "--once", "--config", config)
    assert done.returncode == 0, done.stdout + done.stderr
    answers = {"vpcp": taken_by_the_office(config), "vp-ubnd": answers_in(shares / "vp-ubnd")}
    return Played(config, shares, done.stdout, answers, placed(shares))


def run(module: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=plain(), capture_output=True, text=True, timeout=100, check=False)


def hub(config: Path, *words: str) -> Any:
    """What `hub` answers as JSON."""
    code, out, errors = said((*words, "--config", str(config), "--json"), plain())
    assert (code, errors) == (0, ""), out
    return json.loads(out)


def trace(config: Path, document: str) -> dict[str, Any]:
    [found] = hub(config, "trace", document)
    assert isinstance(found, dict)
    return found


def codes(found: dict[str, Any], unit: str) -> list[str]:
    [recipient] = [recipient for recipient in found["recipients"] if recipient["unit"] == unit]
    return [answer["code"] for answer in recipient["answers"]]


def owed(config: Path) -> list[dict[str, Any]]:
    """What is still owed."""
    found = hub(config, "duties")
    assert isinstance(found, list)
    return found


def answers_in(share: Path) -> set[tuple[str, str]]:
    """(document, status) of every answer that lies in a unit's in/."""
    found = set()
    for path in (share / "in").iterdir():
        with path.open("rb") as file:
            body = edxml.read(file).body
        if isinstance(body, Acknowledgement):
            found.add((body.response_for.code, body.status))
    return found


def at_the_central_hub(config: Path, sender: str) -> list[Record]:
    """What the simulated central hub has on its records from a system of ours or theirs."""
    return [each for each in records(config.parent / "var" / "central") if each.sender_system == sender]


def taken_by_the_office(config: Path) -> set[tuple[str, str]]:
    """(document, status) of every answer that the Government Office has taken there."""
    found = at_the_central_hub(config, "000.00.00.H48")
    assert {each.status for each in found} == {"done"}
    return {(each.notation, each.answer) for each in found if each.message_type == "status"}


def placed(shares: Path) -> list[Path]:
    return sorted(shares.glob("*/in/*"))


def test_what_it_leaves_is_balanced(played: Played) -> None:
    sheet = hub(played.config, "reconcile")
    assert sheet["differences"] == []
    books = [(one["unit"], book, one[book]) for one in sheet["units"] for book in one if book not in ("unit", "name")]
    found = {(unit, book): counts for unit, book, counts in books if counts}
    assert {one["name"] for one in sheet["units"] if one["unit"] == cast.GOVERNMENT.id} == {cast.GOVERNMENT.name}
    assert found == recounted(played.config.parent / "var" / "data" / "ledger.sqlite")
    assert found["xa-binh-son", "in"]["refused"] == 1


def test_once_ends_after_the_round_trip(played: Played) -> None:
    config = played.config
    assert {(DEMO, "01"), (DEMO, "03"), (DEMO, "06")} <= played.answers["vpcp"]
    found = trace(config, DEMO)
    assert [recipient["state"] for recipient in found["recipients"]] == ["delivered"]
    assert codes(found, "vp-ubnd") == ["01", "03", "04", "05", "06"]
    assert codes(trace(config, "211/GM-SNV"), "xa-tinh-khe") == ["01", "02"]
    recalled = trace(config, "52/TTr-UBND")
    assert [codes(recalled, unit) for unit in ("so-khcn", "so-nv")] == [["01", "13", "15"]] * 2
    assert [(duty["unit"], duty["code"]) for duty in owed(config) if duty["document"] == "52/TTr-UBND"] == []
    assert codes(trace(config, "53/TTr-UBND"), "so-khcn") == ["01", "03", "06"]
    assert "0 trùng (duplicates), 1 từ chối có lý do (refused), 2 đồng ý thu hồi" in played.said
    assert (
        "UBND xã Bình Sơn: 13 Yêu cầu thu hồi, 52/TTr-UBND → Sở Khoa học và Công nghệ: Phụ lục cộng sai" in played.said
    )
    assert "52/TTr-UBND: đọc THU-HOI.txt: “VĂN BẢN ĐANG BỊ THU HỒI, KHÔNG SỬ DỤNG.”" in played.said
    # What went over the border was answered there.
    assert codes(trace(config, "1852/UBND-KSTT"), cast.GOVERNMENT.id) == ["01", "03", "06"]
    assert {("1852/UBND-KSTT", code) for code in cast.SHORT} <= played.answers["vp-ubnd"]
    # Added by a route of the configuration.
    assert codes(trace(config, "07/CĐ-UBND"), "so-khcn") == ["01", "03", "04", "05", "06"]
    assert ("07/CĐ-UBND", "06") in played.answers["vp-ubnd"]


def test_the_report_says_what_the_units_folders_say(played: Played) -> None:
    month = f"{datetime.now(VIETNAM):%Y-%m}"
    central = played.config.parent / "var" / "central"
    offices = played.config.parent / "var" / "eoffice"
    asked = ("--config", played.config, "--month", month, "--central", central, "--offices", offices)
    done = run("tests.reports.folders", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = {tuple(line.split()[:2]): line.split()[2:] for line in done.stdout.splitlines()[1:-1]}
    assert lines["xa-tinh-khe", "folders"] == ["3", "2", "1", "0", "2"]
    assert lines["xa-mang-den", "folders"] == ["1", "0", "0", "0", "0"]
    assert sum(int(line[0]) for (_, whose), line in lines.items() if whose == "report") == 18


@pytest.mark.slow
def test_a_second_play_ends_too_and_sends_one_document(played: Played) -> None:
    config, shares = played.config, played.shares
    before = taken_by_the_office(config)

    second = run("hub.quickstart", "--once", "--config", config)

    assert second.returncode == 0, second.stdout + second.stderr
    new = {path.relative_to(shares).parts[0] for path in set(placed(shares)) - set(played.arrived)}
    assert new == {"vp-ubnd"}
    assert taken_by_the_office(config) - before == {("3128/VPCP-KSTT", code) for code in cast.EVERY}
    ours = at_the_central_hub(config, "000.00.00.H48")
    assert len(ours) == len({(each.notation, each.answer) for each in ours}), "something went out twice"
    assert codes(trace(config, DEMO), "vp-ubnd") == ["01", "03", "04", "05", "06"]
    assert run("hub.cli", "verify", "--config", config).returncode == 0


@pytest.mark.slow
def test_an_answer_that_does_not_come_back_is_named(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from_office = [one for one in scripts.awaited() if one.document == DEMO]
    assert [one.status for one in from_office] == ["01", "03", "04", "05", "06"]
    units = config / "units.yaml"
    # Nobody bears the province's code any more: the document has no addressee and is given back.
    units.write_text(units.read_text("utf-8").replace("[H48.01, 000.00.00.H48, H48]", "[H48.01]"), "utf-8")
    code = "import sys; from hub.quickstart import play, __main__; play._ROUND_TRIP = 6.0; sys.exit(__main__.main())"
    command = [sys.executable, "-c", code, "--once", "--config", str(config)]

    done = subprocess.run(command, cwd=ROOT, env=plain(), capture_output=True, text=True, timeout=100, check=False)

    assert done.returncode == 1
    assert f"Chưa về: 06 Đã hoàn thành của Văn phòng UBND tỉnh Quảng Ngãi về {DEMO}." in done.stdout


def _as_from_a_terminal() -> None:
    """Tests that a shell runs in the background have SIGINT ignored, and their children too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
async def test_without_once_it_plays_on_until_it_is_interrupted(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    command = [sys.executable, "-u", "-m", "hub.quickstart", "--config", str(config)]
    with out.open("w") as file:
        play = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, env=plain(), stdout=file, stderr=file, preexec_fn=_as_from_a_terminal
        )
    try:
        await eventually(lambda: "Ctrl-C" in out.read_text() or play.returncode is not None, within=80)
        assert "Ctrl-C" in out.read_text(), out.read_text()
        assert run("hub.cli", "status", "--config", config).returncode == 0
    finally:
        play.send_signal(signal.SIGINT)
        await play.wait()
    assert play.returncode == 130
    assert run("hub.cli", "status", "--config", config, "--json").returncode == 1


def test_a_hub_that_runs_already_is_said_plainly(config: Path, tmp_path: Path) -> None:
    with lock.hold(tmp_path / "var" / "data"):
        done = run("hub.quickstart", "--once", "--config", config)

    assert (done.returncode, done.stdout) == (1, "")
    assert "Một trục đang chạy trên" in done.stderr
    assert "Traceback" not in done.stderr


def test_secrets_are_made_up_once_for_their_owner_alone(config: Path) -> None:
    make_secrets(config)
    made = config / "secrets.yaml"
    assert made.stat().st_mode & 0o777 == 0o600
    before = made.read_bytes()
    make_secrets(config)
    assert made.read_bytes() == before
    values = re.findall(rb"^CENTRAL\w*: (\w{32})$", before, re.MULTILINE)
    assert len(set(values)) == 2
    (config / "systems.yaml").unlink()
    made.unlink()
    make_secrets(config)
    assert not made.exists()


def test_secrets_of_an_earlier_demonstration_stay_and_the_new_ones_join_them(config: Path) -> None:
    make_secrets(config)
    made = config / "secrets.yaml"
    whole = made.read_text("utf-8").splitlines()
    made.write_text("\n".join(whole[:3]), "utf-8")
    made.chmod(0o600)
    make_secrets(config)
    assert whole[:3] == made.read_text("utf-8").splitlines()[:3]
    assert len(whole) == len(made.read_text("utf-8").splitlines())
    assert made.stat().st_mode & 0o777 == 0o600
    made.write_text("CENTRAL: cua-tinh\n", "utf-8")
    make_secrets(config)
    assert "CENTRAL: cua-tinh\n" == made.read_text("utf-8")


def test_a_central_hub_that_is_not_this_machines_is_left_alone(config: Path) -> None:
    units = config / "units.yaml"
    units.write_text(re.sub(r"http://127.0.0.1:\d+", "http://truc.example:8280", units.read_text("utf-8")), "utf-8")

    done = run("hub.quickstart", "--once", "--config", config)

    assert (done.returncode, done.stdout) == (1, "")
    assert "http://truc.example:8280 không phải địa chỉ trên máy này" in done.stderr


def test_a_port_that_somebody_has_is_named(config: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        units, port = config / "units.yaml", taken.getsockname()[1]
        units.write_text(re.sub(r"(http://127.0.0.1):\d+", rf"\1:{port}", units.read_text("utf-8")), "utf-8")
        done = run("hub.quickstart", "--once", "--config", config)

    assert done.returncode == 1
    assert "trục trung ương giả lập không khởi động được" in done.stderr
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr


def test_other_units_are_a_clear_message(config: Path) -> None:
    units = config / "units.yaml"
    units.write_text(units.read_text("utf-8").replace("xa-mang-den", "xa-khac"), "utf-8")

    done = run("hub.quickstart", "--once", "--config", config)

    assert done.returncode == 1
    assert "xa-mang-den" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_configuration_is_named(config: Path) -> None:
    (config / "hub.yaml").write_text("data: ../var/data\nprovnce: 1\n", "utf-8")

    done = run("hub.quickstart", "--once", "--config", config)

    assert done.returncode == 1
    assert 'hub.yaml:2:1: the key "provnce" is not known; did you mean "province"?' in done.stderr


def test_clerks_do_everything_with_folders(played: Played) -> None:
    config, shares = played.config, played.shares
    binh_son, tinh_khe, so_nv = shares / "xa-binh-son", shares / "xa-tinh-khe", shares / "so-nv"
    finished = {path.name[:6] for path in binh_son.glob("van-ban-den/6-hoan-thanh/*/*")}
    assert finished == {"1251 -", "1252 -"}
    # A slip of the mouse told nobody anything, and left nothing behind.
    assert codes(trace(config, "1846/UBND-KGVX"), "xa-binh-son") == ["01", "03", "06"]
    assert not list(binh_son.glob("van-ban-den/*/*/*/ly-do.txt"))
    assert codes(trace(config, "07/CĐ-UBND"), "xa-binh-son") == ["01", "03", "04", "05", "06"]
    # The file that was moved alone lies in its folder again.
    assert [path.parent.parent.name for path in binh_son.glob("van-ban-den/*/211*/*.pdf")] == ["3-da-tiep-nhan"]
    # The copy that was left over is gone.
    assert len(list(tinh_khe.glob("van-ban-den/**/thong-tin.yaml"))) == 3
    [refused] = tinh_khe.glob("van-ban-den/2-tu-choi/*/ly-do.txt")
    assert "Giấy mời ghi sai tên đơn vị" in refused.read_text("utf-8-sig")
    [receipt] = so_nv.glob("da-gui/*/211-GM-SNV*/BIEN-NHAN.txt")
    assert "Lý do: Giấy mời ghi sai tên đơn vị" in receipt.read_text("utf-8-sig")
    [receipt] = binh_son.glob("thu-hoi/52-TTr-UBND*/BIEN-NHAN.txt")
    assert "Tổng: 2 nơi nhận · 2 đồng ý thu hồi." in receipt.read_text("utf-8-sig")
    [given_up] = so_nv.glob("van-ban-den/6-hoan-thanh/*/52-TTr-UBND*")
    assert not list(given_up.glob("*.pdf"))
    assert (given_up / "THU-HOI.txt").read_text("utf-8-sig").startswith("VĂN BẢN ĐÃ THU HỒI.")
    assert not list(binh_son.glob("tra-lai/*/*"))
    assert codes(trace(config, "1846/UBND-KGVX"), "xa-mang-den") == ["01"]
    assert len(list((shares / "xa-mang-den").glob("van-ban-den/1-moi-den/*"))) == 1


@pytest.mark.slow
def test_what_must_not_happen_is_named_and_the_end_is_1(config: Path) -> None:
    # A clerk who does another thing than the play expects of her.
    code = (
        "import sys; from hub.quickstart import cast, clerks, gestures, play, scripts, __main__\n"
        "refuse = (gestures.Drag('2-tu-choi'), gestures.GiveReason('Không thuộc thẩm quyền'))\n"
        "other = {**scripts.SCRIPTS[cast.TINH_KHE], '07/CĐ-UBND': refuse}\n"
        "clerks.SCRIPTS = {**scripts.SCRIPTS, cast.TINH_KHE: other}\n"
        "play._ROUND_TRIP = 9.0; sys.exit(__main__.main())"
    )
    command = [sys.executable, "-c", code, "--once", "--config", str(config)]

    done = subprocess.run(command, cwd=ROOT, env=plain(), capture_output=True, text=True, timeout=100, check=False)

    assert done.returncode == 1
    assert "UBND xã Tịnh Khê từ chối nhầm 07/CĐ-UBND (refused by mistake)." in done.stdout


def test_what_comes_twice_is_counted(config: Path, tmp_path: Path) -> None:
    settings = load(config, lambda names: Plugins(names).settings)
    [telegram] = _letters("Công điện")
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    for name in ("1.edxml", "2.edxml"):
        (tmp_path / "in" / name).write_bytes(packets.letter_packet(settings, telegram))
    program = Software(cast.NGHIA_LO, settings, tmp_path, Notes(tmp_path / "a.txt"), (), lambda _told: None)
    program.turn(0.0, 1.0)
    assert program.twice == [telegram.code]

    (tmp_path / "gui-di").mkdir()
    for name, identity in (("a ~1", "d1"), ("a ~2", "d2"), ("a ~1 - Copy", "d1")):
        folder = tmp_path / "van-ban-den" / "1-moi-den" / name
        folder.mkdir(parents=True)
        (folder / ".lt-id").write_text(identity, "utf-8")
        code = "1/A" if name == "a ~2" else "2/B"
        (folder / "thong-tin.yaml").write_text(f'so_ky_hieu: "{code}"\nnoi_gui: "Sở Nội vụ"\n', "utf-8")
    heard: list[str] = []
    clerk = Clerk(
        cast.MANG_DEN,
        settings,
        tmp_path,
        Notes(tmp_path / "b.txt"),
        (),
        lambda told: heard.append(told.document),
        lambda *_about: True,
    )
    clerk.turn(0.0, 1.0)
    # A copy that people made is no second delivery.
    assert (clerk.twice, sorted(heard)) == ([], ["1/A", "2/B"])
    (tmp_path / "van-ban-den" / "1-moi-den" / "a ~1" / ".lt-id").write_text("d3", "utf-8")
    clerk.turn(1.0, 1.0)
    assert clerk.twice == ["2/B"]


def _letters(kind: str) -> Sequence[cast.Letter]:
    return [letter for letter in cast.LETTERS if letter.type == kind]


def test_the_play_asks_what_the_documents_say() -> None:
    wanted = list(scripts.awaited())

    assert len(wanted) == len(set(wanted))
    assert {each.document for each in wanted if each.by == cast.OUTSIDE} == {"1852/UBND-KSTT"}
    # The hub itself says that a clerk's document has arrived.
    assert {each.status for each in wanted if each.by == cast.MANG_DEN} == {"01"}
    asked_back = [(each.by, each.status) for each in wanted if each.document == "52/TTr-UBND"]
    assert asked_back == [(unit, code) for unit in (cast.SCIENCE, cast.HOME) for code in ("01", "15")]
    [invitation] = _letters("Giấy mời")
    assert {each.status for each in wanted if each.document == invitation.code} == {"01", "02", "03"}


def test_the_papers_are_valid_and_the_same_every_time() -> None:
    [letter] = _letters("Công điện")
    page = papers.pdf(papers.page(letter, letter.day))
    assert page == papers.pdf(papers.page(letter, letter.day))
    text = PdfReader(io.BytesIO(page), strict=True).pages[0].extract_text()
    assert "Quảng Ngãi, ngày 23 tháng 11 năm 2026" in text
    assert letter.content in text
    assert PdfReader(io.BytesIO(papers.pdf(["(a\\b) ấ"])), strict=True).pages[0].extract_text() == "(a\\b) ấ"
    workbook = papers.xlsx(("so-nv", "so-khcn"))
    assert workbook == papers.xlsx(("so-nv", "so-khcn"))
    assert zipfile.ZipFile(io.BytesIO(workbook)).testzip() is None
