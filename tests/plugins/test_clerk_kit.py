"""The kit for a clerk's unit: what Samba makes of it, what a shell makes of it, and what people read."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

from plugins.folderdrop.clerk.kit import Site, group_of, kit
from tests.cli import Province

_CLERK = """\
  xa-tinh-khe:
    name: UBND xã Tịnh Khê
    code: 000.00.33.H48
    endpoint: {kind: folderdrop, folder: "shares/xã Tịnh Khê's", layout: clerk, grace: 3m}
"""


@pytest.fixture
def province(tmp_path: Path) -> Province:
    made = Province(tmp_path / "config")
    units = made.folder / "units.yaml"
    units.write_text(units.read_text() + _CLERK)
    return made


def made(province: Province, *more: str) -> Path:
    out = province.folder.parent / "kit"
    result = province.hub("units", "kit", "xa-tinh-khe", "--out", str(out), "--server", "MAYCHU", *more)
    assert result.exit_code == 0, result.output
    return out


def asked(config: Path, parameter: str, section: str) -> str:
    """What Samba itself understood."""
    command = ["testparm", "-s", f"--section-name={section}", f"--parameter-name={parameter}", str(config)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def checked(tmp_path: Path, share: Path) -> Path:
    """A whole configuration with this share, which testparm must like."""
    config = tmp_path / "smb.conf"
    config.write_text(f"[global]\n    server role = standalone server\n    include = {share}\n")
    said = subprocess.run(["testparm", "-s", str(config)], check=True, capture_output=True, text=True)
    assert "Unknown parameter" not in said.stderr
    assert "ignoring" not in said.stderr.casefold()
    return config


def test_samba_understands_the_share(province: Province, tmp_path: Path) -> None:
    config = checked(tmp_path, made(province) / "smb.conf.d" / "xa-tinh-khe.conf")

    said = {name: asked(config, name, "xa-tinh-khe") for name in ("path", "valid users", "veto files", "create mask")}
    assert said == {
        "path": str(province.folder / "shares" / "xã Tịnh Khê's"),
        "valid users": "@vt-xa-tinh-khe",
        "veto files": "/.hub/",
        "create mask": "0660",
    }
    assert asked(config, "force directory mode", "xa-tinh-khe") == "02770"
    assert asked(config, "read only", "xa-tinh-khe") == "No"
    assert asked(config, "guest ok", "xa-tinh-khe") == "No"
    assert asked(config, "vfs objects", "xa-tinh-khe") == ""


@pytest.mark.parametrize("name", ["A\n[global]\nguest ok = yes", "A \\", "%u %$(HOME)", "; # ]["])
@pytest.mark.parametrize("folder", ["/srv/a b", "/srv/a%Ub", "/srv/$(touch x)'\"", "/srv/#;a"])
def test_no_name_writes_other_settings(tmp_path: Path, name: str, folder: str) -> None:
    files = kit(Site("xa", name, Path(folder), "M"), 120, 600)
    share = tmp_path / "xa.conf"
    share.write_bytes(files["smb.conf.d/xa.conf"])
    config = checked(tmp_path, share)
    assert asked(config, "guest ok", "xa") == "No"
    assert asked(config, "path", "xa").replace("%%", "%") == folder
    script = tmp_path / "cai-dat.sh"
    script.write_bytes(files["cai-dat.sh"].replace(b'id "$hub"', b'printf %s "$folder"; exit; id'))
    said = subprocess.run(["sh", str(script)], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert said.stdout == folder
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("folder", ["/srv/a\nb", "/srv/a\\"])
def test_a_folder_that_no_configuration_can_name_is_refused(folder: str) -> None:
    with pytest.raises(ValueError, match="cannot be written into a configuration"):
        kit(Site("xa", "A", Path(folder), "M"), 120, 600)


def test_people_find_the_guide_and_the_way_in(province: Province) -> None:
    out = made(province)

    guide = (out / "HUONG-DAN.html").read_text(encoding="utf-8")
    assert "UBND xã Tịnh Khê" in guide
    assert "3 phút" in guide
    shortcut = (out / "may-van-thu" / "Văn bản mới đến.url").read_bytes()
    assert shortcut == b"[InternetShortcut]\r\nURL=file://MAYCHU/xa-tinh-khe/van-ban-den/1-moi-den\r\n"
    assert (out / "may-van-thu" / "Theo dõi văn bản.url").is_file()
    readme = (out / "CAI-DAT.md").read_text(encoding="utf-8")
    assert "smbpasswd -a TEN" in readme
    assert "{" not in readme
    subprocess.run(["sh", "-n", str(out / "cai-dat.sh")], check=True)


@pytest.mark.parametrize("there", [False, True])
def test_the_script_makes_the_folder_and_its_rights(tmp_path: Path, there: bool) -> None:
    folder, tools, said = tmp_path / "a b" / "xa", tmp_path / "bin", tmp_path / "said"
    tools.mkdir()
    said.touch()
    for tool in ("groupadd", "usermod", "chown", "id", "getent"):  # these would change this machine, or ask it
        (tools / tool).write_text(f'#!/bin/sh\necho {tool} "$@" >>{said}\n[ {tool} != getent ]\n')
        (tools / tool).chmod(0o755)
    if there:
        (folder / ".hub").mkdir(parents=True, mode=0o755)
    script = tmp_path / "cai-dat.sh"
    script.write_bytes(kit(Site("xa", "A", folder, "M"), 120, 600)["cai-dat.sh"])
    path = f"{tools}:/usr/bin:/bin"
    subprocess.run(["sh", str(script)], check=True, capture_output=True, env={"PATH": path, "HUB_USER": "truc"})

    assert folder.stat().st_mode & 0o7777 == 0o2770
    assert [path.name for path in folder.iterdir()] == ([".hub"] if there else [])
    if there:
        assert (folder / ".hub").stat().st_mode & 0o777 == 0o700
    lines = said.read_text().splitlines()
    wanted = ["id truc", "getent group vt-xa", "groupadd vt-xa", "usermod -aG vt-xa truc", f"chown truc:vt-xa {folder}"]
    assert lines[:5] == wanted


def test_the_share_is_not_touched_and_an_old_kit_not_overwritten(province: Province) -> None:
    out = made(province)
    assert not (province.folder / "shares").exists()
    again = province.hub("units", "kit", "xa-tinh-khe", "--out", str(out))
    assert again.exit_code == 1
    assert str(out) in again.output


def test_the_files_for_programs(province: Province) -> None:
    out = province.folder.parent / "kit"
    said = province.json("units", "kit", "000.00.33.H48", "--out", str(out))
    assert sorted(said["files"]) == sorted(str(path) for path in out.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("unit", "said"),
    [("so-nv", "không cần bộ cài đặt"), ("xa-tinh-kh", "Có phải: 000.00.33.H48 (UBND xã Tịnh Khê)")],
)
def test_who_has_no_kit_is_told_so(province: Province, unit: str, said: str) -> None:
    result = province.hub("units", "kit", unit, "--out", str(province.folder.parent / "kit"))
    assert result.exit_code == 1
    assert said in result.output
    assert not (province.folder.parent / "kit").exists()


def test_a_long_id_has_a_group_of_its_own() -> None:
    one, other = (group_of("a" * 39 + last) for last in "bc")
    assert len(one) == len(other) == 32
    assert one != other
    assert group_of("xa") == "vt-xa"


def test_a_unit_finds_its_own_folders_in_it(province: Province) -> None:
    units = province.folder / "units.yaml"
    units.write_text(
        units.read_text("utf-8").replace("grace: 3m", "grace: 3m, names: co-dau, codes: [02, 03, 06]"), "utf-8"
    )
    out = made(province)
    guide = (out / "HUONG-DAN.html").read_text("utf-8")
    assert "3. Đã tiếp nhận" in guide
    assert not re.search(r"3-da-tiep-nhan|4-phan-cong|4\. Phân công|5\. Đang xử lý", guide)
    assert "4. Phân công" not in (out / "cay-thu-muc.txt").read_text("utf-8")
    shortcut = (out / "may-van-thu" / "Văn bản mới đến.url").read_text("ascii")
    assert unquote(shortcut.partition("URL=")[2].strip()) == "file://MAYCHU/xa-tinh-khe/Văn bản đến/1. Mới đến"
    assert "`3. Đã tiếp nhận`" in (out / "CAI-DAT.md").read_text("utf-8")
