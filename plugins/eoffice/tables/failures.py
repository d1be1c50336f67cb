"""What a database's errors mean, in words for the admin. Pure.

PostgreSQL says a SQLSTATE, MariaDB and MySQL a number; the longest beginning of the code that is known counts.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Any

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from hub import Deferred, OutcomeUnknown, Refused

#: Characters of the database's own words that are kept.
_LONGEST = 200


class Kind(StrEnum):
    """What is wrong, as the admin reads it."""

    LOGIN = "Cơ sở dữ liệu của đơn vị không nhận tên hoặc mật khẩu"
    ABSENT = "Máy chủ không có cơ sở dữ liệu này"
    DENIED = "Tài khoản của hub chưa được cấp quyền trong cơ sở dữ liệu của đơn vị"
    GONE = "Không kết nối được cơ sở dữ liệu của đơn vị"
    SLOW = "Cơ sở dữ liệu của đơn vị trả lời quá chậm"
    LOCKED = "Phần mềm của đơn vị đang khóa dòng hoặc bảng"
    FULL = "Cơ sở dữ liệu của đơn vị đã đầy hoặc quá tải"
    READ_ONLY = "Cơ sở dữ liệu của đơn vị đang chỉ cho đọc"
    SCHEMA = "Ánh xạ không khớp với bảng của đơn vị"
    TAKEN = "Giá trị đã có trong bảng của đơn vị"
    VALUE = "Cơ sở dữ liệu của đơn vị không nhận giá trị"
    OTHER = "Cơ sở dữ liệu của đơn vị báo lỗi"


#: What a person must decide: the same again would fail again.
_FINAL = frozenset({Kind.VALUE, Kind.TAKEN})
#: What concerns everything, not the one row at hand.
OUTAGES = frozenset(
    {Kind.LOGIN, Kind.ABSENT, Kind.GONE, Kind.SLOW, Kind.FULL, Kind.READ_ONLY, Kind.SCHEMA, Kind.DENIED}
)

_POSTGRESQL = MappingProxyType(
    {
        "08": Kind.GONE,
        "57": Kind.GONE,
        "25P0": Kind.GONE,
        "57014": Kind.SLOW,
        "28": Kind.LOGIN,
        "3D": Kind.ABSENT,
        "53": Kind.FULL,
        "40": Kind.LOCKED,
        "55": Kind.LOCKED,
        "25006": Kind.READ_ONLY,
        "42": Kind.SCHEMA,
        "42501": Kind.DENIED,
        "22": Kind.VALUE,
        "23": Kind.VALUE,
        "23502": Kind.SCHEMA,
        "23505": Kind.TAKEN,
    }
)
_MARIADB = MappingProxyType(
    {
        Kind.LOGIN: (1045, 1698, 1820, 1862),
        Kind.ABSENT: (1049,),
        Kind.DENIED: (1044, 1142, 1143, 1227, 1370),
        Kind.GONE: (
            1053,
            1077,
            1079,
            1080,
            1152,
            1158,
            1159,
            1160,
            1161,
            1184,
            1927,
            2000,
            2002,
            2003,
            2006,
            2013,
            2055,
        ),
        Kind.SLOW: (1317, 1969, 3024),
        Kind.LOCKED: (1099, 1100, 1205, 1213, 1223, 3572),
        Kind.FULL: (3, 28, 1021, 1026, 1030, 1037, 1040, 1041, 1114, 1135, 1203, 1226),
        Kind.READ_ONLY: (1036, 1290, 1792, 1836),
        Kind.SCHEMA: (1048, 1051, 1054, 1064, 1109, 1136, 1146, 1364),
        Kind.VALUE: (1118, 1153, 1216, 1264, 1265, 1292, 1366, 1367, 1406, 1411, 1452, 4025, 22001, 22003, 22007),
        Kind.TAKEN: (1022, 1062, 1169, 1586),
    }
)
_NUMBERS = MappingProxyType({number: kind for kind, numbers in _MARIADB.items() for number in numbers})
#: What PostgreSQL says while a connection is made has no code.
_WORDS = (
    ("authentication failed", Kind.LOGIN),
    ("no pg_hba.conf entry", Kind.LOGIN),
    ("no password supplied", Kind.LOGIN),
    ('" does not exist', Kind.ABSENT),
    ("too many", Kind.FULL),
    ("remaining connection slots", Kind.FULL),
)


class Trouble(Exception):
    """A call of the database did not succeed, and what it did is undone. The text is for people."""

    def __init__(self, kind: Kind, detail: str) -> None:
        super().__init__(f"{kind}: {detail}" if detail else str(kind))
        self.kind = kind

    @property
    def is_outage(self) -> bool:
        """Whether the next row would meet it too."""
        return self.kind in OUTAGES

    def as_end(self) -> Deferred | Refused:
        """What it means to a send."""
        if self.kind in _FINAL:
            return Refused("tables-refused", f"{self}.")
        return Deferred(str(self))


class CommitLost(Trouble):
    """The connection broke while a transaction was ended: nobody knows whether it counts."""

    def as_unknown(self) -> OutcomeUnknown:
        """What it means to a send."""
        return OutcomeUnknown(f"không rõ cơ sở dữ liệu của đơn vị đã ghi hay chưa: {self}")


def trouble(error: SQLAlchemyError, *, ending: bool = False) -> Trouble:
    """What an error of the driver is; `ending`: it came out of a commit."""
    kind, detail = kind_of(error), _detail(error)
    undone = kind in _FINAL or kind in (Kind.LOCKED, Kind.SCHEMA, Kind.DENIED, Kind.READ_ONLY)
    return CommitLost(kind, detail) if ending and not undone else Trouble(kind, detail)


def kind_of(error: BaseException) -> Kind:
    """What is wrong by the code that the database gives, else by its words."""
    original: Any = error.orig if isinstance(error, DBAPIError) else error
    numbers = [each for each in getattr(original, "args", ())[:1] if isinstance(each, int)]
    if numbers:
        # MariaDB's driver says a SQLSTATE too, which tells less.
        return _NUMBERS.get(numbers[0], Kind.OTHER)
    state = getattr(original, "sqlstate", None)
    if isinstance(state, str):
        known = [code for code in _POSTGRESQL if state.startswith(code)]
        return _POSTGRESQL[max(known, key=len)] if known else Kind.OTHER
    return _by_words(error, str(original))


def _by_words(error: BaseException, said: str) -> Kind:
    for words, kind in _WORDS:
        if words in said:
            return kind
    broken = isinstance(error, DBAPIError) and error.connection_invalidated
    unasked = type(getattr(error, "orig", None)).__name__ in _BREAKS
    return Kind.GONE if broken or unasked else Kind.OTHER


_BREAKS = frozenset({"OperationalError", "InterfaceError", "ConnectionTimeout"})


def _detail(error: BaseException) -> str:
    """The first line of the database's own words; never the statement, never its values."""
    original: Any = error.orig if isinstance(error, DBAPIError) else error
    words = [str(each) for each in getattr(original, "args", ()) if str(each).strip()]
    line = " ".join(words).strip().splitlines()[0] if words else type(original).__name__
    return "".join(sign if sign.isprintable() else " " for sign in line[:_LONGEST])
