"""The office is killed again and again while it talks to the axis: nothing is lost, nothing has a second effect."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

import pytest

from tests.counterparts.eoffice import Records
from tests.counterparts.test_eoffice_axis import CODE, until
from tests.simulating.bench import PROVINCE, Bench, packet, running

ROOT = Path(__file__).parents[2]
#: lives, each of at most so many seconds after it is ready
LIVES, LONGEST = 8, 0.25


async def begun(data: Path, central: Bench) -> Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.counterparts.eoffice", "--data", str(data), "--port", "0", "--door", "axis",
        "--code", CODE, "--systemid", PROVINCE, "--url", f"{central.hub.url}/vxp", "--poll", "0.02",
        cwd=ROOT, env=os.environ, stdout=PIPE, stderr=DEVNULL,
    )  # fmt: skip
    assert process.stdout
    assert (await process.stdout.readline()).startswith(b"ready ")
    return process


async def killed(process: Process) -> None:
    process.kill()
    await process.wait()


@pytest.mark.slow
async def test_killed_again_and_again(tmp_path: Path) -> None:
    random.seed(7)
    async with running(tmp_path / "central") as central:
        for life in range(LIVES):
            assert (await central.send(packet(f"{life}0", to=(CODE,)))).json["ErrorCode"] == "0"
            assert (await central.send(packet(f"{life}1", to=(CODE,)))).json["ErrorCode"] == "0"
            process = await begun(tmp_path / "office", central)
            await asyncio.sleep(random.uniform(0, LONGEST))
            await killed(process)
        records = Records(tmp_path / "office")
        process = await begun(tmp_path / "office", central)
        try:
            await until(lambda: [row["state"] for row in records.outbox()] == ["done"] * 2 * LIVES)
            await until(lambda: {each.status for each in central.records() if each.message_type == "edoc"} == {"done"})
        finally:
            await killed(process)
        assert sorted(row["code"] for row in records.incoming()) == sorted(
            f"{life}{each}/VPCP-KSTT" for life in range(LIVES) for each in (0, 1)
        )
        said = [each for each in central.records() if each.message_type == "status"]
        assert len({each.sha256 for each in said}) == 2 * LIVES
        assert {each.answer for each in said} == {"01"}
