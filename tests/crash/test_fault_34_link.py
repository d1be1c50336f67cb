"""A central hub whose name nobody knows for a while, and certificates that are over and renewed."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.testing import RunningHub, eventually
from hub.testing.samples import GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document
from tests.journeys.apart import Apart, apart
from tests.journeys.border import Border, from_office
from tests.journeys.front import front
from tests.journeys.simulated import Simulated, simulated, verified
from tests.plugins.authority import Authority

Figure = Callable[[str], None]
_NAME = "truc.lien-thong.invalid"
#: turns into the hub on a machine with other names: only the hub sees them. Disks of other tests are let go of: a
#: second name space that holds one keeps it from being mounted afresh.
_OTHER_NAMES = (
    """awk -v below="$2/" 'index($2, below) == 1 {print $2}' /proc/mounts | xargs -r umount -l; """
    'mount --bind "$0" /etc/hosts && mount --bind "$1" /etc/resolv.conf && shift 2 && exec "$@"'
)


async def _one_each_way(border: Border, there: Simulated) -> None:
    border.sends(a_document("1/GM-SNV", to=(GOVERNMENT_OFFICE,)))
    await there.send(from_office("1/VPCP", HOME_AFFAIRS))


async def _arrives(border: Border, there: Simulated) -> float:
    """Seconds until both are where they belong, the one from the office confirmed."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await eventually(lambda: border.found() and there.confirmed() and there.records(HOME_AFFAIRS), 30)
    return loop.time() - began


async def _spent(hub: Apart) -> float:
    """Of a second so much on a processor: the least of three, for a start may still be loading libraries."""
    return min([await _second(hub) for _turn in range(3)])


async def _second(hub: Apart) -> float:
    before = hub.processor()
    await asyncio.sleep(1.0)
    return hub.processor() - before


def _whole(border: Border, there: Simulated) -> None:
    assert [1, 1] == [len(there.records(HOME_AFFAIRS)), len(border.found())]
    assert ({"accepted": 2}, {"delivered": 2}) == verified(border)


@pytest.mark.root
@pytest.mark.fault(
    34,
    "the central hub's name does not resolve, from the start; later it does",
    "what is to go waits and the log says why, intake goes on; all goes on by itself once the name is known",
)
async def test_a_name_that_nobody_knows(tmp_path: Path, figure: Figure) -> None:
    hosts, servers = tmp_path / "hosts", tmp_path / "resolv.conf"
    hosts.write_text("127.0.0.1 localhost\n")
    servers.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    names = ("unshare", "-m", "sh", "-c", _OTHER_NAMES, str(hosts), str(servers), tempfile.gettempdir())
    async with simulated(tmp_path) as there:
        url = there.running.url.replace("127.0.0.1", _NAME)
        border = Border(tmp_path, {**there.settings, "url": url, "pause": "200ms", "pause_most": "1s"})
        await _one_each_way(border, there)
        async with apart(tmp_path, names) as hub:
            await eventually(lambda: f"host {_NAME}" in (tmp_path / "hub.log").read_text(), 20)
            await eventually(lambda: verified(border)[0] == {"accepted": 1}, 20)
            spent = await _spent(hub)
            assert [] == there.records(HOME_AFFAIRS)
            with hosts.open("a") as file:
                file.write(f"127.0.0.1 {_NAME}\n")
            seconds = await _arrives(border, there)
            calm = await _spent(hub)
    _whole(border, there)
    assert spent < calm + 0.1, (spent, calm)
    figure(
        f"{spent:.0%} of a processor meanwhile, {calm:.0%} afterwards; "
        f"both ways done {seconds:.1f} s after (pauses of 1 s at most)"
    )


class _Certified:
    """A front that speaks TLS, and our way to it."""

    def __init__(self, home: Path, *, ours: bool) -> None:
        self.authority = Authority(home)
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.authority.file)
        self.context.verify_mode = ssl.CERT_REQUIRED if ours else ssl.CERT_NONE
        self.settings: dict[str, object] = {"ca": "ca.pem"}
        if ours:
            self.settings |= {"certificate": "tinh.pem", "certificate_key": "tinh.key"}

    def serves(self, seconds: float) -> None:
        """With a certificate that is good for so long; for connections from now on."""
        self.context.load_cert_chain(*self.authority.issue("may-chu", seconds=seconds))


@pytest.mark.fault(
    34,
    "the central hub's TLS certificate has expired, and is renewed; so is our own, in its file",
    "nothing is said to it meanwhile; all goes on by itself, without a restart",
)
@pytest.mark.parametrize("whose", ["theirs", "ours"])
async def test_a_certificate_is_over_and_renewed(tmp_path: Path, whose: str, figure: Figure) -> None:
    line = _Certified(tmp_path, ours=whose == "ours")
    line.serves(-3600 if whose == "theirs" else 3600)
    if whose == "ours":
        line.authority.issue("tinh", seconds=-3600)
    async with simulated(tmp_path) as there, front(there.running.url, line.context) as before:
        border = Border(tmp_path, {**there.settings, "url": before.url, **line.settings})
        await _one_each_way(border, there)
        async with RunningHub(border.home):
            await eventually(lambda: verified(border)[0] == {"accepted": 1}, 20)
            await asyncio.sleep(1.0)
            assert ([], []) == (before.calls, there.records(HOME_AFFAIRS))
            if whose == "theirs":
                line.serves(3600)
            else:
                line.authority.issue("tinh")
            seconds = await _arrives(border, there)
    _whole(border, there)
    figure(f"{whose}: both ways done {seconds:.1f} s after it was renewed (pauses of 0.3 s at most)")
