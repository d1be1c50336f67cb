"""Names that break programs: for files, folders and attachments. At least 515 of each kind, in a fixed order.

`TEXTS` are what a sender may call an attachment. `NAMES` are bytes that a folder on Linux can really hold.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_STEMS = ("Công văn", "1254-UBND-KGVX", "a")
#: Everything Windows keeps for itself, in cases and with endings that do not help.
_DEVICES = (
    *("con", "prn", "aux", "nul", "CONIN$", "CONOUT$", "CLOCK$"),
    *(f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"),
)
_SHELL = (
    "$(reboot)", "`id`", ";rm -rf .", "&& exit", "| cat", "> out", "< in", "$HOME", "${IFS}", "~", "~root", "*",
    "?", "[a-z]", "{a,b}", "-rf", "--help", "-", "--", "!!", "#", "%PATH%", "%COMSPEC%", "^", "\\", "'", '"',
    "''", '"; ls; "', "a\nb", "a\tb", "\r\n",
)  # fmt: skip
_PATHS = (
    "../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/shadow", "C:\\boot.ini", "\\\\may\\chia-se",
    "//may/chia-se", "....//", "..;/", "a/../b", "a/./b", "a//b", "file:///etc/passwd", "http://a.vn/b",
    "%2e%2e%2f", "..%c0%af", "\\\\?\\C:\\a", "\\\\.\\COM1", "a:b:$DATA", "a.pdf:Zone.Identifier", "~/a", ".hub",
    ".hub/unit", "..", ".", "...", ". .", " .", ".. ", "./", "/", "//",
)  # fmt: skip
_QUERIES = (
    "' OR 1=1 --", "1; DROP TABLE delivery", "'; SELECT pg_sleep(9) --", '" OR ""="', "admin'--",
    "1' UNION SELECT NULL", "%' LIKE '%", "Robert'); DROP", "{$ne: 1}", "*)(uid=*", "1/0", "@@version",
    "x' AND 1=0", "--", "/* */", "NULL", "null", "nil", "None", "undefined",
)  # fmt: skip
_MARKUP = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>',
    "javascript:alert(1)", "&lt;b&gt;", "&#0;", "&amp;", "&unknown;", "<!--", "-->", "<![CDATA[", "]]>",
    '<?xml version="1.0"?>', "<!DOCTYPE a>", "<a b='c'>", "</td></table>", "{{7*7}}", "${7*7}", "<%= 7 %>",
    "#{7*7}", "{% include a %}", "[a](javascript:b)", "**a**", "</main>", "<style>*{display:none}</style>",
)  # fmt: skip
_YAML = (
    "a: b", "- a", "? a", "!!python/object:a", "!secret a", "&a", "*a", "| a", "> a", "% a", "@a", "{a: b}",
    "[a, b]", "# a", "a #b", "--- a", "... a", "yes", "no", "on", "off", "true", "1e3", "0x10", "0o7", "1:20",
    "2026-11-23", "~a", "<<: a", "ma_luot_chuyen: x", "{}", "[]", '"a', "'a", "a'b\"c", "a\\nb", "\\u0000",
    "\\x00", "{'a':1}", '{"a":1}',
)  # fmt: skip
_FORMATS = (
    "%s", "%n%n%n", "%d", "%x", "%99999d", "%(a)s", "{0}", "{}", "{a.__class__}", "{0!r}", "{:>9999}", "{{",
    "}}", "$a", "${a}", "%%", "%", "\\1", "\\g<0>", "(?P<a>", "(a+)+$", "[", "(", "*a", "+", "^$", ".*", "$",
    "|", "\\d{1,9}",
)  # fmt: skip
_NUMBERS = (
    "0", "-0", "1", "-1", "00", "007", "1.0", "1,0", "1.254", "1e309", "NaN", "Infinity", "-Infinity",
    "9223372036854775808", "0xFFFFFFFF", "1/2", "12345678901234567890", "١٢٣", "１２３", "²", "½", "Ⅷ", "٪",
    "0.1.2", "1..2", "+1", "1_000", "1 000",
)  # fmt: skip
#: Names that are the hub's own, or nearly.
_OURS = (
    "thong-tin.yaml", "phieu.html", ".lt-id", "GHI-CHU.txt", "ly-do.txt", "ket-qua.txt", "THONG-TIN.YAML",
    "Phieu.html", "ghi-chu.TXT", "theo-doi.html", "HUONG-DAN.html", "PHIEU-GUI.txt", "BIEN-NHAN.html",
    "a.LY-DO.txt", "MAU-PHIEU-GUI.txt", "a.edxml", "a.error.json", "van-ban-den", "1-moi-den", "6-hoan-thanh",
    "3. Đã tiếp nhận", "unit", "claims", "tmp", "2026-11", "ly-do .txt", "phieu.html.", "~$ngvan.docx",
    "~WRL0001.tmp", ".~lock.a.odt#", "Thumbs.db", "desktop.ini", ".DS_Store", "._a", "a.crdownload", "a.part",
    "a.lnk", "a.url", "a~", "a.tmp", "a (1).pdf", "a - Copy.pdf", "a bản sao.pdf", "a-DESKTOP-AB12.pdf", ".pdf",
    "pdf", "a.pdf.exe", "a.PDF", "a..pdf", "a. pdf",
)  # fmt: skip
_LETTERS = (
    "Tệp kèm theo số 1", "ĐẶNG THỊ ƯỚC", "ﬁ ligature", "İstanbul", "ıI", "ßẞ", "ΑΣς", "Ａｆｕｌｌ", "𝐛𝐨𝐥𝐝", "𝕬",
    "é" * 80, "ộ" * 80, "田中さん", "部落格", "사회과학원", "ด้้้้้็็็็็้้้้้", "ندا", "שלום", "ܐܪܡ", "हिन्दी", "ကမြန်မာ",
    "ខ្មែរ", "Кириллица", "\u0430a", "paypaІ", "\U0001f4c4", "\U0001f1fb\U0001f1f3", "👩‍👩‍👧‍👦", "👍🏿", "❤️", "☃",
    "✂️", "🏴\U000e0067\U000e0062\U000e007f", "♪♫", "€£¥", "©®™", "“ngoặc”", "‘đơn’", "–gạch–", "—", "…", "·",
    "•", "«»", "№ 12", "§ 3", "½", "x²", "∞", "≠", "←→", "▲", "■", "̀", "a" + "\u0301" * 60, "Z͑ͫa̴l͜g̶o̕",
    "\ufeffa", "a\ufeff",
)  # fmt: skip
#: Letters that are there and cannot be seen, or change what is seen.
_UNSEEN = (
    "\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u180e\u2000\u2003\u2007\u2009\u200a\u200b\u200c\u200d\u200e\u200f\u2028\u2029"
    "\u202a\u202b\u202c\u202d\u202e\u202f\u205f\u2060\u2061\u2064\u2066\u2067\u2068\u2069\u206a\u3000\u3164\ufe0f\ufff9\ufffb\ufffd\ufffe"
    "\uffff\ue000\uf8ff\U000e0001\U000e0020\U0010fffd\U0010ffff"
)
_CONTROLS = "".join(map(chr, (*range(1, 32), *range(127, 160))))


def _texts() -> Iterator[str]:
    yield from (*_SHELL, *_PATHS, *_QUERIES, *_MARKUP, *_YAML, *_FORMATS, *_NUMBERS, *_OURS, *_LETTERS)
    yield from (f"{device}{end}" for device in _DEVICES for end in ("", ".txt"))
    yield from (device.upper() for device in _DEVICES)
    yield from (f"a{letter}b.pdf" for letter in _CONTROLS + _UNSEEN)
    yield from (f"{letter}.pdf" for letter in '<>:"|?*')
    for stem in _STEMS:
        yield from (f"{stem}{end}" for end in (".", "..", " ", "  ", ". ", " .", ".pdf.", ".pdf ", "\u3000", "-", "_"))
        yield from (f"{start}{stem}" for start in (" ", ".", "..", "-", "\t", "\u202e", "\ufeff"))
        yield unicodedata.normalize("NFD", stem)
    yield from (
        "n" * 255,
        "a\t",
        "n" * 251 + ".pdf",
        "ộ" * 85,
        "a." + "x" * 250,
        " " * 9,
        "." * 255,
        "a" * 1000,
        "văn bản " * 60 + ".pdf",
        "",
    )


#: What a sender may write into a packet; some cannot be a file's name anywhere.
TEXTS: tuple[str, ...] = tuple(dict.fromkeys(_texts()))

#: Bytes that are no UTF-8: TCVN3 and VNI as old programs left them, broken and overlong sequences, halves of pairs.
_BYTES = (
    b"Nguy\xd4n V\xa8n An", b"C\xabng v\xa8n", b"\xa7\xb7 ti\xd5p nh\xcbn", b"Co\xe2ng va\xean", b"\xff\xfe",
    b"\xfe\xffa", b"\xc3", b"a\xe1\xbb.pdf", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xed\xb0\x80",
    b"\xf4\x90\x80\x80", b"\x80", b"\xbf.pdf", b"\xf8\x88\x80\x80\x80",
    *(bytes([value]) + b".pdf" for value in range(0x80, 0x100, 3)), b"\xff" * 255,
    b"\xe1\xbb\x99" * 84 + b"\xe1\xbb", "Quyết định".encode("utf-16-le").replace(b"\0", b""),
    "văn".encode("cp1258"),
)  # fmt: skip


def _names() -> Iterator[bytes]:
    for text in TEXTS:
        name = text.replace("/", "\u2215").encode("utf-8", "surrogateescape")
        while len(name) > 255:
            name = name[:255].decode("utf-8", "ignore").encode()
        yield name
    yield from _BYTES


#: What a folder on Linux can hold.
NAMES: tuple[bytes, ...] = tuple(dict.fromkeys(name for name in _names() if name not in (b"", b".", b"..")))
