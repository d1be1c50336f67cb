"""A bare client of a central hub: one loop that takes what waits and answers each document with 01 and 03.

Lists, downloads, syncs each packet, commits, confirms; then writes each answer down, sends it, and writes down that it
went. Batches as the hub's, one connection, no reader, no rules, no people.

    python bare_central.py HOME URL        prints `ready`, then works until it is killed
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from ceiling import commit, sync_folder
from central_packets import OURS, PROVINCE, SECRETS, answer, number_of

from hub.standards import vxp

BATCH = 32
_SCHEMA = (
    "CREATE TABLE taken (doc_id TEXT PRIMARY KEY, digest TEXT NOT NULL)",
    "CREATE TABLE answer (name TEXT PRIMARY KEY, packet BLOB NOT NULL)",
    "CREATE TABLE went (name TEXT PRIMARY KEY, doc_id TEXT NOT NULL)",
)


class Loop:
    """The client, its ledger and its folder."""

    def __init__(self, home: Path, url: str) -> None:
        base = urlsplit(url)
        self._connection = http.client.HTTPConnection(str(base.hostname), base.port)
        self._bodies = home / "bodies"
        self._bodies.mkdir()
        self._ledger = sqlite3.connect(home / "ledger.db", isolation_level=None)
        self._ledger.execute("PRAGMA journal_mode=WAL")
        self._ledger.execute("PRAGMA synchronous=FULL")
        for statement in _SCHEMA:
            self._ledger.execute(statement)

    def run(self) -> None:
        """Look again and again."""
        while True:
            fields = {"servicetype": "eDoc", "messagetype": "edoc"}
            rows = json.loads(self._call("getReceivedEdocList", fields))["data"]
            for at in range(0, len(rows), BATCH):
                self._carry([row["docId"] for row in rows[at : at + BATCH]])

    def _carry(self, doc_ids: Sequence[str]) -> None:
        """Take a batch, then answer it."""
        taken = [(doc_id, *self._taken(doc_id)) for doc_id in doc_ids]
        sync_folder(self._bodies)
        commit(self._ledger, "INSERT INTO taken VALUES (?, ?)", [(doc_id, digest) for doc_id, digest, _ in taken])
        for doc_id in doc_ids:
            self._call("updateStatus", {"docId": doc_id, "status": "done"})
        answers = {f"{number}/{code}": answer(number, code) for _, _, number in taken for code in ("01", "03")}
        commit(self._ledger, "INSERT INTO answer VALUES (?, ?)", list(answers.items()))
        for name, packet in answers.items():
            commit(self._ledger, "INSERT INTO went VALUES (?, ?)", [(name, self._sent(packet))])

    def _taken(self, doc_id: str) -> tuple[str, int]:
        """The digest and the number of a packet that is on the disk now."""
        packet = self._call("downloadEdoc", {"docId": doc_id, "filePath": "x"})
        with (self._bodies / doc_id).open("wb", buffering=0) as file:
            file.write(packet)
            os.fsync(file.fileno())
        return hashlib.sha256(packet).hexdigest(), number_of(packet)

    def _sent(self, packet: bytes) -> str:
        fields = {
            "servicetype": "eDoc",
            "messagetype": "status",
            "from": OURS,
            "hash-file": vxp.hash_file(hashlib.sha256(packet).digest()),
        }
        return str(json.loads(self._call("sendEdoc", fields, packet + b"\r\n"))["DocId"])

    def _call(self, operation: str, fields: Mapping[str, str], body: bytes = b"") -> bytes:
        call = vxp.request(operation, PROVINCE, SECRETS[PROVINCE], datetime.now(UTC), fields)
        headers = {name: value for name, value in call.headers.items() if name.lower() != "expect"}
        self._connection.request(call.method, call.path, body or call.body or None, headers)
        return self._connection.getresponse().read()


if __name__ == "__main__":
    loop = Loop(Path(sys.argv[1]), sys.argv[2])
    print("ready", flush=True)
    loop.run()
