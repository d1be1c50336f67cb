"""Names and bytes of every sort of writing, through a running hub."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from hub.standards.edxml import compose, write_acknowledgement
from hub.testing.samples import a_document, an_answer
from plugins.folderdrop import naming
from tests.crash.harness import Bench, drive
from tests.crash.machine import judged, waited
from tests.crash.scenario import CODES, ORIGIN, TAKER, Draft, Trip, a_draft, drafted
from tests.crash.test_fault_floods import rows
from tests.naughty import NAMES, TEXTS

pytestmark = [pytest.mark.root, pytest.mark.timeout(600)]
_EVERY = 4
_LEGACY = (b"C\xabng v\xa8n.edxml", b"C\xf8ng v\xa8n s\xe8 1.edxml", "Coâng vaên.edxml".encode("cp1258", "replace"))
_BAD_FOR_WINDOWS = re.compile(
    r'[<>:"/\\|?*\x00-\x1f]|[. ]$|^(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9¹²³])(\.|$)', re.IGNORECASE
)


def quiet_trip(bench: Bench) -> Trip:
    """A trip on which nobody answers."""
    trip = bench.trip()
    trip.answering = False
    return trip


def _names() -> list[bytes]:
    """Names that a file to be taken can have: every fourth that breaks programs, and all of legacy code pages."""
    # Shown to the oracle as text, a name must still be one that a folder can hold.
    usable = [name for name in NAMES if not naming.is_temporary(name) and len(naming.shown(name).encode()) <= 255]
    return [*usable[::_EVERY], b"x" * 249 + b".edxml", b"a.", b"a ", b"CON", b"NUL.edxml", b"a:b", *_LEGACY]


def _drop_by(trip: Trip, name: bytes, draft: Draft) -> None:
    """Drop it under a name that may be no text."""
    plain = f"temporary-{len(trip.evidence.dropped)}.tmp"
    trip.drop(drafted(plain, draft.content, draft.drop.fate, *draft.drop.to))
    trip.evidence.dropped[-1] = drafted(naming.shown(name), draft.content, draft.drop.fate, *draft.drop.to).drop
    out = trip.evidence.shares[ORIGIN] / "out"
    (out / plain).rename(out / os.fsdecode(name))


def _said(number: int, text: str) -> Draft:
    """A document whose notation is that text."""
    written = a_document(f"{number}/{text}", CODES[ORIGIN], (CODES[TAKER],), document_id=f"{number}")
    return drafted("", b"".join(compose(written, ())), "accepted", TAKER)


@pytest.mark.fault(
    31,
    "names of files and of documents: NFC and NFD, TCVN3 and VNI bytes, 255 bytes, devices of Windows, `:`, ends",
    "taken and given back under their own names, bytes unchanged; what the hub names is safe on Windows",
)
def test_any_name_goes_in_out_and_back(benches: list[Bench], figure: Callable[[str], None]) -> None:
    trip = quiet_trip(benches[0])
    texts = [text for text in TEXTS if text.isprintable() and text.strip()]
    names = _names()
    for number, name in enumerate(names, 1):
        _drop_by(trip, name, _said(number, texts[number * _EVERY % len(texts)]))
    hub = benches[0].hub(trip)
    assert drive(trip, hub, bound=60.0), hub.said()[-3000:]
    assert hub.stop() == 0
    assert judged(benches[0], trip) == []
    hub = benches[0].hub(trip)
    back = [name for name in names if len(name) <= 240 and naming.shown(name) == os.fsdecode(name)]
    for number, name in enumerate(back):
        _drop_by(trip, name, drafted("", b"khong phai goi tin %d" % number, "refused"))
    drops = {drop.name: drop for drop in trip.evidence.dropped[len(names) :]}
    assert drive(trip, hub, lambda: len(rows(trip, _REFUSED)) == len(back), bound=60.0), hub.said()[-3000:]
    assert waited(lambda: not any((trip.evidence.shares[ORIGIN] / ".hub" / "claims").iterdir()))
    assert hub.stop(20.0) == 0

    error = trip.evidence.shares[ORIGIN] / "error"
    for name in back:
        given_back = error / os.fsdecode(name)
        reason = json.loads(given_back.with_name(given_back.name + ".error.json").read_bytes())
        assert given_back.stat().st_size == drops[naming.shown(name)].size
        assert reason["file"] == naming.shown(name)
    placed = [each.name for each in trip.evidence.arrived]
    assert [name for name in placed if _BAD_FOR_WINDOWS.search(name) or len(name.encode()) > 255] == []
    assert [name for name in placed if name != unicodedata.normalize("NFC", name)] == []
    assert len({name.casefold() for name in placed}) == len(names)
    kept = {digest for (digest,) in rows(trip, "SELECT digest FROM input WHERE verdict = 'accepted'")}
    assert kept == {drop.digest for drop in trip.evidence.dropped[: len(names)]}
    figure(f"{len(names)} names taken, {len(back)} given back under the same, {len(placed)} named for Windows")


_REFUSED = "SELECT name FROM input WHERE verdict = 'refused'"


def _contents() -> dict[str, tuple[bytes, str]]:
    """Packets in every sort of writing, and what each must end as."""
    plain = [a_draft(number, TAKER, size=500).content for number in range(1, 12)]
    subject = "Dự tập huấn công tác văn thư".encode()
    assert all(subject in packet for packet in plain)
    words = 'encoding="UTF-8"'
    return {
        "bom.edxml": (b"\xef\xbb\xbf" + plain[0], "accepted"),
        "nfd.edxml": (plain[1].replace(subject, unicodedata.normalize("NFD", subject.decode()).encode()), "accepted"),
        "vni.edxml": (plain[2].replace(subject, "Döï taäp huaán coâng taùc vaên thö".encode()), "accepted"),
        "called-1258.edxml": (plain[3].replace(words.encode(), b'encoding="windows-1258"'), "accepted"),
        "utf-16.edxml": (plain[4].decode().encode("utf-16"), "refused"),
        "utf-16-be.edxml": (plain[5].decode().encode("utf-16-be"), "refused"),
        "cp1258.edxml": (plain[6].replace(subject, b"D\xfd t\xe2\xf2p hu\xe2\xecn c\xf4ng"), "refused"),
        "tcvn3.edxml": (plain[7].replace(subject, b"D\xf9 t\xcbp hu\xcan c\xabng t\xb8c v\xa8n th\xad"), "refused"),
        "cut-letter.edxml": (plain[8].replace(subject, subject[:-1]), "refused"),
        "control.edxml": (plain[9].replace(subject, b"D\x01"), "refused"),
    }


#: One moment as packets write it.
_TIMES = ("2026/11/24 08:00:00", "2026-11-24T08:00:00+07:00", "2026-11-24T01:00:00Z", "2026-11-24T08:00:00")


@pytest.mark.fault(
    31,
    "contents with a BOM, in NFD, VNI, UTF-16, cp1258, TCVN3; times with +07:00, Z and no zone",
    "bytes unchanged, kept or given back; what cannot be read for certain is refused; one moment is one moment",
)
def test_any_writing_is_kept_as_it_is_or_refused(benches: list[Bench], figure: Callable[[str], None]) -> None:
    trip = quiet_trip(benches[0])
    hub = benches[0].hub(trip)
    for name, (content, fate) in _contents().items():
        trip.drop(drafted(name, content, fate, *([TAKER] if fate == "accepted" else [])))
    for number in range(20, 20 + len(_TIMES)):
        trip.drop(a_draft(number, TAKER, size=500))
    assert drive(trip, hub, bound=60.0), hub.said()[-3000:]
    for number, time in enumerate(_TIMES, 20):
        answered = a_document(f"{number}/GM-SNV", CODES[ORIGIN])
        said = an_answer(answered, "03", CODES[TAKER], at=datetime(2026, 11, 24, 1, tzinfo=UTC))
        written = write_acknowledgement(said)
        assert written.count(_TIMES[0].encode()) == 1
        content = written.replace(_TIMES[0].encode(), time.encode())
        trip.drop(drafted(f"tra-loi-{number}.edxml", content, "accepted", ORIGIN, unit=TAKER))
    assert drive(trip, hub, bound=60.0), hub.said()[-3000:]
    assert hub.stop() == 0
    assert judged(benches[0], trip) == []
    moments = [at for (at,) in rows(trip, _MOMENTS)]
    assert [datetime.fromisoformat(at) for at in moments] == [datetime(2026, 11, 24, 1, tzinfo=UTC)] * len(_TIMES)
    fates = Counter(fate for _, fate in _contents().values())
    figure(f"{fates['accepted']} kept and {fates['refused']} given back, byte for byte; {len(_TIMES)} times, 1 moment")


_MOMENTS = "SELECT json_extract(body, '$.at') FROM envelope WHERE kind = 'acknowledgement'"
