"""Starts hubs quickly: a process that has imported everything once forks one hub per order.

Run as `python -m tests.crash.nursery`; orders and answers are JSON lines. What a child runs is `hub run`, whole.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from hub import failpoints
from hub.cli import main
from hub.ledger import Proposal
from hub.vocabulary import Document

ROOT = Path(__file__).parents[2]


class Nursery:
    """The asking side. One per thread."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()

    def start(self, home: Path, environment: Mapping[str, str], *, traced: bool = False) -> int:
        """Fork a hub on that configuration. Traced: it waits until a tracer has attached. Returns the pid."""
        return int(self._ask({"home": str(home), "environment": dict(environment), "traced": traced}))

    def ended(self, pid: int) -> int | None:
        """The exit code of a hub (-9: killed), None while it runs. To be told once, so remember it."""
        answer = self._ask({"ended": pid})
        return None if answer is None else int(answer)

    def _ask(self, order: Mapping[str, object]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def _serve() -> None:
    importlib.import_module("tests.brought")
    for line in sys.stdin:
        order = json.loads(line)
        if "ended" in order:
            pid, status = os.waitpid(order["ended"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        elif (answer := os.fork()) == 0:
            _be_a_hub(order)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _be_a_hub(order: dict[str, Any]) -> NoReturn:
    code = 1
    try:
        _settle_in(order)
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
    finally:
        _write_hits(order["environment"])
        sys.stderr.flush()
        os._exit(code)


def _settle_in(order: dict[str, Any]) -> None:
    log = os.open(Path(order["home"]) / "hub.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDWR)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(log)
    os.close(nothing)
    os.environ.update(order["environment"])
    armed, noted = (os.environ.get(name, "") for name in ("HUB_FAILPOINTS", "HUB_FAILPOINTS_LOG"))
    failpoints._points = failpoints._Points(armed, noted)
    _hold(order["environment"])
    if files := int(order["environment"].get("FILES", 0)):
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    sys.argv = ["hub", "run", "--config", order["home"]]
    while order["traced"] and "TracerPid:\t0\n" in Path("/proc/self/status").read_text():
        time.sleep(0.002)


def _hold(environment: Mapping[str, str]) -> None:
    """Keep every document back for so many seconds, where somebody asked."""
    if seconds := float(environment.get("HOLD", 0)):
        Proposal.hold = property(  # type: ignore[assignment]
            lambda proposal: seconds if proposal.envelope and isinstance(proposal.envelope.body, Document) else 0.0
        )


def _write_hits(environment: Mapping[str, str]) -> None:
    """How often each failpoint was passed, where somebody asked."""
    if target := environment.get("FAILPOINT_HITS"):
        Path(target).write_text(json.dumps(failpoints._points.hits))


if __name__ == "__main__":
    _serve()
