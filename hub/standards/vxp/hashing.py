"""hash-file: the SHA-256 of what sendEdoc carries, in the SDK's hex and in everybody's (facts 3.4)."""

from __future__ import annotations

import hmac


def hash_file(digest: bytes) -> str:
    """As the SDK writes it: hex in which each byte below 16 has one digit. 32 bytes give 32 to 64 digits."""
    return "".join(f"{byte:x}" for byte in digest)


def is_hash_of(text: str, digest: bytes) -> bool:
    """Whether a hash-file header says this digest, in the SDK's form or in plain hex."""
    said = text.strip().lower().encode("utf-8", "surrogateescape")
    return any(hmac.compare_digest(said, form.encode()) for form in (hash_file(digest), digest.hex()))
