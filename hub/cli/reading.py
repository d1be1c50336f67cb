"""hub status, trace, deadletters: looks at the ledger, with or without a running hub."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from hub import lock
from hub.cli import common, looking, opening, owing, show
from hub.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption
from hub.config import Config
from hub.directory import Directory
from hub.ledger import Views
from hub.ledger.alarms import alarms
from hub.ledger.views import TraceView
from hub.strikes import MOST
from hub.vocabulary import Document

commands = typer.Typer()
_DAY = timedelta(days=1)
_EVERY_INPUT = 1_000_000


@commands.command()
def trace(
    document: Annotated[str, typer.Argument(help="Số/ký hiệu, mã định danh hoặc mã tiếp nhận.")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Hành trình của một văn bản tới từng nơi nhận (one document's timeline, with every recipient's standing)."""
    settings = opening.to_look(config)
    with looking.views_or_none(settings) as views:
        found = views.trace(document) if views else []
        outside = looking.outside(settings, views, show.units_of(found))
    if as_json:
        common.say_json([_traced(view, outside) for view in found])
    elif found:
        names = looking.names(settings, outside)
        for view in found:
            common.out().print(show.timeline(view, names))
    elif views:
        common.err().print(common.clean(f"Không tìm thấy văn bản {document} (no such document).", "red"))
    if not found:
        raise typer.Exit(common.WRONG)


def _traced(view: TraceView, outside: Mapping[str, str]) -> dict[str, Any]:
    body = view.document.body
    assert isinstance(body, Document)
    return {
        "document": {
            "id": view.document.id,
            "code": body.code,
            "sender": body.sender.id,
            "subject": body.subject,
            "kind": view.document.kind,
            "test": view.is_trial,
            "received_at": view.document.received_at,
        },
        "links": [asdict(link) for link in view.links],
        "recipients": [
            {
                "unit": recipient.unit,
                **common.naming(recipient.unit, outside),
                "delivery": recipient.delivery,
                "state": recipient.state,
                "status": recipient.standing.code,
                "recall": recipient.standing.recall.value,
                "skipped": recipient.standing.skipped,
                "contradictions": recipient.standing.contradictions,
                "answers": [asdict(answer) for answer in recipient.answers],
                "duties": [owing.as_data(duty, outside) for duty in recipient.duties],
            }
            for recipient in view.recipients
        ],
        "sent": [owing.as_data(duty, outside) for duty in view.sent],
        "events": [show.event_json(line) for line in view.events],
    }


@commands.command()
def deadletters(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Văn bản không chuyển được, kèm lý do (what could not be delivered, and why)."""
    with looking.views_or_none(opening.to_look(config)) as views:
        letters = views.deadletters() if views else []
    if as_json:
        common.say_json([asdict(letter) for letter in letters])
    elif letters:
        common.out().print(show.letters(letters))
    else:
        common.out().print("Không có văn bản nào không chuyển được (no dead letters).", style="green")


@commands.command()
def status(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Đang hỏng gì, vì sao (what is broken now, and why); 1 when something is."""
    settings = opening.to_look(config)
    with looking.views(settings) as views:
        said = _state(settings, views)
    if as_json:
        common.say_json(said)
    else:
        common.out().print(show.state(said))
    if said["broken"]:
        raise typer.Exit(common.WRONG)


def _state(settings: Config, views: Views) -> dict[str, Any]:
    running = lock.held(settings.data)
    endpoints = views.endpoints() if running else {}
    counts, known = views.counts(), views.looking(alarms)
    since = datetime.now(UTC) - _DAY
    waiting, first, _ = views.pen()
    lanes = views.lanes()
    told = views.escalations()
    concerned = [*(lane.recipient for lane in lanes), *(one.duty.unit for one in told)]
    outside = looking.outside(settings, views, concerned)
    said: dict[str, Any] = {
        "running": running,
        "down": [{"unit": unit, **health} for unit, health in endpoints.items() if not health["ok"]],
        "isolated": [{"unit": unit, "place": one.place} for unit, one in views.stalls().items() if one.isolated],
        "checkpoints": views.checkpoints() if running else None,
        "lanes": [{**asdict(lane), **common.naming(lane.recipient, outside)} for lane in lanes],
        "deadletters": counts.deliveries.get("dead", 0),
        "unbalanced": [alarm.difference.data() for alarm in known],
        "quarantined": sum(one.state == "kept" for one in views.inputs("quarantined", _EVERY_INPUT)),
        "orphans": {"waiting": waiting, "since": first, "late": bool(first and first <= since)},
        "refused_today": sum(one.at > since for one in views.inputs("refused", _EVERY_INPUT)),
        "inputs": counts.inputs,
        "deliveries": counts.deliveries,
        "duties": views.duty_counts(),
        "escalated": owing.escalated(told, opening.directory_of_today(settings), outside),
        "events": counts.events,
        "disk_free": shutil.disk_usage(settings.data).free,
    }
    return {"broken": list(_broken(said, settings)), **said}


def _broken(said: dict[str, Any], settings: Config) -> Iterator[str]:
    """What a person must look at, the gravest first."""
    if not said["running"]:
        yield "Trục không chạy (the hub is not running): hub run"
    if said["disk_free"] < settings.reserve:
        yield "Ổ đĩa sắp đầy, trục tạm dừng nhận (the disk is full, intake waits)."
    for one in said["down"]:
        since = common.local(datetime.fromisoformat(one["since"]))
        yield f"{one['unit']}: mất kết nối từ {since} (down): {one['detail'] or '-'}"
    for one in said["isolated"]:
        yield (
            f"{one['unit']}: bộ kết nối đã {MOST} lần làm đứng trục, nay chạy ở tiến trình riêng (isolated), "
            f"lần cuối tại {one['place']}: sửa thành phần mở rộng rồi hub units reinstate {one['unit']}"
        )
    if (place := said["checkpoints"]) and not place["ok"]:
        since = common.local(datetime.fromisoformat(place["since"]))
        yield f"Không ghi được mốc đã ký từ {since} (no signed checkpoints): {place['detail']}"
    yield from map(_unbalanced, said["unbalanced"])
    for lane in said["lanes"]:
        if reason := _why_stuck(lane, opening.directory_of_today(settings)):
            who = common.named(lane["recipient"], lane.get("name", ""))
            yield f"{who}: {lane['open']} lượt đang chờ (waiting): {reason}"
    yield from _to_decide(said)


def _to_decide(said: dict[str, Any]) -> Iterator[str]:
    """What waits for a person's word."""
    if said["deadletters"]:
        yield f"{said['deadletters']} lượt không chuyển được (dead letters): hub deadletters"
    if (pen := said["orphans"])["late"]:
        yield (
            f"{pen['waiting']} hồi báo chưa rõ văn bản, lâu nhất từ {common.local(pen['since'])} "
            "(answers wait for their document): hub orphans"
        )
    if said["quarantined"]:
        yield f"{said['quarantined']} gói cách ly, chờ kiểm tra (quarantined): hub quarantine list"


def _unbalanced(one: dict[str, Any]) -> str:
    where = f"{one['unit'] or '-'}: {one['book']} {one['word']}: {', '.join(one['ids'])}"
    return f"Đối soát lệch (out of balance): {where}: hub reconcile"


def _why_stuck(lane: dict[str, Any], directory: Directory) -> str:
    """What went wrong last at the head of a lane, "" where it simply is not yet its turn."""
    if gone := not directory.find(lane["recipient"]) and directory.farewell(lane["recipient"]):
        return gone
    # Without any unit the configuration could not be read whole: then nobody is known to be gone.
    if directory.ours and not directory.find(lane["recipient"]) and not directory.others:
        return "không còn trong cấu hình (not in the configuration any more)"
    return str(lane["reason"])
