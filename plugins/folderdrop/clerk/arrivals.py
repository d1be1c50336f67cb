"""A document's folder: written beside its place with everything in it, then there by one rename."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import unicodedata
from collections.abc import Collection
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime
from typing import BinaryIO

from hub import Blob, Damaged, Deferred, Delivery, Document, failpoint
from hub.carrying.intact import intact
from hub.standards import edxml
from plugins.folderdrop import system
from plugins.folderdrop.clerk import names, pages, recalls, texts
from plugins.folderdrop.clerk.cases import Case, Listed
from plugins.folderdrop.clerk.files import opened
from plugins.folderdrop.clerk.names import Folders
from plugins.folderdrop.custody import Bodies
from plugins.folderdrop.share import Owner, owner_of, write_whole

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_TEMPORARY = ".hub/tmp"


def document_of(bodies: Bodies, case: Case) -> Document:
    """The document as its packet says it. Raises Damaged, OSError."""
    with closing(bodies.open(Blob(case.digest, case.size))) as source:
        body = edxml.read(source).body
    if not isinstance(body, Document):
        raise Damaged("a document's packet is none")
    return body


def new_case(delivery: Delivery, document: Document, called: str, taken: Collection[str], now: datetime) -> Case:
    """What is known of a document before it has a folder. `called`: its sender's name, "" where nobody knows it."""
    tail = names.tail_of(delivery.id, taken)
    sender = called or document.sender.id
    return Case(
        delivery=delivery.id,
        digest=delivery.envelope.blob.digest,
        size=delivery.envelope.blob.size,
        tail=tail,
        folder=names.folder_name(document.code, document.promulgation_date, sender, tail),
        code=document.code,
        sender=sender,
        subject=document.subject,
        urgency=int(document.urgency),
        received_at=now.isoformat(timespec="seconds"),
        type=document.type.name,
        day=document.promulgation_date.isoformat() if document.promulgation_date else "",
        document_id=document.document_id,
    )


def clear(root: int) -> None:
    """Remove what an earlier run left half written. Raises OSError."""
    with opened(root, _TEMPORARY) as temporary, os.scandir(temporary) as entries:
        for each in list(entries):
            if each.is_dir(follow_symlinks=False):
                shutil.rmtree(each.name, dir_fd=temporary)
            else:
                os.unlink(each.name, dir_fd=temporary)


def write(
    root: int, bodies: Bodies, case: Case, document: Document, owner: Owner, folders: Folders = names.PLAIN
) -> Case:
    """Write the folder among the temporary ones, all of it on the disk. Returns the case with its files.

    Raises Refused, Damaged, OSError.
    """
    draft = _draft(case)
    with opened(root, _TEMPORARY) as temporary:
        with suppress(FileNotFoundError):
            shutil.rmtree(draft, dir_fd=temporary)
        os.mkdir(draft, 0o700, dir_fd=temporary)
        try:
            with opened(temporary, draft) as directory:
                case = _filled(directory, bodies, case, document, owner)
                _describe(directory, case, document, owner, folders)
                os.fsync(directory)
        except BaseException:
            with suppress(OSError):
                shutil.rmtree(draft, dir_fd=temporary)
            raise
    failpoint("folderdrop.copied")
    return case


def drop_draft(root: int, case: Case) -> None:
    """Remove the written folder again. Raises OSError."""
    with opened(root, _TEMPORARY) as temporary:
        shutil.rmtree(_draft(case), dir_fd=temporary)


def appear(root: int, case: Case, stage: str) -> None:
    """Rename the written folder into a stage. Raises OSError, FileExistsError."""
    with opened(root, _TEMPORARY) as temporary, opened(root, stage) as target:
        system.rename_new(temporary, _draft(case).encode(), target, case.folder.encode())
        os.fsync(target)
    failpoint("folderdrop.placed")


def put_off(error: OSError) -> Exception:
    """What failed before anything could appear is only put off."""
    if error.errno in _FULL:
        return Deferred("Ổ đĩa của thư mục chia sẻ đã đầy (the share's disk is full).")
    return Deferred(f"Không ghi được vào thư mục chia sẻ (cannot write to the share): {error}")


def put(root: int, place: str, name: str, content: bytes, *, read_only: bool = False) -> None:
    """Write a small file of the hub's into a folder, whole. Raises OSError."""
    with opened(root, _TEMPORARY) as temporary, opened(root, place) as directory:
        owner = owner_of(directory)
        if read_only:
            owner = replace(owner, mode=owner.mode & 0o444)
        draft = b".note-" + hashlib.sha256(os.fsencode(place + name)).hexdigest()[:32].encode()
        write_whole(temporary, directory, draft, os.fsencode(name), content, owner)


def mark(root: int, place: str, delivery: str) -> None:
    """Give a folder the hidden mark by which it is known. Raises OSError."""
    put(root, place, names.IDENTITY, delivery.encode() + b"\n")


def information(case: Case, document: Document) -> bytes:
    """`thong-tin.yaml`: what programs want to know."""
    day = document.promulgation_date
    told = {
        "so_ky_hieu": case.code,
        "ngay": f"{day:%d/%m/%Y}" if day else "",
        "noi_gui": case.sender,
        "ma_noi_gui": document.sender.id,
        "trich_yeu": case.subject,
        "do_khan": texts.URGENCIES[case.urgency],
        "han_tra_loi": texts.day(document.due_date),
        "ma_van_ban": document.document_id,
        "ma_luot_chuyen": case.delivery,
        "den_luc": case.received_at,
    }
    lines = ["# Tệp này do hệ thống ghi, xin đừng sửa.", *(f"{key}: {_quoted(value)}" for key, value in told.items())]
    lines += ["thu_nghiem: true"] if case.trial else []
    lines += [f"tinh_trang: {_quoted(said)}" for said in recalls.states(case)[-1:]]
    lines.append("tep:" if case.present else "tep: []")
    for each in case.present:
        lines += [
            f"  - ten: {_quoted(each.name)}",
            f"    ten_day_du: {_quoted(each.full_name)}",
            f"    kich_thuoc: {each.size}",
            f"    sha256: {each.digest}",
        ]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def _quoted(text: str) -> str:
    """YAML: what cannot be seen, or is no letter, is escaped."""
    return "".join(_escaped(letter) for letter in json.dumps(text, ensure_ascii=False))


def _escaped(letter: str) -> str:
    if unicodedata.category(letter) not in ("Cc", "Cf", "Co", "Cn", "Zl", "Zp"):
        return letter
    return f"\\u{ord(letter):04x}" if letter <= "\uffff" else f"\\U{ord(letter):08x}"


def _draft(case: Case) -> str:
    return f".{case.delivery}"


def _filled(directory: int, bodies: Bodies, case: Case, document: Document, owner: Owner) -> Case:
    with closing(intact(bodies, Blob(case.digest, case.size))) as source:
        if not case.bare:
            case = replace(case, files=_files(directory, source, document, owner))
    _own(directory, owner)
    return case


def _files(directory: int, source: BinaryIO, document: Document, owner: Owner) -> tuple[Listed, ...]:
    listed = []
    called = names.file_names([each.name for each in document.attachments])
    for name, attachment in zip(called, document.attachments, strict=True):
        hashing, size = hashlib.sha256(), 0
        descriptor = os.open(name, _NEW, 0o600, dir_fd=directory)
        with os.fdopen(descriptor, "wb") as file:
            for piece in edxml.decode(source, attachment):
                hashing.update(piece)
                size += file.write(piece)
            file.flush()
            owner.restore(descriptor)
            os.fsync(descriptor)
        listed.append(Listed(name, attachment.name, size, hashing.hexdigest()))
    return tuple(listed)


def _describe(directory: int, case: Case, document: Document, owner: Owner, folders: Folders) -> None:
    sheet = names.respelt(pages.sheet(case, document, folders.given).decode(), folders).encode()
    for name, content in (
        (names.IDENTITY, case.delivery.encode() + b"\n"),
        (names.INFORMATION, information(case, document)),
        (names.SHEET, sheet),
    ):
        write_whole(directory, directory, b".draft", name.encode(), content, owner)


def _own(directory: int, owner: Owner) -> None:
    """A folder of the same people: who may read it may enter it."""
    enter = (owner.mode & 0o444) >> 2
    Owner(owner.uid, owner.gid, owner.mode | enter | 0o700).restore(directory)
