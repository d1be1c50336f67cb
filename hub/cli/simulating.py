"""hub simulate: the central government hub on this machine, and what its other systems do."""

from __future__ import annotations

import asyncio
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any

import typer

from hub import log
from hub.cli import common
from hub.cli.common import JsonOption
from hub.config.systems import System, load_systems, owner
from hub.directory import normalise
from hub.errors import HubError
from hub.simulating.central import FAULTS, Record, Setup, central, fault, records, turn
from hub.simulating.central.actor import Actor, Taken
from hub.simulating.central.assumptions import ASSUMPTIONS, assuming
from hub.stopping import stopping
from hub.vocabulary import Acknowledgement

commands = typer.Typer()
simulate = typer.Typer(no_args_is_help=True, help="Giả lập trục trung ương (a simulated central hub).")
commands.add_typer(simulate, name="simulate")

_URL = "http://127.0.0.1:8090"


SystemsOption = Annotated[Path, typer.Option("--systems", help="Các hệ thống và mã bí mật (systems and secrets).")]
DataOption = Annotated[Path, typer.Option("--data", help="Thư mục sổ sách của bộ giả lập (its records).")]
UrlOption = Annotated[str, typer.Option("--url", help="Địa chỉ của bộ giả lập (where it listens).")]
AsOption = Annotated[str, typer.Option("--as", metavar="CODE", help="Mã hệ thống hoặc đơn vị (system or unit).")]
FaultOption = Annotated[
    list[str] | None,
    typer.Option("--fault", metavar="NAME[@OPERATION][=N]", help=f"Lỗi giả (a fault): {', '.join(FAULTS)}."),
]
AgenciesOption = Annotated[
    list[str] | None,
    typer.Option("--agencies", metavar="N|FILE", help="Số cơ quan tạo sẵn, hoặc tệp (made up, or a file)."),
]
AssumedOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help=f"Điều chưa ai biết (unknowns): {', '.join(ASSUMPTIONS)}."),
]


@simulate.command("central")
def run_central(
    data: DataOption,
    systems: SystemsOption = Path("systems.yaml"),
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Cổng; 0: cổng trống (0: any).")] = 8090,
    host: Annotated[str, typer.Option("--host", help="Địa chỉ IP để nghe (IP address to listen at).")] = "127.0.0.1",
    faults: FaultOption = None,
    agencies: AgenciesOption = None,
    assumed: AssumedOption = None,
) -> None:
    """Chạy trục trung ương giả lập (run it until SIGTERM or Ctrl-C; it says `ready URL` when it listens)."""
    numbers = [int(each) for each in agencies or () if each.isdecimal()]
    settings = Setup(
        data=data,
        systems=load_systems(systems),
        host=_address(host),
        port=port,
        agencies=max(numbers, default=0),
        agencies_files=tuple(Path(each) for each in agencies or () if not each.isdecimal()),
        faults=tuple(fault(text) for text in faults or ()),
    )
    log.set_up()
    try:
        asyncio.run(_serve(assuming(settings, assumed or ())))
    finally:
        log.finish()


async def _serve(settings: Setup) -> None:
    async with stopping() as stop, central(settings) as running:
        sys.stdout.write(f"ready {running.url}\n")
        sys.stdout.flush()
        await stop.wait()


def _address(host: str) -> str:
    try:
        local = ip_address(host).is_loopback
    except ValueError as error:
        raise typer.BadParameter(f"--host {host}: một địa chỉ IP (an IP address)") from error
    if not local:
        common.warn(f"{host}: máy khác cũng gọi được bộ giả lập này (other machines can call it).")
    return host


@simulate.command("list")
def list_packets(data: DataOption, as_json: JsonOption = False) -> None:
    """Sổ sách: từng gói tin, của ai, gửi ai, trạng thái (every packet on its records)."""
    found = records(data)
    if as_json:
        common.say_json([record.data() for record in found])
        return
    for record in found:
        common.out().print(common.clean(_line(record)))


def _line(record: Record) -> str:
    what = f"{record.notation} [{record.answer}]" if record.answer else record.notation
    steps = " ".join(f"{step.status}@{common.local(step.at)}" for step in record.steps)
    return (
        f"{record.doc_id} {record.message_type} {record.sender} -> {record.recipient} {what} {record.status}: {steps}"
    )


@simulate.command("fault")
def set_faults(
    faults: Annotated[list[str] | None, typer.Argument(metavar="NAME[@OPERATION][=N]...")] = None,
    url: UrlOption = _URL,
    clear: Annotated[bool, typer.Option("--clear", help="Tắt hết trước (all off first).")] = False,
    as_json: JsonOption = False,
) -> None:
    """Bật lỗi giả ở bộ giả lập đang chạy, rồi kể lỗi nào đang bật (turn faults on; says which are on)."""
    on = turn(url, faults or [], clear=clear)
    common.tell("\n".join(on) or "không có lỗi giả nào (none)", {"faults": on}, as_json=as_json)


@simulate.command("send")
def send(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Gói tin edXML (packets).")],
    code: AsOption,
    systems: SystemsOption = Path("systems.yaml"),
    url: UrlOption = _URL,
    as_json: JsonOption = False,
) -> None:
    """Gửi gói tin với tư cách một hệ thống (send packets as one of the systems)."""
    actor = Actor(url, _system(code, systems))
    sent = []
    for path in files:
        with path.open("rb") as packet:
            sent.append({"file": str(path), "docId": actor.send(packet, normalise(code))})
    lines = "\n".join(f"{each['docId']} {each['file']}" for each in sent)
    if as_json:
        common.say_json(sent)
    else:
        common.out().print(common.clean(lines))


@simulate.command("take")
def take(
    code: AsOption,
    answers: Annotated[
        list[str] | None, typer.Option("--answer", help="Hồi báo từng văn bản, vd. 01 (answer each).")
    ] = None,
    systems: SystemsOption = Path("systems.yaml"),
    url: UrlOption = _URL,
    as_json: JsonOption = False,
) -> None:
    """Lấy văn bản và hồi báo đang chờ, báo done, trả lời nếu muốn (take what waits, confirm, answer)."""
    actor = Actor(url, _system(code, systems))
    taken = []
    for message_type in ("edoc", "status"):
        for each in actor.take(message_type):
            for status in answers or () if message_type == "edoc" else ():
                actor.answer(each, status)
            taken.append(_told(each))
    if as_json:
        common.say_json(taken)
        return
    for line in taken:
        common.out().print(common.clean(" ".join(str(value) for value in line.values() if value)))


def _told(taken: Taken) -> dict[str, Any]:
    body = taken.packet.body
    about = {"docId": taken.doc_id, "from": taken.sender, "to": taken.recipient}
    if isinstance(body, Acknowledgement):
        what = body.response_for.code or body.response_for.document_id
        return {**about, "code": what, "status": body.status, "at": body.at, "description": body.description}
    return {**about, "code": body.code, "subject": body.subject}


def _system(code: str, path: Path) -> System:
    """The system that a code belongs to. Raises HubError, ConfigError."""
    found = owner(normalise(code), load_systems(path))
    if found is None:
        raise HubError(f"{path.name}: không có hệ thống nào của {code} (no system has this code).")
    return found
