"""The two pictures of the guide: how a document goes out, and the folders of what came. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from plugins.folderdrop.clerk import names, texts
from plugins.folderdrop.clerk.cases import Stage

_BLUE, _RED, _GREEN, _SOFT, _INK = "#0b4f8a", "#b3261e", "#1b6e3c", "#5a6875", "#1c2733"
_FONT = "Segoe UI, Noto Sans, Roboto, Arial, sans-serif"
_ARROWS = "".join(
    f'<marker id="{name}" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
    f'<path d="M0 0 10 5 0 10z" fill="{colour}"/></marker>'
    for name, colour in (("go", _BLUE), ("no", _RED), ("off", _SOFT))
)
#: A mouse pointer with its tip at 0, 0.
_POINTER = "M0 0v19l4.6-4.2 3 6.7 3.2-1.4-3-6.6 6.2-.5z"


def going_out(hold: float) -> str:
    """A folder dragged into `gui-di`, and everything that can become of it; `hold` in seconds, below 1 for none."""
    return _svg(
        "Gửi văn bản đi",
        "Kéo thư mục văn bản vào gui-di. Hệ thống nhận giữ và chuyển sang da-gui kèm biên nhận, rồi chuyển đi. "
        "Chưa gửi được thì sang tra-lai kèm lý do.",
        316,
        (
            _folder(20, 12, "#e8b84a", "Văn bản của anh/chị", ("PDF đã ký số", "và phụ lục")),
            _folder(260, 12, _BLUE, "gui-di", ()),
            _folder(500, 12, _GREEN, "da-gui", ("kèm BIEN-NHAN.html",)),
            _folder(260, 184, _RED, "tra-lai", ("kèm LY-DO.txt",)),
            _house(745, 12),
            _arrow("M136 52H250", "go", 193, 40, "kéo vào"),
            f'<path d="{_POINTER}" transform="translate(186 56)" fill="#fff" stroke="{_INK}" stroke-width="1.5"/>',
            _arrow("M376 52H490", "go", 433, 40, "nhận giữ"),
            _arrow("M312 122V176", "no", 324, 154, "chưa gửi được", "start"),
            *_held(hold),
        ),
    )


def _held(hold: float) -> Iterable[str]:
    if hold < 1:
        return (_arrow("M616 52H735", "go", 675, 40, "chuyển đi"),)
    span = texts.span(hold)
    return (
        _arrow("M616 52H735", "go", 675, 40, f"sau {span}"),
        _folder(500, 184, _SOFT, "thu-hoi", ("chưa gửi cho ai",)),
        _arrow("M552 138V176", "off", 564, 162, f"muốn dừng: kéo sang trong {span} đầu", "start"),
    )


_STEPS = {
    Stage.NEW: ("#e8b84a", "hệ thống đặt vào"),
    Stage.ACCEPTED: (_GREEN, "Đã tiếp nhận"),
    Stage.ASSIGNED: (_BLUE, "Đã phân công xử lý"),
    Stage.PROCESSING: (_BLUE, "Đang xử lý"),
    Stage.FINISHED: (_GREEN, "Đã hoàn thành"),
}


def coming_in(given: Collection[Stage] = frozenset(Stage)) -> str:
    """The folders that a document which came is dragged through, and what its sender hears. `given`: the unit's."""
    steps = [(names.STAGES[stage], *step) for stage, step in _STEPS.items() if stage in given]
    last = len(steps) - 1
    row = [_folder(20 + 178 * at, 56, tone, name, (told,)) for at, (name, tone, told) in enumerate(steps)]
    between = [_arrow(f"M{136 + 178 * at} 96H{190 + 178 * at}", "go") for at in range(last)]
    end = 72 + 178 * last
    return _svg(
        "Các ô của van-ban-den",
        f"Văn bản đến nằm ở 1-moi-den; kéo sang {', '.join(name for name, *_ in steps[1:])} theo việc đã "
        "làm, hoặc thẳng sang 6-hoan-thanh; từ chối thì kéo sang 2-tu-choi.",
        346,
        (
            *row,
            *between,
            _arrow(f"M72 50C72 8 {end} 8 {end} 48", "off", (72 + end) // 2, 12, "kéo thẳng cũng được"),
            _folder(20, 222, _RED, "2-tu-choi", ("Từ chối tiếp nhận",)),
            _arrow("M72 182V214", "no", 84, 203, "kèm lý do trong ly-do.txt", "start"),
        ),
    )


def _svg(title: str, told: str, height: int, parts: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 880 {height}" role="img" font-family="{_FONT}" '
        f'font-size="14"><title>{title}</title><desc>{told}</desc><defs>{_ARROWS}</defs>{"".join(parts)}</svg>'
    )


def _folder(left: int, top: int, colour: str, name: str, below: Iterable[str]) -> str:
    lines = "".join(_text(left + 52, top + 116 + 18 * at, line, _SOFT) for at, line in enumerate(below))
    return (
        f'<g transform="translate({left} {top})">'
        f'<path d="M0 8a6 6 0 0 1 6-6h28l9 10h55a6 6 0 0 1 6 6v52a6 6 0 0 1-6 6H6a6 6 0 0 1-6-6z" fill="{colour}"/>'
        '<rect x="14" y="18" width="76" height="40" rx="2" fill="#fff"/>'
        f'<path d="M22 28h44M22 36h60M22 44h52" stroke="{colour}" stroke-width="2" opacity=".55"/>'
        f'<path d="M0 34h104v36a6 6 0 0 1-6 6H6a6 6 0 0 1-6-6z" fill="{colour}"/>'
        '<path d="M0 34h104v8H0z" fill="#fff" opacity=".18"/></g>'
        f"{_text(left + 52, top + 97, name, _INK, bold=True)}{lines}"
    )


def _house(left: int, top: int) -> str:
    """Where it goes: an office."""
    columns = "".join(f'<path d="M{20 + 16 * at} 34v28" stroke="#fff" stroke-width="5"/>' for at in range(5))
    return (
        f'<g transform="translate({left} {top})"><path d="M52 0 100 22H4z" fill="{_GREEN}"/>'
        f'<rect x="8" y="26" width="88" height="42" fill="{_GREEN}"/>{columns}'
        f'<rect x="2" y="68" width="100" height="8" fill="{_GREEN}"/></g>'
        f"{_text(left + 52, top + 97, 'Nơi nhận', _INK, bold=True)}"
    )


def _arrow(path: str, kind: str, left: int = 0, top: int = 0, said: str = "", anchor: str = "middle") -> str:
    colour = {"go": _BLUE, "no": _RED, "off": _SOFT}[kind]
    dashes = "" if kind == "go" else ' stroke-dasharray="6 4"'
    drawn = f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.5"{dashes} marker-end="url(#{kind})"/>'
    return drawn + (_text(left, top, said, colour, anchor=anchor) if said else "")


def _text(left: int, top: int, said: str, colour: str, *, bold: bool = False, anchor: str = "middle") -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{left}" y="{top}" text-anchor="{anchor}" fill="{colour}"{weight}>{said}</text>'
