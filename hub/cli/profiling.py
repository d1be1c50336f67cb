"""hub profile try: walks a profile against the unit's live software and shows what comes of each line of it."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from hub import smoke
from hub.blobs import Blobs
from hub.cli import common, opening
from hub.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption
from hub.cli.walkshow import KeptWalk, ShownWalk
from hub.clock import SystemClock
from hub.config import Config, place_in
from hub.connector import Connector, Context
from hub.errors import HubError
from hub.plugins import Plugins
from hub.vocabulary import Delivery, new_id

commands = typer.Typer()
profile = typer.Typer(no_args_is_help=True, help="Hồ sơ kết nối phần mềm của đơn vị (profiles of units' software).")
commands.add_typer(profile, name="profile")

ProfileArgument = Annotated[
    str,
    typer.Argument(metavar="PROFILE", help="Tên có sẵn hoặc tệp .yaml (one that comes with the hub, or a file)."),
]
UnitOption = Annotated[str, typer.Option("--unit", metavar="ID", help="Đơn vị trong units.yaml (whose endpoint).")]
SendOption = Annotated[
    bool, typer.Option("--send", help="Gửi cả một văn bản thử; không có thì chỉ đọc (send a document that only tries).")
]


@profile.command("try")
def profile_try(
    named: ProfileArgument,
    unit: UnitOption,
    send: SendOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Đi qua từng bước của hồ sơ với máy chủ thật (walk a profile against a live server, step by step)."""
    named = str(Path(named).absolute()) if Path(named).is_file() else named
    settings = opening.settings(config, attach={unit: named})
    walk = _walked(settings, unit, named, as_json=as_json, sending=send)
    if as_json:
        common.say_json({"profile": Path(named).name, "unit": unit, **walk.told})
    elif not walk.mistakes:
        common.out().print(common.clean("Mọi bước đều chạy được (every step works).", "green"))
    else:
        common.err().print(common.clean(f"{walk.mistakes} chỗ phải sửa (mistakes).", "bold red"))
    if walk.mistakes:
        raise typer.Exit(common.WRONG)


def _walked(settings: Config, unit: str, named: str, *, as_json: bool, sending: bool) -> KeptWalk:
    said = settings.endpoints.get(unit)
    if said is None:
        near = ", ".join(settings.directory.nearest(unit))
        raise HubError(f"Không có đơn vị {unit} (no such unit). {f'Có phải: {near}?' if near else ''}".strip())
    kind = Plugins(settings.plugins).connectors[said.kind]
    places = place_in(kind.settings_type, named, settings.folder)
    watcher = KeptWalk(places) if as_json else ShownWalk(places, common.out())
    with tempfile.TemporaryDirectory(prefix="hub-profile-") as home:
        asyncio.run(_walk(kind, settings, unit, Path(home), watcher, sending=sending))
    return watcher


async def _walk(
    kind: type[Connector[Any]], settings: Config, unit: str, home: Path, watcher: KeptWalk, *, sending: bool
) -> None:
    """In a folder of its own: nothing of it meets the running hub."""
    bodies = Blobs(home / "blobs")
    await asyncio.to_thread(bodies.open_store)
    context = Context(
        unit=settings.directory.unit(unit),
        province=settings.province,
        root=settings.folder,
        bodies=bodies,
        clock=SystemClock(),
        codes=settings.directory.codes,
        state=home / "state",
        names=settings.directory.names,
    )
    delivery = await asyncio.to_thread(_tried, context, bodies)
    async with kind(settings.endpoints[unit], context) as connector:
        await connector.rehearse(watcher, delivery, sending=sending)


def _tried(context: Context, bodies: Blobs) -> Delivery:
    """A document that only tries the unit, on its way."""
    now = datetime.now(UTC)
    said = smoke.proposal(smoke.document(context.unit, context.province, now), context.unit.id, bodies, now)
    assert said.envelope
    return Delivery(new_id(now), said.envelope, context.unit.id, 1)
