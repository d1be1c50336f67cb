"""One large packet out and the same one in again, in a process whose memory is measured.

python -m tests.plugins.rest_large HOME BODY    says {"grown": BYTES, "digest": ...} when both are done
python -m tests.plugins.rest_large HOME         only looks, and says what it was told
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from pathlib import Path
from typing import cast

from hub import Packet
from hub.standards import edxml
from hub.testing import MemoryInbox, eventually, sample_context
from hub.testing.samples import BINH_SON, a_document
from hub.vocabulary import Delivery, Document, Envelope
from plugins.eoffice.rest.connector import EofficeRest


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def delivered(home: Path, body: Path) -> tuple[EofficeRest, Delivery]:
    """A document whose attachment is that file, in custody; and a connector beside it."""
    context, stored = sample_context(home), home / "stored.edxml"
    document = a_document("211/GM-SNV", to=(BINH_SON,))
    with stored.open("wb") as out:
        for block in edxml.compose(document, [edxml.File("a.pdf", lambda: body.open("rb"))]):
            out.write(block)
    with stored.open("rb") as source:
        packet = cast("Document", edxml.read(source).body)
    with stored.open("rb") as source:
        blob = context.bodies.store(source, 1 << 32)
    stored.unlink()
    envelope = Envelope("e1", "so-nv", "k1", packet, blob, context.clock.now())
    settings = json.loads((home / "settings.json").read_text())
    made = EofficeRest(EofficeRest.settings_type.model_validate(settings), context)
    return made, Delivery("d1", envelope, BINH_SON, 1)


async def both(home: Path, body: Path) -> None:
    made, delivery = delivered(home, body)
    before, inbox = peak(), MemoryInbox()
    async with made as connector:
        await connector.send(delivery)
        listening = asyncio.create_task(connector.listen(inbox))
        await eventually(lambda: inbox.accepted, 90)
        listening.cancel()
        await asyncio.wait({listening})
    [found] = inbox.accepted.values()
    assert isinstance(found.packet, Packet)
    assert isinstance(found.packet.body, Document)
    [attached] = found.packet.body.attachments
    sys.stdout.write(json.dumps({"grown": peak() - before, "digest": attached.digest, "size": attached.size}))


async def refused(home: Path) -> None:
    """Only look, until it was told why nothing comes."""
    context = sample_context(home)
    settings = json.loads((home / "settings.json").read_text())
    before = peak()
    async with EofficeRest(EofficeRest.settings_type.model_validate(settings), context) as connector:
        listening = asyncio.create_task(connector.listen(MemoryInbox()))
        await eventually(lambda: any(poll.trouble for poll in connector._polls), 120)
        said = "; ".join(poll.trouble for poll in connector._polls)
        listening.cancel()
        await asyncio.wait({listening})
    left = [path.stat().st_size for path in (context.state / "incoming").iterdir()]
    sys.stdout.write(json.dumps({"grown": peak() - before, "told": said, "left": left}))


if __name__ == "__main__":
    home = Path(sys.argv[1])
    asyncio.run(both(home, Path(sys.argv[2])) if len(sys.argv) > 2 else refused(home))
