"""Postfix: each document comes in by SMTP and is delivered to a Maildir, durably. An instance of its own.

The packet travels as a MIME attachment: SMTP breaks lines as long as the base64 of an edXML packet.
"""

from __future__ import annotations

import email
import email.policy
import os
import queue
import shutil
import smtplib
import subprocess
import threading
from email.message import EmailMessage
from pathlib import Path

import inotify
import packets

from peers.base import LeftOut, System, free_port

CONNECTIONS = 8
_FROM, _TO = "so-nv@benchmark.invalid", "xa-binh-son@benchmark.invalid"
_NOBODY = 65534
_MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/maillog
maillog_file_prefixes = {home}
myhostname = mail.benchmark.invalid
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
in_flow_delay = 0
message_size_limit = 104857600
virtual_mailbox_limit = 0
virtual_mailbox_domains = benchmark.invalid
virtual_mailbox_base = {home}
virtual_mailbox_maps = static:maildir/
virtual_minimum_uid = 1
virtual_uid_maps = static:{nobody}
virtual_gid_maps = static:{nobody}
"""
_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix(System):
    """Postfix with a configuration, queue and log of its own; the system's instance is not touched."""

    name = "postfix"
    #: a Maildir entry appears by link
    whole = inotify.CREATE | inotify.MOVED_TO

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self._port = free_port()
        self._waiting: queue.SimpleQueue[Path | None] = queue.SimpleQueue()
        self._senders: list[threading.Thread] = []

    @classmethod
    def prepare(cls) -> None:
        if os.geteuid() != 0:
            raise LeftOut("Postfix starts as root only")
        if shutil.which("postfix") is None:
            _install()

    @property
    def drops(self) -> Path:
        return self.staging

    @property
    def arrivals(self) -> Path:
        return self.home / "maildir" / "new"

    def start(self) -> None:
        for folder in ("config", "queue", "data", "maildir/new", "maildir/cur", "maildir/tmp"):
            (self.home / folder).mkdir(parents=True)
        for folder in ("maildir", "maildir/new", "maildir/cur", "maildir/tmp"):
            os.chown(self.home / folder, _NOBODY, _NOBODY)
        shutil.chown(self.home / "data", "postfix")
        (self.home / "config" / "main.cf").write_text(_MAIN.format(home=self.home, nobody=_NOBODY))
        (self.home / "config" / "master.cf").write_text(_MASTER.format(port=self._port))
        self.spawn([*self._control, "start-fg"], ready=self._answers)
        for _ in range(CONNECTIONS):
            self._senders.append(threading.Thread(target=self._send, daemon=True))
            self._senders[-1].start()

    @property
    def pid(self) -> int:
        """The master daemon, which the start script waits for."""
        return int((self.home / "queue" / "pid" / "master.pid").read_text())

    def stop(self) -> None:
        for _ in self._senders:
            self._waiting.put(None)
        for sender in self._senders:
            sender.join(30)
        if self._process is not None and self._process.poll() is None:
            subprocess.run([*self._control, "stop"], check=False, capture_output=True)
        super().stop()

    def stage(self, number: int, size: int) -> tuple[Path, packets.Print]:
        packet, mark = packets.render(number, size)
        message = EmailMessage(policy=email.policy.SMTP)
        message["From"], message["To"], message["Subject"] = _FROM, _TO, f"{number}/SNV-VP"
        message.add_attachment(packet, maintype="application", subtype="xml", filename=packets.file_name(number))
        path = self.staging / packets.file_name(number)
        path.write_bytes(message.as_bytes() + b".\r\n")
        return path, mark

    def drop(self, staged: Path) -> None:
        self._waiting.put(staged)

    def arrived(self, path: Path) -> packets.Print | None:
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        bodies = [part.get_payload(decode=True) for part in message.walk() if part.get_filename()]
        return packets.read(bodies[0]) if len(bodies) == 1 and isinstance(bodies[0], bytes) else None

    @property
    def _control(self) -> list[str]:
        return ["postfix", "-c", str(self.home / "config")]

    def _answers(self) -> bool:
        try:
            with smtplib.SMTP("127.0.0.1", self._port, timeout=5):
                return True
        except OSError:
            return False

    def _send(self) -> None:
        with smtplib.SMTP("127.0.0.1", self._port, timeout=60) as server:
            server.ehlo()
            while path := self._waiting.get():
                _hand_over(server, path)


def _hand_over(server: smtplib.SMTP, path: Path) -> None:
    """One mail, from the file to the socket: the sender must not be the narrow place."""
    server.mail(_FROM)
    server.rcpt(_TO)
    server.docmd("DATA")
    with path.open("rb") as file:
        if server.sock is None:
            raise ConnectionError("the server hung up")
        server.sock.sendfile(file)
    code, reply = server.getreply()
    if code != 250:
        raise smtplib.SMTPDataError(code, reply)


def _install() -> None:
    """Install the Debian package without a configuration, so that no system instance starts."""
    answer = "postfix postfix/main_mailer_type select No configuration\n"
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-y", "--no-install-recommends", "postfix"]
    try:
        subprocess.run(["debconf-set-selections"], input=answer.encode(), check=True, capture_output=True)
        subprocess.run(command, env=env, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise LeftOut(f"apt-get could not install postfix: {error}") from error
