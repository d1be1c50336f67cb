"""An attachment of 300 MB passes reader, writer and decoder in little memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
MEGABYTES = 300
#: the process itself: it alone is measured
SCRIPT = """
import hashlib, json, os, resource, sys
from datetime import date
from pathlib import Path
from hub.standards import edxml
from hub.vocabulary import Document, Organization, Trace

class Chunks:
    'An iterator of bytes as a file that cannot seek; counts what it gave.'
    def __init__(self, blocks): self.blocks, self.rest, self.hash = blocks, b'', hashlib.sha256()
    def read(self, size):
        while not self.rest:
            block = next(self.blocks, None)
            if block is None: return b''
            self.rest = block
        piece, self.rest = self.rest[:size], self.rest[size:]
        self.hash.update(piece)
        return piece

def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

body, stored = Path(sys.argv[1]), Path(sys.argv[2])
document = Document(Organization('A'), (Organization('B'),), 'id', '1', 'X', date(2026, 3, 2), 'subject')
small = b''.join(edxml.compose(document, []))
before = peak()
with stored.open('wb') as out:
    for block in edxml.compose(document, [edxml.File('a.pdf', lambda: body.open('rb'))]): out.write(block)
with stored.open('rb') as source:
    packet = edxml.read(source)
(attached,) = packet.body.attachments
with stored.open('rb') as source:
    again = edxml.read(Chunks(edxml.write(packet.body, source, (Trace('C', 't'),))))
decoded, whole = hashlib.sha256(), 0
with stored.open('rb') as source:
    for block in edxml.decode(source, attached):
        decoded.update(block); whole += len(block)
print(json.dumps({
    'grown': peak() - before, 'size': attached.size, 'digest': attached.digest, 'decoded': decoded.hexdigest(),
    'whole': whole, 'again': again.body.attachments[0].digest, 'trace': len(again.body.trace),
}))
"""


def test_300_megabytes_in_less_than_64_of_memory(tmp_path: Path) -> None:
    body, stored = tmp_path / "body.pdf", tmp_path / "stored.edxml"
    block = b"%PDF-1.7" + os.urandom(1024 * 1024 - 8)
    with body.open("wb") as file:
        for _ in range(MEGABYTES):
            file.write(block)
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(body), str(stored)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
        text=True,
    )
    body.unlink()
    stored.unlink()
    seen = json.loads(run.stdout)
    assert seen["size"] == seen["whole"] == MEGABYTES * 1024 * 1024
    assert seen["digest"] == seen["decoded"] == seen["again"]
    assert seen["trace"] == 1
    assert seen["grown"] < 64 * 1024 * 1024
