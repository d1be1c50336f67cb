"""hub requeue, quarantine: asks the running hub, or does it itself when none runs."""

from __future__ import annotations

import asyncio
import shutil
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hub import lock
from hub.blobs import Blobs
from hub.cli import common, looking, opening, show
from hub.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption
from hub.clock import SystemClock
from hub.config import Config
from hub.errands import FORCED, do
from hub.errors import HubError
from hub.ledger import NotFound, leave_request
from hub.ledger.views import KeptInput
from hub.service import opened
from hub.vocabulary import Blob

#: Seconds to wait for the running hub's answer.
_PATIENCE = 10.0
_SHORTEST = 8
_EVERY_INPUT = 1_000_000

TargetArgument = Annotated[str, typer.Argument(help="Mã lượt chuyển, mã tiếp nhận, nơi nhận, hoặc all.")]
ForceOption = Annotated[
    bool, typer.Option("--force", help="Cả văn bản mà nơi gửi đã thu hồi (what was asked back too).")
]
KeptArgument = Annotated[str, typer.Argument(metavar="ID", help="Mã gói cách ly (SHA-256, ít nhất 8 ký tự đầu).")]
FileArgument = Annotated[Path, typer.Argument(help="Tệp mới để ghi ra (a new file).")]

commands = typer.Typer()
quarantine = typer.Typer(no_args_is_help=True, help="Gói tin cách ly, chờ kiểm tra (packets in quarantine).")
commands.add_typer(quarantine, name="quarantine")


@commands.command()
def requeue(
    target: TargetArgument,
    force: ForceOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Chuyển lại văn bản không chuyển được (send dead letters again)."""
    _tell(_ask(opening.to_look(config), FORCED if force else "requeue", target), as_json=as_json)


def ask(settings: Config, verb: str, target: str, *, as_json: bool, patience: float = _PATIENCE) -> None:
    """Have a verb carried out, by the running hub or here, and say what came of it. Raises HubError.

    `patience`: seconds to wait for a running hub.
    """
    _tell(_ask(settings, verb, target, patience), as_json=as_json)


def smoke(unit: str, config: Path, *, as_json: bool) -> None:
    """Have a document sent that only tries the unit. Raises HubError."""
    settings = opening.settings(config)
    _tell(_ask(settings, "smoke", settings.directory.find(unit) or unit), as_json=as_json)


def reinstate(unit: str, config: Path, *, as_json: bool) -> None:
    """Have a unit's stalls forgotten. Raises HubError."""
    settings = opening.to_look(config)
    _tell(_ask(settings, "reinstate", settings.directory.find(unit) or unit), as_json=as_json)


@quarantine.command("list")
def quarantine_list(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Liệt kê (list them)."""
    with looking.views_or_none(opening.to_look(config)) as views:
        found = views.inputs("quarantined", _EVERY_INPUT) if views else []
    if as_json:
        common.say_json([asdict(one) for one in found])
    elif found:
        common.out().print(show.kept(found))
    else:
        common.out().print("Không có gói nào bị cách ly (quarantine is empty).", style="green")


@quarantine.command("show")
def quarantine_show(name: KeptArgument, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Vì sao gói này bị cách ly (one packet: where it came from, and why it is kept)."""
    kept = _one(opening.to_look(config), name)
    if as_json:
        common.say_json(asdict(kept))
    else:
        common.out().print(show.kept_whole(kept))


@quarantine.command("discard")
def quarantine_discard(name: KeptArgument, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Bỏ hẳn, không chuyển (close it: not wanted)."""
    settings = opening.to_look(config)
    _tell(_ask(settings, "discard", _one(settings, name).digest), as_json=as_json)


@quarantine.command("release")
def quarantine_release(name: KeptArgument, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Vẫn nhận và chuyển đi (take it in after all; needs a running hub)."""
    settings = opening.to_look(config)
    _tell(_ask(settings, "release", _one(settings, name).digest), as_json=as_json)


@quarantine.command("export")
def quarantine_export(
    name: KeptArgument, file: FileArgument, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False
) -> None:
    """Chép gói ra tệp để xem (copy its bytes to a new file)."""
    settings = opening.to_look(config)
    kept = _one(settings, name)
    with Blobs(settings.data / "blobs").open(Blob(kept.digest, kept.size)) as source, file.open("xb") as target:
        shutil.copyfileobj(source, target)
    _tell(f"{kept.size} bytes to {file}", as_json=as_json)


def _one(settings: Config, name: str) -> KeptInput:
    """The one packet that the beginning of its digest names, the newest first. Raises NotFound."""
    with looking.views(settings) as views:
        kept = views.inputs("quarantined", _EVERY_INPUT)
    found = [one for one in kept if len(name) >= _SHORTEST and one.digest.startswith(name.lower())]
    if len({one.digest for one in found}) != 1:
        raise NotFound(f"Không có đúng một gói cách ly mang mã {name} (no single packet by that id).")
    return found[0]


def _ask(settings: Config, verb: str, target: str, patience: float = _PATIENCE) -> str:
    """Have it done. Raises HubError where it could not be."""
    with looking.views(settings):
        pass
    if not lock.held(settings.data):
        return asyncio.run(_do(settings, verb, target))
    result = _wait(settings, verb, target, patience)
    if result.startswith("error: "):
        raise HubError(result.removeprefix("error: "))
    return result


async def _do(settings: Config, verb: str, target: str) -> str:
    async with opened(settings, SystemClock()) as (_, ledger):
        return await do(ledger, verb, target, lambda _recipient, _urgency: None, settings.duties)


def _wait(settings: Config, verb: str, target: str, patience: float) -> str:
    database = settings.database.get_secret_value()
    asked = leave_request(database, settings.data, verb, target, datetime.now(UTC))
    end = time.monotonic() + patience
    with looking.views(settings) as views, common.err().status("Chờ trục trả lời (waiting for the hub) ..."):
        while time.monotonic() < end:
            if (result := views.result(asked)) is not None:
                return result
            time.sleep(0.1)
    return "error: the running hub did not answer yet; it will take the request up"


def _tell(result: str, *, as_json: bool) -> None:
    common.tell(result, {"result": result}, as_json=as_json)
