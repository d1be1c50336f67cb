"""python -m tests.counterparts.eoffice: an office as a process, and faults of one that runs."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.counterparts.eoffice.control import turn
from tests.counterparts.eoffice.faults import CALL_FAULTS, FAULTS, NoFault
from tests.counterparts.eoffice.model import Party
from tests.counterparts.eoffice.server import Busy, eoffice
from tests.counterparts.eoffice.setup import DOORS, SECRET_NAMES, Setup, secrets_from

#: every option without a word
_PLAIN = Setup(Path())


def main(words: Sequence[str] | None = None) -> int:
    """0: well; 1: it could not be; 2: wrong words."""
    parser = _parser()
    given = parser.parse_args(words)
    try:
        if given.at:
            _say(json.dumps(turn(given.at, given.fault, clear=given.clear)))
            return 0
        asyncio.run(_serve(_setup(given)))
    except (Busy, NoFault, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.counterparts.eoffice", description=__doc__, epilog=_epilog(),
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    add = parser.add_argument
    add("--data", type=Path, default=Path("var/eoffice"), help="the folder of its registers (%(default)s)")
    add("--host", default="127.0.0.1", help="other machines can call it only with another (%(default)s)")
    add("--port", type=int, default=8200, help="0: one that is free (%(default)s)")
    add("--code", default=_PLAIN.code, help="mã định danh of the unit (%(default)s)")
    add("--name", default=_PLAIN.name, help="its name (%(default)s)")
    add("--alias", action="append", default=[], help="another code of it; may be repeated")
    add("--door", action="append", choices=DOORS, default=[], help="may be repeated (provincial)")
    add("--agency", action="append", default=[], metavar="CODE=NAME", help="who can be written to; may be repeated")
    add("--secrets", type=Path, help="a file that nobody else may read, with lines NAME=VALUE")
    add("--username", default=_PLAIN.username, help="provincial: the account (%(default)s)")
    add("--system", default="", help="provincial: X-SystemId (the unit's code)")
    add("--organ", default="", help="bkav: organid (the unit's code)")
    add("--app", default=_PLAIN.app, help="third: X-Ung-Dung (%(default)s)")
    add("--url", default="", help="axis: the hub's endpoint, to which an operation is appended")
    add("--systemid", default="", help="axis: the systemid (the unit's code)")
    add("--poll", type=float, default=_PLAIN.poll, help="axis: seconds between two looks (%(default)s)")
    add("--fault", action="append", default=[], metavar="NAME[@DOOR[.OPERATION]][=N]", help="see below")
    add("--at", default="", metavar="URL", help="change the faults of the office that runs there, and end")
    add("--clear", action="store_true", help="with --at: all off first")
    return parser


def _epilog() -> str:
    secrets = "\n".join(f"  {name}" for name in SECRET_NAMES.values())
    serving = "\n".join(f"  {name:12} {what}" for name, what in FAULTS.items())
    calling = "\n".join(f"  {name:12} {what}" for name, what in CALL_FAULTS.items())
    return (
        f"secrets, in the environment or in --secrets (test values without):\n{secrets}\n\n"
        f"faults of the doors that serve:\n{serving}\n\nfaults of the axis door:\n{calling}"
    )


def _setup(given: argparse.Namespace) -> Setup:
    agencies = (each.partition("=") for each in given.agency)
    return Setup(
        data=given.data, code=given.code, name=given.name, aliases=tuple(given.alias), host=given.host,
        port=given.port, doors=tuple(given.door) or _PLAIN.doors, secrets=secrets_from(given.secrets),
        agencies=tuple(Party(code.strip(), name.strip()) for code, _, name in agencies), username=given.username,
        system=given.system, organ=given.organ, app=given.app, url=given.url, systemid=given.systemid,
        poll=given.poll, faults=tuple(given.fault),
    )  # fmt: skip


async def _serve(settings: Setup) -> None:
    ended = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, ended.set)
    async with eoffice(settings) as office:
        _say(f"ready {office.url}")
        await ended.wait()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
