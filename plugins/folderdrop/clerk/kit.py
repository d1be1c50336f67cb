"""What a unit's administrator and clerks are given to begin with: the share, its rights, shortcuts, the guide. Pure."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from plugins.folderdrop.clerk import names, pages
from plugins.folderdrop.clerk.cases import Stage
from plugins.folderdrop.clerk.guide import Sending
from plugins.folderdrop.clerk.names import Folders

#: A group's name may have 32 letters.
_LONGEST_GROUP = 32

_SHARE = """\
# {unit}: thư mục văn bản điện tử của {name}
[{unit}]
    comment = {name}
    path = {path}
    valid users = @{group}
    force group = {group}
    guest ok = no
    read only = no
    # Ai trong nhóm cũng làm tiếp được việc của nhau; người ngoài nhóm không xem được.
    create mask = 0660
    force create mode = 0660
    directory mask = 2770
    force directory mode = 2770
    # .hub là của trục: văn thư không thấy, không vào, không xóa được.
    veto files = /.hub/
    delete veto files = no
    hide dot files = yes
    # Windows không phân biệt chữ hoa, chữ thường; tên giữ nguyên như người dùng gõ.
    case sensitive = no
    preserve case = yes
    short preserve case = yes
    # Không theo liên kết ra ngoài thư mục.
    wide links = no
    # Muốn ghi lại ai đã đổi tên, xóa gì: bỏ dấu # ở các dòng dưới.
    # vfs objects = full_audit
    # full_audit:prefix = %u|%I|%S
    # full_audit:success = renameat unlinkat mkdirat
    # full_audit:failure = none
    # full_audit:facility = local5
"""
_SETUP = """\
#!/bin/sh
# Chuẩn bị thư mục, nhóm và quyền cho {unit}. Chạy bằng root trên máy giữ thư mục; chạy lại không hại gì.
set -eu
folder={path}
group={group}
hub=${{HUB_USER:-lien-thong}}   # tài khoản chạy trục
id "$hub" >/dev/null
getent group "$group" >/dev/null || groupadd "$group"
usermod -aG "$group" "$hub"
mkdir -p "$folder"
chown "$hub:$group" "$folder"
chmod 2770 "$folder"
if [ -d "$folder/.hub" ]; then
    chown "$hub" "$folder/.hub"
    chmod 0700 "$folder/.hub"
fi
ls -ld "$folder"
"""
_README = """\
# {name} ({unit}): đưa thư mục vào dùng

Việc của quản trị, làm một lần, trên máy giữ thư mục `{folder}`:

1. `sudo sh cai-dat.sh` tạo nhóm `{group}`, thư mục và quyền
   (tài khoản chạy trục khác `lien-thong`: `sudo HUB_USER=ten sh cai-dat.sh`).
2. Mỗi văn thư một tài khoản riêng, thuộc nhóm đó, không đăng nhập máy chủ được:
   `sudo useradd -M -s /usr/sbin/nologin -G {group} TEN && sudo smbpasswd -a TEN`
3. Chép `smb.conf.d/{unit}.conf` vào `/etc/samba/smb.conf.d/`, thêm vào cuối `/etc/samba/smb.conf` dòng
   `include = /etc/samba/smb.conf.d/{unit}.conf`, rồi `testparm -s` và `sudo smbcontrol smbd reload-config`.
4. Khởi động lại trục; trục tự tạo các ô. `hub units status` phải ghi *đã kết nối*.
5. Chép hai lối tắt trong `may-van-thu/` ra màn hình máy của văn thư, in `HUONG-DAN.html` đưa cho văn thư.
6. `hub units smoke {unit}` gửi một văn bản thử. Văn thư kéo nó sang `{accepted}`; `hub units status` ghi *đã thử*.

Nếu thư mục nằm trên máy khác: làm bước 1 đến 3 trên máy đó. Bộ này không đụng tới thư mục đang dùng;
chỉ `cai-dat.sh` đổi quyền, và chỉ của thư mục trên cùng.

| ai | `{folder}` | `.hub` |
|---|---|---|
| tài khoản chạy trục | chủ, 2770 | chủ, 0700 |
| nhóm `{group}` (văn thư) | xem, ghi, kéo thư mục | không |
| người khác | không | không |
"""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a unit's folder is, and under which names."""

    #: the unit's id, which is the share's name too
    unit: str
    #: as people read it
    name: str
    folder: Path
    #: the machine as Windows finds it
    server: str


def kit(
    site: Site, grace: float, grace_refusal: float, sending: Sending | None = None, folders: Folders = names.PLAIN
) -> Mapping[str, bytes]:
    """Every file of it: path -> content. Raises ValueError where the folder's name fits into no configuration."""
    folder = str(site.folder)
    if not folder.isprintable() or folder.endswith("\\"):
        raise ValueError(f"the folder {folder!r} cannot be written into a configuration")
    told = {"unit": site.unit, "name": _one_line(site.name), "group": group_of(site.unit), "folder": folder}
    texts = {
        f"smb.conf.d/{site.unit}.conf": _SHARE.format(**told, path=folder.replace("%", "%%")),
        "cai-dat.sh": _SETUP.format(**told, path=shlex.quote(folder)),
        "CAI-DAT.md": _README.format(**told, accepted=folders.stages[Stage.ACCEPTED]),
        "cay-thu-muc.txt": "".join(f"{line}\n" for line in _tree(folders)),
    }
    shortcuts = {f"may-van-thu/{name}.url": _shortcut(site, place) for name, place in _places(folders).items()}
    guide = pages.guide(site.name, grace, max(grace, grace_refusal), sending, given=folders.given)
    written = {"HUONG-DAN.html": names.respelt_text(guide, folders)}
    return {name: text.encode() for name, text in texts.items()} | shortcuts | written


def group_of(unit: str) -> str:
    """The Unix group of a unit's clerks: `vt-` and its id, cut with a mark of its own where that is too long."""
    name = f"vt-{unit}"
    if len(name) <= _LONGEST_GROUP:
        return name
    return f"{name[: _LONGEST_GROUP - 5]}-{hashlib.sha256(unit.encode()).hexdigest()[:4]}"


def _one_line(name: str) -> str:
    """A name without what a configuration would take for something else."""
    return " ".join("".join(sign if sign.isprintable() and sign not in "%\\" else " " for sign in name).split())


def _tree(folders: Folders) -> list[str]:
    stages = [f"{folders.incoming}\\{name}" for stage, name in folders.stages.items() if stage in folders.given]
    return ["HUONG-DAN.html", "theo-doi.html", folders.incoming, *stages]


def _places(folders: Folders) -> dict[str, str]:
    """Where each shortcut leads."""
    return {
        "Văn bản mới đến": f"{folders.incoming}/{folders.stages[Stage.NEW]}",
        "Gửi văn bản đi": folders.outgoing,
        "Theo dõi văn bản": "theo-doi.html",
    }


def _shortcut(site: Site, place: str) -> bytes:
    """An Internet shortcut, which Explorer opens as the folder or page that it names."""
    url = f"file://{site.server}/{site.unit}/{quote(place)}"
    return f"[InternetShortcut]\r\nURL={url}\r\n".encode("ascii", "replace")
