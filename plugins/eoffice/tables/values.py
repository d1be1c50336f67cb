"""Single values on their way out of a database's row and into one. Pure.

Days and times without a zone are those of the mapping's zone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, Column, Date, DateTime, LargeBinary, Numeric, String

from hub import Deferred, Refused
from plugins.eoffice.tables.forms import parsed, written
from plugins.eoffice.tables.mapping import TableMapping

#: Characters of a value that a message shows.
_SHOWN = 60
#: More digits make no number of anything here.
_DIGITS = 20


def folded(code: str) -> str:
    """The form in which codes of organisations are compared."""
    return "".join(code.split()).upper()


def text(value: object) -> str:
    """What a column says: trimmed, NFC, whole numbers without a fraction; "" for NULL."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float | Decimal) and isfinite(value) and value == int(value):
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip()
    return unicodedata.normalize("NFC", str(value)).strip()


def day(value: object, column: str, mapping: TableMapping) -> date | None:
    """The day that a column says; None for NULL. Raises Refused."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    found = moment(value, column, mapping)
    return _in_zone(found, ZoneInfo(mapping.zone), column).date() if found else None


def moment(value: object, column: str, mapping: TableMapping) -> datetime | None:
    """The moment that a column says, aware, UTC; None for NULL. Raises Refused."""
    zone = ZoneInfo(mapping.zone)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        said = text(value)
        if not said:
            return None
        value = parsed(said, [*mapping.time, *mapping.date])
        if value is None:
            forms = ", ".join([*mapping.date, *mapping.time])
            raise unreadable("Ngày giờ", said, column, f"viết theo dạng {forms}")
    return _in_zone(value if value.tzinfo else value.replace(tzinfo=zone), UTC, column)


def _in_zone(value: datetime, zone: tzinfo, column: str) -> datetime:
    """Raises Refused of a day at either end of the calendar, with which software says that there is none."""
    try:
        return value.astimezone(zone)
    except OverflowError:
        raise unreadable("Ngày giờ", str(value), column, "để trống (NULL) nếu không có ngày") from None


def number(value: object, column: str, table: Mapping[str, int], most: int, what: str) -> int:
    """What their value means by that table of values; without an entry, and NULL, the number itself and 0."""
    said = text(value)
    if said in table:
        return table[said]
    if not said:
        return 0
    if said.isdecimal() and len(said) < _DIGITS and int(said) <= most:
        return int(said)
    raise unreadable(what, said, column, "thêm giá trị này vào ánh xạ")


def theirs(ours: object, table: Mapping[str, Any]) -> str:
    """Their value for one of ours: the first of the table, else ours itself."""
    return next((value for value, meant in table.items() if meant == ours), str(ours))


def unreadable(what: str, said: str, column: str, remedy: str) -> Refused:
    """The refusal of a value that the mapping cannot read."""
    return Refused("tables-value", f"{what} “{said[:_SHOWN]}” ở cột {column} không đọc được: {remedy}.", column)


def stored(value: object, column: Column[Any], mapping: TableMapping, *, cut: bool = False) -> object:
    """A value as that column of theirs takes it; `cut`: a text that is too long is shortened.

    Raises Refused where it does not fit, Deferred where the mapping cannot be meant so.
    """
    kind = column.type
    if value is None or (value == "" and not isinstance(kind, String)):
        return None
    if isinstance(kind, Date | DateTime):
        return _timed(value, column, mapping)
    if isinstance(kind, String):
        return _worded(value, column, mapping, cut=cut)
    if isinstance(kind, LargeBinary):
        return value if isinstance(value, bytes) else str(value).encode()
    return _counted(value, column)


def _timed(value: object, column: Column[Any], mapping: TableMapping) -> date | datetime:
    kind, zone = column.type, ZoneInfo(mapping.zone)
    if isinstance(value, date) and not isinstance(value, datetime):
        return value if isinstance(kind, Date) else datetime.combine(value, time(), _zoned(kind, zone))
    if not isinstance(value, datetime):
        raise Deferred(f"Ánh xạ ghi “{str(value)[:_SHOWN]}” vào cột {column.name}, là cột ngày giờ: sửa ánh xạ.")
    local = value.astimezone(zone)
    return local.date() if isinstance(kind, Date) else local.replace(tzinfo=_zoned(kind, zone))


def _zoned(kind: object, zone: ZoneInfo) -> ZoneInfo | None:
    return zone if getattr(kind, "timezone", False) else None


def _worded(value: object, column: Column[Any], mapping: TableMapping, *, cut: bool) -> str | None:
    said = _shown(value, mapping)
    longest = getattr(column.type, "length", None)
    if longest and len(said) > longest:
        if not cut:
            raise Refused(
                "tables-refused",
                f"Cột {column.table.name}.{column.name} chỉ nhận {longest} ký tự, giá trị dài {len(said)} ký tự.",
                str(column.name),
            )
        said = said[:longest]
    return None if said == "" and column.nullable else said


def _shown(value: object, mapping: TableMapping) -> str:
    if isinstance(value, datetime):
        return written(value.astimezone(ZoneInfo(mapping.zone)), mapping.time[0])
    if isinstance(value, date):
        return written(datetime.combine(value, time()), mapping.date[0])
    return str(value)


def _counted(value: object, column: Column[Any]) -> object:
    """For numbers and what else a database has."""
    kind = column.type
    try:
        if isinstance(kind, Boolean):
            return bool(int(str(value))) if not isinstance(value, bool) else value
        if isinstance(kind, Numeric):
            return Decimal(str(value))
        if kind.python_type is int:
            return int(str(int(value) if isinstance(value, bool) else value))
    except NotImplementedError:
        # SQLAlchemy's word for a type that it knows nothing of: the database itself judges the value.
        return value
    except (ValueError, ArithmeticError):
        said = str(value)[:_SHOWN]
        raise Deferred(f"Ánh xạ ghi “{said}” vào cột {column.name}, là cột số: sửa ánh xạ.") from None
    return value
