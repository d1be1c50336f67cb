"""Rows into documents and back, values and their forms, errors and what they mean: the parts that touch nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pymysql
import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
)
from sqlalchemy.exc import DBAPIError

from hub import Deferred, Refused
from plugins.eoffice.tables import values
from plugins.eoffice.tables.failures import CommitLost, Kind, kind_of, trouble
from plugins.eoffice.tables.forms import parsed, written
from plugins.eoffice.tables.mapping import TableMapping

MAPPING = TableMapping.model_validate(
    {
        "date": ["dd/MM/yyyy", "yyyy-MM-dd"],
        "time": ["dd/MM/yyyy HH:mm:ss"],
        "urgencies": {"HT": 3, "TT": 0},
        "statuses": {"DEN": "01", "3": 3},
    }
)
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


def column(kind: Any, **more: Any) -> Column[Any]:
    made: Column[Any] = Column("cot", kind, **more)
    Table("bang", MetaData(), made)
    return made


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, ""),
        (7, "7"),
        (7.0, "7"),
        (Decimal("7.000"), "7"),
        (Decimal("7.5"), "7.5"),
        (True, "1"),
        (b"abc ", "abc"),
        (" e\u0302\u0301 ", "ế"),
    ],
)
def test_what_a_column_says_as_text(value: object, said: str) -> None:
    assert values.text(value) == said


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (date(2026, 11, 24), date(2026, 11, 24)),
        (datetime(2026, 11, 24, 23, 59), date(2026, 11, 24)),  # noqa: DTZ001 - as columns hold it
        (datetime(2026, 11, 23, 18, 0, tzinfo=UTC), date(2026, 11, 24)),
        ("24/11/2026", date(2026, 11, 24)),
        ("2026-11-24", date(2026, 11, 24)),
        ("24/11/2026 00:30:00", date(2026, 11, 24)),
        ("", None),
        (None, None),
    ],
)
def test_a_day_however_it_is_kept(value: object, meant: date | None) -> None:
    assert values.day(value, "NGAY", MAPPING) == meant


@pytest.mark.parametrize("value", ["11/24/2026", "hôm qua", "2026", 20261124])
def test_a_day_that_nobody_can_read_is_refused_with_its_column(value: object) -> None:
    with pytest.raises(Refused, match="NGAY") as caught:
        values.day(value, "NGAY", MAPPING)
    assert caught.value.code == "tables-value"


def test_a_time_without_a_zone_is_meant_in_vietnam() -> None:
    assert values.moment(datetime(2026, 11, 24, 12, 0), "GIO", MAPPING) == NOON  # noqa: DTZ001 - as columns hold it
    assert values.moment("24/11/2026 12:00:00", "GIO", MAPPING) == NOON


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        (Date(), date(2026, 11, 24), date(2026, 11, 24)),
        (Date(), datetime(2026, 11, 23, 18, 0, tzinfo=UTC), date(2026, 11, 24)),
        (DateTime(), NOON, datetime(2026, 11, 24, 12, 0)),  # noqa: DTZ001 - as columns hold it
        (String(20), NOON, "24/11/2026 12:00:00"),
        (String(20), date(2026, 11, 24), "24/11/2026"),
        (String(20), 7, "7"),
        (String(20), "", None),
        (Integer(), "7", 7),
        (Integer(), "", None),
        (BigInteger(), True, 1),
        (Numeric(), "7", Decimal(7)),
        (Boolean(), 1, True),
        (LargeBinary(), "ế", "ế".encode()),
    ],
)
def test_a_value_as_each_kind_of_column_takes_it(kind: Any, value: object, kept: object) -> None:
    assert values.stored(value, column(kind), MAPPING) == kept


def test_a_time_in_a_column_that_knows_zones_keeps_its_zone() -> None:
    assert values.stored(NOON, column(DateTime(timezone=True)), MAPPING) == NOON


def test_an_empty_text_where_null_is_forbidden_stays_a_text() -> None:
    assert values.stored("", column(String(5), nullable=False), MAPPING) == ""


@pytest.mark.parametrize(("kind", "value"), [(Integer(), "52/TTr"), (Date(), "24/11"), (Boolean(), "x")])
def test_a_value_that_a_column_cannot_hold_is_the_mappings_fault(kind: Any, value: object) -> None:
    with pytest.raises(Deferred, match="sửa ánh xạ"):
        values.stored(value, column(kind), MAPPING)


def test_a_text_that_is_too_long_is_refused_and_our_own_is_cut() -> None:
    with pytest.raises(Refused, match="5 ký tự"):
        values.stored("123456", column(String(5)), MAPPING)
    assert values.stored("123456", column(String(5)), MAPPING, cut=True) == "12345"


@pytest.mark.parametrize(("value", "meant"), [("HT", 3), ("TT", 0), (2, 2), (None, 0)])
def test_their_urgency_by_its_table_of_values(value: object, meant: int) -> None:
    assert values.number(value, "DK", MAPPING.urgencies, 4, "Độ khẩn") == meant


def test_ours_in_their_words() -> None:
    assert (values.theirs(3, MAPPING.urgencies), values.theirs(1, MAPPING.urgencies)) == ("HT", "1")
    assert MAPPING.statuses == {"DEN": "01", "3": "03"}


def test_forms_read_and_write_what_they_say() -> None:
    assert parsed("24/11/2026", ["yyyy-MM-dd", "dd/MM/yyyy"]) == datetime(2026, 11, 24)  # noqa: DTZ001 - no zone yet
    assert written(datetime(2026, 1, 2, 3, 4, 5), "yyyy-MM-ddTHH:mm:ss") == "2026-01-02T03:04:05"  # noqa: DTZ001 - the same


class _Said(Exception):
    """What a driver raises."""

    def __init__(self, *args: object, sqlstate: str | None = None) -> None:
        super().__init__(*args)
        self.sqlstate = sqlstate


def _raised(*args: object, sqlstate: str | None = None) -> DBAPIError:
    return DBAPIError("INSERT", {"secret": "value"}, _Said(*args, sqlstate=sqlstate))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (_raised("x", sqlstate="28P01"), Kind.LOGIN),
        (_raised("x", sqlstate="3D000"), Kind.ABSENT),
        (_raised("x", sqlstate="42501"), Kind.DENIED),
        (_raised("x", sqlstate="42703"), Kind.SCHEMA),
        (_raised("x", sqlstate="23502"), Kind.SCHEMA),
        (_raised("x", sqlstate="23505"), Kind.TAKEN),
        (_raised("x", sqlstate="23503"), Kind.VALUE),
        (_raised("x", sqlstate="22001"), Kind.VALUE),
        (_raised("x", sqlstate="40P01"), Kind.LOCKED),
        (_raised("x", sqlstate="55P03"), Kind.LOCKED),
        (_raised("x", sqlstate="53100"), Kind.FULL),
        (_raised("x", sqlstate="25006"), Kind.READ_ONLY),
        (_raised("x", sqlstate="57014"), Kind.SLOW),
        (_raised("x", sqlstate="57P01"), Kind.GONE),
        (_raised("x", sqlstate="25P03"), Kind.GONE),
        (_raised("x", sqlstate="XX000"), Kind.OTHER),
        (_raised(1045, "x"), Kind.LOGIN),
        (_raised(1205, "x"), Kind.LOCKED),
        (_raised(1213, "x"), Kind.LOCKED),
        (_raised(1114, "The table is full"), Kind.FULL),
        (_raised(1146, "x"), Kind.SCHEMA),
        (_raised(1364, "x"), Kind.SCHEMA),
        (_raised(1406, "x"), Kind.VALUE),
        (_raised(1062, "x"), Kind.TAKEN),
        (_raised(2013, "x"), Kind.GONE),
        (_raised(1290, "x"), Kind.READ_ONLY),
        (_raised("FATAL:  password authentication failed for user"), Kind.LOGIN),
        (_raised('FATAL:  database "x" does not exist'), Kind.ABSENT),
        (DBAPIError("x", {}, pymysql.err.OperationalError("gone")), Kind.GONE),
        (_raised("nobody knows"), Kind.OTHER),
    ],
)
def test_what_an_error_of_a_database_is(error: Exception, kind: Kind) -> None:
    assert kind_of(error) is kind


def test_an_error_of_a_commit_leaves_it_open_unless_it_says_that_all_is_undone() -> None:
    assert isinstance(trouble(_raised(2013, "x"), ending=True), CommitLost)
    assert isinstance(trouble(_raised("x", sqlstate="XX000"), ending=True), CommitLost)
    assert not isinstance(trouble(_raised("x", sqlstate="23503"), ending=True), CommitLost)
    assert not isinstance(trouble(_raised(1213, "x"), ending=True), CommitLost)


def test_no_value_and_no_statement_is_in_the_words_of_an_error() -> None:
    said = str(trouble(_raised("first line\nDETAIL: Key (a)=(b)", sqlstate="23505")))
    assert said == "Giá trị đã có trong bảng của đơn vị: first line"


@pytest.mark.parametrize(
    ("kind", "end"), [(Kind.VALUE, Refused), (Kind.TAKEN, Refused), (Kind.LOCKED, Deferred), (Kind.SCHEMA, Deferred)]
)
def test_what_an_error_means_to_a_send(kind: Kind, end: type[Exception]) -> None:
    error = next(
        each
        for each in (_raised(1406, "x"), _raised(1062, "x"), _raised(1205, "x"), _raised(1146, "x"))
        if kind_of(each) is kind
    )
    assert isinstance(trouble(error).as_end(), end)


_ENDS = [
    datetime.fromisoformat("0001-01-01"),
    "0001-01-01 00:00:00",
    datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
]


@pytest.mark.parametrize("value", _ENDS)
def test_a_day_at_the_end_of_the_calendar_is_that_rows_fault_alone(value: object) -> None:
    with pytest.raises(Refused, match="không đọc được"):
        values.day(value, "NGAY", TableMapping())


@pytest.mark.parametrize("value", [Decimal("NaN"), float("inf"), float("nan")])
def test_what_is_no_number_is_a_text(value: object) -> None:
    assert str(value) == values.text(value)


def test_a_number_of_thousands_of_digits_is_none() -> None:
    with pytest.raises(Refused, match="không đọc được"):
        values.number("9" * 5000, "TRANG", {}, 10**6, "Số trang")
