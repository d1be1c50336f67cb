"""hub routes: what the rules do, said to people and to programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hub.errors import Refused
from hub.standards import edxml
from hub.testing.samples import BINH_SON, HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Acknowledgement, Document
from tests.cli import Province

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
