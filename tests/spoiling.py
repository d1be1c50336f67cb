"""What a failing disk does to what is stored."""

from __future__ import annotations

from pathlib import Path

from hub import Delivery, Document


def spoil(blobs: Path, delivery: Delivery) -> None:
    """Change one letter of its first file: still base64, still a packet that anybody would read."""
    body, path = delivery.envelope.body, blobs / delivery.envelope.blob.digest
    assert isinstance(body, Document)
    content, at = bytearray(path.read_bytes()), body.attachments[0].offset
    content[at : at + 1] = b"B" if content[at : at + 1] == b"A" else b"A"
    path.chmod(0o600)
    path.write_bytes(content)
