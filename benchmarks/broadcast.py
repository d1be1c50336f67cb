"""One document for every commune of the province, again and again: how long until all of them have it.

    .venv/bin/python benchmarks/broadcast.py [--units 96] [--documents 20] [--rounds 3]

A department's software drops packets that name all communes. In one run, in turn, the communes have plain folders, and
clerks' folders with pages and registers. Exit 1: a delivery is missing after five minutes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from axis import program
from processes import tree_cost
from rich.progress import track

from hub.testing import sample_packet
from hub.testing.samples import a_document

#: layout -> where a document lies in a commune's share
LAYOUTS = {"plain": "in", "clerk": "van-ban-den/1-moi-den"}
SENDER = "000.00.14.H48"
_WAIT = 300.0
_HUB = Path(sys.executable).with_name("hub")
_HUB_YAML = """\
data: data
listen: 127.0.0.1:0
plugins: [folderdrop]
province: {code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}
"""
_UNIT = """\
  %(id)s:
    name: %(id)s
    code: %(code)s
    endpoint: {kind: folderdrop, folder: shares/%(id)s, layout: %(layout)s}
"""


def commune(number: int) -> str:
    """A commune's code."""
    return f"000.{number:02}.31.H48"


def province(home: Path, layout: str, units: int) -> None:
    """The configuration, in a folder."""
    codes = {f"xa-{number}": commune(number) for number in range(units)}
    said = "".join(_UNIT % {"id": name, "code": code, "layout": layout} for name, code in codes.items())
    home.mkdir()
    (home / "hub.yaml").write_text(_HUB_YAML, encoding="utf-8")
    own = _UNIT % {"id": "so-nv", "code": SENDER, "layout": "plain"}
    (home / "units.yaml").write_text(f"units:\n{said}{own}", encoding="utf-8")


def _documents(place: Path) -> int:
    return sum(not name.startswith(".") for name in os.listdir(place)) if place.is_dir() else 0


def trial(home: Path, layout: str, units: int, documents: int) -> tuple[float, float]:
    """Seconds until all have all, CPU milliseconds a delivery. Raises TimeoutError."""
    to = tuple(map(commune, range(units)))
    packets = [sample_packet(a_document(f"{number}/GM-SNV", SENDER, to)) for number in range(1, documents + 1)]
    with program([_HUB, "run", "--config", home], home, "hub") as (pid, _):
        out = home / "shares" / "so-nv" / "out"
        while not (out.is_dir() and len(list(home.glob("shares/*"))) == units + 1):
            time.sleep(0.1)
        # What a start does beside the folders is over.
        time.sleep(3)
        began, before = time.monotonic(), tree_cost(pid).cpu
        for number, packet in enumerate(packets):
            (out / f".{number}").write_bytes(packet)
            (out / f".{number}").rename(out / f"{number}.edxml")
        places = [home / "shares" / f"xa-{number}" / LAYOUTS[layout] for number in range(units)]
        while (lying := sum(map(_documents, places))) < units * documents:
            if time.monotonic() - began > _WAIT:
                raise TimeoutError(f"{lying} of {units * documents}")
            time.sleep(0.1)
        took, used = time.monotonic() - began, tree_cost(pid).cpu - before
    return took, 1000 * used / (units * documents)


def main() -> int:
    """Exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=96, choices=range(1, 100), metavar="1 to 99")
    parser.add_argument("--documents", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    rates: dict[str, list[float]] = {layout: [] for layout in LAYOUTS}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["chattr", "+T", folder], check=False, capture_output=True)
        for round_ in track(range(asked.rounds), "rounds", transient=True):
            for layout in LAYOUTS:
                home = Path(folder) / f"{layout}-{round_}"
                province(home, layout, asked.units)
                try:
                    seconds, cpu = trial(home, layout, asked.units, asked.documents)
                except TimeoutError as error:
                    print(f"{layout}: not everything arrived: {error}")
                    return 1
                rates[layout].append(asked.units * asked.documents / seconds)
                print(
                    f"{layout:6} {seconds:6.1f} s, {rates[layout][-1]:6.0f} deliveries/s, {cpu:5.2f} ms CPU a delivery"
                )
    plain, clerk = (median(rates[layout]) for layout in LAYOUTS)
    print(f"clerk / plain: {clerk / plain:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
