"""What units.yaml and hub.yaml must say together of software that comes to the hub."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.config import load
from hub.errors import ConfigError
from hub.plugins import Plugins
from tests.plugins.axis import province


def mistakes(home: Path) -> list[str]:
    """What `hub check` would say."""
    try:
        load(home, lambda names: Plugins(names).settings)
    except ConfigError as error:
        return [str(mistake) for mistake in error.mistakes]
    return []


def edited(home: Path, name: str, old: str, new: str) -> Path:
    path = province(home) / name if not (home / name).exists() else home / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    return home


def test_the_province_is_fine(tmp_path: Path) -> None:
    assert [] == mistakes(province(tmp_path))


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("hub.yaml", 'doors: {listen: "127.0.0.1:0"}\n', "", 'kind: eoffice-axis needs "doors:" in hub.yaml'),
        ("hub.yaml", '"127.0.0.1:0"', '"0.0.0.0"', "an address is written host:port"),
        ("hub.yaml", '"127.0.0.1:0"', '"0.0.0.0:0", key: a.key', "key belongs to a certificate"),
        ("units.yaml", "systemid: 000.00.14.H48", "systemid: 000.00.00.h48", "that of van-phong already"),
        ("units.yaml", "secret: so-nv-secret", "secret: a, isolate: true", "cannot be isolated"),
        ("units.yaml", "secret: so-nv-secret", "secret: a, serves: others", '"others" is not known here: unit'),
        ("units.yaml", "secret: so-nv-secret", "fresh: 5m", 'the key "secret" is missing'),
        ("units.yaml", "secret: so-nv-secret", "secret: a, on_fail: retry", '"retry" is not known here: keep, drop'),
    ],
)
def test_a_mistake_is_named_at_its_place(tmp_path: Path, name: str, old: str, new: str, said: str) -> None:
    found = mistakes(edited(tmp_path, name, old, new))
    assert any(said in one for one in found), found
    assert all(one.startswith(("hub.yaml:", "units.yaml:")) for one in found)


def warnings(home: Path) -> list[str]:
    return [str(each) for each in load(home, lambda names: Plugins(names).settings).warnings]


def test_beyond_loopback_is_allowed_for_doors_alone(tmp_path: Path) -> None:
    edited(tmp_path, "hub.yaml", '"127.0.0.1:0"', '"0.0.0.0:8443"')
    assert any("hub.yaml:4:17: beyond this machine without a certificate" in each for each in warnings(tmp_path))
    edited(tmp_path, "hub.yaml", '"0.0.0.0:8443"', '"0.0.0.0:8443", certificate: hub.pem')
    assert not any("certificate" in each for each in warnings(tmp_path))
    edited(tmp_path, "hub.yaml", "listen: 127.0.0.1:0\n", "listen: 0.0.0.0:8036\n")
    assert any("open to the network" in one for one in mistakes(tmp_path))
