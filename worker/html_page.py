"""HTML pages that open anywhere and print: styles inside, nothing loaded."""

from collections.abc import Iterable, Sequence
from html import escape

STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2733; background: #f5f6f8; margin: 0; }
main { max-width: 940px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 30px 0 8px; }
.about { color: #5b6573; margin: 0; }
.warning { background: #fff3d6; border-left: 4px solid #d9a22b; padding: 8px 12px; margin: 16px 0 0; }
.card { background: #fff; border: 1px solid #dfe3e8; border-radius: 8px; padding: 12px; overflow-x: auto; }
svg { display: block; width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid #eceff3; }
th:first-child, td:first-child { text-align: left; } th { color: #5b6573; font-weight: 600; }
tr:last-child td { border-bottom: 0; }
footer { color: #5b6573; font-size: 13px; margin-top: 30px; }
@media (max-width: 600px) {
  th, td { padding: 5px 6px; font-size: 14px; } td:not(:first-child):not(.words) { white-space: nowrap; }
  td:first-child { min-width: 5.6em; }
}
@media print { body { background: #fff; } .card { break-inside: avoid; } }
"""


def page(title: str, parts: Iterable[str], more_style: str = "") -> str:
    """The whole page; `parts` are HTML already."""
    return (
        "\n".join(
            [
                "<!doctype html>",
                '<html lang="en"><head><meta charset="utf-8">',
                '<meta name="viewport" content="width=device-width, initial-scale=1">',
                f"<title>{escape(title)}</title><style>{STYLE}{more_style}</style></head><body><main>",
                f"<h1>{escape(title)}</h1>",
                *parts,
                "</main></body></html>",
            ]
        )
        + "\n"
    )


def section(title: str, content: str) -> list[str]:
    """A heading, and HTML in a card below it."""
    return [f"<h2>{escape(title)}</h2>", f'<div class="card">{content}</div>']


def warning(text: str) -> str:
    """A text that must not be overlooked."""
    return f'<p class="warning">{escape(text)}</p>'


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], words: Sequence[str] = ()) -> str:
    """Rows under headers; figures to the right, the first column and those named in `words` to the left."""
    left = [' class="words"' if header in words else "" for header in headers]
    head = "".join(f"<th{how}>{escape(header)}</th>" for header, how in zip(headers, left, strict=True))
    body = "".join(f"<tr>{_cells(row, left)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: Sequence[str], left: Sequence[str]) -> str:
    return "".join(f"<td{how}>{escape(cell)}</td>" for cell, how in zip(row, left, strict=True))
