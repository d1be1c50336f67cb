"""One hub per data folder."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hub.errors import AlreadyRunning
from hub.lock import held, hold

_HOLDER = """
import sys, time
from pathlib import Path
from hub.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_holder_is_told_the_firsts_process(tmp_path: Path) -> None:
    with hold(tmp_path), pytest.raises(AlreadyRunning, match=str(os.getpid())), hold(tmp_path):
        pass


def test_a_killed_holder_leaves_nothing_behind(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _HOLDER, str(tmp_path)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert b"held\n" == holder.stdout.readline()
        assert held(tmp_path)
        holder.send_signal(signal.SIGKILL)

    assert not held(tmp_path)
    with hold(tmp_path):
        assert held(tmp_path)


def test_a_number_that_another_process_has_now_keeps_nobody_out(tmp_path: Path) -> None:
    (tmp_path / "hub.lock").write_text(f"{os.getppid()}\n")
    assert not held(tmp_path)
    with hold(tmp_path):
        assert held(tmp_path)


def test_one_who_only_looks_keeps_nobody_out(tmp_path: Path) -> None:
    with hold(tmp_path):
        pass
    looking = os.open(tmp_path / "hub.lock", os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)
    timer = threading.Timer(0.1, os.close, [looking])
    timer.start()
    with hold(tmp_path):
        assert held(tmp_path)
    timer.join()


def test_a_folder_never_used_is_not_held(tmp_path: Path) -> None:
    assert not held(tmp_path)
