"""A small province beside a central hub: two clerks, one unit with software, and everyone else behind `centralhub`."""

from __future__ import annotations

import io
import json
from pathlib import Path

from hub.standards import edxml
from hub.testing import sample_packet
from hub.testing.samples import GOVERNMENT_OFFICE, HOME_AFFAIRS, a_document, an_answer
from hub.vocabulary import Acknowledgement, Document
from tests.journeys.clerks import Clerks


class Border(Clerks):
    """The province's configuration with the way to the office; what both sides do, and what they see."""

    def __init__(self, home: Path, settings: dict[str, object], *, isolate: bool = False) -> None:
        super().__init__(home, isolate=isolate)
        for name, old, new in (
            ("hub.yaml", "[folderdrop]", "[folderdrop, centralhub]"),
            ("units.yaml", "groups:", self._unit(settings) + "groups:"),
        ):
            path = home / name
            path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")

    def _unit(self, settings: dict[str, object]) -> str:
        endpoint = json.dumps({**settings, "serves": "others"})
        return f"  vpcp:\n    name: Văn phòng Chính phủ\n    code: {GOVERNMENT_OFFICE}\n    endpoint: {endpoint}\n"

    def sends(self, *documents: Document) -> None:
        """The software of Sở Nội vụ drops them into `out/`."""
        out = self.so_nv / "out"
        out.mkdir(parents=True, exist_ok=True)
        for document in documents:
            draft = out / f".{document.number}"
            draft.write_bytes(sample_packet(document))
            draft.rename(out / f"{document.number}.edxml")

    def found(self) -> list[Document | Acknowledgement]:
        """All that the software of Sở Nội vụ finds."""
        paths = sorted((self.so_nv / "in").glob("*.edxml"))
        return [edxml.read(io.BytesIO(path.read_bytes())).body for path in paths]

    def answers(self) -> None:
        """It answers each document that it has not answered yet with 03."""
        for body in self.found():
            marker = self.home / f"answered-{body.number}" if isinstance(body, Document) else None
            if marker and isinstance(body, Document) and not marker.exists():
                draft = self.so_nv / "out" / f".tra-loi-{body.number}"
                draft.write_bytes(edxml.write_acknowledgement(an_answer(body, "03", HOME_AFFAIRS)))
                draft.rename(self.so_nv / "out" / f"tra-loi-{body.number}.edxml")
                marker.touch()


def from_office(code: str, *to: str) -> bytes:
    """A packet of Văn phòng Chính phủ."""
    return sample_packet(a_document(code, GOVERNMENT_OFFICE, to))
