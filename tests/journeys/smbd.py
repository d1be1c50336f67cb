"""A real Samba server of the test's own: 127.0.0.1, a free port, one share, one clerk, nothing of the system's."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.ports import free_port

#: A Unix account that every Debian has; on the share it is the clerk.
ACCOUNT = "www-data"
CLERK, PASSWORD = "vanthu", "mat-khau-cua-van-thu"  # a dummy of this server's
SHARE = "xa-binh-son"
_FOLDERS = ("private", "lock", "state", "cache", "pid", "ncalrpc", "log")
_CONFIG = """\
[global]
    server role = standalone server
    smb ports = {port}
    bind interfaces only = yes
    interfaces = 127.0.0.1
    disable netbios = yes
    disable spoolss = yes
    load printers = no
    server min protocol = SMB2_02
    map to guest = never
    passdb backend = tdbsam:{own}/private/passdb.tdb
    username map = {own}/users
    private dir = {own}/private
    lock directory = {own}/lock
    state directory = {own}/state
    cache directory = {own}/cache
    pid directory = {own}/pid
    ncalrpc dir = {own}/ncalrpc
    log file = {own}/log/smbd
    # the read-only attribute as mode bits, as on servers set up long ago
    store dos attributes = no
    map readonly = yes
    map archive = no
[{share}]
    path = {path}
    valid users = {account}
    read only = no
    create mask = 0660
    directory mask = 0770
"""


def make_clerks_share(share: Path) -> None:
    """A folder that belongs to the clerk, where the clerk's processes may go. The two above it are ours."""
    share.mkdir(parents=True)
    for folder in (share.parents[1], share.parent):
        folder.chmod(0o755)
    shutil.chown(share, ACCOUNT, ACCOUNT)
    share.chmod(0o770)


@contextmanager
def serving(path: Path, own: Path) -> Iterator[int]:
    """Share a folder while the block runs; gives the port. Needs root and Debian's samba."""
    port = free_port()
    config = _configured(path, own, port)
    added = ["smbpasswd", "-c", str(config), "-a", "-s", ACCOUNT]
    subprocess.run(added, input=f"{PASSWORD}\n" * 2, text=True, check=True, capture_output=True)
    with (own / "log" / "stdout").open("wb") as log:
        command = ["smbd", "--foreground", "--debug-stdout", f"--configfile={config}"]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_for(port, process, own)
        yield port
    finally:
        process.terminate()
        with suppress(ProcessLookupError):  # it makes a session of its own: its children and nobody else's
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def _configured(path: Path, own: Path, port: int) -> Path:
    for name in _FOLDERS:
        (own / name).mkdir(parents=True)
        (own / name).chmod(0o755)  # Samba refuses some of these under another mask
    (own / "users").write_text(f"{ACCOUNT} = {CLERK}\n")
    config = own / "smb.conf"
    config.write_text(_CONFIG.format(own=own, path=path, port=port, share=SHARE, account=ACCOUNT))
    return config


def _wait_for(port: int, process: subprocess.Popen[bytes], own: Path) -> None:
    for _attempt in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        assert process.poll() is None, (own / "log" / "stdout").read_text(errors="replace")[-2000:]
        time.sleep(0.05)
    raise AssertionError("smbd does not answer")
