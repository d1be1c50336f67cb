"""A province of two: Sở Nội vụ with a folder, and UBND xã Bình Sơn whose software keeps its papers in tables."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from hub.ledger import Views, open_views
from hub.standards import edxml
from hub.testing import sample_packet
from hub.testing.samples import BINH_SON, GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Acknowledgement, Document
from tests.counterparts.tables import Software
from tests.plugins.tables import PDF

_HUB = """
data: data
listen: 127.0.0.1:0
plugins: [folderdrop, eoffice, centralhub]
province: {code: 000.00.00.H48, name: UBND tỉnh Quảng Ngãi}
retry: {first: 100ms, most: 500ms}
reserve: 1000000
"""


class TablesProvince:
    """The configuration in one folder; what both sides do, and what they see. `outside`: the endpoint of the others."""

    def __init__(
        self, home: Path, software: Software, endpoint: dict[str, Any], outside: dict[str, Any] | None = None
    ) -> None:
        self.home, self.software, self.share = home, software, home / "share"
        units = {
            "so-nv": {
                "name": "Sở Nội vụ",
                "code": HOME_AFFAIRS,
                "endpoint": {"kind": "folderdrop", "folder": "share", "settle": "50ms", "poll": "100ms"},
            },
            "xa-binh-son": {
                "name": "UBND xã Bình Sơn",
                "code": BINH_SON,
                "endpoint": {**endpoint, "mapping": "voffice"},
            },
        }
        if outside:
            units["vpcp"] = {"name": "Văn phòng Chính phủ", "code": GOVERNMENT_OFFICE, "endpoint": outside}
        (home / "hub.yaml").write_text(_HUB, "utf-8")
        (home / "units.yaml").write_text(json.dumps({"units": units}), "utf-8")

    def write(self, *codes: str) -> list[int]:
        """The commune's software puts documents out."""
        return [
            self.software.write(a_document(code, BINH_SON, (HOME_AFFAIRS,)), {f"{code[:2]}.pdf": PDF}) for code in codes
        ]

    def drop(self, *codes: str) -> None:
        """The department's software drops documents into its folder."""
        for code in codes:
            self._put(code.replace("/", "-"), sample_packet(a_document(code)))

    def found(self) -> list[Document | Acknowledgement]:
        """What the department's software finds."""
        paths = sorted((self.share / "in").glob("*.edxml"))
        return [edxml.read(io.BytesIO(path.read_bytes())).body for path in paths]

    def answer_from_folder(self, status: str = "03", reason: str = "") -> None:
        """The department answers each document that it has not answered so yet."""
        for body in self.found():
            if isinstance(body, Document) and not (self.home / f"{body.number}.{status}").exists():
                answer = an_answer(body, status, HOME_AFFAIRS, description=reason)
                self._put(f"tl-{body.number}-{status}", edxml.write_acknowledgement(answer))
                (self.home / f"{body.number}.{status}").touch()

    def ask_back_from_folder(self, code: str) -> None:
        """The department asks the commune for a document that it dropped."""
        asked = an_answer(a_document(code), "13", HOME_AFFAIRS, description="gửi nhầm")
        asked = replace(asked, response_for=replace(asked.response_for, organ_id=BINH_SON))
        self._put("thu-hoi", edxml.write_acknowledgement(asked))

    def answer_from_tables(self, status: int = 3) -> None:
        """A clerk of the commune takes the same step with each document."""
        done = {row["CONNECT_DOCUMENT_ID"] for row in self.software.rows("CONNECT_PROCESS_IN", STATUS=status)}
        for each in self.software.arrived():
            if each.key not in done:
                self.software.step(each.key, status)

    def is_over(self, ours: int, theirs: int) -> bool:
        """So many documents from tables and so many from the folder are there, each answered."""
        heard, arrived = len(self.software.heard()), len(self.software.arrived())
        return (heard, arrived, len(self.found())) == (ours, theirs, ours + theirs) and not self._waits()

    def judge(self, ours: list[str], theirs: list[str]) -> None:
        """Once each, by the unit's own tables and the other one's folder. AssertionError."""
        documents = [each for each in self.found() if isinstance(each, Document)]
        answers = [each for each in self.found() if isinstance(each, Acknowledgement)]
        assert sorted(each.code for each in documents) == sorted(ours)
        assert Counter((each.response_for.code, each.status) for each in answers) == Counter(
            (code, "03") for code in theirs
        )
        assert sorted(each.code for each in self.software.arrived()) == sorted(theirs)
        assert all(len(each.files) == 1 for each in self.software.arrived())
        assert Counter(self.software.heard()) == Counter((code, HOME_AFFAIRS, 3, 1) for code in ours)
        assert {row["IS_SENDED"] for row in self.software.rows("CONNECT_DOCUMENT", CONNECT_TYPE=2)} <= {1}
        assert {row["IS_SEND"] for row in self.software.rows("CONNECT_PROCESS_IN")} <= {1}

    def views(self) -> Views:
        """The ledger, to read."""
        return open_views("sqlite", self.home / "data")

    def _waits(self) -> bool:
        return bool(
            self.software.rows("CONNECT_DOCUMENT", CONNECT_TYPE=2, IS_SENDED=0)
            or self.software.rows("CONNECT_PROCESS_IN", IS_SEND=0)
        )

    def _put(self, name: str, packet: bytes) -> None:
        out = self.share / "out"
        out.mkdir(parents=True, exist_ok=True)
        draft = out / f".{name}"
        draft.write_bytes(packet)
        draft.rename(out / f"{name}.edxml")
