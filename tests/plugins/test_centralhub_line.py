"""The line itself: TLS with an authority of one's own, client certificates, a proxy; and settings without sense."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from hub import Acknowledgement, Document
from hub.carrying.certificates import Certificates
from hub.testing import sample_context
from plugins.centralhub.connector import Centralhub
from plugins.centralhub.office import Office, serving
from plugins.centralhub.provincialoffice import ProvincialOffice
from plugins.centralhub.settings import CentralhubSettings
from tests.plugins.authority import Authority

_PLAIN: dict[str, Any] = {"kind": "centralhub", "url": "http://a", "systemid": "000.00.00.H48", "secret": "bi-mat"}
_PASSWORD = "mat-khau-cua-chung-thu"
_WHO = f"Proxy-Authorization: Basic {base64.b64encode(b'tinh:mat-khau').decode()}"
SHAPES = pytest.mark.parametrize("shape", [Office, ProvincialOffice])


def answered(_: Document) -> Acknowledgement:
    raise AssertionError("nothing is asked of it")


@asynccontextmanager
async def secured(authority: Authority, shape: type[Office], *, clients: bool) -> AsyncIterator[Office]:
    """A central hub over TLS; where wanted it knows its clients by their certificates."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.file)
    context.load_cert_chain(*authority.issue("may-chu"))
    context.verify_mode = ssl.CERT_REQUIRED if clients else ssl.CERT_NONE
    async with serving(shape(authority.file.parent, answered), context) as office:
        yield office


async def is_well(home: Path, office: Office, **settings: object) -> tuple[bool, str]:
    made = Centralhub(CentralhubSettings.model_validate({**office.settings, **settings}), sample_context(home))
    async with made as connector:
        health = await connector.check()
    return health.ok, health.detail


@SHAPES
async def test_a_server_is_trusted_by_the_settings_authority_alone(tmp_path: Path, shape: type[Office]) -> None:
    authority = Authority(tmp_path)
    async with secured(authority, shape, clients=False) as office:
        assert (True, "") == await is_well(tmp_path, office, ca="ca.pem")
        ok, why = await is_well(tmp_path, office)
        assert not ok
        assert "certificate" in why.lower()


@SHAPES
async def test_we_are_known_by_our_certificate(tmp_path: Path, shape: type[Office]) -> None:
    authority = Authority(tmp_path)
    authority.issue("tinh", _PASSWORD)
    ours = {"certificate": "tinh.pem", "certificate_key": "tinh.key", "certificate_password": _PASSWORD}
    async with secured(authority, shape, clients=True) as office:
        assert (True, "") == await is_well(tmp_path, office, ca="ca.pem", **ours)
        ok, _ = await is_well(tmp_path, office, ca="ca.pem")
        assert not ok
        with pytest.raises(OSError) as refused:
            await is_well(tmp_path, office, **{**ours, "certificate_password": "sai"})
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


@asynccontextmanager
async def proxied(office: Office, heads: list[str]) -> AsyncIterator[dict[str, str]]:
    """A proxy before the central hub, which keeps the heads of what it is asked for. Yields the settings for it."""
    port = int(office.settings["url"].rpartition(":")[2])

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        heads.append(head.decode())
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        if head.startswith(b"CONNECT"):
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            far_writer.write(head)
        await asyncio.gather(_piped(reader, far_writer), _piped(far_reader, writer))

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    async with server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield {"proxy": address, "proxy_user": "tinh", "proxy_password": "mat-khau"}


async def _piped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
    writer.close()


@SHAPES
async def test_a_proxy_is_asked_for_the_whole_address_and_told_who_we_are(tmp_path: Path, shape: type[Office]) -> None:
    heads: list[str] = []
    async with serving(shape(tmp_path, answered)) as office, proxied(office, heads) as through:
        assert (True, "") == await is_well(tmp_path, office, **{**through, "url": "http://truc.invalid:8280"})
    first = "/v1/auth/login?allow_anonymous=true" if shape is ProvincialOffice else "/countReceiveEdoc"
    assert heads[0].startswith(f"POST http://truc.invalid:8280{first} HTTP/1.1\r\n")
    assert all(_WHO in head for head in heads)


@SHAPES
async def test_a_proxy_makes_a_tunnel_to_a_server_with_tls_and_sees_no_secret(
    tmp_path: Path, shape: type[Office]
) -> None:
    authority, heads = Authority(tmp_path), list[str]()
    authority.issue("tinh")
    ours = {"ca": "ca.pem", "certificate": "tinh.pem", "certificate_key": "tinh.key"}
    async with secured(authority, shape, clients=True) as office, proxied(office, heads) as through:
        assert (True, "") == await is_well(tmp_path, office, **through, **ours)
        wanted = office.settings["url"].removeprefix("https://")
    assert heads
    assert all(head.startswith(f"CONNECT {wanted} HTTP/1.1\r\n") and _WHO in head for head in heads)


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
