"""Files made to loop, to eat memory or to crash their reader: a look ends, costs little, and leaves nothing behind."""

from __future__ import annotations

import itertools
import os
import random
import re
import resource
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plugins.folderdrop.clerk.sending import pdf as pdf_looks
from plugins.folderdrop.clerk.sending.inspection import inspect, inspect_all
from plugins.folderdrop.clerk.sending.pdf import Limits
from plugins.folderdrop.clerk.sending.records import Inspection, Kind
from tests.plugins.dropped import CATALOG, NO_PAGES, PDFS, ole, opened, packed, page, pdf, stream, text_page, word

#: child processes that were there before a test
OTHERS: set[str] = set()
SHORT = Limits(seconds=2, memory=256 << 20)
#: for starting the child on a busy machine
SLACK = 15.0
LETTER = (PDFS / "cong-van.pdf").read_bytes()
NOT_READ = Inspection(Kind.PDF, detail="not-read")
BROKEN = Inspection(Kind.PDF, damaged=True, detail="unreadable")


def endless_prev() -> bytes:
    content = text_page()
    table = re.search(rb"startxref\n(\d+)", content)
    assert table is not None
    return content.replace(b"trailer\n<<", b"trailer\n<</Prev %b" % table[1])


def deep_tree(depth: int) -> bytes:
    nodes = [
        b"<</Type/Pages/Kids[%d 0 R]/Count 1/Parent %d 0 R>>" % (number + 1, number - 1) for number in range(2, depth)
    ]
    return pdf([CATALOG, *nodes, b"<</Type/Page/Parent %d 0 R>>" % (depth - 1)])


def bomb(unpacked: bytes) -> bytes:
    return page(stream(zlib.compress(unpacked, 9), b"/Filter/FlateDecode"))


def bomb_in_a_bomb() -> bytes:
    content = zlib.compress(zlib.compress(bytes(300 << 20), 9), 9)
    return page(stream(content, b"/Filter[/FlateDecode/FlateDecode]"))


def form_in_itself() -> bytes:
    catalog = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]>>>>"
    return page(stream(b"BT ET"), b"<</FT/Sig/Kids[6 0 R 6 0 R]>>", catalog=catalog)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (endless_prev, {Inspection(Kind.PDF), BROKEN, NOT_READ}),
        (lambda: deep_tree(50_000), {NOT_READ}),
        (lambda: pdf([CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 1>>"]), {BROKEN, NOT_READ}),
        (lambda: bomb(bytes(100 << 20)), {NOT_READ}),
        (lambda: bomb(b"BT /F1 12 Tf (M) Tj ET\n" * (2 << 20)), {NOT_READ}),
        (bomb_in_a_bomb, {NOT_READ}),
        (form_in_itself, {Inspection(Kind.PDF)}),
        (lambda: page(stream(b"[" * 200_000 + b"]" * 200_000)), {Inspection(Kind.PDF), NOT_READ}),
        (lambda: pdf([CATALOG[:-2] + b"/X " + b"[" * 100_000 + b">>", NO_PAGES]), {BROKEN, NOT_READ}),
    ],
    ids=["prev", "deep", "own-kid", "bomb", "busy-bomb", "two-bombs", "form", "arrays", "objects"],
)
def test_a_hostile_pdf_costs_its_limits_and_no_more(
    content: Callable[[], bytes], expected: set[Inspection], tmp_path: Path
) -> None:
    with opened(content()) as descriptor:
        before, most = time.monotonic(), resident()
        found = inspect(descriptor, "a.pdf", SHORT)

    assert found in expected
    assert time.monotonic() - before < SHORT.seconds + SLACK
    assert resident() - most < 64 << 20
    assert no_child_is_left()


def resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split())


@pytest.fixture(autouse=True)
def others() -> Iterator[None]:
    """What other tests left is no matter of these."""
    OTHERS.update(children())
    yield
    OTHERS.clear()


def no_child_is_left() -> bool:
    """Neither running nor unburied."""
    commands = [Path(f"/proc/{each}/cmdline").read_bytes() for each in children() - OTHERS]
    return not any(command == b"" or b"pdf_child" in command for command in commands)


def test_a_huge_sparse_file_is_given_up_and_not_called_broken() -> None:
    with opened(b"%PDF-1.7\n") as descriptor:
        os.ftruncate(descriptor, 1 << 30)
        before, most = time.monotonic(), resident()
        assert NOT_READ == inspect(descriptor, "a.pdf", SHORT)

    assert time.monotonic() - before < SHORT.seconds + SLACK
    assert resident() - most < 16 << 20
    assert no_child_is_left()


def test_one_hostile_file_spoils_no_other() -> None:
    busy = bomb(b"BT /F1 12 Tf (M) Tj ET\n" * (2 << 20))
    with opened(LETTER) as first, opened(busy) as second, opened(LETTER) as third:
        found = inspect_all([(first, "a.pdf"), (second, "b.pdf"), (third, "c.pdf")], SHORT)

    assert found[0] == found[2]
    assert found[0].day is not None
    assert NOT_READ == found[1]


def test_a_letter_cut_at_every_kilobyte_is_damaged() -> None:
    lengths = range(0, len(LETTER) - 100, 1024)
    for length in lengths:
        with opened(LETTER[:length]) as descriptor:
            assert BROKEN == inspect(descriptor, "a.pdf"), length


def test_a_large_scan_cut_short_is_damaged_within_seconds() -> None:
    scan = page(stream(b"BT ET"), *(stream(os.urandom(500_000)) for _ in range(200)))
    with opened(scan[:-20_000]) as descriptor:
        assert BROKEN == inspect(descriptor, "a.pdf", Limits(seconds=4))


def test_flipped_bytes_never_surprise() -> None:
    dice = random.Random(20261123)
    descriptors = [os.memfd_create("dropped") for _ in range(200)]
    for descriptor, flips in zip(descriptors, itertools.cycle((1, 5, 50))):
        content = bytearray(LETTER)
        for _ in range(flips):
            content[dice.randrange(len(content))] = dice.randrange(256)
        os.write(descriptor, content)

    found = inspect_all([(descriptor, "a.pdf") for descriptor in descriptors])
    for descriptor in descriptors:
        os.close(descriptor)

    assert {Kind.PDF} == {each.kind for each in found}
    assert {"", "not-read", "unreadable"} == {each.detail for each in found}
    assert not any(each.secret or each.signed for each in found)


def test_flipped_bytes_in_other_containers_never_surprise() -> None:
    dice = random.Random(7)
    originals = [word("MẬT", "a" * 200), packed({"a.txt": b"a" * 99}), ole("WordDocument", "VBA"), ole("Workbook")]
    for original in originals:
        for _ in range(300):
            content = bytearray(original)
            for _ in range(dice.choice((1, 5, 50))):
                content[dice.randrange(len(content))] = dice.randrange(256)
            with opened(bytes(content)) as descriptor:
                inspect(descriptor, "a.docx")


def test_a_zip_that_lists_a_million_files_or_unpacks_to_gigabytes_costs_little() -> None:
    bomb_of_words = packed({"[Content_Types].xml": b"<Types/>", "word/document.xml": bytes(200 << 20)})
    many = packed({f"{number:0200}": b"" for number in range(40_000)}, 0)
    most = resident()
    for content, name in ((bomb_of_words, "a.docx"), (many, "a.zip")):
        before = time.thread_time()
        with opened(content) as descriptor:
            found = inspect(descriptor, name)
        assert not found.damaged
        assert time.thread_time() - before < 2
    assert resident() - most < 64 << 20


def test_an_ole_file_whose_sectors_run_in_a_circle_ends() -> None:
    content = bytearray(ole("WordDocument", *"abcdefgh"))
    table = content.rindex(b"\xfd\xff\xff\xff") // 512 * 512
    content[table : table + 512] = b"\x01\x00\x00\x00" * 128
    with opened(bytes(content)) as descriptor:
        assert Kind.OFFICE == inspect(descriptor, "a.doc").kind


@pytest.mark.root
def test_the_fork_that_reads_a_file_opens_nothing_for_writing(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    program = Path(pdf_looks.__file__).with_name("pdf_child.py")
    with (PDFS / "tuyet-mat.pdf").open("rb") as file:
        arguments = [sys.executable, "-I", str(program), "5", str(256 << 20), str(file.fileno())]
        strace = ["strace", "-f", "-qq", "-o", str(trace), "-e", "trace=%file,%network,memfd_create,fstat,newfstatat"]
        run = subprocess.run([*strace, *arguments], pass_fds=(file.fileno(),), check=True, stdout=subprocess.PIPE)

    whole = trace.read_text(encoding="utf-8").splitlines()
    lines = [line for line in whole if line.partition(" ")[0] != whole[0].partition(" ")[0]]
    changes = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|\b(?:rename|mkdir|link|unlink|mknod|creat|socket|memfd)\w*\(")
    assert b'"state": "open"' in run.stdout
    assert lines != []
    assert [] == [line for line in lines if changes.search(line)]


def test_a_fork_can_write_no_file_and_leaves_no_core(tmp_path: Path) -> None:
    report = (
        "import resource as r, sys; sys.path[:0] = [sys.argv[1]]; import pdf_child; pdf_child._limit(5, 1 << 28);"
        "print(r.getrlimit(r.RLIMIT_FSIZE)[1], r.getrlimit(r.RLIMIT_AS)[1], r.getrlimit(r.RLIMIT_CPU)[1])"
    )
    folder = str(Path(pdf_looks.__file__).parent)
    run = subprocess.run([sys.executable, "-I", "-c", report, folder], stdout=subprocess.PIPE, check=True)

    assert [b"0", b"%d" % (1 << 28), b"5"] == run.stdout.split()


def test_a_child_that_cannot_run_is_told_and_not_taken_for_unreadable_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "pdf_child.py"
    program.write_text("import no_such_library\n", encoding="ascii")
    monkeypatch.setattr(pdf_looks, "_PROGRAM", program)

    with opened(LETTER) as descriptor, pytest.raises(ChildProcessError):
        inspect(descriptor, "a.pdf")


def test_a_child_that_says_too_much_or_nothing_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "pdf_child.py"
    monkeypatch.setattr(pdf_looks, "_PROGRAM", program)
    monkeypatch.setattr(pdf_looks, "_START", 1)
    for text in ("while True: print('x' * 9999)", "import time; time.sleep(99)", "print('[1]\\n{\"at\": 0}')"):
        program.write_text(text, encoding="ascii")
        before = time.monotonic()
        with opened(LETTER) as descriptor:
            assert NOT_READ == inspect(descriptor, "a.pdf", SHORT)
        assert time.monotonic() - before < SHORT.seconds + SLACK
        assert no_child_is_left()


def test_the_working_folder_and_the_environment_decide_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("pypdf.py", "json.py", "sitecustomize.py"):
        (tmp_path / name).write_text("raise SystemExit(3)\n", encoding="ascii")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    with opened(LETTER) as descriptor:
        assert inspect(descriptor, "a.pdf").day is not None
    assert {"pypdf.py", "json.py", "sitecustomize.py"} == set(os.listdir(tmp_path))
