"""The office as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.testing import sample_packet
from hub.testing.samples import a_document
from tests.counterparts.eoffice import CALL_FAULTS, FAULTS, Records
from tests.counterparts.eoffice.setup import SECRET_NAMES
from tests.counterparts.rest import BkavCaller

ROOT = Path(__file__).parents[2]
CODE = "000.00.12.H48"
WORDS = (sys.executable, "-m", "tests.counterparts.eoffice")


@contextmanager
def running(data: Path, *more: str, **secrets: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    words = (*WORDS, "--data", str(data), "--port", "0", "--door", "bkav", *more)
    with subprocess.Popen(words, cwd=ROOT, env={**os.environ, **secrets}, text=True, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            ready, _, url = process.stdout.readline().strip().partition(" ")
            assert ready == "ready"
            yield process, url
        finally:
            process.kill()


def said(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run((*WORDS, *words), cwd=ROOT, text=True, capture_output=True, timeout=60, check=False)


def gesture(url: str, **told: object) -> dict[str, object]:
    request = urllib.request.Request(
        f"{url}/_office/gesture", json.dumps(told).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        done: dict[str, object] = json.load(answer)
    return done


async def test_what_it_said_yes_to_is_there_after_it_was_killed(tmp_path: Path) -> None:
    with running(tmp_path, EOFFICE_TOKEN="khac") as (process, url):
        assert (await BkavCaller(url, CODE, "khac").send(sample_packet(a_document(to=(CODE,)))))["docId"] == 1
        assert gesture(url, doc=1, gesture="register") == {"done": True}
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    with running(tmp_path, EOFFICE_TOKEN="khac") as (process, url):
        assert await BkavCaller(url, CODE, "khac").waiting("STATUS") == [1, 2]
        assert gesture(url, doc=1, gesture="register") == {"done": False}
        process.terminate()
        assert process.wait(20) == 0
    assert [code for _, code, _ in Records(tmp_path).statuses()] == ["01", "03"]


def test_faults_at_the_start_and_while_it_runs(tmp_path: Path) -> None:
    with running(tmp_path, "--fault", "slow@bkav=0.1") as (_, url):
        assert json.loads(said("--at", url, "--fault", "lost=2").stdout) == ["slow@bkav=0.1", "lost=2"]
        assert json.loads(said("--at", url, "--clear", "--fault", "http500=1").stdout) == ["http500=1"]
        assert said("--at", url, "--fault", "nonsense").returncode == 1
        second = said("--data", str(tmp_path), "--port", "0")
        assert (second.returncode, "another office" in second.stderr) == (1, True)


async def test_secrets_come_from_a_file_that_nobody_else_reads(tmp_path: Path) -> None:
    file = tmp_path / "secrets"
    file.write_text("EOFFICE_TOKEN = tu-tep\n")
    file.chmod(0o644)
    refused = said("--data", str(tmp_path / "o"), "--secrets", str(file))
    assert (refused.returncode, "600" in refused.stderr, "tu-tep" in refused.stderr) == (1, True, False)
    file.chmod(0o600)
    with running(tmp_path / "o", "--secrets", str(file)) as (process, url):
        assert await BkavCaller(url, CODE, "tu-tep").waiting() == []
        assert "tu-tep" not in Path(f"/proc/{process.pid}/cmdline").read_text()


def test_help_names_every_fault_and_secret_and_none_can_be_a_word() -> None:
    told = said("--help").stdout
    assert [each for each in (*FAULTS, *CALL_FAULTS, *SECRET_NAMES.values()) if each not in told] == []
    assert "--token" not in told
    assert "--password" not in told
