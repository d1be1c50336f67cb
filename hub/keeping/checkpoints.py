"""Signed checkpoints: what the chain held at a moment, vouched for by a key, to be kept in a second place."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from pydantic import TypeAdapter

from hub.errors import HubError
from hub.keeping.files import write
from hub.keeping.verifying import Findings, Mark

PREFIX = "checkpoint-"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the ledger held: every writer's newest event, and how many there were."""

    at: str
    events: int
    schema: str
    marks: list[Mark]
    #: id of the key that signs
    key: str


@dataclass(frozen=True, slots=True)
class _Signed:
    checkpoint: Checkpoint
    signature: str


@dataclass(frozen=True, slots=True)
class Kept:
    """The checkpoints of a folder: those that a key vouches for, the oldest first, and what is wrong with others."""

    good: list[Checkpoint]
    bad: list[str]

    @property
    def marks(self) -> list[Mark]:
        """Every event that must be in the ledger."""
        return list(dict.fromkeys(mark for one in self.good for mark in one.marks))

    def bind(self, found: Findings) -> None:
        """Add to what was found what only the checkpoints show."""
        found.bad[:0] = self.bad
        sealed = {mark.writer: mark.seq for one in self.good for mark in one.marks}
        found.unsealed = sum(max(mark.seq - sealed.get(mark.writer, 0), 0) for mark in found.checkpoint)


_SIGNED = TypeAdapter(_Signed)


class Signer:
    """Signs checkpoints. Its `repr` shows no key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.id = key_id(key.public_key())

    def signed(self, marks: Sequence[Mark], schema: str, at: datetime) -> bytes:
        """A checkpoint as it is kept."""
        events = sum(mark.seq for mark in marks)
        said = asdict(Checkpoint(at.isoformat(), events, schema, list(marks), self.id))
        signature = base64.b64encode(self._key.sign(_canonical(said))).decode()
        return json.dumps({"checkpoint": said, "signature": signature}, indent=1).encode() + b"\n"

    def public(self) -> Ed25519PublicKey:
        """What checks its signatures."""
        return self._key.public_key()


def signer(key: str, folder: Path) -> Signer:
    """The one of `checkpoints: {key: ...}`: PEM text, or a file counted from `folder`. Raises HubError."""
    if "PRIVATE KEY" in key:
        return Signer(_private(key.encode(), "checkpoints.key"))
    path = folder / key
    try:
        if path.stat().st_mode & 0o077:
            raise HubError(f"others on this machine may read the key of the checkpoints: chmod 600 {path}")
        return Signer(_private(path.read_bytes(), str(path)))
    except OSError as error:
        raise HubError(f"the key of the checkpoints cannot be read: {error} (hub checkpoints key FILE)") from error


def _private(pem: bytes, name: str) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # What the library says could hold parts of what it read.
        raise HubError(f"{name} holds no private key in PEM form (hub checkpoints key FILE)") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise HubError(f"{name} holds another sort of key, not Ed25519 (hub checkpoints key FILE)")
    return key


def new_key(path: Path) -> str:
    """Make a key: the private one in this file, the public one beside it as FILE.pub. Returns the key's id.

    Raises HubError where either is there already, OSError.
    """
    public = path.with_name(path.name + ".pub")
    if path.suffix == ".yaml":
        raise HubError("a name that ends in .yaml would be copied into backups: take another")
    for file in (path, public):
        if file.exists():
            raise HubError(f"{file} is there already, and a key is never overwritten")
    key = Ed25519PrivateKey.generate()
    write(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    write(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    public.chmod(0o644)
    return key_id(key.public_key())


def public_key(file: Path) -> Ed25519PublicKey:
    """The public key in this file. Raises HubError, OSError."""
    try:
        key = load_pem_public_key(file.read_bytes())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise HubError(f"{file} holds no public key in PEM form") from error
    if not isinstance(key, Ed25519PublicKey):
        raise HubError(f"{file} holds another sort of key, not Ed25519")
    return key


def key_id(key: Ed25519PublicKey) -> str:
    """A key's name: the beginning of its SHA-256."""
    return sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def kept(folder: Path, key: Ed25519PublicKey) -> Kept:
    """Read every checkpoint of a folder. Raises OSError; HubError where there is none at all."""
    found = Kept([], [])
    # By their names the oldest is first.
    for file in sorted(folder.glob(f"{PREFIX}*.json")):
        try:
            found.good.append(_checked(file.read_bytes(), key))
        except ValueError as error:
            found.bad.append(f"{file.name}: {error}")
    if not found.good and not found.bad:
        raise HubError(f"there is no checkpoint in {folder}")
    found.bad.extend(_contradictions(found.good))
    return found


def vouched(folder: Path, signer: Signer) -> list[Mark]:
    """What this signer's newest checkpoint in a folder vouches for; nothing where there is none. Raises OSError."""
    for file in sorted(folder.glob(f"{PREFIX}*.json"), reverse=True):
        with suppress(ValueError):
            return _checked(file.read_bytes(), signer.public()).marks
    return []


def _checked(content: bytes, key: Ed25519PublicKey) -> Checkpoint:
    """A checkpoint whose signature holds. Raises ValueError."""
    try:
        signed = _SIGNED.validate_json(content)
        signature = base64.b64decode(signed.signature, validate=True)
    except (ValueError, binascii.Error):
        raise ValueError("this is no checkpoint that a hub wrote") from None
    if signed.checkpoint.key != key_id(key):
        raise ValueError(f"it is signed by the key {signed.checkpoint.key[:16]}, not by {key_id(key)}")
    try:
        key.verify(signature, _canonical(asdict(signed.checkpoint)))
    except InvalidSignature:
        raise ValueError("its signature is wrong: it was forged or altered") from None
    return signed.checkpoint


def _contradictions(good: Sequence[Checkpoint]) -> Iterator[str]:
    """Two checkpoints that name different events of one number: two ledgers were vouched for by one key."""
    seen: dict[tuple[str, int], str] = {}
    for one in good:
        for mark in one.marks:
            if seen.setdefault((mark.writer, mark.seq), mark.hash) != mark.hash:
                yield f"two checkpoints contradict each other at {mark.writer} {mark.seq} ({one.at}): another ledger"


def _canonical(said: object) -> bytes:
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
