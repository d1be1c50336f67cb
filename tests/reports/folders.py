"""python -m tests.reports.folders [--config DIR] --month 2026-11: what the units' folders alone say, beside Bảng 4.

Reads folders as a person could: which stage a document's folder lies in, which packets lie in `in/`, what answers and
receipts say of others. The hub is asked for its own figures only to compare. Exits with 1 where they differ.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import chain
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from ruamel.yaml import YAML

from tests.counterparts.eoffice import Records

HERE = timezone(timedelta(hours=7))
NAMES = ("received", "accepted", "refused", "processing", "finished")
#: a stage's folder begins with -> the codes that a document in it has had
STAGES = {"1": (), "2": ("02",), "3": ("03",), "4": ("03", "04"), "5": ("03", "05"), "6": ("03", "06")}
_TOLD = {"02": "từ chối", "03": "đã tiếp nhận", "04": "phân công", "05": "đang xử lý", "06": "hoàn thành"}
_LINE = re.compile(r"^\d+\. (?P<name>[^:]+): (?P<said>.*)$")


@dataclass
class Unit:
    """A unit, its folder, and what was said about each document that it received."""

    id: str
    name: str
    codes: set[str]
    #: of one with software: where that keeps its register
    folder: Path
    #: clerk, plain or office
    kind: str
    is_outside: bool
    #: document -> codes
    documents: dict[str, set[str]] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """One line of the table."""
        had = list(self.documents.values())
        accepted = [codes for codes in had if codes & {"03", "04", "05", "06"} and "02" not in codes]
        return {
            "received": len(had),
            "accepted": len(accepted),
            "refused": sum("02" in codes for codes in had),
            "processing": sum(bool(codes & {"04", "05"}) and "06" not in codes for codes in accepted),
            "finished": sum("06" in codes for codes in accepted),
        }

    @property
    def tells(self) -> bool:
        """Whether its own place shows what it answered; of others the places of those who wrote to it do."""
        return self.kind != "plain"


def units_of(config: Path, offices: Path | None) -> list[Unit]:
    """Who has which folder."""
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_constructor("!secret", lambda _, node: node.value)
    units = yaml.load((config / "units.yaml").read_text("utf-8"))["units"]
    found = [Unit(*_parts(config, name, unit)) for name, unit in units.items() if "folder" in unit.get("endpoint", {})]
    for name, unit in units.items() if offices else ():
        if (offices / name).is_dir():
            found.append(Unit(name, unit["name"], _codes(unit), offices / name, "office", is_outside=False))
    return found


def _codes(unit: dict[str, Any]) -> set[str]:
    return {unit["code"], *unit.get("aliases", ())}


def _parts(config: Path, name: str, unit: dict[str, Any]) -> tuple[Any, ...]:
    endpoint = unit["endpoint"]
    kind = endpoint.get("layout", "plain")
    return name, unit["name"], _codes(unit), config / endpoint["folder"], kind, endpoint.get("serves") == "others"


def of_month(moment: datetime, month: str) -> bool:
    """Whether it lies in that month here."""
    return f"{moment.astimezone(HERE):%Y-%m}" == month


def find_documents(unit: Unit, month: str) -> None:
    """What the unit's own folder shows."""
    if unit.kind == "office":
        register = Records(unit.folder)
        for row in register.incoming():
            if not row["business"] and of_month(datetime.fromtimestamp(row["received"], HERE), month):
                unit.documents[row["paper"].code] = {code for _, code, _ in register.statuses(row["id"])}
        return
    if unit.kind == "clerk":
        for stage in sorted((unit.folder / "van-ban-den").iterdir()):
            for sheet in stage.rglob("thong-tin.yaml") if stage.name[0] in STAGES else ():
                told = YAML(typ="safe", pure=True).load(sheet.read_text("utf-8"))
                if of_month(datetime.fromisoformat(told["den_luc"]), month):
                    given_up = told.get("tinh_trang") == "đã thu hồi"
                    unit.documents[told["so_ky_hieu"]] = set(() if given_up else STAGES[stage.name[0]])
        return
    for packet in (unit.folder / "in").glob("*.edxml"):
        placed = datetime.fromtimestamp(packet.stat().st_mtime, HERE)
        if not packet.name.startswith("trang-thai_") and of_month(placed, month):
            number, notation = (text(packet, name) for name in ("CodeNumber", "CodeNotation"))
            unit.documents[f"{number}/{notation}"] = set()


def answers(unit: Unit) -> Iterator[tuple[str, str, str]]:
    """What others said about what this unit sent, as it lies in its folder: (who, document, code)."""
    for packet in (unit.folder / "in").glob("trang-thai_*.edxml"):
        yield text(packet, "From/OrganId"), text(packet, "ResponseFor/Code"), text(packet, "StatusCode")
    for receipt in (unit.folder / "da-gui").rglob("BIEN-NHAN.txt"):
        lines = receipt.read_text("utf-8-sig").splitlines()
        document = next(line.partition(": ")[2] for line in lines if line.startswith("Số, ký hiệu: "))
        for found in filter(None, map(_LINE.match, lines)):
            for code, word in _TOLD.items():
                if word in found["said"].partition("Lý do:")[0].casefold():
                    yield found["name"], document, code


def text(packet: Path, path: str) -> str:
    """What an element of a packet says, whatever its name space."""
    steps = "/".join(f"{{*}}{step}" for step in path.split("/"))
    return ET.parse(packet).findtext(f".//{steps}", "")


def answers_outside(central: Path | None) -> Iterator[tuple[str, str, str]]:
    """What was said to those who are reached through the simulated central hub, as it stands on its records."""
    if central is None:
        return
    for one in json.loads(printed("simulate", "list", "--data", str(central), "--json")):
        if one["message_type"] == "status":
            yield one["sender"], one["notation"], one["answer"]


def from_folders(config: Path, month: str, central: Path | None, offices: Path | None) -> dict[str, dict[str, int]]:
    """By unit: what its folder, and the folders of those who wrote to it, show."""
    units = units_of(config, offices)
    for unit in units:
        find_documents(unit, month)
    known = {name: unit for unit in units for name in (*unit.codes, unit.name)}
    told = (answer for unit in units for answer in answers(unit))
    for who, document, code in chain(told, answers_outside(central)):
        by = known.get(who)
        if by and not by.tells and document in by.documents:
            by.documents[document].add(code)
    return {unit.id: unit.counts() for unit in units if not unit.is_outside}


def from_hub(config: Path, month: str) -> dict[str, dict[str, int]]:
    """By unit: Bảng 4."""
    said = printed("report", "--month", month, "--json", "--config", str(config))
    return {one["unit"]: _line(one) for one in json.loads(said)["answers"]}


def printed(*arguments: str) -> str:
    """What a command of the hub prints."""
    command = [sys.executable, "-m", "hub.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _line(one: dict[str, Any]) -> dict[str, int]:
    return {
        "received": one["received"],
        "accepted": one["in_time"] + one["late"],
        "refused": one["refused"],
        "processing": one["assigned"] + one["processing"],
        "finished": one["finished"],
    }


def main() -> int:
    """Print both, 1 where they differ."""
    parser = argparse.ArgumentParser(prog="python -m tests.reports.folders")
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--month", required=True)
    parser.add_argument("--central", type=Path, help="folder of the simulated central hub, where there is one")
    parser.add_argument("--offices", type=Path, help="folder with the registers of units' software, a folder each")
    asked = parser.parse_args()
    seen = from_folders(asked.config, asked.month, asked.central, asked.offices)
    counted = from_hub(asked.config, asked.month)
    differs = 0
    said = [f"{'unit':16} {'':8} {' '.join(f'{name:>10}' for name in NAMES)}"]
    for unit in sorted({*seen, *counted}):
        lines = {"folders": seen.get(unit, {}), "report": counted.get(unit, {})}
        differs += lines["folders"] != lines["report"]
        for word, line in lines.items():
            said.append(f"{unit:16} {word:8} {' '.join(f'{line.get(name, 0):>10}' for name in NAMES)}")
    said.append("the same" if not differs else f"{differs} units differ")
    sys.stdout.write("\n".join(said) + "\n")
    return 1 if differs else 0


if __name__ == "__main__":
    sys.exit(main())
