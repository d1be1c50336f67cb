"""How answers look to people: tables, timelines, colours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from hub.cli import dutyshow
from hub.cli.codes import status_word
from hub.cli.common import clean, local, named
from hub.ledger.chain import Line
from hub.ledger.views import DeadLetter, KeptInput, RecipientView, TraceView
from hub.tracking import NEED_REASON
from hub.vocabulary import Answer, Document

STATE_WORDS = {
    "waiting": ("chờ chuyển", "yellow"),
    "sending": ("đang chuyển", "yellow"),
    "delivered": ("đã chuyển", "green"),
    "deferred": ("sẽ tự chuyển lại", "yellow"),
    "uncertain": ("chưa rõ đã tới chưa", "magenta"),
    "dead": ("không chuyển được", "red"),
    "held": ("đang chờ trước khi chuyển", "blue"),
    "withdrawn": ("đã dừng trước khi chuyển", "dim"),
}
_EVENT_WORDS = {
    "accepted": "trục đã nhận",
    "duplicate": "gửi trùng, không chuyển lại",
    "waiting": "chờ chuyển",
    "delivered": "đã chuyển",
    "deferred": "chưa chuyển được, sẽ tự chuyển lại",
    "uncertain": "chưa rõ đã tới chưa",
    "dead": "không chuyển được",
    "requeued": "chuyển lại theo yêu cầu",
    "dispatched": "hết thời gian chờ, bắt đầu chuyển",
    "withdrawn": "nơi gửi đã dừng trước khi chuyển",
    "duty-moved": "đổi hạn hồi báo",
    "duty-overdue": "quá hạn hồi báo",
    "duty-reminded": "đã đôn đốc",
    "duty-escalated": "cần báo cáo lãnh đạo",
    "duty-broken": "không hồi báo, khép lại",
    "duty-paused": "tạm dừng hạn hồi báo",
    "duty-void": "không còn phải hồi báo",
    "duty-met": "đã hồi báo",
    "duty-opened": "phải hồi báo",
    "duty-asked": "đã hỏi nơi nhận có văn bản chưa",
    "matched": "đã rõ hồi báo này về văn bản nào",
    "orphan-discarded": "đã bỏ hồi báo chưa rõ văn bản",
}
#: What an answer is in its place, where that is worth a word.
_PLACE_WORDS = {
    "skip": ("bỏ qua bước trước", "dim"),
    "repeat": ("lặp lại", "dim"),
    "late": ("đến sai thứ tự", "yellow"),
    "contradiction": ("mâu thuẫn", "bold red"),
    "unknown": ("mã lạ", "magenta"),
}
_RECALL_WORDS = {
    "asked": ("đang được yêu cầu thu hồi/cập nhật", "yellow"),
    "agreed": ("đã thu hồi/cập nhật", "cyan"),
    "refused": ("KHÔNG ĐỒNG Ý thu hồi/cập nhật", "bold red"),
}
_LINK_WORDS = {
    "revoke": ("Thu hồi văn bản", "Bị thu hồi bởi"),
    "update": ("Cập nhật văn bản", "Được cập nhật bởi"),
    "replace": ("Thay thế văn bản", "Được thay thế bởi"),
}
_KEPT_WORDS = {"kept": "chờ kiểm tra", "discarded": "đã bỏ", "released": "đã nhận lại"}
_INPUT_WORDS = {
    "accepted": "chấp nhận",
    "duplicate": "trùng",
    "echo": "vọng lại",
    "refused": "trả lại",
    "quarantined": "cách ly",
    "reading": "đang đọc",
}


def event_json(line: Line) -> dict[str, Any]:
    """One event for programs."""
    return {
        "at": line.at,
        "kind": line.kind,
        "envelope": line.envelope_id,
        "delivery": line.delivery_id,
        "unit": line.unit,
        "data": json.loads(line.data),
        "writer": line.writer,
        "seq": line.seq,
    }


def units_of(found: Sequence[TraceView]) -> set[str]:
    """Who is named in these timelines."""
    duties = {each.unit for view in found for each in view.sent}
    return duties | {each.unit for view in found for each in view.recipients}


def timeline(view: TraceView, names: Mapping[str, str]) -> RenderableType:
    """One document: who sent it, how it stands with each recipient, and what happened when."""
    body = view.document.body
    assert isinstance(body, Document)
    trial = clean("THỬ NGHIỆM  ", "bold red") if view.is_trial else clean("")
    tree = Tree(Text.assemble(trial, clean(body.code, "bold"), "  ", clean(body.subject)))
    sender = body.sender.name or names.get(view.origin) or body.sender.id
    received = (
        f"{local(view.document.received_at)}  từ {view.origin or 'trục'} ({sender}), mã tiếp nhận {view.document.id}"
    )
    tree.add(clean(received))
    for link in view.links:
        words = _LINK_WORDS[link.how]
        tree.add(clean(f"{words[link.by]} {link.code}  mã tiếp nhận {link.envelope}".replace("  ", " "), "yellow"))
    now = datetime.now(UTC)
    for duty in view.sent:
        tree.add(dutyshow.line(duty, now))
    for recipient in view.recipients:
        _add_recipient(tree, recipient, names.get(recipient.unit, ""))
    history = tree.add("Nhật ký (events)")
    for line in view.events:
        history.add(_event(line))
    return tree


def _add_recipient(tree: Tree, recipient: RecipientView, name: str) -> None:
    word, style = STATE_WORDS[recipient.state]
    stands = recipient.standing
    now = stands.code
    who = [clean(recipient.unit, "bold"), clean(f" ({name})" if name else "")]
    label = Text.assemble(*who, "  ", (word, style), "  ", clean(status_word(now), "cyan" if now else "dim"))
    if stands.recall.value in _RECALL_WORDS:
        label.append("  ").append(*_RECALL_WORDS[stands.recall.value])
    if recipient.reason:
        label.append_text(clean(f"  {recipient.reason}", "red"))
    if recipient.route:
        label.append_text(clean(f"  theo quy tắc: {recipient.route}", "dim"))
    if recipient.possible_duplicate:
        label.append("  có thể trùng (possible duplicate)", "magenta")
    branch = tree.add(label)
    for answer in recipient.answers:
        branch.add(_answer(answer))
    for duty in recipient.duties:
        branch.add(dutyshow.line(duty, datetime.now(UTC)))


def _answer(answer: Answer) -> Text:
    reason = f": {answer.reason}" if answer.reason else ""
    lacks = "  (không ghi lý do)" if answer.code in NEED_REASON and not answer.reason else ""
    written = f"  (ghi ngày giờ không đọc được: {answer.at_text})" if answer.at_text else ""
    said = clean(f"{local(answer.at)}  {status_word(answer.code)}  {answer.by}{reason}{lacks}{written}", "cyan")
    word, style = _PLACE_WORDS.get(answer.word, ("", ""))
    return said.append(f"  [{word}]", style) if word else said


def _event(line: Line) -> Text:
    data = json.loads(line.data)
    word = "trục đã nhận hồi báo" if data.get("kind") == "acknowledgement" else _EVENT_WORDS.get(line.kind, line.kind)
    reason = f": {data['reason']}" if data.get("reason") else ""
    return clean(f"{local(line.at)}  {word}  {line.unit}{reason}")


def letters(found: Iterable[DeadLetter]) -> Table:
    """Dead letters as a table."""
    table = _table("Mã lượt", "Văn bản", "Nơi nhận", "Lý do", "Lúc")
    for letter in found:
        name = letter.code.upper() if letter.kind == "document" else f"hồi báo về {letter.code.upper()}"
        where, why = clean(letter.recipient), clean(letter.reason, "red")
        table.add_row(letter.delivery, clean(name), where, why, local(letter.ended_at))
    return table


def kept(found: Iterable[KeptInput]) -> Table:
    """Quarantined inputs as a table."""
    table = _table("Mã", "Đơn vị", "Tệp", "Lý do", "Lúc", "")
    for one in found:
        state = _KEPT_WORDS.get(one.state, one.state)
        table.add_row(one.digest[:12], one.unit, clean(one.name), clean(one.reason, "red"), local(one.at), state)
    return table


def kept_whole(one: KeptInput) -> Table:
    """One quarantined input, line by line."""
    table = Table.grid(padding=(0, 2))
    lines = {
        "Mã (SHA-256)": one.digest,
        "Đơn vị": one.unit,
        "Tệp": one.name,
        "Cỡ": f"{one.size} byte",
        "Lúc": local(one.at),
        "Lý do": f"{one.reason} [{one.code}]",
        "Chỗ": one.place,
        "Tình trạng": _KEPT_WORDS.get(one.state, one.state),
    }
    for name, value in lines.items():
        table.add_row(Text(name, "bold"), clean(value))
    return table


def state(said: dict[str, Any]) -> RenderableType:
    """What is broken, then how much there is of everything."""
    parts: list[RenderableType] = [clean(f"✗ {what}", "bold red") for what in said["broken"]]
    parts = parts or [Text("✓ Không có gì hỏng (nothing is broken).", style="bold green")]
    words = {key: word for key, (word, _) in STATE_WORDS.items()}
    running = "đang chạy" if said["running"] else "không chạy"
    parts += [
        Text(f"Trục {running}; ổ đĩa còn {_size(said['disk_free'])}; {_number(said['events'])} dòng nhật ký."),
        Text("Đã nhận (inputs): " + _counts(said["inputs"], _INPUT_WORDS)),
        Text("Lượt chuyển (deliveries): " + _counts(said["deliveries"], words)),
        Text("Hồi báo (duties): " + dutyshow.counted(said["duties"])),
        Text(f"Trả lại trong 24 giờ qua (refused in the last day): {_number(said['refused_today'])}"),
        *dutyshow.escalations(said["escalated"]),
        Text(f"Hồi báo chưa rõ văn bản (answers that wait for their document): {_number(said['orphans']['waiting'])}"),
    ]
    return Group(*parts, _lanes(said["lanes"])) if said["lanes"] else Group(*parts)


def _lanes(found: Iterable[dict[str, Any]]) -> Table:
    table = _table("Nơi nhận", "Đang chờ", "Từ lúc", "Lần thử", "Lý do")
    for lane in found:
        row = (
            clean(named(lane["recipient"], lane.get("name", ""))),
            _number(lane["open"]),
            local(lane["oldest"]),
            str(lane["attempts"]),
        )
        table.add_row(*row, clean(lane["reason"], "red"))
    return table


def _counts(counts: dict[str, int], words: dict[str, str]) -> str:
    told = " + ".join(f"{_number(number)} {words.get(name, name)}" for name, number in sorted(counts.items()))
    return f"{_number(sum(counts.values()))} = {told}" if told else "0"


def _number(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB".replace(".", ",")


def _table(*names: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    return table
