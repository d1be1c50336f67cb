"""What every page that a clerk opens has in common: no script, nothing from outside, everything escaped. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from plugins.folderdrop.clerk import texts

STYLE = """
:root{--ink:#1c2733;--soft:#5a6875;--line:#d9dfe5;--paper:#fff;--ground:#eef1f4;--blue:#0b4f8a;--red:#b3261e;
 --green:#1b6e3c;--amber:#8a5300}
*{box-sizing:border-box}
body{margin:0;padding:2rem 1rem;background:var(--ground);color:var(--ink);
 font:16px/1.5 "Segoe UI","Noto Sans",Roboto,Arial,sans-serif}
main{max-width:56rem;margin:auto;background:var(--paper);border:1px solid var(--line);border-radius:10px;
 padding:2rem 2.25rem;overflow-wrap:anywhere}
main.wide{max-width:80rem}
h1{font-size:1.45rem;line-height:1.3;margin:.25rem 0 .5rem}
h2{font-size:1.05rem;margin:1.75rem 0 .5rem;color:var(--blue)}
p{margin:.4rem 0}
.over{color:var(--soft);font-size:.9rem;letter-spacing:.03em;margin:0}
.tag{display:inline-block;border-radius:99px;padding:.05rem .7rem;font-size:.9rem;font-weight:600;
 background:#e3edf6;color:var(--blue);white-space:nowrap}
.tag.hot{background:#fbe9e7;color:var(--red)}
table{width:100%;border-collapse:collapse;margin:.5rem 0}
th,td{text-align:left;vertical-align:top;padding:.5rem .6rem;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600;font-size:.9rem}
table.facts th{width:11rem;white-space:nowrap}
td.size{white-space:nowrap;color:var(--soft);text-align:right}
.small{color:var(--soft);font-size:.85rem}
.hash{font:12px/1.4 Consolas,"DejaVu Sans Mono",monospace;color:var(--soft)}
.help{background:#f5f8fb;border-left:4px solid var(--blue);border-radius:0 6px 6px 0;
 padding:.6rem 1rem;margin:1.5rem 0 0}
.empty{padding:1.5rem 0;color:var(--soft)}
td>strong,td.span{white-space:nowrap}
kbd,code{font:.92em Consolas,"DejaVu Sans Mono",monospace;background:#f1f4f7;border:1px solid var(--line);
 border-radius:4px;padding:0 .3rem;white-space:nowrap}
@media screen and (max-width:40rem){kbd,code{white-space:normal}table{display:block;overflow-x:auto}}
@media print{@page{size:A4;margin:14mm 13mm}html{font-size:10.5pt}
 body{background:#fff;padding:0;font-size:1rem}
 main,main.wide{border:0;padding:0;max-width:none}.help{display:none}
 *{-webkit-print-color-adjust:exact;print-color-adjust:exact}tr,svg{break-inside:avoid}h2{break-after:avoid}
 thead{display:table-header-group}}
"""


def page(title: str, body: str, *, wide: bool = False, refresh: bool = False, style: str = "") -> bytes:
    """A whole page around a body that is escaped already; `style` is what this page needs besides."""
    again = '<meta http-equiv="refresh" content="60">' if refresh else ""
    head = (
        '<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f'<meta name="viewport" content="width=device-width">{again}<title>{escape(title)}</title>'
        f"<style>{STYLE}{style}</style></head>"
    )
    return f'{head}<body><main class="{"wide" if wide else ""}">{body}</main></body></html>\n'.encode(
        "utf-8", "replace"
    )


def urgency(degree: int) -> str:
    """Độ khẩn as a tag, red where there is one."""
    hot = " hot" if degree else ""
    return f'<span class="tag{hot}">{escape(texts.URGENCIES[degree])}</span>'


def facts(rows: Sequence[tuple[str, str]]) -> str:
    """Names and values, the empty ones left out. Values are escaped already."""
    shown = "".join(f"<tr><th>{escape(name)}</th><td>{value}</td></tr>" for name, value in rows if value)
    return f'<table class="facts">{shown}</table>'
