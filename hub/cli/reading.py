"""hub status, trace, deadletters: looks at the ledger, with or without a running hub."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from hub import lock
from hub.cli import common, show
from hub.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption
from hub.config import Config
from hub.ledger import Views
from hub.ledger.views import TraceView
from hub.tracking import standing
from hub.vocabulary import Document

_DAY = timedelta(days=1)


def trace(
    document: Annotated[str, typer.Argument(help="Số/ký hiệu, mã định danh hoặc mã tiếp nhận.")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Hành trình của một văn bản tới từng nơi nhận (one document's timeline, with every recipient's standing)."""
    with common.views(common.settings(config)) as views:
        found = views.trace(document) if views else []
    if as_json:
        common.say_json([_traced(view) for view in found])
    elif found:
        for view in found:
            common.out().print(show.timeline(view))
    else:
        common.err().print(common.clean(f"Không tìm thấy văn bản {document} (no such document).", "red"))
    if not found:
        raise typer.Exit(common.WRONG)


def _traced(view: TraceView) -> dict[str, Any]:
    body = view.document.body
    assert isinstance(body, Document)
    return {
        "document": {
            "id": view.document.id,
            "code": body.code,
            "sender": body.sender.id,
            "subject": body.subject,
            "kind": view.document.kind,
            "received_at": view.document.received_at,
        },
        "recipients": [
            {
                "unit": recipient.unit,
                "delivery": recipient.delivery,
                "state": recipient.state,
                "status": standing(recipient.answers),
                "answers": [asdict(answer) for answer in recipient.answers],
                "reason": recipient.reason,
                "route": recipient.route,
                "possible_duplicate": recipient.possible_duplicate,
            }
            for recipient in view.recipients
        ],
        "events": [show.event_json(line) for line in view.events],
    }


def deadletters(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Văn bản không chuyển được, kèm lý do (what could not be delivered, and why)."""
    with common.views(common.settings(config)) as views:
        letters = views.deadletters() if views else []
    if as_json:
        common.say_json([asdict(letter) for letter in letters])
    elif letters:
        common.out().print(show.letters(letters))
    else:
        common.out().print("Không có văn bản nào không chuyển được (no dead letters).", style="green")


def status(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Đang hỏng gì, vì sao (what is broken now, and why); 1 when something is."""
    settings = common.settings(config)
    with common.views(settings) as views:
        if views is None:
            common.say_json({"running": False, "broken": [common.never_ran(settings)]}) if as_json else None
            common.fail(common.never_ran(settings))
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
    lanes, counts = views.lanes(), views.counts()
    kept = [one for one in views.inputs("quarantined") if one.state == "kept"]
    since = datetime.now(UTC) - _DAY
    said: dict[str, Any] = {
        "running": running,
        "down": [{"unit": unit, **health} for unit, health in endpoints.items() if not health["ok"]],
        "lanes": [asdict(lane) for lane in lanes],
        "deadletters": len(views.deadletters()),
        "quarantined": len(kept),
        "refused_today": sum(one.at > since for one in views.inputs("refused")),
        "inputs": counts.inputs,
        "deliveries": counts.deliveries,
        "events": counts.events,
        "disk_free": shutil.disk_usage(settings.data).free,
    }
    return {"broken": list(_broken(said, settings)), **said}


def _broken(said: dict[str, Any], settings: Config) -> list[str]:
    broken = [] if said["running"] else ["Trục không chạy (the hub is not running)."]
    broken += [f"{one['unit']}: {one['detail'] or 'mất kết nối (down)'}" for one in said["down"]]
    broken += [
        f"{lane['recipient']}: {lane['open']} lượt chờ, {lane['reason']}" for lane in said["lanes"] if lane["reason"]
    ]
    if said["deadletters"]:
        broken.append(f"{said['deadletters']} lượt không chuyển được (dead letters): hub deadletters")
    if said["quarantined"]:
        broken.append(f"{said['quarantined']} gói cách ly (in quarantine): hub quarantine list")
    if said["disk_free"] < settings.reserve:
        broken.append("Ổ đĩa sắp đầy, trục tạm dừng nhận (the disk is full, intake waits).")
    return broken
