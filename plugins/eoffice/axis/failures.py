"""What a call is told where nothing came of it: a code of facts 3.6, and ASCII text."""

from __future__ import annotations

from hub import NoRoom, Refused, StorageError

#: facts 3.6; the list is one province's, and taken for all.
INVALID, CREDENTIALS, NO_RECIPIENT, NOT_REGISTERED = "10", "15", "18", "19"
SYSTEM, DAMAGED, NOT_EDXML = "20", "21", "22"
STARTING = "Trục đang khởi động, xin gọi lại sau."

#: Our refusals by their codes; whatever else the hub does not take is an invalid file: it is not to come again.
_CODES = {"wrong-sender": NOT_REGISTERED, "unknown-addressee": NO_RECIPIENT, "too-large": INVALID, "secret": INVALID}


class Failed(Exception):
    """A call that fails. `code` as in facts 3.6, `text` as people read it: it is written in ASCII later."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text = code, text


def of_reading(refused: Refused) -> Failed:
    """What nobody can read as a packet."""
    return Failed(_CODES.get(refused.code, NOT_EDXML), _said(refused))


def of_verdict(refused: Refused) -> Failed:
    """What the hub does not take."""
    return Failed(_CODES.get(refused.code, INVALID), _said(refused))


def of_storage(error: StorageError) -> Failed:
    """What it may take later."""
    full = isinstance(error, NoRoom)
    return Failed(SYSTEM, "Trục tạm hết chỗ lưu, xin gửi lại sau." if full else "Trục đang bận, xin gửi lại sau.")


def _said(refused: Refused) -> str:
    return f"{refused.reason} ({refused.where})" if refused.where else refused.reason
