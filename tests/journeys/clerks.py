"""A small province in which people send from folders: two clerks, one unit with software, one that is no more."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from hub.clock import VIETNAM
from hub.ledger import Views, open_views
from hub.standards import edxml
from hub.testing import eventually
from hub.testing.samples import an_answer
from hub.vocabulary import Document
from tests.looking import undisturbed

_HUB = """
data: data
listen: 127.0.0.1:0
plugins: [folderdrop]
province: {{code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}}
hotline: 0255 3822 999
retry: {{first: 100ms, most: 1s}}
reserve: 1000000
"""
_UNITS = """
units:
  xa-binh-son:
    name: UBND xã Bình Sơn
    code: 000.00.31.H48
    endpoint: {{kind: folderdrop, folder: shares/xa-binh-son, layout: clerk, {times}}}
  xa-tinh-khe:
    name: UBND xã Tịnh Khê
    code: 000.00.32.H48
    endpoint: {{kind: folderdrop, folder: shares/xa-tinh-khe, layout: clerk, {times}}}
  so-nv:
    name: Sở Nội vụ
    code: 000.00.14.H48
    aliases: [H48.14]
    endpoint: {{kind: folderdrop, folder: shares/so-nv, settle: 50ms, poll: 100ms}}
groups:
  cac-xa:
    name: UBND các xã, phường, đặc khu
    units: [xa-binh-son, xa-tinh-khe]
"""
_TIMES = {
    "settle": "100ms",
    "poll": "40ms",
    "grace": "300ms",
    "grace_refusal": "300ms",
    "hold": "200ms",
    "hold_flash": "50ms",
}


def a_pdf(words: str = "204", size: int = 0) -> bytes:
    """A PDF of one page that says these words (ASCII), padded to a size."""
    text = f"BT /F1 12 Tf 72 720 Td ({words}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 5 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>",
    ]
    content, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n" + b"%" + b"x" * size + b"\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return content + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, table, len(objects) + 1, len(content))
    )


class Clerks:
    """The configuration in one folder, and what people see of the shares."""

    def __init__(self, home: Path, *, isolate: bool = False, **times: str) -> None:
        self.home = home
        told = ", ".join(f"{key}: {value}" for key, value in {**_TIMES, **times}.items())
        (home / "hub.yaml").write_text(_HUB.format(), "utf-8")
        where = "{isolate: true, kind:" if isolate else "{kind:"
        (home / "units.yaml").write_text(_UNITS.format(times=told).replace("{kind:", where), "utf-8")
        self.binh_son, self.tinh_khe = home / "shares" / "xa-binh-son", home / "shares" / "xa-tinh-khe"
        self.so_nv = home / "shares" / "so-nv"
        self.month = f"{datetime.now(UTC).astimezone(VIETNAM):%Y-%m}"

    @property
    def box(self) -> Path:
        """Where the clerk of Bình Sơn drops what is to be sent."""
        return self.binh_son / "gui-di"

    async def ready(self) -> None:
        """Wait until the folders lie there."""
        await eventually((self.box / "MAU-PHIEU-GUI.txt").exists)

    def drop(self, place: str, content: bytes | str) -> Path:
        """Put a file below `gui-di`, as Explorer copies it."""
        path = self.box / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def drop_folder(self, place: str, files: Mapping[str, bytes | str]) -> Path:
        """Move a whole folder there at once."""
        made = self.home / "desk" / place.rpartition("/")[2]
        for name, content in files.items():
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        target = self.box / place
        target.parent.mkdir(parents=True, exist_ok=True)
        return made.rename(target)

    def sent(self) -> list[Path]:
        """The folders in `da-gui`, their receipts written."""
        return sorted(path.parent for path in self.binh_son.glob("da-gui/*/*/BIEN-NHAN.html"))

    async def sent_one(self) -> Path:
        """The only one, once it is there."""
        await eventually(lambda: len(self.sent()) == 1)
        return self.sent()[0]

    def receipt(self) -> str:
        """What the only receipt says, as text; "" while there is none."""
        found = self.sent()
        return (found[0] / "BIEN-NHAN.txt").read_bytes().decode("utf-8-sig") if found else ""

    def returned(self) -> dict[str, str]:
        """What lies in `tra-lai` of this month, and each reason; nothing while something is on its way."""
        month = self.binh_son / "tra-lai" / self.month
        if any((self.binh_son / ".hub" / "claims").iterdir()):
            return {}
        return _answers(month.glob("*.LY-DO.txt"))

    def beside(self) -> dict[str, str]:
        """Answers that lie in `gui-di` itself, by the name of what they are about."""
        return undisturbed(lambda: _answers(self.box.rglob("*.LY-DO.txt")))

    def packets(self) -> list[Document]:
        """What the software of Sở Nội vụ finds in its `in/`."""
        paths = sorted((self.so_nv / "in").glob("*.edxml"))
        bodies = [edxml.read(io.BytesIO(path.read_bytes())).body for path in paths]
        return [body for body in bodies if isinstance(body, Document)]

    def arrivals(self) -> list[Path]:
        """What lies new with the clerk of Tịnh Khê."""
        stage = self.tinh_khe / "van-ban-den" / "1-moi-den"
        return sorted(stage.iterdir()) if stage.exists() else []

    def lying(self) -> list[bytes]:
        """The bytes of every file that people see on the share of Bình Sơn."""
        return undisturbed(lambda: [path.read_bytes() for path in self._seen()])

    def _seen(self) -> Iterator[Path]:
        paths = (each for each in self.binh_son.rglob("*") if each.is_file() and not each.is_symlink())
        return (path for path in paths if ".hub" not in path.relative_to(self.binh_son).parts)

    def claims(self) -> list[Path]:
        """What the hub holds in its hands."""
        return list((self.binh_son / ".hub" / "claims").iterdir())

    def answer(self, document: Document, code: str, **fields: object) -> None:
        """The software of Sở Nội vụ answers."""
        content = edxml.write_acknowledgement(an_answer(document, code, sender="000.00.14.H48", **fields))
        draft = self.so_nv / "out" / ".draft"
        draft.write_bytes(content)
        draft.rename(self.so_nv / "out" / f"{code}.edxml")

    def views(self) -> Views:
        """The ledger."""
        return open_views("sqlite", self.home / "data")

    def everywhere(self, *needles: bytes) -> list[Path]:
        """Files below the hub's data and the private parts of the shares that hold one of these."""
        return undisturbed(lambda: self._holding(needles))

    def _holding(self, needles: Iterable[bytes]) -> list[Path]:
        roots = [self.home / "data", *self.home.glob("shares/*/.hub")]
        files = [path for root in roots for path in root.rglob("*") if path.is_file()]
        return [path for path in files if any(needle in path.read_bytes() for needle in needles)]


def _answers(paths: Iterable[Path]) -> dict[str, str]:
    return {path.name.removesuffix(".LY-DO.txt"): path.read_bytes().decode("utf-8-sig") for path in paths}
