"""hub profile try: what it shows of a profile against a live eOffice, and that it changes nothing there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hub.cli import app
from hub.testing.samples import BINH_SON
from tests.counterparts.eoffice import Office, Setup, eoffice
from tests.journeys.offices import Offices, letters
from tests.plugins.rest import PATIENT, SPOKEN, THIRD


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    made = Setup(tmp_path / "eoffice", BINH_SON, "UBND xã Bình Sơn", doors=("provincial", "bkav", "third"))
    async with eoffice(made) as running:
        await letters(running, ["12"])
        yield running


async def tried(home: Path, office: Office, profile: str, *words: str, named: str = "", **more: Any) -> Result:
    """The command, in a thread of its own: the office lives in this one's loop."""
    who = SPOKEN[profile][2]
    named = named or (str(THIRD) if profile == "third-rest" else profile)
    Offices(home, {"kind": "eoffice-rest", "url": office.url, "profile": named, **who, **PATIENT, **more})
    command = ["profile", "try", named, "--unit", "xa-binh-son", "--config", str(home), *words]
    return await asyncio.to_thread(CliRunner().invoke, app, command)


def states(office: Office) -> list[tuple[int, str]]:
    """How what it gives out stands."""
    return [(row["id"], row["state"]) for row in office.records.outbox()]


@pytest.mark.parametrize("profile", list(SPOKEN))
async def test_every_step_is_shown_and_nothing_changes_there(tmp_path: Path, office: Office, profile: str) -> None:
    before = states(office), office.records.acts()
    ended = await tried(tmp_path, office, profile)
    assert ended.exit_code == 0, ended.output
    assert "12/UBND-VX (000.00.14.H48), 1 tệp" in ended.stdout
    assert "every step works" in ended.stdout
    assert {"provincial-rest": '"status": "fail"}', "bkav-rest": "confirmReceived", "third-rest": '"ketQua": 2'}[
        profile
    ] in ended.stdout.partition("refused: KHÔNG gửi")[2]
    assert before == (states(office), office.records.acts())
    assert [] == office.records.incoming()


@pytest.mark.parametrize("profile", list(SPOKEN))
async def test_send_hands_over_one_document_that_only_tries(tmp_path: Path, office: Office, profile: str) -> None:
    ended = await tried(tmp_path, office, profile, "--send")
    assert ended.exit_code == 0, ended.output
    [row] = office.records.incoming()
    assert "Văn bản thử" in row["paper"].subject
    assert {"initial"} == {each["state"] for each in office.records.outbox("edoc")}


@pytest.mark.parametrize("profile", list(SPOKEN))
async def test_no_secret_is_shown(tmp_path: Path, office: Office, profile: str) -> None:
    ended = await tried(tmp_path, office, profile, "--send", "--json")
    told = json.loads(ended.stdout)
    assert told["ok"]
    for secret in ("mat-khau-thu", "khoa-thu", "token-thu", "bi-mat-thu-ba", "bWF0LWtoYXU"):
        assert secret not in ended.output
    bearers = [call["headers"].get("Authorization", "") for step in told["steps"] for call in step["calls"]]
    assert {"", "Bearer ***"} >= set(bearers)


async def test_a_mistake_is_shown_with_its_line(tmp_path: Path, office: Office) -> None:
    text = THIRD.read_text("utf-8").replace("subject: ketQua.trichYeu", "subject: ketQua.trichyeu")
    (tmp_path / "rieng.yaml").write_text(text, "utf-8")
    ended = await tried(tmp_path, office, "third-rest", "--json", named="rieng.yaml")
    assert ended.exit_code == 1
    [mistake] = [each for step in json.loads(ended.stdout)["steps"] for each in step["mistakes"]]
    line = text.splitlines().index("      subject: ketQua.trichyeu") + 1
    assert ("rieng.yaml", line, 7) == (mistake["file"], mistake["line"], mistake["column"])
    assert "subject" in mistake["message"]


async def test_one_mistake_hides_no_other_and_makes_none(tmp_path: Path, office: Office) -> None:
    text = THIRD.read_text("utf-8").replace("loai={kind}", "lai={kind}").replace("/van-ban/tim?", "/van-ban/tm?")
    (tmp_path / "rieng.yaml").write_text(text, "utf-8")
    ended = await tried(tmp_path, office, "third-rest", "--json", named="rieng.yaml")
    told = [(step["step"], each["at"]) for step in json.loads(ended.stdout)["steps"] for each in step["mistakes"]]
    listed = [("receive.documents van-ban", "list"), ("receive.statuses trang-thai", "list")]
    assert listed == told[:2]
    whole = text.replace("lai={kind}", "loai={kind}")
    (tmp_path / "rieng.yaml").write_text(whole.replace("rows: ketQua.dong", "rows: ketQua.dng"), "utf-8")
    ended = await tried(tmp_path, office, "third-rest", "--json", named="rieng.yaml")
    mistakes = [each for step in json.loads(ended.stdout)["steps"] for each in step["mistakes"]]
    line = next(number for number, line in enumerate(whole.splitlines(), 1) if "rows: ketQua.dong" in line)
    assert {("list.rows", line)} == {(each["at"], each["line"]) for each in mistakes[:2]}


async def test_a_refused_password_is_tried_once(tmp_path: Path, office: Office) -> None:
    ended = await tried(tmp_path, office, "provincial-rest", "--send", "--json", password="sai-roi")
    told = json.loads(ended.stdout)
    assert ended.exit_code == 1
    assert 1 == len(office.records.calls("login"))
    assert 1 == len(told["steps"])
    assert "sai-roi" not in ended.output


async def test_a_server_that_answers_with_a_page_is_told_at_the_list(tmp_path: Path, office: Office) -> None:
    office.faults.set("html200@bkav")
    ended = await tried(tmp_path, office, "bkav-rest")
    assert ended.exit_code == 1
    assert "trang web" in ended.output
    assert "bkav-rest.yaml:" in ended.output


async def test_wrong_usage_and_wrong_profiles(tmp_path: Path, office: Office) -> None:
    ended = await tried(tmp_path, office, "bkav-rest", named="bkv-rest")
    assert ended.exit_code == 1
    assert 'did you mean "bkav-rest"?' in ended.output
    assert (await tried(tmp_path, office, "bkav-rest", "--unit", "khong-co")).exit_code == 1
    other = await tried(tmp_path, office, "bkav-rest", "--unit", "so-nv")
    assert other.exit_code == 1
    assert "folderdrop has no file" in other.output
    assert CliRunner().invoke(app, ["profile", "try"]).exit_code == 2
