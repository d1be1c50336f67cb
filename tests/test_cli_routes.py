"""hub routes: what the rules do, said to people and to programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.connector import Capabilities
from hub.errors import Refused
from hub.standards import edxml
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Acknowledgement, Document
from plugins.folderdrop import Door
from tests.cli import Province, told

ROUTES = """\
routes:
  - name: Công điện
    when: {type: Công điện}
    to: [addressees, so-nv]
  - name: Giấy mời của sở
    when: {from: so-nv, type: Giấy mời, subject: "*tập huấn*"}
    to: [addressees, 000.00.00.G22]
    final: true
  - name: Sau cùng
    to: so-nv
    divert: true
"""


@pytest.fixture
def province(tmp_path: Path) -> Province:
    made = Province(tmp_path)
    units = tmp_path / "units.yaml"
    others = "\n  vpcp: {name: Văn phòng Chính phủ, endpoint: {kind: folderdrop, folder: vpcp, serves: others}}\n"
    units.write_text(units.read_text() + others)
    (tmp_path / "routes.yaml").write_text(ROUTES)
    return made


def packet(province: Province, body: Document | Acknowledgement) -> str:
    path = province.folder / "packet.edxml"
    if isinstance(body, Document):
        path.write_bytes(b"".join(edxml.compose(body, ())))
    else:
        path.write_bytes(edxml.write_acknowledgement(body))
    return str(path)


def test_every_rule_and_every_recipient_is_explained(province: Province) -> None:
    said = province.json("routes", "explain", packet(province, a_document()))

    assert (said["verdict"], said["came_from"], said["code"]) == ("delivered", "so-nv", "211/GM-SNV")
    assert said["rules"] == [
        {
            "name": "Công điện",
            "outcome": "unmatched",
            "unmet": {"key": "type", "seen": "Giấy mời", "wanted": "Công điện"},
            "reason": "",
        },
        {"name": "Giấy mời của sở", "outcome": "matched", "unmet": None, "reason": ""},
        {"name": "Sau cùng", "outcome": "skipped", "unmet": None, "reason": "Giấy mời của sở"},
    ]
    rule = ["Giấy mời của sở"]
    assert said["recipients"] == [
        {"unit": "xa-binh-son", "name": "UBND xã Bình Sơn", "rules": rule, "added": False},
        {"unit": "000.00.00.G22", "name": "", "rules": rule, "added": True},
    ]
    assert not (province.data / "ledger.sqlite").exists()


def test_people_read_it_too(province: Province) -> None:
    said = province.hub("routes", "explain", packet(province, a_document())).stdout

    assert "✗ Công điện: type là Giấy mời, quy tắc cần Công điện" in said
    assert "- Sau cùng: không xét, đã dừng ở quy tắc Giấy mời của sở" in said
    assert "000.00.00.G22  chỉ do quy tắc (added by): Giấy mời của sở" in said


def test_unknown_addressees_are_named_with_what_is_near(province: Province) -> None:
    units = province.folder / "units.yaml"
    units.write_text(units.read_text().partition("\n  vpcp")[0] + "\n")
    (province.folder / "routes.yaml").unlink()
    document = a_document(to=(BINH_SON, "000.00.13.H48"))

    said = province.json("routes", "explain", packet(province, document))

    [unknown] = said["unknown"]
    assert unknown["code"] == "000.00.13.H48"
    assert len(unknown["nearest"]) == 2
    assert said["recipients"] == [
        {"unit": "xa-binh-son", "name": "UBND xã Bình Sơn", "rules": [], "added": False},
    ]
    assert "000.00.13.H48  không có trên trục" in province.hub("routes", "explain", packet(province, document)).stdout


def test_a_former_unit_is_explained_and_so_is_a_sender_that_is_tried_out(province: Province) -> None:
    former = "{name: UBND huyện, code: 000.00.40.H48, until: 30/6/2025, successors: [xa-binh-son, so-nv]}"
    units = province.folder / "units.yaml"
    units.write_text(units.read_text().replace("units:\n", f"units:\n  huyen: {former}\n", 1))
    (province.folder / "routes.yaml").unlink()
    document = a_document(to=(BINH_SON, "000.00.40.H48"))

    said = province.json("routes", "explain", packet(province, document))
    [unknown] = said["unknown"]
    assert unknown["reason"].startswith('"UBND huyện" đã kết thúc hoạt động từ 01/7/2025.')
    assert [one["unit"] for one in said["recipients"]] == ["xa-binh-son"]
    assert unknown["reason"] in province.hub("routes", "explain", packet(province, document)).stdout

    units.write_text(units.read_text().replace("code: 000.00.14.H48,", "code: 000.00.14.H48, mode: thu-nghiem,"))
    said = province.json("routes", "explain", packet(province, document), ends=1)
    assert (said["verdict"], said["recipients"]) == ("refused", [])
    assert "test-document" in said["reason"]


def test_the_way_in_can_be_said_and_must_fit_the_sender(province: Province) -> None:
    said = province.json("routes", "explain", packet(province, a_document()), "--from", BINH_SON, ends=1)

    assert (said["came_from"], said["verdict"], said["recipients"]) == ("xa-binh-son", "refused", [])
    assert HOME_AFFAIRS in said["reason"]


def test_a_way_in_that_is_not_there(province: Province) -> None:
    said = province.json("routes", "explain", packet(province, a_document()), "--from", "xa-binh-sơn", ends=1)

    assert "000.00.31.H48 (UBND xã Bình Sơn)" in said["error"]


def test_our_own_packet_from_outside_is_an_echo(province: Province) -> None:
    said = province.json("routes", "explain", packet(province, a_document()), "--from", "vpcp")

    assert (said["verdict"], said["rules"], said["recipients"]) == ("echo", [], [])


def test_an_addressee_outside_is_named_where_the_directory_knows_it(province: Province) -> None:
    body = a_document(to=("000.00.00.G22", "000.00.00.G99"))
    (province.folder / "routes.yaml").write_text("routes: []\n")
    said = province.json("routes", "explain", packet(province, body))
    assert [("000.00.00.G22", ""), ("000.00.00.G99", "")] == [
        (each["unit"], each["name"]) for each in said["recipients"]
    ]

    told(province, {"id": "1", "pid": "", "code": "000.00.00.G22", "name": "Văn phòng Chính phủ", "mail": ""})
    said = province.json("routes", "explain", packet(province, body))
    assert ["Văn phòng Chính phủ", ""] == [each["name"] for each in said["recipients"]]
    assert "000.00.00.G22 (Văn phòng Chính phủ)" in province.hub("routes", "explain", packet(province, body)).stdout


def test_nobody_to_get_it(province: Province) -> None:
    said = province.json("routes", "explain", packet(province, a_document(subject="Khác")), ends=1)

    assert (said["verdict"], said["recipients"]) == ("refused", [])
    assert "unknown-addressee" in said["reason"]


def test_a_rule_that_fails_is_named(province: Province) -> None:
    (province.folder / "routes.yaml").write_text(
        "routes:\n  - {name: Chia, to: addressees, when: {if: 'int(number) > 5'}}\n"
        "  - {name: Sau, to: addressees}\n".replace("int(number)", 'number == "211" && int(notation)')
    )

    said = province.json("routes", "explain", packet(province, a_document()), ends=1)

    assert said["verdict"] == "quarantined"
    assert [rule["outcome"] for rule in said["rules"]] == ["failed", "skipped"]
    assert "! Chia: " in province.hub("routes", "explain", packet(province, a_document())).stdout


def test_an_answer_meets_no_rules(province: Province) -> None:
    said = province.json("routes", "explain", packet(province, an_answer(a_document())))

    assert (said["kind"], said["came_from"], said["rules"]) == ("acknowledgement", "xa-binh-son", [])
    assert [one["unit"] for one in said["recipients"]] == ["so-nv"]


def test_no_packet(province: Province) -> None:
    path = province.folder / "x"
    path.write_text("không phải")
    said: Any = province.json("routes", "explain", str(path), ends=1)
    assert said["error"].startswith("not-edxml")
    assert json.dumps(said)
    with pytest.raises(Refused), path.open("rb") as file:
        edxml.read(file)


CASES = """\
cases:
  - name: Công điện
    document: {from: so-nv, to: [xa-binh-son], type: Công điện, urgency: khẩn}
    expect: [xa-binh-son]
  - name: Giấy mời
    document: {from: so-nv, to: xa-binh-son, type: Giấy mời, subject: Dự tập huấn}
    expect: [xa-binh-son, so-nv]
    rules: [Công điện]
"""


def test_cases_that_do_not_hold_are_told_apart(province: Province) -> None:
    (province.folder / "routes-tests.yaml").write_text(CASES)

    first, second = province.json("routes", "test", ends=1)

    assert first == {
        "name": "Công điện",
        "ok": True,
        "differences": [],
        "file": "routes-tests.yaml",
        "line": 2,
        "column": 5,
    }
    assert (second["ok"], second["line"]) == (False, 5)
    assert second["differences"] == [
        "- so-nv: phải nhận mà không nhận (missing)",
        "+ 000.00.00.G22: nhận mà không được chờ đợi, do Giấy mời của sở (surplus)",
        "quy tắc khớp (matched): Giấy mời của sở, phải là Công điện",
    ]
    shown = province.hub("routes", "test").stdout
    assert "routes-tests.yaml:5:5: Giấy mời" in shown
    assert "1/2 tình huống đúng" in shown

    told(province, {"id": "1", "pid": "", "code": "000.00.00.G22", "name": "Văn phòng Chính phủ", "mail": ""})
    [_, second] = province.json("routes", "test", ends=1)
    assert second["differences"][1].startswith("+ 000.00.00.G22 (Văn phòng Chính phủ): nhận")
    (province.folder / "routes-tests.yaml").write_text(CASES.replace("[xa-binh-son, so-nv]", "[G22, 000.00.00.G22]"))
    [_, second] = province.json("routes", "test", ends=1)
    assert second["differences"][0] == "- G22: phải nhận mà không nhận (missing)"


def test_without_cases_all_is_well(province: Province) -> None:
    assert province.json("routes", "test") == []
    assert "0/0" in province.hub("routes", "test").stdout


def test_mistakes_in_the_cases_are_named_at_their_place(province: Province) -> None:
    (province.folder / "routes-tests.yaml").write_text(
        """\
cases:
  - name: Một
    document: {from: so-nw, to: [xa-binh-son], urgency: [khẩn, thường], business: mớii}
    expect: [xa-binh-so]
    rules: [Không có]
  - document: {from: so-nv, to: [], channel: 000.00.77.H48}
    expects: []
"""
    )
    result = province.hub("routes", "test")

    assert result.exit_code == 1
    assert [line.partition("; ")[0] for line in result.stderr.splitlines()] == [
        'routes-tests.yaml:3:22: there is no unit "so-nw"',
        "routes-tests.yaml:3:57: a document has one of these",
        'routes-tests.yaml:3:83: "mớii" is not known here',
        'routes-tests.yaml:4:14: there is no unit "xa-binh-so"',
        'routes-tests.yaml:5:13: there is no rule "Không có"',
        'routes-tests.yaml:6:5: the key "expect" is missing in entry 2 in "cases"',
        'routes-tests.yaml:6:5: the key "name" is missing in entry 2 in "cases"',
        'routes-tests.yaml:6:33: "to" must name at least one',
        'routes-tests.yaml:6:46: "000.00.77.H48" has no endpoint of its own',
        'routes-tests.yaml:7:5: the key "expects" is not known',
    ]


def test_a_document_of_a_case_has_everything_that_rules_look_at(province: Province) -> None:
    (province.folder / "routes.yaml").write_text(
        """\
routes:
  - name: Tất cả
    when:
      from: "*.G22"
      channel: vpcp
      code: "9/QĐ-*"
      business: thu hồi
      urgency: hỏa tốc
      date: {from: 2026-05-01, to: 2026-05-01}
      attachments: {type: pdf, larger: 1MB}
      if: pages == 3 && attachments[0].type == "application/pdf"
    to: [addressees, so-nv]
""".replace("if: pages", "if: size(attachments) > 0 && pages")
    )
    (province.folder / "routes-tests.yaml").write_text(
        """\
cases:
  - name: Tất cả
    document:
      from: 000.00.00.G22
      to: [xa-binh-son, H99.1]
      code: 9/QĐ-VPCP
      business: recall
      urgency: hỏa tốc
      date: 01/05/2026
      pages: 3
      attachments: [{name: a.pdf, type: application/pdf, size: 2MB}]
    expect: [so-nv, xa-binh-son]
    rules: [Tất cả]
"""
    )
    assert [case["differences"] for case in province.json("routes", "test")] == [[]]


def test_a_case_may_say_who_is_unknown_and_name_groups(province: Province) -> None:
    units = province.folder / "units.yaml"
    units.write_text(units.read_text().partition("\n  vpcp")[0] + "\ngroups: {tat-ca: {units: [so-nv, xa-binh-son]}}\n")
    (province.folder / "routes.yaml").write_text("routes: [{name: r, to: [addressees, tat-ca]}]")
    cases = "cases: [{name: a, document: {from: so-nv, to: [H99.1]}, expect: [tat-ca], unknown: [h99.1]}]"
    (province.folder / "routes-tests.yaml").write_text(cases)
    assert [case["differences"] for case in province.json("routes", "test")] == [[]]

    (province.folder / "routes-tests.yaml").write_text(cases.replace(", unknown: [h99.1]", ""))
    [[said]] = [case["differences"] for case in province.json("routes", "test", ends=1)]
    assert said == "không rõ nơi nhận (unknown): H99.1, phải là không có"


def test_a_rule_that_fails_fails_the_case(province: Province) -> None:
    (province.folder / "routes.yaml").write_text(
        "routes: [{name: Chia, to: addressees, when: {if: 'number == \"5\" && int(notation) > 5'}}]"
    )
    (province.folder / "routes-tests.yaml").write_text(
        "cases: [{name: a, document: {from: so-nv, to: [xa-binh-son], code: 5/X}, expect: [xa-binh-son]}]"
    )
    [case] = province.json("routes", "test", ends=1)
    assert case["differences"][0].startswith('quy tắc "Chia" không xét được (failed): ')


LOST = """\
routes:
  - name: Thư công về Sở
    when: {type: Thư công}
    to: so-nv
    divert: true
    answers: origin
  - {name: Dừng, when: {urgency: khẩn+}, to: addressees, final: true}
  - name: Hỏa tốc
    when: {urgency: hỏa tốc}
    to: [addressees, so-nv]
"""


def test_findings_have_their_place(province: Province) -> None:
    (province.folder / "routes.yaml").write_text(LOST)

    first, second = province.json("routes", "lint", ends=1)["findings"]

    assert (first["fault"], first["file"], first["line"], first["column"]) == ("nowhere", "routes.yaml", 4, 5)
    assert (second["fault"], second["line"], second["column"]) == ("shadowed", 8, 5)
    assert "routes.yaml:4:5: without a way: documents of so-nv (Thư công)" in province.hub("routes", "lint").stdout


def test_a_connector_may_say_that_it_brings_no_answers(province: Province, monkeypatch: pytest.MonkeyPatch) -> None:
    (province.folder / "routes.yaml").write_text(LOST)
    monkeypatch.setattr(Door, "capabilities", Capabilities(answers=False))

    found = province.json("routes", "lint", ends=1)["findings"]

    assert [(one["fault"], one["line"], one["column"]) for one in found] == [
        ("nowhere", 4, 5),
        ("answers", 6, 5),
        ("shadowed", 8, 5),
    ]


def test_rules_that_are_fine(province: Province) -> None:
    (province.folder / "routes.yaml").unlink()
    said = province.json("routes", "lint")
    assert (said["findings"], said["table"]["types"], said["table"]["without_a_way"]) == ([], [""], 0)
    assert {cell["fate"] for cell in said["table"]["cells"]} == {"reached"}
    assert province.hub("routes", "lint").stdout.splitlines() == [
        "0 quy tắc, không thấy gì lạ (nothing found).",
        "3 đơn vị x 1 loại, 0 không có đường (3 units x 1 types, 0 without a way).",
    ]


def test_the_demonstration_is_fine() -> None:
    config = Path(__file__).parent.parent / "config"
    result = CliRunner().invoke(app, ["routes", "lint", "--json", "--config", str(config)])
    said = json.loads(result.stdout)
    assert (result.exit_code, said["findings"], said["table"]["without_a_way"]) == (0, [], 0)


TABLE = """\
routes:
  - {name: Luật, when: {type: Luật}, to: [addressees, so-nv]}
  - name: Thư công
    when: {type: Thư công, from: so-nv}
    to: [so-nv, xa-binh-son]
    divert: true
  - name: Giấy mời không đi đâu
    when: {type: Giấy mời}
    to: cac-phuong
    divert: true
"""


def test_the_table_says_where_documents_do_not_arrive_and_by_which_rule(province: Province) -> None:
    units = province.folder / "units.yaml"
    members = "[{unit: xa-binh-son, until: 1/1/2020}]"
    units.write_text(f"{units.read_text()}groups:\n  cac-phuong: {{name: Các phường, units: {members}}}\n")
    (province.folder / "routes.yaml").write_text(TABLE)

    said = province.json("routes", "lint", ends=1)["table"]

    cells = {(cell["unit"], cell["type"]): cell for cell in said["cells"]}
    assert (said["units"], said["types"], said["without_a_way"]) == (3, ["Luật", "Thư công", "Giấy mời", ""], 3)
    assert len(cells) == 12
    assert cells[("xa-binh-son", "Giấy mời")] == {
        "unit": "xa-binh-son",
        "type": "Giấy mời",
        "fate": "lost",
        "rules": [{"name": "Giấy mời không đi đâu", "file": "routes.yaml", "line": 9, "column": 5}],
    }
    assert cells[("vpcp", "Thư công")]["fate"] == "partly"
    assert [cells[("xa-binh-son", name)]["fate"] for name in said["types"]] == ["reached", "reached", "lost", "reached"]


def test_people_see_only_the_rows_and_columns_that_are_not_fine(province: Province) -> None:
    (province.folder / "routes.yaml").write_text(TABLE.replace("cac-phuong", "so-nv"))

    head, *rows, end = province.hub("routes", "lint").stdout.splitlines()[-4:]

    assert head.split("  ")[0] == "Gửi tới (addressed to)"
    assert "Thư công" in head
    assert "Luật" not in head
    assert [row.split("  ")[0] for row in rows] == ["xa-binh-son", "vpcp"]
    assert "◐ một phần (partly) routes.yaml:5:5" in rows[1]
    assert "→ nơi khác (diverted) routes.yaml:9:5" in rows[0]
    assert end == "3 đơn vị x 4 loại, 0 không có đường (3 units x 4 types, 0 without a way)."


def test_units_with_equal_rows_share_one(province: Province) -> None:
    units = province.folder / "units.yaml"
    more = "".join(
        f"  xa-{number}: {{name: Xã {number}, code: 000.00.4{number}.H48, "
        f"endpoint: {{kind: folderdrop, folder: shares/xa-{number}, layout: plain}}}}\n"
        for number in range(5)
    )
    units.write_text(units.read_text() + more)
    (province.folder / "routes.yaml").write_text("routes: [{name: r, to: so-nv, divert: true, when: {type: Luật}}]\n")

    shown = province.hub("routes", "lint").stdout.splitlines()

    assert [line for line in shown if line.startswith("xa-binh-son, xa-0, xa-1 +4")]
    assert shown[-1].startswith("8 đơn vị x 2 loại, 0 không có đường")


def test_a_former_member_of_a_group_is_no_recipient_any_more(province: Province) -> None:
    units = province.folder / "units.yaml"
    members = "[{unit: xa-binh-son, until: 1/1/2020}, {unit: so-nv, since: 1/1/2020}]"
    groups = f"groups:\n  cac-xa: {{name: Các xã, units: {members}}}\n"
    units.write_text(f"{units.read_text()}{groups}")
    (province.folder / "routes.yaml").write_text("routes: [{name: r, to: cac-xa, divert: true}]\n")

    said = province.json("routes", "explain", packet(province, a_document()), ends=1)

    assert (said["verdict"], said["recipients"]) == ("refused", [])
