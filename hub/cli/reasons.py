"""How the rules' reasons look to people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from hub.cli.common import clean
from hub.errors import Mistake
from hub.routing.trials import Ran

_VERDICTS = {
    "delivered": ("được chuyển (delivered)", "green"),
    "refused": ("bị trả lại (refused)", "red"),
    "quarantined": ("bị cách ly (quarantined)", "red"),
    "echo": ("không chuyển (echo)", "yellow"),
}
_MARKS = {"matched": ("✓", "green"), "unmatched": ("✗", "dim"), "skipped": ("-", "dim"), "failed": ("!", "bold red")}


def explained(said: dict[str, Any]) -> RenderableType:
    """One packet: what becomes of it, each rule, and who gets it."""
    what = "hồi báo về " if said["kind"] == "acknowledgement" else ""
    tree = Tree(Text.assemble(clean(f"{what}{said['code']}", "bold"), "  ", clean(said["subject"])))
    word, style = _VERDICTS[said["verdict"]]
    reason = f": {said['reason']}" if said["reason"] else ""
    tree.add(clean(f"{word}{reason}", f"bold {style}"))
    tree.add(clean(f"vào bằng kênh của {said['came_from']}, nơi gửi {said['sender']} (came in by)"))
    rules = tree.add("Quy tắc (rules)")
    for rule in said["rules"]:
        rules.add(_rule(rule))
    if not said["rules"]:
        rules.add("không có; theo nơi nhận ghi trong gói tin (none)")
    recipients = tree.add("Nơi nhận (recipients)")
    for one in said["recipients"]:
        recipients.add(_recipient(one))
    for one in said["unknown"]:
        near = f"; gần giống: {', '.join(one['nearest'])}" if one["nearest"] else ""
        why = one["reason"] or f"không có trên trục (unknown){near}"
        recipients.add(clean(f"{one['code']}  {why}", "red"))
    return tree


def _rule(rule: dict[str, Any]) -> Text:
    mark, style = _MARKS[rule["outcome"]]
    return clean(f"{mark} {rule['name']}{_why(rule)}", style)


def _why(rule: dict[str, Any]) -> str:
    if rule["outcome"] == "unmatched":
        unmet = rule["unmet"]
        return f": {unmet['key']} là {unmet['seen'] or 'trống'}, quy tắc cần {unmet['wanted']}"
    if rule["outcome"] == "skipped":
        return f": không xét, đã dừng ở quy tắc {rule['reason']} (not looked at)"
    return f": {rule['reason']}" if rule["reason"] else ""


def _recipient(one: dict[str, Any]) -> Text:
    name = f" ({one['name']})" if one["name"] else ""
    rules = ", ".join(one["rules"])
    why = "chỉ do quy tắc (added by)" if one["added"] else "có trong gói tin, qua quy tắc (addressed, by)"
    reason = f"{why}: {rules}" if rules else "có trong gói tin (addressed)"
    return Text.assemble(clean(one["unit"], "bold"), clean(f"{name}  "), clean(reason, "cyan"))


def tried(ran: Sequence[tuple[Mistake, Ran]]) -> RenderableType:
    """The cases: of each that fails its place and every difference, then how many hold."""
    failed = sum(bool(one.differences) for _, one in ran)
    end = f"{len(ran) - failed}/{len(ran)} tình huống đúng (cases hold)."
    return Group(*_differences(ran), clean(end, "red" if failed else "green"))


def _differences(ran: Sequence[tuple[Mistake, Ran]]) -> Iterator[Text]:
    for place, one in ran:
        if one.differences:
            yield Text.assemble(
                clean(f"{place.file}:{place.line}:{place.column}: ", "bold"), clean(one.trial.name, "red")
            )
            yield from (clean(f"    {line}") for line in one.differences)
