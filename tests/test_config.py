from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from textwrap import dedent
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, field_validator

from hub.config import Config, load, reading
from hub.connector import Duration, Settings
from hub.errors import ConfigError, Mistake, PluginError
from hub.groups import DatedGroup, Term, on
from hub.retry import Policy
from hub.routing import Days, Enclosed, Expression, Group, Route, When
from hub.vocabulary import Business, Organization, Unit, Urgency

HUB = """\
data: var                      # relative to this file
database: sqlite               # or postgresql://...
listen: 127.0.0.1:8036
plugins: [folderdrop]
province: {code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}
hotline: 0255 3822 xxx
"""
UNITS = """\
units:
  so-nv:
    name: Sở Nội vụ
    code: 000.00.14.H48
    aliases: [H48.14]
    endpoint: {kind: folderdrop, folder: shares/so-nv, layout: plain}
  so-khcn:
    name: Sở Khoa học và Công nghệ
    code: 000.00.15.H48
    endpoint: {kind: folderdrop, folder: shares/so-khcn, settle: 500ms}
groups:
  cac-so: {name: "Các sở, ban, ngành", units: [so-nv, so-khcn]}
"""
ROUTES = """\
routes:
  - name: Văn bản khẩn của VPCP gửi thêm Sở KH&CN
    when: {from: 000.00.00.G22, type: [Công văn, Công điện], urgency: khẩn+, subject: "*chuyển đổi số*"}
    to: [addressees, so-khcn]
"""
OTHERS = """\
  truc-quoc-gia:
    name: Trục liên thông văn bản quốc gia
    endpoint: {kind: wire, serves: others, url: https://truc.example}
"""


class Folder(Settings):
    folder: Path
    layout: Literal["plain", "clerk"] = "clerk"
    settle: Duration = 2.0


class Wire(Settings):
    url: str
    token: SecretStr = SecretStr("")

    @field_validator("token")
    @classmethod
    def _long(cls, token: SecretStr) -> SecretStr:
        if token.get_secret_value() and len(token.get_secret_value()) < 8:
            raise ValueError(f"the token {token.get_secret_value()} is too short")
        return token


def connectors(names: Sequence[str]) -> Mapping[str, type[Settings]]:
    for name in names:
        if name not in ("folderdrop", "wire"):
            raise PluginError(f"there is no plugin {name}")
    return {"folderdrop": Folder, "wire": Wire}


def write(folder: Path, hub: str | bytes = HUB, units: str | bytes = UNITS, routes: str | bytes = ROUTES) -> Path:
    for name, content in (("hub", hub), ("units", units), ("routes", routes)):
        data = content.encode() if isinstance(content, str) else content
        (folder / f"{name}.yaml").write_bytes(data)
    return folder


def mistakes(folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, connectors)
    return [str(mistake) for mistake in caught.value.mistakes]


def hub_with(*lines: str) -> str:
    keys = [line.partition(":")[0] + ":" for line in lines]
    kept = [line for line in HUB.splitlines() if not line.startswith(tuple(keys))]
    return "\n".join([*kept, *lines]) + "\n"


def loaded(folder: Path) -> Config:
    return load(folder, connectors)


def test_the_example_is_read_as_written(tmp_path: Path) -> None:
    config = loaded(write(tmp_path))
    units = (
        Unit("so-nv", "Sở Nội vụ", "000.00.14.H48", ("H48.14",)),
        Unit("so-khcn", "Sở Khoa học và Công nghệ", "000.00.15.H48"),
    )
    assert (config.folder, config.data) == (tmp_path, tmp_path / "var")
    assert config.database.get_secret_value() == "sqlite"
    assert config.listen == ("127.0.0.1", 8036)
    assert config.plugins == ("folderdrop",)
    assert config.province == Organization("000.00.00.H48", "UBND tỉnh Quảng Ngãi")
    assert config.units == units
    assert config.endpoints == {
        "so-nv": Folder(kind="folderdrop", folder=Path("shares/so-nv"), layout="plain"),
        "so-khcn": Folder(kind="folderdrop", folder=Path("shares/so-khcn"), settle=0.5),
    }
    assert config.groups == {"cac-so": Group("cac-so", ("so-nv", "so-khcn"), "Các sở, ban, ngành")}
    urgent = frozenset(Urgency) - {Urgency.NORMAL}
    when = When(("000.00.00.G22",), (), ("Công văn", "Công điện"), urgent, ("*chuyển đổi số*",))
    assert config.routes == (Route("Văn bản khẩn của VPCP gửi thêm Sở KH&CN", ("addressees", "so-khcn"), when),)
    assert config.directory.find("h48.14") == "so-nv"
    assert config.directory.others is None
    assert config.warnings == ()


def test_what_is_left_out_has_a_default(tmp_path: Path) -> None:
    write(tmp_path, "plugins: [folderdrop]\nprovince: {code: H48, name: UBND tỉnh}\n")
    (tmp_path / "routes.yaml").unlink()
    config = loaded(tmp_path)
    assert (config.data, config.listen) == (tmp_path / "var", ("127.0.0.1", 8036))
    assert config.retry == Policy()
    assert (config.reserve, config.drain, config.log, config.routes) == (64_000_000, 30.0, "INFO", ())


def test_every_setting_can_be_written(tmp_path: Path) -> None:
    more = ("data: ../elsewhere", "listen: '[::1]:0'", "reserve: 1 GiB", "drain: 5s", "log: debug")
    hub = hub_with("retry: {first: 10s, most: 1h, for: 2d}", "database: postgresql:///hub", *more)
    config = loaded(write(tmp_path, hub))
    assert config.retry == Policy(first=10.0, most=3600.0, give_up=172800.0)
    assert config.database.get_secret_value() == "postgresql:///hub"
    assert (config.data, config.listen) == (tmp_path.parent / "elsewhere", ("::1", 0))
    assert (config.reserve, config.drain, config.log) == (2**30, 5.0, "DEBUG")


@pytest.mark.parametrize("routes", ["", "# none yet\n", "routes:\n", "routes: []\n"])
def test_routes_may_be_empty(tmp_path: Path, routes: str) -> None:
    assert loaded(write(tmp_path, routes=routes)).routes == ()


def test_one_word_stands_for_a_list_of_one_and_diverting_is_said(tmp_path: Path) -> None:
    routes = "routes: [{name: r, to: cac-so, divert: true, answers: origin, when: {to: '*.H48'}}]"
    config = loaded(write(tmp_path, routes=routes))
    assert config.routes == (Route("r", ("cac-so",), When(to=("*.H48",)), divert=True, answers="origin"),)
    assert config.warnings == ()


def test_one_unit_stands_for_everyone_outside(tmp_path: Path) -> None:
    units = UNITS.replace("groups:", OTHERS + "groups:")
    config = loaded(write(tmp_path, units=units, routes="routes: [{name: r, to: [addressees, 000.00.00.G22]}]"))
    assert config.directory.others == "truc-quoc-gia"
    assert config.units[2] == Unit("truc-quoc-gia", "Trục liên thông văn bản quốc gia", "")
    assert config.routes[0].to == ("addressees", "000.00.00.G22")


def test_a_group_names_its_units_by_any_code(tmp_path: Path) -> None:
    units = UNITS.replace("units: [so-nv, so-khcn]", "units: [h48.14, so-nv, 000.00.15.H48]")
    assert loaded(write(tmp_path, units=units)).groups["cac-so"].units == ("so-nv", "so-khcn")


PLANTED = {
    "hub": """\
        data: var
        databse: sqlite
        database: mysql://root:topsecret@db/x
        listen: 0.0.0.0:8036
        plugins: [folderdrop, foldrdrop]
        province: {name: UBND tỉnh Quảng Ngãi}
        retry: {first: 1 minute, most: 4h}
        reserve: 64XB
        drain: 30s
        drain: 40s
        """,
    "units": """\
        units:
          so-nv:
            name: Sở Nội vụ
            code: 000.00.14.H48
            aliases: [H48.14, so-khcn]
            endpoint: {kind: folderdrop, folder: shares/so-nv, layout: plian}
          so-khcn:
            name: 12
            code: h48.14
            endpoint: {kind: folderdrp, folder: shares/so-khcn}
          Xa_BinhSon:
            nmae: UBND xã Bình Sơn
            code: H48.31
            endpoint:
              kind: folderdrop
              folder: shares/binh-son
              settle: 2 fortnights
          xa-tinh-khe:
            name: UBND xã Tịnh Khê
            endpoint: {folder: a}
        groups:
          cac-so: {name: "Các sở", units: [so-nv, so-kchn]}
          so-nv: {units: []}
        """,
    "routes": """\
        routes:
          - name: Một
            when: {from: so-nvv, type: [Công vănn, Công điện], urgency: [khẩnn+, gấp], subjet: "*số*"}
            to: [addressees, so-kcn]
          - name: Một
            to: []
          - to: so-nv
            divert: yes
            answers: orign
          - name: Ba
            when: [x]
            to: 000.00.00.G22
        """,
}
EXPECTED = """\
hub.yaml:2:1: the key "databse" is not known; did you mean "database"?
hub.yaml:3:11: "mysql" is not known here: sqlite, postgresql
hub.yaml:4:9: 0.0.0.0 is open to the network, and there is no login yet: use 127.0.0.1
hub.yaml:5:23: there is no plugin foldrdrop
hub.yaml:6:1: the key "code" is missing in "province"
hub.yaml:7:16: a span of time is written 500ms, 2s, 10m, 4h or 1d
hub.yaml:8:10: a size is written 64MB, 512MiB or 1GB
hub.yaml:10:1: the key "drain" stands here a second time; first in line 9
routes.yaml:3:18: there is no unit or group "so-nvv"; did you mean "so-nv"?
routes.yaml:3:33: "Công vănn" is no document type; did you mean "Công văn"?
routes.yaml:3:66: "khẩnn+" is not known here; did you mean "khẩn+"?
routes.yaml:3:74: "gấp" is not known here: thường, khẩn, thượng khẩn, hỏa tốc, hỏa tốc hẹn giờ
routes.yaml:3:80: the key "subjet" is not known; did you mean "subject"?
routes.yaml:4:22: there is no unit or group "so-kcn"; did you mean "so-khcn"?
routes.yaml:5:11: another route is named "Một" already, in line 2
routes.yaml:6:9: "to" must name at least one
routes.yaml:7:5: the key "name" is missing in entry 3 in "routes"
routes.yaml:8:13: "divert" must be true or false
routes.yaml:9:14: "orign" is not known here; did you mean "origin"?
routes.yaml:11:11: "when" must be a table of key: value
routes.yaml:12:9: no unit here serves "000.00.00.G22"; did you mean "000.00.14.H48"?
units.yaml:5:23: "so-khcn" belongs to "so-khcn" already, see line 7
units.yaml:6:64: "plian" is not known here; did you mean "plain"?
units.yaml:8:11: "name" must be text: write it in quotes
units.yaml:9:11: "h48.14" belongs to "so-nv" already, see line 5
units.yaml:10:22: no plugin of hub.yaml brings the kind "folderdrp"; did you mean "folderdrop"?
units.yaml:11:3: the id "Xa_BinhSon" must be made of a-z, 0-9 and -, 40 at most, no - first
units.yaml:11:3: the key "name" is missing in "Xa_BinhSon"
units.yaml:12:5: the key "nmae" is not known; did you mean "name"?
units.yaml:17:15: a span of time is written 500ms, 2s, 10m, 4h or 1d
units.yaml:18:3: the key "code" is missing in "xa-tinh-khe"
units.yaml:20:5: the key "kind" is missing in "endpoint"
units.yaml:22:43: there is no unit "so-kchn"; did you mean "so-khcn"?
units.yaml:23:3: "so-nv" is the name of a unit already
units.yaml:23:18: "units" must name at least one
""".splitlines()


def test_all_mistakes_of_all_files_are_named_at_their_places(tmp_path: Path) -> None:
    write(tmp_path, **{name: dedent(text) for name, text in PLANTED.items()})
    assert mistakes(tmp_path) == EXPECTED


BROKEN = [
    ("a: 1\n\tb: 2\n", "2:1: a tab stands here: indent with spaces"),
    ("a: b: c\n", '1:5: a ":" stands here that belongs to no key: put the text in quotes, or mend the indentation'),
    ("a: [1, 2\n", "2:1: this is not YAML: expected ',' or ']', but got '<stream end>'"),
    ("a: *x\n", "1:4: a value may not begin with * unless it is in quotes"),
    ("a: 1\n---\nb: 2\n", "2:1: this is not YAML: but found another document"),
    (b"a: 1\n\xc4\x91\xc4\x91 \xff: 1\n", "2:4: the file is not UTF-8 here: save it as UTF-8"),
    ("a: 1\n".encode("utf-16"), "1:1: the file is not UTF-8 here"),
    (b"\xef\xbb\xbfa\xc4\x91 \xff: 1\n", "1:4: the file is not UTF-8 here"),
    ("a: 1\nb: \x07\n", "2:4: a control character stands here"),
    ("a: 1\rb: \x07\n", "2:4: a control character stands here"),
    ("a: 1\r\nb: '\u2028'\nc: [\n", "2:5: an invisible line end stands here"),
    ("a: \x85b", "1:4: an invisible line end stands here"),
    (b"a: 1\n" * (1 << 18), "1:1: the file is larger than 1 MiB"),
    ("[" * 1000, "1:1: lists and tables are nested too deep"),
    ('a: "\\UFFFFFFFF"', "1:1: this is not YAML"),
]


#: Mistakes elsewhere that cannot be told without this file.
NEEDING = {
    "hub": ("no plugin of", "units.yaml:6:64", "units.yaml:17:15"),
    "units": ("there is no unit or group", "no unit here serves"),
    "routes": (),
}


@pytest.mark.parametrize(("content", "expected"), BROKEN)
@pytest.mark.parametrize("name", ["hub", "units", "routes"])
def test_a_broken_file_is_named_and_hides_no_other(
    tmp_path: Path, name: str, content: str | bytes, expected: str
) -> None:
    texts: dict[str, str | bytes] = {key: dedent(text) for key, text in PLANTED.items()}
    write(tmp_path, **{**texts, name: content})
    found = mistakes(tmp_path)
    own = [line for line in found if line.startswith(f"{name}.yaml")]
    assert len(own) == 1
    assert own[0].startswith(f"{name}.yaml:{expected}")
    apart = [line for line in EXPECTED if not line.startswith(f"{name}.yaml")]
    assert [line for line in found if line not in own] == [
        line for line in apart if not any(words in line for words in NEEDING[name])
    ]


def test_a_byte_order_mark_is_no_mistake_and_shifts_no_column(tmp_path: Path) -> None:
    assert loaded(write(tmp_path, b"\xef\xbb\xbf" + HUB.encode())).listen == ("127.0.0.1", 8036)
    text = "\ufefflog: warnin\n" + HUB
    assert mistakes(write(tmp_path, text)) == ['hub.yaml:1:6: "warnin" is not known here; did you mean "WARNING"?']


def test_half_a_letter_is_named_where_a_day_is_asked_for(tmp_path: Path) -> None:
    routes = 'routes:\n- {name: a, when: {date: {from: "2026-\\ud800"}}, to: [addressees]}\n'
    found = mistakes(write(tmp_path, HUB, routes=routes))
    assert "routes.yaml:2:33: half a letter (\\ud800 to \\udfff) stands here: write the letter itself" in found


def test_missing_files_are_named(tmp_path: Path) -> None:
    assert mistakes(tmp_path) == ["hub.yaml:1:1: the file is missing", "units.yaml:1:1: the file is missing"]
    write(tmp_path, "# nothing\n", units="")
    assert mistakes(tmp_path) == ["hub.yaml:1:1: the file is empty", "units.yaml:1:1: the file is empty"]


def test_a_repeated_unit_hides_nothing_inside_it(tmp_path: Path) -> None:
    again = "  so-nv:\n    name: Khác\n    code: H48.77\n    endpoint: {kind: folderdrop, flder: x}\ngroups:"
    assert mistakes(write(tmp_path, units=UNITS.replace("groups:", again))) == [
        'units.yaml:11:3: the key "so-nv" stands here a second time; first in line 2',
        'units.yaml:14:5: the key "folder" is missing in "endpoint"',
        'units.yaml:14:34: the key "flder" is not known; did you mean "folder"?',
    ]


HUB_MISTAKES = [
    ("listen: 127.0.0.1:80360", "9: the port 80360 is out of range: 0 to 65535"),
    ("listen: 8036", "9: an address is written host:port, as 127.0.0.1:8036"),
    ("listen: hub.example:8036", "9: hub.example is open to the network, and there is no login yet: use 127.0.0.1"),
    ("database: postgres://u:topsecret@h/x", '11: "postgres" is not known here; did you mean "postgresql"?'),
    ("database: postgresql:/u:topsecret@h/x", "11: a database is written sqlite, or postgresql://user@host:5432/name"),
    ("database: postgresql://h:topsecret/x", "11: a database is written sqlite, or postgresql://user@host:5432/name"),
    ("database: postgresql://h", "11: a database is written sqlite, or postgresql://user@host:5432/name"),
    ("plugins: folderdrop", '10: "plugins" must be a list: [one, two]'),
    ("plugins:", '1: "plugins" is empty'),
    ("data: [x]", '7: "data" must be text'),
    ("data: 5", '7: "data" must be text: write it in quotes'),
    ("drain: soon", "8: a span of time is written 500ms, 2s, 10m, 4h or 1d"),
    ("drain: 400d", "8: a span of time may be a year at most"),
    (f"drain: {'9' * 400}", "8: a span of time may be a year at most"),
    ("reserve: true", "10: a size is written 64MB, 512MiB or 1GB"),
    ("reserve: 64 iB", "10: a size is written 64MB, 512MiB or 1GB"),
    ("log: warnin", '6: "warnin" is not known here; did you mean "WARNING"?'),
    ('hotline: "0255\\ud83d"', "10: half a letter (\\ud800 to \\udfff) stands here"),
    ("retry: {first: 0s}", "16: a span of time must be longer than 0 here"),
    ("retry: {first: 1h, most: 1m}", "26: the longest pause is shorter than the first one"),
    ("retry: {frist: 1h}", '9: the key "frist" is not known; did you mean "first"?'),
    ("province: {code: '', name: T}", '18: "code" must not be empty'),
    ("data: &here var", "7: anchors (&) and aliases (*) are not read here: write the value out"),
    ("data: !!python/object:os.system x", "7: the tag !!python/object:os.system stands here, which is not read"),
    ("data: !env VAR", "7: the tag !env stands here, which is not read; only !secret NAME is"),
    ("[a]: x", "1: a key must be a word"),
]


@pytest.mark.parametrize(("line", "expected"), HUB_MISTAKES)
def test_each_mistake_of_hub_yaml(tmp_path: Path, line: str, expected: str) -> None:
    hub = hub_with(line)
    found = mistakes(write(tmp_path, hub))
    own = [text for text in found if text.startswith("hub.yaml")]
    assert len(own) == 1
    assert own[0].startswith(f"hub.yaml:{len(hub.splitlines())}:{expected}")
    assert "topsecret" not in own[0]


def test_mistakes_about_who_stands_for_the_others(tmp_path: Path) -> None:
    second = OTHERS.replace("truc-quoc-gia:", "truc-khac:")
    units = UNITS.replace("groups:", OTHERS + second + "groups:").replace("units: [so-nv", "units: [truc-quoc-gia")
    routes = "routes: [{name: r, to: [addressees, truc-quoc-gia]}]"
    assert mistakes(write(tmp_path, units=units, routes=routes)) == [
        'routes.yaml:1:37: "truc-quoc-gia" stands for everyone outside: write the code of the one you mean',
        'units.yaml:16:36: "truc-quoc-gia" stands for the others already: only one unit may',
        'units.yaml:18:48: "truc-quoc-gia" stands for everyone outside and cannot be in a group',
    ]


@pytest.mark.parametrize(
    ("second", "clash"),
    [
        ("shares/so-nv", True),
        ("shares/so-nv/in", True),
        ("shares", True),
        ("link/so-nv", True),
        ("shares/so-nv2", False),
    ],
)
def test_no_two_units_share_a_folder(tmp_path: Path, second: str, clash: bool) -> None:
    (tmp_path / "shares").mkdir()
    (tmp_path / "link").symlink_to("shares")
    write(tmp_path, units=UNITS.replace("shares/so-khcn", second))
    if clash:
        expected = 'units.yaml:10:42: this folder is the same as, within or around that of "so-nv"'
        assert mistakes(tmp_path) == [expected]
    else:
        assert len(loaded(tmp_path).endpoints) == 2


@pytest.mark.parametrize("folder", ["var", "."])
def test_the_hubs_own_data_lies_in_no_units_folder(tmp_path: Path, folder: str) -> None:
    found = mistakes(write(tmp_path, units=UNITS.replace("shares/so-nv", folder)))
    assert "units.yaml:6:42: the hub's own data lies in this folder: see data in hub.yaml" in found


def test_an_id_may_not_be_the_word_for_addressees(tmp_path: Path) -> None:
    found = mistakes(write(tmp_path, units=UNITS.replace("cac-so:", "addressees:")))
    assert found == ['units.yaml:12:3: "addressees" means the addressees of a document: take another id']


def test_aliases_cannot_blow_up_and_cannot_hold_themselves(tmp_path: Path) -> None:
    bomb = "a: &a [x, x, x, x]\n" + "".join(
        f"{after}: &{after} [{', '.join([f'*{name}'] * 9)}]\n"
        for name, after in zip("abcdefgh", "bcdefghi", strict=True)
    )
    found = mistakes(write(tmp_path, routes=bomb + "loop: &loop [*loop]\n"))
    assert sum("anchors (&) and aliases (*) are not read here" in line for line in found) == 10


def test_what_is_probably_not_meant_is_warned_of(tmp_path: Path) -> None:
    units = UNITS.replace("[H48.14]", "[28.22.H17]")
    routes = "routes:\n  - name: r\n    when: {from: 01.02.G22}\n    to: [so-nv]\n"
    config = loaded(write(tmp_path, HUB.replace("000.00.00.H48", "quang-ngai"), units, routes))
    shape = "does not look like an organisation code: 000.00.14.H48 or H48.14"
    away = 'this takes documents away from their addressees: add "addressees", or divert: true if meant'
    assert config.warnings == (
        Mistake("hub.yaml", 5, 18, f'"quang-ngai" {shape}'),
        Mistake("routes.yaml", 3, 18, f'"01.02.G22" {shape}'),
        Mistake("routes.yaml", 4, 10, away),
        Mistake("units.yaml", 5, 15, f'"28.22.H17" {shape}'),
    )


def with_token(token: str) -> str:
    return UNITS.replace("groups:", OTHERS.replace("url:", f"token: {token}, url:") + "groups:")


def token_of(folder: Path) -> str:
    config = loaded(folder)
    endpoint = config.endpoints["truc-quoc-gia"]
    assert isinstance(endpoint, Wire)
    assert endpoint.token.get_secret_value() not in repr(config)
    return endpoint.token.get_secret_value()


def put_secrets(folder: Path, text: str, mode: int = 0o600) -> None:
    (folder / "secrets.yaml").write_text(text, encoding="utf-8")
    (folder / "secrets.yaml").chmod(mode)


def test_secrets_come_from_the_environment_then_credentials_then_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, units=with_token("!secret axis_token"))
    put_secrets(tmp_path, "axis_token: from-the-file\n")
    assert token_of(tmp_path) == "from-the-file"
    (tmp_path / "axis_token").write_text("from-credentials\n", encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert token_of(tmp_path) == "from-credentials"
    monkeypatch.setenv("HUB_SECRET_axis_token", "from-environment")
    assert token_of(tmp_path) == "from-environment"
    assert loaded(tmp_path).warnings == ()


def test_the_reader_keeps_no_secret(tmp_path: Path) -> None:
    write(tmp_path, units=with_token("!secret axis_token"))
    put_secrets(tmp_path, "axis_token: the-first\n")
    assert token_of(tmp_path) == "the-first"
    kept = reading._composed.cache_info().currsize
    put_secrets(tmp_path, "axis_token: the-second\n")
    assert token_of(tmp_path) == "the-second"
    assert reading._composed.cache_info().currsize == kept > 0


def test_a_database_may_be_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_SECRET_DB", "postgresql://hub:topsecret@db.example/hub")
    config = loaded(write(tmp_path, hub_with("database: !secret DB")))
    assert config.database.get_secret_value() == "postgresql://hub:topsecret@db.example/hub"
    assert "topsecret" not in repr(config)


def test_secrets_written_out_work_and_are_warned_of(tmp_path: Path) -> None:
    hub = hub_with("database: postgresql://hub:topsecret@db.example/hub")
    write(tmp_path, hub, with_token("plain-as-day"))
    assert token_of(tmp_path) == "plain-as-day"
    text = "a secret is written out here: write !secret NAME, and its value into secrets.yaml"
    assert loaded(tmp_path).warnings == (Mistake("hub.yaml", 6, 11, text), Mistake("units.yaml", 13, 51, text))


SECRET_MISTAKES = [
    (
        "!secret axis_tokn",
        "token: long-enough",
        (
            'units.yaml:13:51: there is no secret "axis_tokn": neither $HUB_SECRET_axis_tokn, a credential, '
            "nor secrets.yaml has it"
        ),
    ),
    ("!secret ../x", "token: x", "units.yaml:13:51: after !secret stands a name of letters, digits and _"),
    ("!secret token", "token: topsec", "units.yaml:13:51: the token *** is too short"),
    ("topsec", "token: x", "units.yaml:13:51: the token *** is too short"),
    ("!secret pin", "pin: 1234", 'secrets.yaml:1:1: the secret "pin" must be text: write it in quotes'),
    ("!secret pin", "pin: !topsecret x", "secrets.yaml:1:6: a tag stands here, which is not read"),
    ("!secret pin", "pin: *topsecret", "secrets.yaml:1:6: this is not YAML"),
    ("!secret pin", "- topsecret", "secrets.yaml:1:1: the file must be a table of NAME: value"),
    ("x, send_timeout: !secret token", "token: topsecret", "units.yaml:13:68: "),
]


@pytest.mark.parametrize(("token", "secrets", "expected"), SECRET_MISTAKES)
def test_mistakes_about_secrets_never_show_them(tmp_path: Path, token: str, secrets: str, expected: str) -> None:
    put_secrets(tmp_path, secrets)
    found = mistakes(write(tmp_path, units=with_token(token)))
    assert any(line.startswith(expected) for line in found)
    assert not any("topsec" in line for line in found)


def test_the_nearest_secret_is_named(tmp_path: Path) -> None:
    put_secrets(tmp_path, "axis_token: abcdefghij")
    [mistake] = mistakes(write(tmp_path, units=with_token("!secret axis_tokn")))
    assert mistake.endswith('has it; did you mean "axis_token"?')


def test_secrets_that_others_may_read_are_refused(tmp_path: Path) -> None:
    put_secrets(tmp_path, "axis_token: from-the-file", 0o640)
    expected = "secrets.yaml:1:1: others on this machine may read the secrets: chmod 600 secrets.yaml"
    assert mistakes(write(tmp_path, units=with_token("!secret axis_token"))) == [expected]


def test_a_setting_that_is_shown_takes_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_SECRET_SHARE", "topsecret")
    found = mistakes(write(tmp_path, units=UNITS.replace("shares/so-nv", "!secret SHARE")))
    assert found == ["units.yaml:6:42: this setting is not kept secret: write it without !secret"]


def test_every_plugin_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    assert mistakes(write(tmp_path, HUB.replace("[folderdrop]", "[one, folderdrop, two]"))) == [
        "hub.yaml:4:11: there is no plugin one",
        "hub.yaml:4:28: there is no plugin two",
    ]


def test_plugins_that_only_clash_are_named_together(tmp_path: Path) -> None:
    def clash(names: Sequence[str]) -> Mapping[str, type[Settings]]:
        if len(names) > 1:
            raise PluginError("two plugins bring an endpoint kind wire")
        return connectors(names)

    write(tmp_path, HUB.replace("[folderdrop]", "[folderdrop, wire]"))
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, clash)
    assert caught.value.mistakes == [Mistake("hub.yaml", 4, 1, "two plugins bring an endpoint kind wire")]


def test_messages_cannot_forge_lines(tmp_path: Path) -> None:
    [mistake] = mistakes(write(tmp_path, hub_with(r'log: "x\nhub.yaml:1:1: \e[31mred"')))
    assert mistake.isprintable()


_PIECES = st.sampled_from(
    ["\t", "\n", "  ", "- ", ": ", "&a ", "*a", "!secret ", "[", "}", '"', "'", "|", "? ", "<<: ", "0x", "~", '"\\0"']
)
_TEXTS = st.one_of(st.text(), st.binary(), st.lists(st.one_of(st.text(max_size=5), _PIECES)).map("".join))


@given(hub=_TEXTS, units=_TEXTS, routes=_TEXTS)
@settings(max_examples=60, deadline=None)
def test_any_text_is_a_mistake_at_worst(hub: str | bytes, units: str | bytes, routes: str | bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _load_or_name(_write_raw(Path(folder), hub, units, routes))


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_slip_of_the_pen_is_a_mistake_at_worst(data: st.DataObject) -> None:
    texts = [_slip(data, text) for text in (HUB, UNITS, ROUTES)]
    with tempfile.TemporaryDirectory() as folder:
        _load_or_name(_write_raw(Path(folder), *texts))


def _slip(data: st.DataObject, text: str) -> str:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 5)))
    return text[:start] + data.draw(st.one_of(_PIECES, st.text(max_size=3))) + text[end:]


def _write_raw(folder: Path, *texts: str | bytes) -> Path:
    for name, text in zip(("hub", "units", "routes"), texts, strict=True):
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        (folder / f"{name}.yaml").write_bytes(data)
    return folder


def _load_or_name(folder: Path) -> None:
    try:
        config = loaded(folder)
    except ConfigError as error:
        mistakes = error.mistakes
    else:
        assert config.folder == Path(os.path.abspath(folder))
        return
    assert mistakes
    assert all(mistake.line >= 1 and mistake.column >= 1 and mistake.message for mistake in mistakes)


# Groups with dates


def dated(members: str) -> str:
    return UNITS.replace("units: [so-nv, so-khcn]", f"units: {members}")


def test_members_may_come_and_go(tmp_path: Path) -> None:
    members = "[so-khcn, {unit: H48.14, until: 30/6/2026}, {unit: so-nv, since: 2027-01-01}]"

    group = loaded(write(tmp_path, units=dated(members))).groups["cac-so"]

    terms = (Term(until=date(2026, 6, 30)), Term(since=date(2027, 1, 1)))
    assert group == DatedGroup("cac-so", ("so-khcn", "so-nv"), "Các sở, ban, ngành", {"so-nv": terms})
    days = {date(2026, 6, 30): 2, date(2026, 7, 1): 1, date(2026, 12, 31): 1, date(2027, 1, 1): 2}
    assert {day: len(on({"a": group}, day)["a"].units) for day in days} == days


def test_who_is_a_member_without_dates_too_is_one_always(tmp_path: Path) -> None:
    group = loaded(write(tmp_path, units=dated("[so-nv, {unit: so-nv, until: 1/1/2020}]"))).groups["cac-so"]

    assert group == Group("cac-so", ("so-nv",), "Các sở, ban, ngành")


@pytest.mark.parametrize(
    ("member", "column", "says"),
    [
        ("{unit: so-nx}", 55, 'there is no unit "so-nx"; did you mean'),
        ("{unit: so-nv, untill: 1/1/2026}", 62, 'the key "untill" is not known; did you mean "until"?'),
        ("{until: 1/1/2026}", 48, 'the key "unit" is missing in entry 1 in "units"'),
        ("{unit: so-nv, since: 31/6/2026}", 69, "31/6/2026"),
        ("{unit: so-nv, since: ''}", 69, "24/11/2026"),
        ("{unit: so-nv, since: 2/1/2026, until: 1/1/2026}", 86, "this day lies before the first one"),
        ("[so-nv]", 48, "must be"),
        ("12", 48, "must be"),
    ],
)
def test_a_wrong_member_is_told_at_its_place(tmp_path: Path, member: str, column: int, says: str) -> None:
    [mistake] = mistakes(write(tmp_path, units=dated(f"[{member}]")))

    place, _, message = mistake.partition(": ")
    assert (place, says in message) == (f"units.yaml:12:{column}", True), mistake


_CONDITIONS = """\
routes:
  - name: r
    when:
      code: ["*/CĐ-UBND", "1?/*"]
      business: [thu hồi, update]
      attachments: {type: pdf, larger: 10MB}
      channel: [folderdrop, so-nv]
      date: {from: 2026-01-01, to: 31/12/2026}
      if: size(attachments) > 1
    to: [addressees, so-khcn]
    final: true
"""


def test_every_condition_is_read(tmp_path: Path) -> None:
    [route] = loaded(write(tmp_path, routes=_CONDITIONS)).routes
    assert route.final
    assert route.when == When(
        code=("*/CĐ-UBND", "1?/*"),
        business=frozenset({Business.REVOKE, Business.UPDATE}),
        attachments=Enclosed(("pdf",), 10_000_000),
        channel=("folderdrop", "so-nv"),
        days=Days(date(2026, 1, 1), date(2026, 12, 31)),
        expression=Expression("size(attachments) > 1"),
    )


def test_the_kinds_of_endpoints_are_known_by_unit(tmp_path: Path) -> None:
    assert loaded(write(tmp_path)).kinds == {"so-nv": "folderdrop", "so-khcn": "folderdrop"}


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("thu hồi", "thu hôii", '5:18: "thu hôii" is not known here; did you mean "thu hồi"?'),
        ("larger: 10MB", "larger: lớn", "6:40: a size is written 64MB, 512MiB or 1GB"),
        ("larger:", "bigger:", '6:32: the key "bigger" is not known; known here: type, larger'),
        ("[folderdrop", "[foldrdrop", '7:17: there is no unit, group or kind of endpoint "foldrdrop"; did you mean'),
        ("2026-01-01", "2026-13-01", '8:20: "2026-13-01" is no day: write 2026-11-24 or 24/11/2026'),
        ("2026-01-01", "2027-01-01", "8:36: this day lies before the first one"),
        ("size(attachments)", "size(attachment)", '9:11: the name "attachment" is not known; did you mean'),
        ("> 1", "> true", "9:11: No such overload"),
        ("size(attachments) > 1", "7", "9:11: an expression is text: write it in quotes"),
        ("final: true", "final: 1", '11:12: "final" must be true or false'),
    ],
)
def test_a_wrong_condition_is_named_at_its_place(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    assert right in _CONDITIONS
    [mistake] = mistakes(write(tmp_path, routes=_CONDITIONS.replace(right, wrong)))
    assert mistake.startswith(f"routes.yaml:{said}")
