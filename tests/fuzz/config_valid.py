"""Configurations that must be taken, and such with one mistake whose line is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hub.retry import Policy
from hub.vocabulary import Organization, Unit
from tests.fuzz import words
from tests.fuzz.target import Case

FILES = ("hub.yaml", "units.yaml", "routes.yaml", "calendar.yaml", "duties.yaml")
_HEAD = re.compile(rb"^===== ([a-z.]+)\r?\n", re.MULTILINE)
_CONFIG = Path(__file__).parents[2] / "config"
_TYPES = ("Công văn", "Quyết định", "Tờ trình", "Công điện", "Giấy mời")
_SPANS = (("500ms", 0.5), ("2s", 2.0), ("10m", 600.0), ("4h", 14_400.0), ("1d", 86_400.0))


@dataclass(frozen=True, slots=True)
class Wish:
    """What a configuration must be read as: fields of the record, and the folders of units."""

    says: Mapping[str, object]
    folders: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Mislaid:
    """One mistake, and where it was made."""

    file: str
    line: int
    what: str


def apart(data: bytes) -> dict[str, bytes]:
    """The files of an input."""
    parts = _HEAD.split(data)
    named = zip(parts[1::2], parts[2::2], strict=True)
    return {name.decode(): content for name, content in named if name.decode() in FILES}


def together(files: Mapping[str, str]) -> bytes:
    """Files as an input."""
    return b"".join(f"===== {name}\n{text}\n".encode() for name, text in files.items())


def samples() -> list[bytes]:
    """Small ones, and the demonstration's."""
    dice = Random(36)
    whole = together({name: _written_out((_CONFIG / name).read_text(encoding="utf-8")) for name in FILES})
    return [*(_province(dice).data for _ in range(10)), whole]


def _written_out(text: str) -> str:
    """Without secrets by name: this machine has none of the demonstration's."""
    return text.replace("!secret CENTRAL", "bi-mat")


def valid(dice: Random) -> Case:
    """A valid one; every third with one mistake."""
    case = _province(dice)
    return case if dice.random() < 0.67 else _spoilt(dice, case.data)


def _province(dice: Random) -> Case:
    units = {f"don-vi-{number}": f"{number:03}.00.{dice.randrange(100):02}.H48" for number in range(dice.randint(1, 4))}
    unit_lines, said_units, folders = _units(dice, units)
    hub_lines, says = _hub(dice)
    route_lines, names = _routes(dice, list(units))
    files = {"hub.yaml": hub_lines, "units.yaml": unit_lines, "routes.yaml": route_lines}
    files |= {"calendar.yaml": _calendar(dice, list(units)), "duties.yaml": _duties(dice, list(units))}
    wish = Wish(says | {"units": tuple(said_units)}, folders)
    if not names:
        del files["routes.yaml"]
    for name in ("calendar.yaml", "duties.yaml"):
        if dice.random() < 0.3:
            del files[name]
    return Case(together({name: "\n".join(lines) for name, lines in files.items()}), wish)


def _hub(dice: Random) -> tuple[list[str], dict[str, object]]:
    name, code = f"UBND {words.sentence(dice, 4, signs=False)}", words.code(dice)
    (first, begins), (drain, ends) = dice.choice(_SPANS[:3]), dice.choice(_SPANS)
    port = dice.randrange(65536)
    lines = [
        f"province: {{code: {code}, name: {_quoted(dice, name)}}}",
        f"listen: 127.0.0.1:{port}",
        "plugins: [folderdrop]",
        f"retry: {{first: {first}, most: 4h}}",
        f"drain: {drain}   # một dòng chú thích",
        f"hotline: {_quoted(dice, '0255 3822 822')}",
    ]
    dice.shuffle(lines)
    retry = Policy(first=begins, most=14_400.0, give_up=3 * 86_400.0)
    says = {"province": Organization(code, name), "listen": ("127.0.0.1", port), "drain": ends, "retry": retry}
    return lines, says | {"plugins": ("folderdrop",), "hotline": "0255 3822 822"}


def _quoted(dice: Random, text: str) -> str:
    return dice.choice((text, f"'{text}'", f'"{text}"'))


def _units(dice: Random, codes: Mapping[str, str]) -> tuple[list[str], list[Unit], dict[str, Path]]:
    lines, units, folders = ["units:"], [], {}
    for unit, code in codes.items():
        name, alias = f"Sở {words.sentence(dice, 4, signs=False)}", f"H48.{unit[-1]}{dice.randrange(100, 1000)}"
        folders[unit] = Path(f"shares/{unit}")
        endpoint = f"{{kind: folderdrop, folder: {folders[unit]}, layout: {dice.choice(('plain', 'clerk'))}}}"
        pairs = [("name", _quoted(dice, name)), ("code", code), ("aliases", f"[{alias}]"), ("endpoint", endpoint)]
        dice.shuffle(pairs)
        if dice.random() < 0.5:
            lines.append(f"  {unit}: {{{', '.join(f'{key}: {value}' for key, value in pairs)}}}")
        else:
            lines += [f"  {unit}:", *(f"    {key}: {value}" for key, value in pairs)]
        units.append(Unit(unit, name, code, (alias,)))
    if dice.random() < 0.5:
        lines += ["groups:", f"  nhom: {{name: Nhóm, units: [{', '.join(codes)}]}}"]
    return lines, units, folders


def _routes(dice: Random, units: Sequence[str]) -> tuple[list[str], list[str]]:
    names = [f"Quy tắc {number}" for number in range(dice.choice((0, 1, 2)))]
    lines = ["routes:"]
    for name in names:
        when = dice.choice(
            (f"type: {dice.choice(_TYPES)}", "urgency: khẩn+", f"from: {dice.choice(units)}", 'subject: "*số*"',
             "attachments: {larger: 10MB}", "date: {from: 2026-01-01}", "if: 'urgency > 1 && subject.contains(\"số\")'")
        )  # fmt: skip
        lines += [
            f"  - name: {_quoted(dice, name)}",
            f"    when: {{{when}}}",
            f"    to: [addressees, {dice.choice(units)}]",
        ]
    return lines, names


def _calendar(dice: Random, units: Sequence[str]) -> list[str]:
    """Days off in October, worked Saturdays in December: none is both."""
    days = sorted(dice.sample(range(1, 31), dice.randint(1, 4)))
    whom = dice.choice(("", f", don-vi: {dice.choice(units)}", f", don-vi: [{', '.join(units)}]"))
    part = dice.choice(("", ", buoi: sang", ", buoi: chieu", ", gio: 13:00-17:00"))
    lines = [
        f"chinh-thuc: [{dice.choice((2026, 2027))}]",
        f"nghi: [{', '.join(f'2026-10-{day:02}' for day in days)}]",
        "nghi-bao:",
        f"  - {{tu: 2026-10-12, den: 14/10/2026, ten: {_quoted(dice, 'Bão số 11')}{whom}{part}}}",
        f"lam-bu: [2026-12-{dice.choice((5, 12, 19, 26)):02}]",
    ]
    if dice.random() < 0.5:
        lines += ["gio:", f"  - {{tuan: {{2-6: [07:00-11:00, 13:30-17:00], 7: 07:00-11:00}}{whom}, tu: 2026-04-15}}"]
    return lines


def _duties(dice: Random, units: Sequence[str]) -> list[str]:
    spans = ("15 phút", "4 giờ làm việc", "2 working days", "cuối ngày làm việc", "sáng ngày làm việc kế tiếp", "không")
    lines = [f"defaults: {dice.choice(('true', 'false'))}", "remind: {before: 1 giờ làm việc, most: 3}", "duties:"]
    for number in range(dice.randint(1, 3)):
        when = dice.choice(
            (f"type: {dice.choice(_TYPES)}", "urgency: khẩn+", f"from: {dice.choice(units)}", "to: folderdrop")
        )
        lines += [
            f"  - name: Hạn {number}",
            f"    when: {{{when}}}",
            f"    owe: {{{dice.choice(('01', '03', '06', '15', 'gui'))}: {dice.choice(spans)}}}",
        ]
    return lines


# one mistake ---------------------------------------------------------------------------------------


def _spoilt(dice: Random, data: bytes) -> Case:
    """A line with a mistake put in, or a value spoilt."""
    files = {name: content.decode().rstrip("\n").split("\n") for name, content in apart(data).items()}
    file, change = dice.choice(_MISTAKES)
    if file not in files:
        file, change = _MISTAKES[0]
    line = change(files[file])
    return Case(
        together({name: "\n".join(lines) for name, lines in files.items()}), Mislaid(file, line, change.__name__)
    )


def _at(lines: Sequence[str], begins: str) -> int:
    return next(number for number, line in enumerate(lines) if line.lstrip(" -").startswith(begins))


def _unknown_key(lines: list[str]) -> int:
    lines.append("khong-co-khoa-nay: 1")
    return len(lines)


def _twice(lines: list[str]) -> int:
    lines.append("plugins: [folderdrop]")
    return len(lines)


def _unknown_plugin(lines: list[str]) -> int:
    at = _at(lines, "plugins:")
    lines[at] = "plugins: [folderdrop, khong-co]"
    return at + 1


def _no_span(lines: list[str]) -> int:
    at = _at(lines, "drain:")
    lines[at] = "drain: 2 giây"
    return at + 1


def _open_to_all(lines: list[str]) -> int:
    at = _at(lines, "listen:")
    lines[at] = "listen: 0.0.0.0:80"
    return at + 1


def _anchor(lines: list[str]) -> int:
    lines.append("hop: &a [x]")
    return len(lines)


def _tab(lines: list[str]) -> int:
    lines.append("log:\n\tDEBUG")
    return len(lines) + 1


def _same_folder(lines: list[str]) -> int:
    lines.insert(1, "  trung: {name: T, code: 000.99.99.H48, endpoint: {kind: folderdrop, folder: shares/don-vi-0}}")
    at = next(number for number, line in enumerate(lines) if "folder: shares/don-vi-0" in line and number > 1)
    return at + 1


def _no_kind(lines: list[str]) -> int:
    lines.insert(1, "  le: {name: T, code: 000.99.99.H48, endpoint: {folder: x}}")
    return 2


def _bad_id(lines: list[str]) -> int:
    lines.insert(1, "  Đơn_vị: {name: T, code: 000.99.99.H48, endpoint: {kind: folderdrop, folder: x}}")
    return 2


def _no_such_unit(lines: list[str]) -> int:
    lines += ["  - name: Lạc", "    to: [khong-ai-ca]"]
    return len(lines)


def _bad_expression(lines: list[str]) -> int:
    lines += ["  - name: Lạc", "    to: addressees", "    when: {if: 'khong_co > 1'}"]
    return len(lines)


def _no_type(lines: list[str]) -> int:
    lines += ["  - name: Lạc", "    to: addressees", "    when: {type: Thư tình}"]
    return len(lines)


def _off_and_worked(lines: list[str]) -> int:
    at = _at(lines, "lam-bu:")
    day = lines[_at(lines, "nghi:")].partition("[")[2][:10]
    lines[at] = f"lam-bu: [{day}]"
    return at + 1


def _no_day(lines: list[str]) -> int:
    at = _at(lines, "lam-bu:")
    lines[at] = "lam-bu: [2026-02-30]"
    return at + 1


def _no_working_span(lines: list[str]) -> int:
    lines += ["  - name: Lạc", "    owe: {03: 2 ngày}"]
    return len(lines)


def _nobodys_code(lines: list[str]) -> int:
    lines += ["  - name: Lạc", "    owe: {13: 15 phút}"]
    return len(lines)


def _no_such_debtor(lines: list[str]) -> int:
    lines += ["  - name: Lạc", "    owe: {03: 15 phút}", "    when: {to: khong-ai-ca}"]
    return len(lines)


_MISTAKES: Sequence[tuple[str, Callable[[list[str]], int]]] = (
    ("hub.yaml", _unknown_key),
    ("hub.yaml", _twice),
    ("hub.yaml", _unknown_plugin),
    ("hub.yaml", _no_span),
    ("hub.yaml", _open_to_all),
    ("hub.yaml", _anchor),
    ("hub.yaml", _tab),
    ("units.yaml", _same_folder),
    ("units.yaml", _no_kind),
    ("units.yaml", _bad_id),
    ("routes.yaml", _no_such_unit),
    ("routes.yaml", _bad_expression),
    ("routes.yaml", _no_type),
    ("calendar.yaml", _off_and_worked),
    ("calendar.yaml", _no_day),
    ("duties.yaml", _no_working_span),
    ("duties.yaml", _nobodys_code),
    ("duties.yaml", _no_such_debtor),
)
