"""Runs the contract of connectors on a plugin, check by check."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import typer
from rich.text import Text

from hub.cli import common
from hub.log import logger
from hub.plugins import Plugins, counterparts, installed
from hub.testing.contract import Broken, Check, Counterpart, Make, connector_contract

#: name of a check -> what it promises, for people here
PROMISES = {
    "well": "báo tình trạng đúng, đóng rồi mở lại được",
    "one-effect": "gửi hai lần chỉ có một tác dụng",
    "find": "find nói đúng sự thật khi chưa rõ đã gửi được hay chưa",
    "order": "gửi theo lô đúng thứ tự, không quá số đã khai",
    "answers": "hồi báo về được, nếu đã khai là có",
    "outage": "nhận ra bên kia mất kết nối, không coi là từ chối hay lỗi lập trình",
    "custody": "chưa nhận được thì giữ nguồn, nhận xong thì buông",
    "once": "mất câu trả lời thì văn bản đến lại với cùng mã nguồn",
    "refusal": "văn bản bị từ chối không đưa lại mãi",
    "reminders": "nhắc việc một lần một lượt, hết việc thì thôi nhắc",
    "cancel": "dừng listen là dừng hẳn, không sót tác vụ hay luồng nào",
    "loop": "không bao giờ chặn vòng lặp sự kiện",
    "secrets": "mật khẩu, mã bí mật không lọt vào chữ nào",
    "lane": "lỗi và treo không lan sang kênh khác, tự chạy lại được",
}


@dataclass(frozen=True, slots=True)
class Proof:
    """How one check ended; `said` is what to mend. One that does not apply is ok, too."""

    counterpart: str
    check: str
    promise: str
    ok: bool
    applies: bool
    said: str
    seconds: float


def run(name: str, *, as_json: bool) -> bool:
    """Check the plugin and say it. Returns whether it keeps everything. Raises PluginError, typer.BadParameter."""
    if not installed(name):
        raise typer.BadParameter(f"không có thành phần mở rộng {name} (no such plugin is built in or installed)")
    plugins = Plugins([name])
    makes = [_of_plugin(plugins, make) for make in counterparts(name)]
    logger.remove()
    logging.getLogger().addHandler(logging.NullHandler())
    proofs = []
    for proof in _proofs(makes):
        proofs.append(proof)
        if not as_json:
            common.out().print(_line(proof))
    kept = sum(proof.ok for proof in proofs)
    if as_json:
        common.say_json({"plugin": name, "ok": kept == len(proofs), "checks": [asdict(proof) for proof in proofs]})
    else:
        style = "bold green" if kept == len(proofs) else "bold red"
        common.out().print(f"{name}: {kept}/{len(proofs)} cam kết được giữ (promises kept)", style=style)
    return kept == len(proofs)


def _of_plugin(plugins: Plugins, make: Make) -> Make:
    """Counterparts of connectors that this plugin brings, and of no others."""

    @asynccontextmanager
    async def opened(home: Path) -> AsyncIterator[Counterpart]:
        async with make(home) as counterpart:
            if counterpart.connector not in plugins.connectors.values():
                raise Broken(f"the counterpart is for {counterpart.connector}, which the plugin does not bring")
            yield counterpart

    opened.__name__ = getattr(make, "__name__", type(make).__name__)
    return opened


def _proofs(makes: list[Make]) -> Iterator[Proof]:
    for make in makes:
        for check in connector_contract(make):
            yield _proof(check)


def _proof(check: Check) -> Proof:
    began, said, applies = time.monotonic(), "", True
    with tempfile.TemporaryDirectory(prefix="hub-check-", ignore_cleanup_errors=True) as home:
        try:
            applies = check.run(Path(home))
        except Broken as broken:
            said = str(broken)
    made = getattr(check.make, "__name__", "")
    return Proof(made, check.name, check.promise, not said, applies, said, round(time.monotonic() - began, 1))


def _word(proof: Proof) -> Text:
    if not proof.ok:
        return Text("HỎNG  ", style="bold red")
    return Text("ĐẠT   ", style="green") if proof.applies else Text("KHÔNG ÁP DỤNG  ", style="dim")


def _line(proof: Proof) -> Text:
    line = _word(proof)
    line += common.clean(f"{proof.counterpart}: {proof.check:<11}")
    line += common.clean(f"{PROMISES[proof.check]} ({proof.promise})", "" if proof.ok else "red")
    if proof.said:
        line += Text("\n      \u2192 ", style="red") + common.clean(proof.said, "red")
    return line
