"""The office's calls of the axis, byte for byte against what the vendor's own client sent."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.counterparts.eoffice.sdk import NOTHING, Answer, Sdk, short

CAPTURE = Path(__file__).parents[1] / "data" / "vxp" / "wire-capture-sdk-2.0.1.txt"
PACKET = '<?xml version="1.0" encoding="UTF-8"?>\n<edXML xmlns="x">Đ</edXML>'.encode()
OK = b'{"status":"OK","ErrorCode":"0","ErrorDesc":"","DocId":"7","data":[]}'


def captured(operation: str) -> str:
    parts = CAPTURE.read_text(encoding="utf-8").split("=====\n")
    return next(part for part in parts if f"/base/{operation} HTTP" in part)


def at(text: str) -> datetime:
    """A timestamp of the capture."""
    moment, _, milliseconds = text.partition("+")
    local = datetime.strptime(moment, "%d%m%YT%H%M%S").replace(tzinfo=timezone(timedelta(hours=7)))
    return local + timedelta(milliseconds=int(milliseconds))


class Ear:
    """Hears requests on a socket, and answers each with the next of `answers`, the last one for ever."""

    def __init__(self, *answers: bytes) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.heads: list[str] = []
        self.bodies: list[bytes] = []
        self._answers = list(answers)

    def listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self._hear(connection)

    def _hear(self, connection: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(1 << 16)
        head, _, body = data.partition(b"\r\n\r\n")
        lines = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        if lines.get("Expect") and not body:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while len(body) < int(lines.get("Content-Length", "0")) and (more := connection.recv(1 << 16)):
            body += more
        self.heads.append(head.decode().replace(f":{self.port}", ":18999"))
        self.bodies.append(body)
        connection.sendall(self._answers.pop(0) if len(self._answers) > 1 else self._answers[0])

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def http(body: bytes, more: str = "") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


@contextmanager
def hearing(*answers: bytes) -> Iterator[Ear]:
    ear = Ear(*(answers or (http(OK),)))
    thread = threading.Thread(target=ear.listen, daemon=True)
    thread.start()
    try:
        yield ear
    finally:
        ear.close()
        thread.join(5)


def sdk(ear: Ear, operation: str = "getReceivedEdocList") -> Sdk:
    """A service object that was made when the captured one was."""
    head = captured(operation)
    stamp = head.split("XroadVnpt-timestamp: ")[1].split("\n")[0]
    return Sdk(f"http://127.0.0.1:{ear.port}/base", "000.00.00.H48", "test-secret-123", at(stamp), patience=10)


CALLS: dict[str, Callable[[Sdk], object]] = {
    "getReceivedEdocList": lambda made: made.received("edoc"),
    "updateStatus": lambda made: made.update("d1", "done"),
    "getEdoc": lambda made: made.fetch("d1"),
    "downloadEdoc": lambda made: made.download("d2"),
    "getAgenciesList": lambda made: made.agencies(),
    "countReceiveEdoc": lambda made: made.call("countReceiveEdoc", {}, b"{}"),
    "getSentEdocList": lambda made: made.call(
        "getSentEdocList", {"servicetype": "eDoc", "messagetype": "edoc", "docId": "d1"}
    ),
    "sendEdoc": lambda made: made.send("000.00.00.H48", "edoc", PACKET, ("000.00.01.H48", "000.00.02.H48")),
}


@pytest.mark.parametrize("operation", CALLS)
def test_it_calls_as_the_vendors_client_does(operation: str) -> None:
    with hearing() as ear:
        CALLS[operation](sdk(ear, operation))
    wanted = captured(operation).partition("\n\n")[0]
    assert ear.heads[0].split("\r\n") == wanted.split("\n")
    assert ear.bodies[0] == {"sendEdoc": PACKET + b"\r\n"}.get(operation, b"{}" if "Length: 2" in wanted else b"")


def test_headers_of_earlier_calls_stay_and_the_timestamp_too() -> None:
    with hearing() as ear:
        made = sdk(ear)
        made.send("000.00.00.H48", "edoc", PACKET)
        made.fetch("d1")
        made.received("status")
    keys = [head.split("sign-header-key: ")[1].split("\r\n")[0] for head in ear.heads]
    assert keys[2] == ("systemid;servicetype;messagetype;hash-file;docId;filePath;from;timestamp;Content-Type")
    assert len({head.split("timestamp: ")[1].split("\r\n")[0] for head in ear.heads}) == 1
    assert f"XroadVnpt-hash-file: {short(PACKET)}" in ear.heads[2]


@pytest.mark.parametrize(
    "answer",
    [http(b"<html>502</html>"), b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", http(b'{"data":'), b""],
)
def test_what_is_no_json_is_read_as_an_empty_list(answer: bytes) -> None:
    with hearing(answer) as ear:
        got, rows = sdk(ear).received("edoc")
    assert rows == []
    assert got.fields is None
    assert not got.well


def test_packed_answers_are_unpacked_and_a_missing_part_is_null() -> None:
    packed = http(gzip.compress(OK), "Content-Encoding: gzip\r\n")
    with hearing(packed, http(b'{"status":"OK","ErrorCode":"0"}')) as ear:
        made = sdk(ear)
        assert made.update("d1", "done").told["DocId"] == "7"
        assert made.update("d1", "done").fields is None


def test_nobody_there_is_nothing() -> None:
    made = Sdk("http://127.0.0.1:1", "000.00.00.H48", "s", datetime.now(UTC))
    assert made.update("d1", "done") == NOTHING == Answer(0)
