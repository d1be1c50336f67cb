"""What a mapping may say, and how its mistakes read: with file, line and column, wherever it stands."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from hub.config import load
from hub.errors import ConfigError
from hub.plugins import Plugins
from plugins.eoffice.tables import TablesSettings

_HUB = "province: {code: 000.00.00.H48, name: UBND tỉnh}\nplugins: [eoffice]\n"
_UNITS = """\
units:
  xa-binh-son:
    name: UBND xã Bình Sơn
    code: 000.00.31.H48
    endpoint:
      kind: eoffice-tables
      database: postgresql://hub@db.example/voffice
      mapping: {mapping}
{more}
"""
_SMALL = """\
statuses: {A: 1, B: "03"}
outbox:
  statuses:
    table: TRANG_THAI
    key: ID
    where: {GUI: 0}
    columns: {status: MA}
    about:
      column: VB
      table: VAN_BAN
      key: ID
      columns: {code: SO_KH, sender: NOI_GUI}
    taken: {GUI: 1}
    refused: {GUI: 2, LY_DO: "{reason}"}
"""


def _load(home: Path, mapping: str, more: str = "") -> TablesSettings:
    (home / "hub.yaml").write_text(_HUB, "utf-8")
    (home / "units.yaml").write_text(_UNITS.format(mapping=mapping, more=indent(more, "      ")), "utf-8")
    plugins = Plugins(["eoffice"])
    found = load(home, lambda _: plugins.settings).endpoints["xa-binh-son"]
    assert isinstance(found, TablesSettings)
    return found


def _mistakes(home: Path, mapping: str, more: str = "") -> list[str]:
    with pytest.raises(ConfigError) as caught:
        _load(home, mapping, more)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_a_shipped_mapping_is_named(tmp_path: Path) -> None:
    settings = _load(tmp_path, "voffice")
    assert settings.mapping.outbox.documents
    assert settings.mapping.outbox.documents.table == "CONNECT_DOCUMENT"
    assert settings.url.render_as_string() == "postgresql+psycopg://hub@db.example/voffice"


def test_a_mapping_of_ones_own_is_a_file_beside_hub_yaml_or_stands_in_place(tmp_path: Path) -> None:
    (tmp_path / "anh-xa").mkdir()
    (tmp_path / "anh-xa" / "xa.yaml").write_text(_SMALL, "utf-8")
    named = _load(tmp_path, "anh-xa/xa.yaml")
    written = _load(tmp_path, "\n" + indent(_SMALL, " " * 8))
    assert named.mapping == written.mapping
    assert named.given == {"01", "03"}
    assert dict(named.mapping.statuses) == {"A": "01", "B": "03"}


def test_the_codes_of_the_endpoint_narrow_those_of_the_mapping(tmp_path: Path) -> None:
    (tmp_path / "xa.yaml").write_text(_SMALL, "utf-8")
    assert _load(tmp_path, "xa.yaml", 'codes: ["01", "02"]').given == {"01"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "vofice",
            (
                'units.yaml:8:16: no mapping "vofice" comes with the hub, and a file ends in .yaml; '
                'did you mean "voffice"?'
            ),
        ),
        ("xa.yaml", 'units.yaml:8:16: there is no file "xa.yaml"'),
        ("7", 'units.yaml:8:16: "mapping" must be a table of key: value'),
    ],
)
def test_a_mapping_that_is_not_there(tmp_path: Path, name: str, said: str) -> None:
    assert _mistakes(tmp_path, name) == [said]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "key: ID\n    where",
            "kei: ID\n    where",
            ['5:5: the key "kei" is not known; did you mean "key"?', '3:3: the key "key" is missing in "statuses"'],
        ),
        (
            "taken: {GUI: 1}",
            "taken: {GUI: 0}",
            ['3:3: "taken" must change a column of "where", else the same rows wait for ever'],
        ),
        ("taken: {GUI: 1}", "taken: {}", None),
        ("where: {GUI: 0}", "where: {}", None),
        ("{reason}", "{ly_do}", ['14:14: there is no field "{ly_do}" here: at, error, id, reason']),
        ('B: "03"', 'B: "07"', None),
        (
            "columns: {status: MA}",
            "columns: {}",
            ['3:3: which code it is says "status" of "columns", or "always": name one of them'],
        ),
        ("code: SO_KH, ", "", ['8:5: number and notation stand in the column "code", or in "number" and "notation"']),
        ("statuses: {A", "zone: Mars\nstatuses: {A", ['1:7: "Mars" is no time zone: write Asia/Ho_Chi_Minh']),
        (
            "statuses: {A",
            'date: ["%d"]\nstatuses: {A',
            ["1:8: a form is made of yyyy, MM, dd, HH, mm, ss and signs between them: dd/MM/yyyy HH:mm:ss"],
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, said: list[str] | None
) -> None:
    assert old in _SMALL
    (tmp_path / "xa.yaml").write_text(_SMALL.replace(old, new), "utf-8")
    found = _mistakes(tmp_path, "xa.yaml")
    assert all(line.startswith("xa.yaml:") for line in found), found
    if said is not None:
        assert sorted(found) == sorted(f"xa.yaml:{line}" for line in said)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("password: x\ndatabase: postgresql://hub:mat-khau-that@db.example/v", "stands here a second time"),
        ("attachments: 7", "must be"),
        ("largest: 0", "largest"),
    ],
)
def test_what_is_wrong_in_the_settings_is_told(tmp_path: Path, said: str, words: str) -> None:
    found = "\n".join(_mistakes(tmp_path, "voffice", said))
    assert "units.yaml:" in found
    assert words in found or words == "largest"
    assert "mat-khau-that" not in found


@pytest.mark.parametrize("url", ["oracle://a@b/c", "postgresql://a@b", "sqlite", "postgresql://a:mat-khau@b/c"])
def test_a_database_that_it_is_not_for_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"database|password"):
        TablesSettings.model_validate({"kind": "eoffice-tables", "database": url, "mapping": {}})


def test_a_mapping_that_finds_files_by_their_paths_needs_their_folder() -> None:
    with pytest.raises(ValueError, match="attachments"):
        TablesSettings.model_validate(
            {
                "kind": "eoffice-tables",
                "database": "mariadb://a@b/c",
                "mapping": {
                    "inbox": {
                        "documents": {
                            "table": "A",
                            "key": "B",
                            "columns": {},
                            "files": {"table": "C", "key": "D", "parent": "E", "name": "F", "path": "G"},
                        }
                    }
                },
            }
        )


def test_a_mapping_with_nothing_for_the_unit_is_doubtful(tmp_path: Path) -> None:
    (tmp_path / "xa.yaml").write_text(_SMALL, "utf-8")
    assert "inbox.documents" in _load(tmp_path, "xa.yaml").doubts()[0]
