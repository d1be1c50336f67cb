"""hub orphans: answers that name no document for certain, and what a person decides of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from hub.cli import codes, common, looking, opening, writing
from hub.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption
from hub.errors import HubError
from hub.ledger import NotAllowed, NotFound, Views
from hub.ledger.pen import Near, Orphan
from hub.matching import Candidate

_SHORTEST = 8

NameArgument = Annotated[str, typer.Argument(metavar="ID", help="Mã hồi báo, ít nhất 8 ký tự đầu.")]
DocumentArgument = Annotated[
    str, typer.Argument(metavar="DOCUMENT", help="Mã tiếp nhận, mã định danh hoặc số, ký hiệu của văn bản.")
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Vì sao bỏ (why it is not wanted).")]

commands = typer.Typer()
orphans = typer.Typer(help="Hồi báo chưa rõ văn bản (answers that name no document for certain).")
commands.add_typer(orphans, name="orphans")


@orphans.callback(invoke_without_command=True)
def orphans_list(context: typer.Context, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Hồi báo chưa rõ văn bản, kèm văn bản gần giống nhất (list them, with the documents that come near)."""
    if context.invoked_subcommand:
        return
    settings = opening.to_look(config)
    with looking.views_or_none(settings) as views:
        found = views.orphans() if views else []
    if as_json:
        common.say_json([_said(one) for one in found])
    elif found:
        names = {unit.id: unit.name for unit in settings.units}
        common.out().print(Group(*(_shown(one, names.get(one.unit, "")) for one in found)))
    elif views:
        common.out().print("Không có hồi báo nào chưa rõ văn bản (no answer waits for its document).", style="green")


@orphans.command("match")
def orphans_match(
    name: NameArgument,
    document: DocumentArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Cho biết hồi báo nói về văn bản nào và chuyển đi (say which document it is about, and send it on)."""
    settings = opening.settings(config)
    with looking.views(settings) as views:
        orphan = _one(views, name)
        former = opening.directory_of_today(settings).taken_over.get(orphan.unit, frozenset())
        meant = _meant(views, document, orphan, {orphan.unit, *former})
    writing.ask(settings, "match", f"{orphan.id} {meant.envelope}", as_json=as_json)


@orphans.command("discard")
def orphans_discard(
    name: NameArgument, reason: ReasonOption, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False
) -> None:
    """Bỏ, không chuyển, ghi lý do (close it: not wanted; the reason is kept)."""
    settings = opening.to_look(config)
    if not reason.strip():
        raise HubError("Phải ghi lý do bỏ hồi báo này (a reason is needed).")
    with looking.views(settings) as views:
        orphan = _one(views, name)
    writing.ask(settings, "drop", f"{orphan.id} {reason.strip()}", as_json=as_json)


def _one(views: Views, name: str) -> Orphan:
    """The one waiting answer that the beginning of its id names. Raises NotFound."""
    names = [one.id for one in views.waiting() if len(name) >= _SHORTEST and one.id.startswith(name.lower())]
    if len(names) != 1:
        raise NotFound(f"Không có đúng một hồi báo đang chờ mang mã {name} (no single waiting answer by that id).")
    return views.orphans(names)[0]


def _meant(views: Views, document: str, orphan: Orphan, units: Collection[str]) -> Candidate:
    """The one document that is named and is of the unit, or of one whose work it took over.

    Raises NotFound, NotAllowed.
    """
    found, mine = views.by_name(document, units)
    if not found:
        raise NotFound(f"Không tìm thấy văn bản {document} (no such document).")
    if len(found) == 1:
        return found[0]
    if not mine:
        raise NotAllowed(
            f"{orphan.unit} không nhận và không gửi văn bản nào mang tên {document} (not a document of that unit)."
        )
    if len(mine) > 1:
        several = ", ".join(one.envelope for one in mine)
        raise NotFound(f"Có nhiều văn bản mang tên {document}, ghi mã tiếp nhận (several, say which): {several}")
    return mine[0]


def _said(one: Orphan) -> dict[str, Any]:
    target = one.body.response_for
    return {
        "id": one.id,
        "unit": one.unit,
        "status": one.body.status,
        "reason": one.body.description,
        "code": target.code,
        "document_id": target.document_id,
        "date": target.promulgation_date,
        "to": target.organ_id,
        "at": one.at,
        "candidates": [
            {"document": near.document, "code": near.code, "subject": near.subject}
            | {"score": near.score, "reasons": list(near.reasons)}
            for near in one.near
        ],
    }


def _shown(one: Orphan, unit_name: str) -> RenderableType:
    who = Text.assemble(common.clean(one.unit, "bold"), common.clean(f" ({unit_name})" if unit_name else ""))
    head = Text.assemble(
        (one.id, "bold yellow"),
        "  ",
        common.local(one.at),
        "  ",
        who,
        "  ",
        (codes.status_word(one.body.status), "cyan"),
    )
    target = one.body.response_for
    keys = [target.code, target.document_id, target.promulgation_date, f"gửi {target.organ_id}"]
    named = common.clean("  ghi (says): " + " · ".join(key for key in keys if key))
    reason = [common.clean(f"  lý do (reason): {one.body.description}")] if one.body.description else []
    return Group(head, named, *reason, *_candidates(one.near))


def _candidates(near: Iterable[Near]) -> list[RenderableType]:
    lines: list[RenderableType] = [
        Text.assemble(
            (f"  {number}. {round(one.score * 100):3} %  ", "magenta"),
            common.clean(one.code, "bold"),
            common.clean(f"  {one.subject}  [{one.document}]"),
            common.clean(f"  {'; '.join(one.reasons)}" if one.reasons else "", "dim"),
        )
        for number, one in enumerate(near, 1)
    ]
    return lines or [Text("  Chưa thấy văn bản nào gần giống (nothing comes near yet).", style="dim")]
