"""Notices of what a sender asks, in the folders of its documents. Blocking."""

from __future__ import annotations

from plugins.folderdrop.clerk import arrivals, names, recalls
from plugins.folderdrop.clerk.cases import Case
from plugins.folderdrop.clerk.files import opened, sizes_in, text_of
from plugins.folderdrop.clerk.names import Folders


def put(root: int, place: str, case: Case, hotline: str, folders: Folders) -> None:
    """Write each into a document's folder, over the hub's own only. Raises OSError."""
    for kind, content in recalls.notices(case, hotline).items():
        name = _free(root, place, case, (names.NOTICES[kind], names.SPARE_NOTICES[kind]))
        if name:
            arrivals.put(root, place, name, names.respelt_text(content, folders))


def _free(root: int, place: str, case: Case, among: tuple[str, ...]) -> str:
    """The first name that no file of a sender's or a person's bears; "" where each is taken."""
    listed = {each.name for each in case.files}
    with opened(root, place) as directory:
        there = sizes_in(directory)
        free = (
            each
            for each in among
            if each not in listed and (each not in there or recalls.is_notice(text_of(directory, each)))
        )
        return next(free, "")
