"""The provincial REST shape of the simulator, over a socket by hand: what it does, what it refuses."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from hub.config.systems import load_systems
from hub.errors import ConfigError
from hub.simulating.central import fault
from hub.standards import edxml
from tests.simulating.bench import (
    BINH_SON,
    HOME_AFFAIRS,
    OFFICE,
    PROVINCE,
    SECRETS,
    SYSTEMS,
    Answer,
    Bench,
    exchange,
    packet,
    running,
    status,
)

USERS = {PROVINCE: ("tinh", "mat-khau"), OFFICE: ("vpcp", "mat-khau-khac")}
WITH_USERS = tuple(
    replace(each, username=USERS[each.code][0], password=SecretStr(USERS[each.code][1])) if each.code in USERS else each
    for each in SYSTEMS
)


async def call(
    bench: Bench, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = b""
) -> Answer:
    lines = [f"{method} /apithunghiem/v1/{path} HTTP/1.1", "Host: x"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    lines += [f"Content-Length: {len(body)}"] if body is not None else []
    raw = "\r\n".join([*lines, "", ""]).encode() + (body or b"")
    return await asyncio.to_thread(exchange, bench.hub.port, raw)


async def login(bench: Bench, system: str = PROVINCE, **given: Any) -> Answer:
    name, password = USERS[system]
    said = {"username": name, "password": password, "applicationCode": "QLVB", "otp": None, "typeObjs": [0, 1], **given}
    headers = {"Content-Type": "application/json"}
    return await call(bench, "POST", "auth/login?allow_anonymous=true", headers, json.dumps(said).encode())


async def known(bench: Bench, system: str = PROVINCE) -> dict[str, str]:
    """The three headers of a system that has logged in."""
    token = (await login(bench, system)).json["data"]["token"]
    return {"Authorization": f"Bearer {token}", "X-SystemId": system, "X-SecretKey": SECRETS[system]}


def form(file: bytes, kind: str = "edoc", name: str = "edocFile", filename: str = "a.edxml") -> tuple[str, bytes]:
    parts = [
        f'Content-Disposition: form-data; name="messageType"\r\n\r\n{kind}'.encode(),
        f'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'.encode()
        + b"Content-Type: application/xml\r\n\r\n"
        + file,
    ]
    body = b"".join(b"--xyz\r\n" + part + b"\r\n" for part in parts) + b"--xyz--\r\n"
    return "multipart/form-data; boundary=xyz", body


async def send(bench: Bench, file: bytes, system: str = OFFICE, kind: str = "edoc", **given: str) -> dict[str, Any]:
    content_type, body = form(file, kind, **given)
    headers = {**await known(bench, system), "Content-Type": content_type}
    return (await call(bench, "POST", "sendEdoc", headers, body)).json


async def listed(bench: Bench, headers: dict[str, str], kind: str = "edoc") -> dict[str, Any]:
    days = f"messageType={kind}&fromDate=2026/11/01&toDate=2026/11/30"
    return (await call(bench, "GET", f"syncReceivedEdocList?{days}", headers)).json


async def update(bench: Bench, headers: dict[str, str], doc_id: str, word: str) -> dict[str, Any]:
    body = json.dumps({"docId": doc_id, "status": word}).encode()
    return (await call(bench, "POST", "updateStatus", {**headers, "Content-Type": "application/json"}, body)).json


@pytest.mark.parametrize("edoc", ["base64", "plain"])
async def test_a_document_comes_goes_and_is_answered_over_the_same_records(tmp_path: Path, edoc: str) -> None:
    document = packet(to=(HOME_AFFAIRS, BINH_SON), pdf=os.urandom(400_000))
    async with running(tmp_path, systems=WITH_USERS, rest_edxml=edoc) as bench:
        sent = await send(bench, document)
        ours = await known(bench)
        rows = await listed(bench, ours)
        got = (await call(bench, "GET", f"getEdoc?docId={rows['data'][0]['docId']}", ours)).json
        by_vxp = await bench.waiting()
        answered = await send(bench, status(document, "03"), PROVINCE, "status")
        assert (await update(bench, ours, rows["data"][0]["docId"], "done"))["success"]
        left, theirs = await listed(bench, ours), await listed(bench, await known(bench, OFFICE), "status")
        records = bench.records()
    assert sent["docId"] == records[0].sender_doc_id
    assert (rows["success"], rows["count"]) == (True, 2)
    assert [row["docId"] for row in rows["data"]] == [row["docId"] for row in by_vxp]
    assert rows["data"][0].keys() == {
        "serviceType", "createdTime", "updatedTime", "messageType", "docId", "from", "to", "status", "statusDesc",
    }  # fmt: skip
    text = got["data"]["edxml"]
    body = edxml.read(BytesIO(base64.b64decode(text) if edoc == "base64" else text.encode())).body
    assert body.sender.id == OFFICE == got["data"]["from"]
    assert answered["success"]
    assert (left["count"], theirs["count"]) == (1, 1)
    assert [step.status for step in records[0].steps] == ["initial", "done"]
    assert records[2].answer == "03"


async def test_who_is_let_in(tmp_path: Path) -> None:
    async with running(tmp_path, systems=WITH_USERS, rest_token=0.4) as bench:
        ours = await known(bench)
        assert (await listed(bench, ours))["success"]
        for wrong in (
            {"Authorization": ""},
            {"Authorization": "Bearer x"},
            {"Authorization": ours["Authorization"][7:]},
            {"X-SecretKey": "x"},
            {"X-SecretKey": ""},
            {"X-SystemId": OFFICE},
            {"X-SystemId": OFFICE, "X-SecretKey": SECRETS[OFFICE]},
        ):
            path = "syncReceivedEdocList?messageType=edoc&fromDate=2026/11/01&toDate=2026/11/30"
            answer = await call(bench, "GET", path, {**ours, **wrong})
            expected = b"licenseInfo:invalid" if "Authorization" in wrong else b"Unauthorized"
            assert (401, expected) == (answer.http, answer.body)
        await asyncio.sleep(0.5)
        assert 401 == (await call(bench, "GET", "getAgenciesList", ours)).http


@pytest.mark.parametrize(
    "given",
    [{"password": "sai"}, {"password": ""}, {"password": None}, {"username": "ai"}, {"username": ""},
     {"applicationCode": ""}, {"typeObjs": None}],
)  # fmt: skip
async def test_a_login_that_is_none(tmp_path: Path, given: dict[str, Any]) -> None:
    async with running(tmp_path, systems=WITH_USERS) as bench:
        told = (await login(bench, **given)).json
    assert told["data"] is None
    assert told["code"] in (400, 401)


@pytest.mark.parametrize(
    ("file", "given", "code"),
    [
        (b"not xml", {}, "22"),
        (packet(), {"kind": "status"}, "22"),
        (packet(to=("000.00.00.G99",)), {}, "18"),
        (packet(sender="000.00.00.H49"), {}, "19"),
        (packet(), {"name": "file"}, "10"),
        (packet(), {"filename": "a.xml"}, "10"),
        (packet(), {"kind": ""}, "10"),
    ],
)
async def test_what_is_sent_is_checked(tmp_path: Path, file: bytes, given: dict[str, str], code: str) -> None:
    async with running(tmp_path, systems=WITH_USERS) as bench:
        told = await send(bench, file, **given)
        assert bench.records() == []
    assert (told["success"], told["data"]["docId"], told["data"]["status"]) == (False, None, "error")
    assert told["data"]["errorCode"] == code
    assert told["data"]["errorDesc"] == told["message"]


async def test_a_form_without_its_length_or_that_is_none(tmp_path: Path) -> None:
    async with running(tmp_path, systems=WITH_USERS) as bench:
        content_type, body = form(packet())
        theirs = {**await known(bench, OFFICE), "Content-Type": content_type}
        chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        lines = [f"{name}: {value}" for name, value in {**theirs, "Transfer-Encoding": "chunked"}.items()]
        raw = "\r\n".join(["POST /v1/sendEdoc HTTP/1.1", "Host: x", *lines, "", ""]).encode() + chunked
        assert "Unexpected end" in (await asyncio.to_thread(exchange, bench.hub.port, raw)).json["message"]
        plain = {**theirs, "Content-Type": "application/octet-stream"}
        assert (await call(bench, "POST", "sendEdoc", plain, packet())).json["data"]["errorCode"] == "10"
        half = {**theirs, "Content-Type": "multipart/form-data; boundary=other"}
        assert not (await call(bench, "POST", "sendEdoc", half, body)).json["success"]
        assert bench.records() == []


async def test_other_verbs_operations_and_parameters(tmp_path: Path) -> None:
    async with running(tmp_path, systems=WITH_USERS) as bench:
        ours = await known(bench)
        assert 405 == (await call(bench, "GET", "sendEdoc", ours)).http
        assert 404 == (await call(bench, "GET", "getSentEdocList", ours)).http
        assert 404 == (await call(bench, "POST", "auth/other", ours)).http
        assert not (await call(bench, "GET", "syncReceivedEdocList?messageType=edoc", ours)).json["success"]
        assert not (await listed(bench, ours, "x"))["success"]
        assert not (await call(bench, "GET", "getEdoc?docId=x", ours)).json["success"]
        assert not (await update(bench, ours, "x", "done"))["success"]
        await bench.send(packet())
        (row,) = (await listed(bench, ours))["data"]
        assert not (await update(bench, ours, row["docId"], "over"))["success"]
        assert not (await call(bench, "GET", f"getEdoc?docId={row['docId']}", await known(bench, OFFICE))).json[
            "success"
        ]


@pytest.mark.parametrize("shape", ["data", "array"])
async def test_organisations_name_their_parents(tmp_path: Path, shape: str) -> None:
    async with running(tmp_path, systems=WITH_USERS, agencies=100, rest_agencies=shape) as bench:
        bearer = {"Authorization": (await known(bench))["Authorization"]}
        told: Any = json.loads((await call(bench, "GET", "getAgenciesList", bearer)).body)
    rows = {row["orgCode"]: row for row in (told if shape == "array" else told["data"])}
    assert len(rows) >= 100
    assert rows["000.00.01.H01"].keys() == {"orgCode", "orgName", "parentCode", "address", "email", "phone"}
    assert rows["000.00.01.H01"]["parentCode"] == "000.00.00.H01"
    assert rows["000.00.00.H01"]["parentCode"] == ""


async def test_faults_meet_this_shape_too(tmp_path: Path) -> None:
    async with running(tmp_path, systems=WITH_USERS) as bench:
        ours = await known(bench)
        for text, seen in (
            ("html502=1", (502, b"<html>")),
            ("empty=1", (200, b"")),
            ("expired=1", (401, b"licens")),
            ("html200@syncReceivedEdocList=1", (200, b"<html>")),
            ("expired@syncReceivedEdocList=1", (401, b"licens")),
        ):
            bench.hub.switches.set(fault(text))
            path = "syncReceivedEdocList?messageType=edoc&fromDate=2026/11/01&toDate=2026/11/30"
            answer = await call(bench, "GET", path, ours)
            assert seen == (answer.http, answer.body[:6])
            assert (await listed(bench, ours))["success"]
        bench.hub.switches.set(fault("keyless=1"))
        assert "success" not in await listed(bench, ours)
        bench.hub.switches.set(fault("refuse=1"))
        assert (await listed(bench, ours))["data"]["errorCode"] == "20"
        bench.hub.switches.set(fault("no-docid=1"))
        assert "docId" not in (await send(bench, packet()))["data"]
        assert bench.records() == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("A: {name: a, secret: b, username: c}", "needs a password"),
        ("A: {name: a, secret: b, password: c}", "no username"),
        ("A: {name: a, secret: b, username: 7, password: c}", "username is a text"),
        (
            "A: {name: a, secret: b, username: c, password: d}\nB: {name: a, secret: b, username: c, password: e}",
            "already",
        ),
    ],
)
def test_users_in_systems_yaml(tmp_path: Path, line: str, why: str) -> None:
    path = tmp_path / "systems.yaml"
    path.write_text(line)
    with pytest.raises(ConfigError) as refused:
        load_systems(path)
    assert why in str(refused.value)


def test_a_user_is_read(tmp_path: Path) -> None:
    path = tmp_path / "systems.yaml"
    path.write_text('000.00.00.H48: {name: Tỉnh, secret: "b", username: tinh, password: "mat-khau"}\n')
    (system,) = load_systems(path)
    assert ("tinh", "mat-khau") == (system.username, system.password.get_secret_value())
    assert "mat-khau" not in repr(system)
