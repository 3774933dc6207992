"""The parts a report's page is made of; whatever comes from data is escaped here."""

import base64
from collections.abc import Iterable, Sequence
from html import escape

# The page may load nothing and run nothing, even if some text in it were to slip through.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
STYLE = """
:root { color-scheme: light; --ink: #1e222a; --soft: #5b6472; --line: #d9dde3; --pale: #f5f6f8; --odd: #d9541e; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1120px; padding: 28px 24px 60px; color: var(--ink); background: #fff;
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 27px; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 19px; margin: 38px 0 10px; padding-top: 14px; border-top: 2px solid var(--ink); }
p { margin: 4px 0 12px; max-width: 84ch; }
.soft, figcaption, small { color: var(--soft); font-size: 13px; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 22px 0 8px; }
.card { background: var(--pale); border-radius: 8px; padding: 12px 14px; }
.card b { display: block; font-size: 22px; line-height: 1.3; white-space: nowrap; font-variant-numeric: tabular-nums; }
.card.warn { background: #fdf1ea; } .card.warn b { color: var(--odd); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 6px 0 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap;
  vertical-align: top; }
th { font-size: 13px; font-weight: 600; vertical-align: bottom; }
th.word, td.word { text-align: left; } td.text { text-align: left; white-space: normal; min-width: 16ch; }
td + td, th + th { padding-left: 14px; }
tr.group th { padding-top: 16px; text-align: left; border-bottom: 1px solid var(--ink); }
tr.part td:first-child { padding-left: 18px; } td a { color: inherit; text-decoration-color: #b7bec9; }
.figures td:nth-child(2) { font-weight: 600; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(440px, 1fr)); gap: 22px 26px; }
.charts figure:last-child { grid-column: 1 / -1; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 300px)); gap: 18px; }
figure { margin: 0; min-width: 0; } figure img { width: 100%; height: auto; display: block; }
.pictures img { border-radius: 6px; background: var(--pale); }
figcaption { margin-top: 6px; overflow-wrap: anywhere; } figcaption b { color: var(--ink); }
dl { margin: 0; } dt { font-weight: 600; margin-top: 14px; } dd { margin: 2px 0 0; max-width: 96ch; }
code { display: block; font: 12px/1.45 ui-monospace, monospace; background: var(--pale); border-radius: 6px;
  padding: 8px 10px; margin-top: 5px; overflow-wrap: anywhere; }
@media (max-width: 560px) { .charts { grid-template-columns: 1fr; } }
@media print { body { max-width: none; padding: 0; } figure, tr, .card { break-inside: avoid; } }
"""


def render_page(title: str, body: Iterable[str]) -> str:
    """Return a whole page; `body` is HTML."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>\n"
    )


def render_card(title: str, figure: str, note: str = "", *, is_warning: bool = False) -> str:
    """Return one large figure."""
    kind = "card warn" if is_warning else "card"
    small = f"<small>{escape(note)}</small>" if note else ""
    return f'<div class="{kind}"><span class="soft">{escape(title)}</span><b>{escape(figure)}</b>{small}</div>'


def render_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, words: int = 1, texts: int = 0) -> str:
    """Return a table: `words` first columns of words, `texts` last ones of text that may break, figures between."""
    count = len(columns)
    kinds = ["word" if at < words else "text" if at >= count - texts else "" for at in range(count)]
    head = "".join(_cell("th", name, "word" if kind else "") for name, kind in zip(columns, kinds, strict=True))
    body = "".join(
        f"<tr>{''.join(_cell('td', cell, kind) for cell, kind in zip(row, kinds, strict=True))}</tr>" for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def render_picture(png: bytes, *, name: str, words: str = "") -> str:
    """Return a picture over its name and a few words."""
    data = base64.b64encode(png).decode("ascii")
    return (
        f'<figure><img alt="{escape(name)}" src="data:image/png;base64,{data}">'
        f"<figcaption><b>{escape(name)}</b>{'<br>' if words else ''}{escape(words)}</figcaption></figure>"
    )


def render_paragraph(words: str, kind: str = "") -> str:
    """Return a paragraph, of a class of the page's style where one is named."""
    style = f' class="{kind}"' if kind else ""
    return f"<p{style}>{escape(words)}</p>"


def render_heading(words: str) -> str:
    """Return the heading of a section."""
    return f"<h2>{escape(words)}</h2>"


def _cell(tag: str, text: object, kind: str) -> str:
    style = f' class="{kind}"' if kind else ""
    return f"<{tag}{style}>{escape(str(text))}</{tag}>"
