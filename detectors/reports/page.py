"""The parts every report is made of: a page, tables, figures; whatever comes from data is escaped here."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape

# The page may load nothing at all, even if some text in it were to slip through.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
STYLE = """
:root { color-scheme: light; --ink: #1e222a; --soft: #5b6472; --line: #d9dde3; --good: #2f6fb0; --defect: #d9541e; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1200px; padding: 24px; color: var(--ink); background: #fff;
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 20px; margin: 40px 0 8px; padding-top: 16px;
  border-top: 2px solid var(--ink); } h3 { font-size: 16px; margin: 24px 0 8px; }
p { margin: 4px 0 12px; max-width: 80ch; } .soft, figcaption { color: var(--soft); font-size: 13px; }
.wide { overflow-x: auto; } table { border-collapse: collapse; margin: 8px 0 16px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 9px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th { font-size: 13px; font-weight: 600; vertical-align: bottom; }
th.word, td.word { text-align: left; } th:first-child, td:first-child { padding-left: 0; }
.warn { border-left: 4px solid var(--defect); padding: 4px 12px; background: #fdf3ee; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 16px; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr)); gap: 12px; }
figure { margin: 0; min-width: 0; } figure img, figure svg { width: 100%; height: auto; display: block; }
figcaption { overflow-wrap: anywhere; margin-top: 4px; } figcaption b { color: var(--ink); }
svg { font: 11px system-ui, sans-serif; fill: var(--soft); } svg .grid { stroke: #e8ebef; fill: none; }
svg .curve { fill: none; stroke: var(--good); stroke-width: 2.5; }
svg .chance { stroke: #9aa3af; stroke-dasharray: 4 4; }
svg .mark { fill: var(--defect); stroke: #fff; stroke-width: 1.5; }
svg .threshold { stroke: var(--ink); stroke-width: 1.5; }
svg .note { fill: var(--ink); } svg .good { fill: var(--good); fill-opacity: .55; }
svg .defect { fill: var(--defect); fill-opacity: .55; }
.key { display: inline-block; width: 11px; height: 11px; margin: 0 4px 0 10px; } .key.good { background: var(--good); }
.key.defect { background: var(--defect); } nav a { margin-right: 14px; color: var(--good); }
@media print { body { max-width: none; padding: 0; } figure, tr { break-inside: avoid; } }
"""


def render_page(title: str, body: Iterable[str], *, style: str = "", script: str = "") -> str:
    """Return a whole page; `body` is HTML. A script of ours runs because the policy holds its hash; no other does."""
    policy = f"{POLICY}; script-src '{script_hash(script)}'" if script else POLICY
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}{style}</style></head>"
        f"<body><main>{''.join(body)}</main>{f'<script>{script}</script>' if script else ''}</body></html>\n"
    )


def script_hash(script: str) -> str:
    """Return the name a content security policy has for a script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode('ascii')}"


def render_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, words: int = 1) -> str:
    """Return a table whose first columns, so many as `words`, hold words and all others figures."""
    head = _row("th", columns, words)
    body = "".join(_row("td", row, words) for row in rows)
    return f'<div class="wide"><table><thead>{head}</thead><tbody>{body}</tbody></table></div>'


def render_chart(svg: str, caption: str) -> str:
    """Return a chart (SVG) over its caption (HTML)."""
    return f"<figure>{svg}<figcaption>{caption}</figcaption></figure>"


def render_picture(png: bytes, *, name: str, words: str) -> str:
    """Return a picture over its name and a few words."""
    data = base64.b64encode(png).decode("ascii")
    return (
        f'<figure><img alt="{escape(name)}" src="data:image/png;base64,{data}">'
        f"<figcaption><b>{escape(name)}</b><br>{escape(words)}</figcaption></figure>"
    )


def render_paragraph(words: str, kind: str = "") -> str:
    """Return a paragraph, of a class of the page's style where one is named."""
    style = f' class="{escape(kind)}"' if kind else ""
    return f"<p{style}>{escape(words)}</p>"


def _row(tag: str, cells: Sequence[object], words: int) -> str:
    scope = ' scope="col"' if tag == "th" else ""
    kinds = ("", ' class="word"')
    drawn = (f"<{tag}{scope}{kinds[number < words]}>{escape(str(cell))}</{tag}>" for number, cell in enumerate(cells))
    return f"<tr>{''.join(drawn)}</tr>"
