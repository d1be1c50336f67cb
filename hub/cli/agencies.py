"""hub directory: the central hub's directory of agencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from hub.agencies import KINDS
from hub.cli import common, looking, opening, writing
from hub.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption
from hub.config import Config
from hub.ledger import gazette
from hub.ledger.gazette import Listing

#: Seconds to wait for a running hub that takes a directory in.
_PATIENCE = 120.0
_STATES = {
    "listed": "",
    "hidden": "trung tâm trao đổi, không phải nơi nhận (an exchange centre)",
    "deleted": "đã bỏ, vẫn trả lời cho mã (deleted)",
    "gone": "không còn trong danh bạ, vẫn trả lời cho mã (gone)",
}

commands = typer.Typer()
directory = typer.Typer(help="Danh bạ cơ quan của trục trung ương (the central hub's directory of agencies).")
commands.add_typer(directory, name="directory")

WordsArgument = Annotated[
    list[str], typer.Argument(metavar="WORDS", help="Tên, có dấu hoặc không dấu; hoặc mã (a name or a code).")
]
CodeArgument = Annotated[str, typer.Argument(metavar="CODE", help="Mã định danh, mới hoặc cũ (new or old).")]
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="Câu trả lời đã lưu, JSON (a saved answer).")]
KindOption = Annotated[str, typer.Option("--kind", metavar="OPERATION", help=f"Thao tác đã cho: {', '.join(KINDS)}.")]
ShrunkOption = Annotated[
    bool, typer.Option("--shrunk", help="Chấp nhận thiếu hơn nửa số mã đã biết (most of what is known may be missing).")
]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="Nhiều nhất (at most).")]


@directory.callback(invoke_without_command=True)
def directory_answers(
    context: typer.Context, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False
) -> None:
    """Danh bạ lấy lúc nào, có bao nhiêu dòng (when each answer came, and what it brought)."""
    if context.invoked_subcommand:
        return
    with looking.views_or_none(opening.to_look(config)) as views:
        found = views.looking(gazette.answers) if views else []
    if as_json:
        common.say_json(found)
    elif found:
        common.out().print(Group(*map(_answer, found)))
    elif views:
        common.out().print("Chưa có danh bạ nào (no directory yet): hub directory import FILE", style="yellow")


@directory.command("search")
def directory_search(
    words: WordsArgument, limit: LimitOption = 20, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False
) -> None:
    """Tìm cơ quan theo tên, không cần dấu, hoặc theo mã (find agencies by words, diacritics or not, or by code)."""
    settings = opening.to_look(config)
    with looking.views_or_none(settings) as views:
        text = " ".join(words)
        found = views.looking(lambda connection: gazette.search(connection, text, limit)) if views else []
    _say(found, settings, as_json=as_json)


@directory.command("show")
def directory_show(code: CodeArgument, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Cơ quan mang, hoặc từng mang, mã này (who has or had this code)."""
    settings = opening.to_look(config)
    with looking.views_or_none(settings) as views:
        found = views.looking(lambda connection: gazette.named(connection, code)) if views else []
    _say(found, settings, as_json=as_json)


@directory.command("import")
def directory_import(
    file: FileArgument,
    kind: KindOption = KINDS[0],
    shrunk: ShrunkOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Nạp một câu trả lời đã lưu của trục trung ương (take a saved answer of the central hub in)."""
    how = "shrunk" if shrunk else "whole"
    target = f"{kind} {how} {file.resolve()}"
    writing.ask(opening.settings(config), "directory", target, as_json=as_json, patience=_PATIENCE)


def _say(found: Sequence[Listing], settings: Config, *, as_json: bool) -> None:
    """Ends with 1 where nothing was found."""
    units = settings.directory.owned
    if as_json:
        common.say_json([{**asdict(one), "unit": _unit(one, units)} for one in found])
    elif found:
        common.out().print(Group(*(_shown(one, _unit(one, units)) for one in found)))
    else:
        common.out().print("Không tìm thấy trong danh bạ (not in the directory).", style="yellow")
    if not found:
        raise typer.Exit(common.WRONG)


def _unit(one: Listing, units: Mapping[str, str]) -> str:
    """Our unit that it is, by any of its codes; "" for one outside."""
    return next((units[code] for code in (one.code, *one.aliases) if code in units), "")


def _shown(one: Listing, unit: str) -> RenderableType:
    codes = ", ".join(dict.fromkeys(code for code in (one.old_code, *one.aliases) if code not in ("", one.code)))
    told = (
        ("  mã khác (other codes): ", codes),
        ("  thuộc (belongs to): ", f"{one.parent} ({one.parent_code})" if one.parent else ""),
        ("  thư (mail): ", one.mail),
        ("  đơn vị của trục này (a unit of this hub): ", unit),
        ("  ", _STATES.get(one.state, one.state)),
    )
    head = Text.assemble(common.clean(one.code, "bold yellow"), "  ", common.clean(one.name, "bold"))
    return Group(head, *(Text.assemble((word, "dim"), common.clean(said)) for word, said in told if said))


def _answer(said: dict[str, Any]) -> RenderableType:
    counts = f"{said['rows']} dòng (rows), +{said['added']} ~{said['changed']} -{said['gone']}"
    skipped = "; ".join(f"{count} {reason}" for reason, count in said["skipped"].items())
    left_out = common.clean(f"  bỏ qua (left out): {skipped}" if skipped else "", "yellow")
    return Text.assemble((said["answer"], "bold"), f"  {said['at']}  {counts}", left_out)
