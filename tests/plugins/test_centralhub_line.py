"""The line itself: TLS with an authority of one's own, client certificates, a proxy; and settings without sense."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from hub.carrying.certificates import Certificates
from hub.standards import vxp
from hub.testing import sample_context
from plugins.centralhub.connector import Centralhub
from plugins.centralhub.settings import CentralhubSettings
from tests.plugins.authority import Authority

_PLAIN: dict[str, Any] = {"kind": "centralhub", "url": "http://a", "systemid": "000.00.00.H48", "secret": "bi-mat"}
_PASSWORD = "mat-khau-cua-chung-thu"


@asynccontextmanager
async def secured(authority: Authority, *, clients: bool) -> AsyncIterator[str]:
    """A central hub over TLS; where wanted it knows its clients by their certificates."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.file)
    context.load_cert_chain(*authority.issue("may-chu"))
    context.verify_mode = ssl.CERT_REQUIRED if clients else ssl.CERT_NONE

    async def count(_: web.Request) -> web.Response:
        return web.Response(body=vxp.write_answer(count=0))

    application = web.Application()
    application.router.add_post("/truc/countReceiveEdoc", count)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        yield f"https://127.0.0.1:{runner.addresses[0][1]}/truc/"
    finally:
        await runner.cleanup()


async def is_well(home: Path, **settings: object) -> tuple[bool, str]:
    made = Centralhub(CentralhubSettings.model_validate({**_PLAIN, **settings}), sample_context(home))
    async with made as connector:
        health = await connector.check()
    return health.ok, health.detail


async def test_a_server_is_trusted_by_the_settings_authority_alone(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with secured(authority, clients=False) as url:
        assert (True, "") == await is_well(tmp_path, url=url, ca="ca.pem")
        ok, why = await is_well(tmp_path, url=url)
        assert not ok
        assert "certificate" in why.lower()


async def test_we_are_known_by_our_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.issue("tinh", _PASSWORD)
    ours = {"certificate": "tinh.pem", "certificate_key": "tinh.key", "certificate_password": _PASSWORD}
    async with secured(authority, clients=True) as url:
        assert (True, "") == await is_well(tmp_path, url=url, ca="ca.pem", **ours)
        ok, _ = await is_well(tmp_path, url=url, ca="ca.pem")
        assert not ok
        with pytest.raises(OSError) as refused:
            await is_well(tmp_path, url=url, **{**ours, "certificate_password": "sai"})
        assert _PASSWORD not in str(refused.value)


async def test_a_renewed_certificate_that_cannot_be_used_spoils_nothing(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    old, key = authority.issue("tinh")
    ours = {"ca": "ca.pem", "certificate": "tinh.pem", "certificate_key": "tinh.key"}
    made = Certificates(CentralhubSettings.model_validate({**_PLAIN, "url": "https://a", **ours}), tmp_path)
    made.load()
    assert made.context
    kept = old.read_bytes()
    for wrong in (b"half a certif", authority.issue("khac")[0].read_bytes()):
        old.write_bytes(wrong)
        with pytest.raises(OSError):
            made._renewed()
    assert not made._renewed()
    old.write_bytes(kept)
    assert made._renewed()
    key.unlink()
    with pytest.raises(FileNotFoundError):
        made._renewed()


async def test_a_proxy_is_asked_for_the_whole_address_and_told_who_we_are(tmp_path: Path) -> None:
    heads: list[str] = []
    answer = vxp.write_answer(count=0)

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    async with server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        told = {"proxy": address, "proxy_user": "tinh", "proxy_password": "mat-khau"}
        assert (True, "") == await is_well(tmp_path, url="http://truc.invalid:8280", **told)
    [head] = heads
    assert head.startswith("POST http://truc.invalid:8280/countReceiveEdoc HTTP/1.1\r\n")
    assert f"Proxy-Authorization: Basic {base64.b64encode(b'tinh:mat-khau').decode()}" in head


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://a"},
        {"url": "a:80"},
        {"url": "http://user:pw@a"},
        {"url": "http://a?x=1"},
        {"url": "http://"},
        {"systemid": "có dấu"},
        {"systemid": ""},
        {"servicetype": "e\r\nX: y"},
        {"poll": "1s"},
        {"poll": "0s", "poll_busy": "0s"},
        {"rate": -1},
        {"parallel": 0},
        {"ca": "ca.pem"},
        {"url": "https://a", "certificate_key": "a.key"},
        {"proxy": "http://user:pw@a"},
        {"download": "ftp"},
        {"on_parse_failure": "processing"},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CentralhubSettings.model_validate({**_PLAIN, **wrong})


def test_secrets_are_in_no_text() -> None:
    said = CentralhubSettings.model_validate({**_PLAIN, "proxy_password": "kín", "certificate_password": "kín"})
    assert "bi-mat" not in repr(said) + str(said)
    assert "kín" not in repr(said)
