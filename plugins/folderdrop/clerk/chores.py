"""What the hub does of its own accord where a unit asked for it: drags and shelves as a person would. Blocking."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import date

from plugins.folderdrop import system
from plugins.folderdrop.clerk import arrivals, names, texts
from plugins.folderdrop.clerk.cases import Case, Stage
from plugins.folderdrop.clerk.files import folders_in, make_folder, opened, sizes_in
from plugins.folderdrop.clerk.survey import Survey

#: Where finished months are kept, by year.
_SHELF = "luu"
_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)


def replied_to(mention: str, cases: Iterable[Case]) -> Case | None:
    """The one open document that "88/BNV-VTLT ngày 10/11/2026" means; None for none or several. Pure."""
    code, _, day = mention.partition(" ngày ")
    alike = [case for case in cases if case.open and not case.gone and _code(case.code) == _code(code)]
    dated = [case for case in alike if not day or not case.day or texts.day(case.day) == day]
    return dated[0] if len(dated) == 1 else None


def _code(code: str) -> str:
    return names.plain(code.replace("/", "-"))


def finish(root: int, case: Case, survey: Survey, reply: str) -> None:
    """Drag a document to the last stage, the reply as its result: it waits there as any gesture. Raises OSError."""
    seen = [each for each in survey.seen.get(case.delivery, ()) if each.stage is case.stage]
    if len(seen) != 1 or case.stage is Stage.FINISHED:
        return
    above, _, name = seen[0].place.rpartition("/")
    with opened(root, seen[0].place) as folder:
        has_result = names.RESULT in sizes_in(folder)
    if not has_result:
        arrivals.put(root, seen[0].place, names.RESULT, texts.for_notepad(f"Đã trả lời tại văn bản {reply}"))
    with opened(root, above) as source, opened(root, survey.stages[Stage.FINISHED]) as target:
        if not system.exists(target, os.fsencode(name)):
            system.rename_new(source, os.fsencode(name), target, os.fsencode(name))
            os.fsync(target)


def oldest_kept(today: date, keep: int) -> str:
    """The first month that stays, of so many before this one: "2024-11". Pure."""
    months = today.year * 12 + today.month - 1 - keep
    return f"{months // 12:04}-{months % 12 + 1:02}"


def shelve(root: int, survey: Survey, oldest: str) -> None:
    """Move months of finished documents before that one to `luu/<year>`; where something is open, it stays.

    Raises OSError.
    """
    home = survey.stages[Stage.FINISHED]
    with opened(root, home) as directory:
        old = [name for name in folders_in(directory) if _MONTH.fullmatch(name) and name < oldest]
    lying = [each.place for seen in survey.seen.values() for each in seen]
    for name in old:
        if any(place.startswith(f"{home}/{name}/") for place in lying):
            continue
        make_folder(root, _SHELF)
        with opened(root, _SHELF) as shelf:
            make_folder(shelf, name[:4])
        with opened(root, home) as source, opened(root, f"{_SHELF}/{name[:4]}") as target:
            if not system.exists(target, name.encode()):
                system.rename_new(source, name.encode(), target, name.encode())
                os.fsync(target)
