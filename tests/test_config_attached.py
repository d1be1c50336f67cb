"""A setting of an endpoint that stands in a YAML file of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr

from hub.config import load
from hub.connector import Settings
from hub.errors import ConfigError

_HUB = "province: {code: 000.00.00.H48, name: UBND tỉnh}\nplugins: [wire]\n"
_UNITS = """\
units:
  so-nv:
    name: Sở Nội vụ
    code: 000.00.14.H48
    endpoint:
      kind: wire
      profile: {said}
"""


class Profile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    brand: str
    pages: int = 1
    token: SecretStr = SecretStr("")


class Wire(Settings):
    shipped: ClassVar[Mapping[str, Path]] = {}

    kind: Literal["wire"]
    profile: Profile


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "plugin"
    folder.mkdir()
    (folder / "bkav.yaml").write_text("brand: Bkav\npages: 7\n", "utf-8")
    (folder / "vnpt.yaml").write_text("brand: VNPT\n", "utf-8")
    monkeypatch.setattr(Wire, "shipped", {"profile": folder})
    return folder


def _load(home: Path, said: str) -> Wire:
    (home / "hub.yaml").write_text(_HUB, "utf-8")
    (home / "units.yaml").write_text(_UNITS.format(said=said), "utf-8")

    def connectors(_: Sequence[str]) -> Mapping[str, type[Settings]]:
        return {"wire": Wire}

    found = load(home, connectors).endpoints["so-nv"]
    assert isinstance(found, Wire)
    return found


def _mistakes(home: Path, said: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        _load(home, said)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_it_may_be_shipped_a_file_or_written_in_place(tmp_path: Path, shipped: Path) -> None:
    (tmp_path / "own.yaml").write_text("brand: Bkav\npages: 7\n", "utf-8")
    for said in ("bkav", "own.yaml", "{brand: Bkav, pages: 7}"):
        assert _load(tmp_path, said).profile == Profile(brand="Bkav", pages=7)


def test_secrets_in_such_a_file_are_looked_up_by_their_names(
    tmp_path: Path, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_SECRET_BKAV", "bi-mat")
    (tmp_path / "own.yaml").write_text("brand: Bkav\ntoken: !secret BKAV\n", "utf-8")
    assert _load(tmp_path, "own.yaml").profile.token.get_secret_value() == "bi-mat"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pages: 7\n", ['own.yaml:1:1: the key "brand" is missing in "profile"']),
        ("brand: Bkav\npages: many\n", ['own.yaml:2:8: "pages" must be a whole number']),
        ("brand: Bkav\npagse: 2\n", ['own.yaml:2:1: the key "pagse" is not known; did you mean "pages"?']),
        ("brand: [\n", ["own.yaml:2:1: this is not YAML: expected the node content, but found '<stream end>'"]),
        ("", ["own.yaml:1:1: the file is empty"]),
    ],
)
def test_its_mistakes_are_told_with_its_own_places(tmp_path: Path, shipped: Path, text: str, said: list[str]) -> None:
    (tmp_path / "own.yaml").write_text(text, "utf-8")
    found = _mistakes(tmp_path, "own.yaml")
    assert [line.partition(" (")[0] for line in found] == said


def test_a_name_that_nobody_ships_and_a_file_that_is_not_there_are_told_where_they_stand(
    tmp_path: Path, shipped: Path
) -> None:
    assert _mistakes(tmp_path, "bkaw") == [
        'units.yaml:7:16: no profile "bkaw" comes with the hub, and a file ends in .yaml; did you mean "bkav"?'
    ]
    assert _mistakes(tmp_path, "../own.yaml") == ['units.yaml:7:16: there is no file "../own.yaml"']
