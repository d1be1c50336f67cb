"""calendar.yaml, duties.yaml, and what units.yaml says of duties: read as written, or every mistake at its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path

import pytest

from hub.calendar import Change, Kind, Span
from hub.clock import VIETNAM
from hub.config import Config, load, marks, needs_restart
from hub.connector import Settings
from hub.duties import DEFAULTS, FOR_INFORMATION, Chase, Delegation, Pause, Rule, When
from hub.errors import ConfigError
from hub.kinds import Kinds
from hub.vocabulary import StatusCode, Urgency

HUB = "plugins: [a]\nprovince: {code: 000.00.00.H48, name: UBND tỉnh}\n"
UNITS = """\
units:
  so-nv: {name: Sở Nội vụ, code: 000.00.14.H48, endpoint: {kind: folder}}
  xa-a: {name: UBND xã A, code: 000.00.31.H48, endpoint: {kind: mail}}
  dao: {name: UBND đặc khu B, code: 000.00.34.H48, endpoint: {kind: folder, codes: [02, "03", 6]}}
  vpcp: {name: VPCP, code: 000.00.00.G22, endpoint: {kind: wire, serves: others}}
groups:
  cac-xa: {units: [xa-a, dao]}
"""
EVERY = frozenset(StatusCode)


def connectors(names: Sequence[str]) -> Mapping[str, type[Settings]]:
    able = {"folder": EVERY, "mail": frozenset({"01", "02", "03"}), "wire": EVERY}
    return Kinds(dict.fromkeys(able, Settings), able)


def loaded(folder: Path, calendar: str = "", duties: str = "", units: str = UNITS) -> Config:
    files = {"hub.yaml": HUB, "units.yaml": units, "calendar.yaml": calendar, "duties.yaml": duties}
    for name, text in files.items():
        if text:
            (folder / name).write_text(text, encoding="utf-8")
    return load(folder, connectors, today=date(2026, 11, 23))


def mistakes(folder: Path, calendar: str = "", duties: str = "", units: str = UNITS) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, calendar, duties, units)
    return [str(mistake) for mistake in caught.value.mistakes]


def warnings(folder: Path, calendar: str = "", duties: str = "", units: str = UNITS) -> list[str]:
    return [str(warning) for warning in loaded(folder, calendar, duties, units).warnings]


def closing(config: Config, day: int, unit: str = "", month: int = 11) -> str:
    moment = config.calendar.closing(date(2026, month, day), unit).astimezone(VIETNAM)
    return f"{moment:%d/%m %H:%M}"


# calendar.yaml


def test_without_the_files_what_is_shipped_holds(tmp_path: Path) -> None:
    config = loaded(tmp_path)
    assert config.duties.rules == DEFAULTS
    assert config.duties.for_information == FOR_INFORMATION
    assert closing(config, 23) == "23/11 17:00"
    # the library knows this one
    assert closing(config, 24) == "25/11 17:00"
    assert config.calendar.official == frozenset()
    assert sorted(config.duties.subjects) == ["dao", "so-nv", "xa-a"]


CALENDAR = """\
chinh-thuc: [2026]
gio:
  - tuan: {2-6: [07:00-11:00, 13:30-17:30], 7: 07:00-11:00}
    don-vi: [cac-xa]
    tu: 2026-04-15
    den: 15/10/2026
nghi:
  - 2026-11-24
  - {tu: 2026-02-16, den: 2026-02-20, ten: Tết}
  - {ngay: 2026-12-31, ten: Nghỉ chiều, buoi: chieu}
lam-bu:
  - {ngay: 2026-11-28, ten: Làm bù, don-vi: so-nv}
nghi-bao:
  - {ngay: 2026-11-25, ten: Bão số 13, don-vi: [dao], gio: 10:00-17:00}
"""


def test_a_calendar_is_read_as_written(tmp_path: Path) -> None:
    config = loaded(tmp_path, CALENDAR)
    storm = Change(date(2026, 11, 25), "nghi-bao", "Bão số 13", units=frozenset({"dao"}), period=(time(10), time(17)))
    assert storm in config.calendar.changes
    assert closing(config, 23) == "23/11 17:00"
    assert closing(config, 24) == "25/11 17:00"
    assert closing(config, 25, "dao") == "25/11 10:00"
    assert closing(config, 28) == "30/11 17:00"
    assert closing(config, 28, "so-nv") == "28/11 17:00"
    assert closing(config, 31, month=12) == "31/12 11:30"
    assert closing(config, 16, "so-nv", month=2) == "23/02 17:00"
    assert closing(config, 9, "xa-a", month=5) == "09/05 11:00"
    assert closing(config, 16, "xa-a", month=10) == "16/10 17:00"
    assert config.warnings == ()


@pytest.mark.parametrize(
    ("calendar", "said"),
    [
        ("nghi: [2026-02-30]", 'calendar.yaml:1:8: "2026-02-30" is no day'),
        ("nghi:\n  - {ngay: 2026-01-02, den: 2026-01-03}", "calendar.yaml:2:5: write either ngay"),
        ("nghi:\n  - {tu: 2026-01-02}", "calendar.yaml:2:5: write either ngay"),
        ("nghi:\n  - {tu: 2026-01-02, den: 2026-01-01}", "calendar.yaml:2:5: the last day lies before the first one"),
        ("nghi:\n  - {tu: 2026-01-02, den: 2028-01-01}", "calendar.yaml:2:5: more than 366 days"),
        ("nghi:\n  - {ngay: 2026-01-02, buoi: toi}", 'calendar.yaml:2:30: "toi" is not known here'),
        ("nghi-bao:\n  - {ngay: 2026-01-02, buoi: sang, gio: 07:00-09:00}", "write either buoi: or gio:"),
        ("nghi:\n  - {ngay: 2026-01-02, gio: 17:00-07:00}", "are no hours of a day: write 07:30-11:30"),
        ("nghi:\n  - {ngay: 2026-01-02, don-vi: [xa-b]}", 'calendar.yaml:2:33: there is no unit or group "xa-b"'),
        ("nghi:\n  - {ngay: 2026-01-02, don-vi: vpcp}", "stands for everyone outside"),
        ("nghi:\n  - {ngay: 2026-01-02, don-v: so-nv}", 'the key "don-v" is not known; did you mean "don-vi"?'),
        ("nghiep: []", 'calendar.yaml:1:1: the key "nghiep" is not known; did you mean "nghi"?'),
        ("chinh-thuc: [26]", "calendar.yaml:1:14: "),
        ("gio:\n  - {tuan: {2-6: [07:30-11:30, 11:00-17:00]}}", "calendar.yaml:2:18: these hours overlap"),
        ("gio:\n  - {tuan: {8: [07:30-11:30]}}", '"8" are no days of the week: write 2-6, 7 or CN'),
        ("gio:\n  - {tuan: {2-6: [07:30-11:30], 6: [07:30-11:30]}}", 'the days of "6" have hours already'),
        ("gio:\n  - {tuan: {2-6: []}}", "calendar.yaml:2:5: no hour of the week is worked"),
        ("gio:\n  - {tuan: {2: 07:30-11:30}, tu: 2026-05-01, den: 2026-04-01}", "the last day lies before the first"),
        (
            "nghi: [2026-01-01]\nlam-bu:\n  - {ngay: 2026-01-10}\n  - 2026-01-01",
            "calendar.yaml:4:5: 2026-01-01 is a day off as well, in line 1: it can be one of them only",
        ),
        (
            "nghi:\n  - {tu: 2026-02-16, den: 2026-02-20}\nlam-bu: [2026-02-18]",
            "calendar.yaml:3:10: 2026-02-18 is a day off as well, in line 2",
        ),
    ],
)
def test_a_mistake_in_the_calendar_is_told_at_its_place(tmp_path: Path, calendar: str, said: str) -> None:
    found = mistakes(tmp_path, calendar)
    assert len(found) == 1, found
    assert said in found[0]


def test_one_day_may_be_off_for_all_and_worked_by_one(tmp_path: Path) -> None:
    config = loaded(tmp_path, "nghi: [2026-11-26]\nlam-bu:\n  - {ngay: 2026-11-26, don-vi: so-nv}\n")
    assert config.calendar.is_workday(date(2026, 11, 26), "so-nv")
    assert not config.calendar.is_workday(date(2026, 11, 26))
    halves = "nghi:\n  - {ngay: 2026-11-28, buoi: chieu}\nlam-bu:\n  - {ngay: 2026-11-28, buoi: sang}\n"
    assert closing(loaded(tmp_path, halves), 28) == "28/11 11:30"


def test_a_worked_day_that_is_worked_anyway_earns_a_warning(tmp_path: Path) -> None:
    [warning] = warnings(tmp_path, "lam-bu:\n  - 2026-11-25\n  - 2026-11-28\n")
    assert "calendar.yaml:2:5: 2026-11-25 is a working day anyway" in warning


# duties.yaml

DUTIES = """\
remind: {every: 2 ngày làm việc, most: 3}
limit: 20 ngày làm việc
de-biet: [Giấy mời]
duties:
  - name: Cấp xã báo đến
    when: {type: Công văn, urgency: khẩn+, to: [cac-xa, 000.00.14.H48, mail], from: "000.*"}
    owe: {01: 15 phút, "03": 4 working hours, 06: không}
    remind: {before: không}
    escalate: không
"""


def test_duties_are_read_as_written(tmp_path: Path) -> None:
    book = loaded(tmp_path, duties=DUTIES).duties
    usual = Chase(every=Span(Kind.WORKING_DAYS, 2), most=3, limit=Span(Kind.WORKING_DAYS, 20))
    own = Rule(
        "Cấp xã báo đến",
        {"01": Span(Kind.CLOCK, 15), "03": Span(Kind.WORKING, 240), "06": None},
        When(("Công văn",), frozenset(Urgency) - {Urgency.NORMAL}, ("cac-xa", "so-nv", "mail"), ("000.*",)),
        Chase(before=None, every=usual.every, most=3, escalate=None, limit=usual.limit),
    )
    assert book.rules[0] == own
    assert [rule.name for rule in book.rules[1:]] == [rule.name for rule in DEFAULTS]
    assert {rule.chase for rule in book.rules[1:]} == {usual}
    assert book.for_information == ("Giấy mời",)


def test_the_shipped_rules_can_be_left_out(tmp_path: Path) -> None:
    assert loaded(tmp_path, duties="defaults: false\nduties: []\n").duties.rules == ()


_TWO = "duties:\n  - {{name: A, {}}}\n  - {{name: B, {}}}\n"


def _duty(text: str) -> str:
    return f"duties:\n  - name: Một\n    {text}\n"


@pytest.mark.parametrize(
    ("duties", "said"),
    [
        (_duty("owe: {03: sớm}"), 'duties.yaml:3:15: "sớm" is no span of time: write "15 phút"'),
        (_duty("owe: {03: 2 ngày}"), '"2 ngày": days count as working days here: write "2 ngày làm việc"'),
        (_duty("owe: {13: 15 phút}"), "a recall (13) is a sender's right, nobody owes it"),
        (_duty("owe: {16: 15 phút}"), 'the answer to a recall is owed as "15"'),
        (_duty("owe: {09: 15 phút}"), '"09" is not known here'),
        (_duty("owe: {}"), '"owe" must name at least one'),
        (_duty("owe: {gui: hạn trả lời}"), "gui counts from the day of signing"),
        (
            _duty("when: {to: xa-b}\n    owe: {03: 15 phút}"),
            'duties.yaml:3:16: there is no unit, group or kind of endpoint "xa-b"',
        ),
        (_duty("when: {to: vpcp}\n    owe: {03: 15 phút}"), "stands for everyone outside, who owe nothing here"),
        (_duty("when: {from: xa-b}\n    owe: {03: 15 phút}"), 'duties.yaml:3:18: there is no unit or group "xa-b"'),
        (
            _duty("when: {type: Công vănn}\n    owe: {03: 15 phút}"),
            '"Công vănn" is no document type; did you mean "Công văn"?',
        ),
        (_duty("when: {urgency: gấp}\n    owe: {03: 15 phút}"), '"gấp" is not known here'),
        (_duty("owe: {03: 15 phút}\n    remind: {before: 1 ngày làm việc}"), "cannot stand here"),
        (_duty("owe: {03: 15 phút}\n    remind: {every: 1 phút}"), "is too often"),
        (_duty("owe: {03: 15 phút}\n    escalate: hạn trả lời"), "cannot stand here"),
        (_duty("owe: {03: 15 phút}\n  - {name: Một, owe: {01: 15 phút}}"), "another duty is named"),
        (f'duties:\n  - {{name: "{DEFAULTS[2].name}", owe: {{03: 15 phút}}}}', "a shipped duty is named"),
        # the mailbox gives 01, 02, 03; the island's folder 02, 03, 06
        (
            _duty("when: {to: mail}\n    owe: {06: hạn trả lời}"),
            'duties.yaml:4:11: nobody whom "Một" concerns can give 06',
        ),
        (_duty("when: {to: dao}\n    owe: {04: 15 phút}"), 'nobody whom "Một" concerns can give 04'),
        (_duty("when: {to: xa-a}\n    owe: {15: 15 phút}"), 'nobody whom "Một" concerns can give 15'),
        ("de-biet: [Giấy mờii]", 'did you mean "Giấy mời"?'),
        ("default: false", 'the key "default" is not known; did you mean "defaults"?'),
    ],
)
def test_a_mistake_in_the_duties_is_told_at_its_place(tmp_path: Path, duties: str, said: str) -> None:
    found = mistakes(tmp_path, duties=duties)
    assert len(found) == 1, found
    assert said in found[0]


@pytest.mark.parametrize(
    ("duties", "said"),
    [
        (
            _TWO.format("owe: {03: 1 giờ}", "when: {to: xa-a}, owe: {03: 2 giờ, 01: 15 phút}"),
            ['duties.yaml:3:39: 03 is never owed by this: "A" decides before'],
        ),
        (
            _TWO.format(
                "when: {type: [Công văn, Tờ trình], to: cac-xa}, owe: {03: 1 giờ}",
                "when: {type: công văn, to: dao}, owe: {03: không}",
            ),
            ['duties.yaml:3:54: 03 is never owed by this: "A" decides before'],
        ),
        (
            _duty("when: {type: Giấy mời}\n    owe: {06: hạn trả lời}"),
            ["06 is never owed for what is only for information"],
        ),
        # neither decides for all that the other does
        (_TWO.format("when: {to: dao}, owe: {03: 1 giờ}", "owe: {03: 2 giờ}"), []),
        (_TWO.format("when: {urgency: khẩn}, owe: {03: 1 giờ}", "owe: {03: 2 giờ}"), []),
        (_TWO.format("when: {from: so-nv}, owe: {03: 1 giờ}", "owe: {03: 2 giờ}"), []),
    ],
)
def test_what_never_applies_earns_a_warning(tmp_path: Path, duties: str, said: list[str]) -> None:
    found = warnings(tmp_path, duties=duties)
    assert len(found) == len(said), found
    assert all(part in line for part, line in zip(said, found, strict=True))


# units.yaml

PEOPLE = UNITS.replace(
    "so-nv: {name",
    "so-nv: {lanh-dao: [Giám đốc], staff: {Văn thư: vt@so-nv.example}, "
    "uy-quyen: [{tu: 2026-11-23, den: 27/11/2026, nguoi: Giám đốc, thay: Phó Giám đốc}], "
    "tam-dung: {tu: 2026-11-25, den: 2026-11-27, ly-do: Lũ}, name",
)


def test_a_unit_names_its_leaders_deputies_and_pauses(tmp_path: Path) -> None:
    config = loaded(tmp_path, units=PEOPLE)
    subject = config.duties.subjects["so-nv"]
    assert subject.leaders == ("Giám đốc",)
    assert subject.delegations == (Delegation(date(2026, 11, 23), date(2026, 11, 27), "Giám đốc", "Phó Giám đốc"),)
    assert subject.pauses == (Pause(date(2026, 11, 25), date(2026, 11, 27), "Lũ"),)
    assert closing(config, 25, "so-nv") == "30/11 17:00"
    assert closing(config, 25, "xa-a") == "25/11 17:00"
    assert config.duties.leaders("so-nv", datetime(2026, 11, 24, tzinfo=VIETNAM)) == ("Phó Giám đốc",)
    assert config.warnings == ()


def test_what_a_unit_can_give_is_what_its_kind_can_and_its_endpoint_says(tmp_path: Path) -> None:
    subjects = loaded(tmp_path).duties.subjects
    assert (subjects["so-nv"].kind, subjects["so-nv"].codes) == ("folder", EVERY)
    assert subjects["xa-a"].codes == {"01", "02", "03"}
    assert subjects["dao"].codes == {"02", "03", "06"}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("ly-do: Lũ", "lydo: Lũ", "the key"),
        (", ly-do: Lũ", "", 'the key "ly-do" is missing'),
        (", den: 2026-11-27, ly-do", ", den: 2026-11-20, ly-do", "the last day lies before the first one"),
        ("thay: Phó Giám đốc", "thay: ''", "not be empty"),
        ("lanh-dao: [Giám đốc]", "lanh-dao: []", "name at least one"),
        ('codes: [02, "03", 6]', "codes: [7]", '"07" is no status code'),
    ],
)
def test_a_mistake_in_a_units_people_is_told(tmp_path: Path, before: str, after: str, said: str) -> None:
    found = mistakes(tmp_path, units=PEOPLE.replace(before, after))
    assert all(line.startswith("units.yaml:") for line in found)
    assert any(said in line for line in found), found


def test_a_deputy_for_nobody_earns_a_warning(tmp_path: Path) -> None:
    [warning] = warnings(tmp_path, units=PEOPLE.replace("lanh-dao: [Giám đốc]", "lanh-dao: [Chánh Văn phòng]"))
    assert '"Giám đốc" is neither under lanh-dao nor staff' in warning


def test_a_running_hub_takes_up_both_files_and_a_units_people(tmp_path: Path) -> None:
    running = loaded(tmp_path)
    seen = marks(tmp_path)
    new = loaded(tmp_path, CALENDAR, DUTIES, PEOPLE.replace("staff: {Văn thư: vt@so-nv.example}, ", ""))
    assert marks(tmp_path) != seen
    assert needs_restart(running, new) == []
    (tmp_path / "calendar.yaml").unlink()
    assert marks(tmp_path) != new.marks
