"""Configurations changed by lines, by keys and values, and by bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from tests.fuzz import mutate
from tests.fuzz.mutate import Step

#: Each run of letters is tried once, from its beginning: in 64 KB without a colon each letter would cost the rest.
_KEY = re.compile(rb"(?<![\w-])[\w-]++(?=:(?:[ \n]|$))", re.MULTILINE)
_VALUE = re.compile(rb"(?<=: )[^\n,{}\[\]]+")
_KEYS = (
    b"data database listen plugins province code name reserve retry first most for hotline drain log units "
    b"groups aliases mode until successors staff endpoint kind folder layout settle serves send_timeout "
    b"unit since routes when to from type urgency subject business attachments larger channel date if "
    b"divert answers final grace hold watch poll largest require names keep "
    b"chinh-thuc gio tuan nghi nghi-bao lam-bu ngay tu den ten don-vi buoi duties owe defaults de-biet remind before "
    b"every escalate limit lanh-dao uy-quyen nguoi thay tam-dung ly-do codes"
).split()
_VALUES = (
    b"", b"~", b"null", b"true", b"no", b"1", b"-1", b"1e400", b".inf", b".nan", b"0x1f", b"0b2", b"1_000",
    b"9" * 5000, b"0.0.0.0:80",
    b"127.0.0.1:99999", b"[::1]:8036", b"localhost:0", b"sqlite", b"postgresql://u:p@h:5432/n", b"postgresql://[",
    b"postgres://x",
    b"!secret DATABASE", b"!secret", b"!secret [a]", b"!!python/object:os.system x", b"!!binary QQ==",
    b"!!set {a, b}", b"!!omap []",
    b"&a x", b"*a", b"[]", b"{}", b"[[[[]]]]", b"{a: {b: {c: 1}}}", b"? x", b"- x", b"|\n  x", b">-\n  x", b"'",
    b'"', b'"\\x41\\u0000\\ud800"',
    b'"\\U0010ffff"', b"2026-02-30", b"2026-11-24", b"31/12/9999", b"2026-11-24T10:00:00Z", b"10MB", b"1 TB",
    b"999999999999999GB", b"500ms",
    b"1000000000d", b"1e308s", b"folderdrop", b"../..", b"/", b"a\x00b", b"\xc3\xa9\xcc\x81", b"khan+",
    "khẩn+".encode(), "mật".encode(),
    "Công văn".encode(), b"addressees", b"don-vi-0", b"H48", b"000.00.00.H48", b"*", b"?", b"'*[a-z'",
    b"'urgency > 1'", b"'1/0 == 1'",
    b"'to.exists(x, x == \"a\")'", b"'subject.matches(\"(a+)+$\")'", b"'size(subject) == \"a\"'",
    b"'(((((((((((((1)))))))))))))'", b"x: y",
    b"'a' b", b"# x", b"%", b"@", b"`", b"<<: {a: 1}", b"---", b"...", b"%YAML 1.1", b"=", b"a: b: c", b"\t",
    b"\xff", b"\xe2\x80\xa8", b"\x85",
    b"a@b.vn", b"{Nguyen Van A: a@b.vn}", b"[so-nv, so-nv]", b"{unit: don-vi-0, until: 1/1/2020}", b"thu-nghiem",
    b"others", b"x" * 3000,
    b"2-6", b"CN", b"07:30-11:30", b"23:59-24:00", b"sang", b"[02, 03]", "4 giờ làm việc".encode(),
    "99999 ngày làm việc".encode(), "hạn trả lời".encode(), "không".encode(), b"0001-01-01", b"9999-12-31",
    b"{tu: 0001-01-01, den: 0001-12-31}", b"{tu: 9999-01-01, den: 9999-12-31}",
)  # fmt: skip


def mutated(dice: Random, data: bytes, other: bytes) -> bytes:
    """A configuration made from one or two others."""
    chance = dice.random()
    if chance < 0.05:
        return _mixed(dice, data, other)
    if chance < 0.055:
        return _heavy(dice, data)
    return mutate.steps(dice, data, _STEPS)


def _lines(data: bytes) -> list[bytes]:
    return data.split(b"\n")


def _drop_line(dice: Random, data: bytes) -> bytes:
    lines = _lines(data)
    del lines[dice.randrange(len(lines))]
    return b"\n".join(lines)


def _double_line(dice: Random, data: bytes) -> bytes:
    lines = _lines(data)
    at = dice.randrange(len(lines))
    lines.insert(at, lines[at])
    return b"\n".join(lines)


def _indent(dice: Random, data: bytes) -> bytes:
    lines = _lines(data)
    at = dice.randrange(len(lines))
    lines[at] = dice.choice(
        (b"  " + lines[at], b" " + lines[at], lines[at].removeprefix(b"  "), b"\t" + lines[at], lines[at].strip())
    )
    return b"\n".join(lines)


def _swap(dice: Random, data: bytes) -> bytes:
    lines = _lines(data)
    one, two = dice.randrange(len(lines)), dice.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return b"\n".join(lines)


def _key(dice: Random, data: bytes) -> bytes:
    return _replaced(dice, data, _KEY, _KEYS)


def _value(dice: Random, data: bytes) -> bytes:
    return _replaced(dice, data, _VALUE, _VALUES)


def _replaced(dice: Random, data: bytes, pattern: re.Pattern[bytes], texts: Sequence[bytes]) -> bytes:
    found = list(pattern.finditer(data))
    if not found:
        return mutate.put(dice, data)
    match = dice.choice(found)
    return data[: match.start()] + dice.choice(texts) + data[match.end() :]


def _add(dice: Random, data: bytes) -> bytes:
    """One more line, as deep as the one before."""
    lines = _lines(data)
    at = dice.randrange(len(lines))
    depth = len(lines[at]) - len(lines[at].lstrip(b" "))
    lines.insert(at + 1, b" " * depth + dice.choice((b"", b"- ")) + dice.choice(_KEYS) + b": " + dice.choice(_VALUES))
    return b"\n".join(lines)


def _inside(dice: Random, data: bytes) -> bytes:
    """One more pair in a table of one line."""
    at = data.find(b"{", dice.randrange(len(data)))
    pair = dice.choice(_KEYS) + b": " + dice.choice(_VALUES) + b", "
    return data[: at + 1] + pair + data[at + 1 :] if at >= 0 else _add(dice, data)


_STEPS: Sequence[Step] = (
    *(
        _drop_line,
        _double_line,
        _indent,
        _swap,
        _key,
        _key,
        _value,
        _value,
        _value,
        _value,
        _add,
        _add,
        _inside,
        _inside,
    ),
    *(mutate.flip, mutate.put, mutate.stray, mutate.drop, mutate.double, mutate.renumber),
)


def _mixed(dice: Random, data: bytes, other: bytes) -> bytes:
    """A file of one configuration with the others of another."""
    mark = b"===== units.yaml"
    return (
        data.partition(mark)[0] + mark + other.partition(mark)[2]
        if dice.random() < 0.5
        else mutate.joined(dice, data, other)
    )


def _heavy(dice: Random, data: bytes) -> bytes:
    """Far too much of something in one place."""
    lines = _lines(data)
    many = dice.choice((b"[" * 3000, b"{a: " * 2000, b"- " * 2000, b"a: " + b"x" * 60_000, b"&a [*a, *a]",
    b"? " * 2000, b" " * 50_000 + b"a: 1",
                        b"a: |\n" + b"  x\n" * 3000, b"a: " + b"[x, " * 1500, b"'" + b"''" * 3000))  # fmt: skip
    lines.insert(dice.randrange(1, len(lines) + 1), many)
    return b"\n".join(lines)
