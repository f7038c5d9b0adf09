"""A plan as an SVG picture that stands alone: no fonts, scripts or files beside it."""

from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from dsl.graph.layout import LINE_HEIGHTS, NOTE, PAD, WIDTH_OF_CHARACTER, Arrow, Box, laid_out
from dsl.graph.outline import outline
from dsl.graph.paint import LOOKS, Paint

MARGIN = 20
INK, LINE, FAINT = "#1b1b1b", "#8a8f98", "#f7f8fa"
_FILLS: Mapping[str, str] = {
    "end": "#eceff4",
    "finish": "#eceff4",
    "fail": "#fbe9e7",
    "wait": "#fff7e0",
    "receive": "#fff7e0",
    "approve": "#efe6fb",
    "emit": "#e0f2f1",
    "run": "#e3ecfa",
}
_ROUND = ("end", "finish", "fail")


def svg(plan: Mapping[str, Any], paint: Paint | None = None) -> str:
    """The picture of a plan document; with `paint`, the state of a run on it and a legend."""
    name = f"{plan['workflow']} version {plan['version']}"
    drawing = laid_out(outline(plan), (name, "completed"), paint or {})
    legend = list(_legend(MARGIN, drawing.height + 2 * MARGIN)) if paint else []
    width = max(drawing.width, 760 if paint else 0) + 2 * MARGIN
    height = drawing.height + (4 if paint else 2) * MARGIN
    parts = drawing.moved((width - drawing.width) / 2, MARGIN)
    body = [_arrow(part) if isinstance(part, Arrow) else _box(part, bool(paint)) for part in parts]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" '
        f"font-family=\"Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif\">"
    )
    marker = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        f'orient="auto"><path d="M0 0L8 4L0 8z" fill="{LINE}"/></marker></defs>'
    )
    about = f"<title>{_escaped(name)}</title><desc>{_escaped(plan['summary'])}</desc>"
    ground = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return "\n".join([head, about, marker, ground, *body, *legend, "</svg>"]) + "\n"


def _arrow(arrow: Arrow) -> str:
    return (
        f'<line x1="{arrow.x:g}" y1="{arrow.top:g}" x2="{arrow.x:g}" y2="{arrow.bottom:g}" '
        f'stroke="{LINE}" stroke-width="1.5" marker-end="url(#tip)"/>'
    )


def _box(box: Box, of_run: bool) -> str:
    """A box, a frame around other boxes, or the chip above a lane."""
    centred = not box.kind.startswith("frame")
    at = box.x + box.width / 2 if centred else box.x + PAD
    top = box.y + (PAD if not centred else 5 if box.kind.startswith("chip") else 8)
    texts = list(_texts(box, at, top, "middle" if centred else "start"))
    return "\n".join(["<g>", f"<title>{_escaped(box.whole)}</title>", _rect(box, of_run), *texts, "</g>"])


def _rect(box: Box, of_run: bool) -> str:
    kind = box.kind.split()
    fill = FAINT if kind[0] == "frame" else "#e8ebf0" if kind[0] == "chip" else _FILLS.get(kind[0], "#ffffff")
    line, dash = LINE, "4 3" if "aside" in kind else ""
    if of_run and kind[0] not in ("chip", "end"):
        fill = "#ffffff"
    if box.painted:
        fill, line = box.painted.look.fill, box.painted.look.line
        dash = "4 3" if box.painted.look.dashed else ""
        if kind[0] == "frame":
            fill = FAINT
    corner = box.height / 2 if kind[0] in _ROUND and box.height < 60 else 6
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="{corner:g}" '
        f'fill="{fill}" stroke="{line}" stroke-width="{1.8 if box.painted else 1}"{dashed}/>'
    )


def _texts(box: Box, x: float, y: float, anchor: str) -> Iterator[str]:
    for line in box.lines:
        y += LINE_HEIGHTS[line.size]
        bold = ' font-weight="bold"' if line.size != NOTE or line.state else ""
        ink = LOOKS[line.state].line if line.state else INK if line.size != NOTE else "#4a4f57"
        yield (
            f'<text x="{x:g}" y="{y - 4:g}" font-size="{line.size}" text-anchor="{anchor}" '
            f'fill="{ink}"{bold}>{_escaped(line.text)}</text>'
        )


def _legend(x: float, y: float) -> Iterator[str]:
    """Every state with its mark, in one row."""
    for state, look in LOOKS.items():
        words = f"{look.mark} {state}"
        width = len(words) * WIDTH_OF_CHARACTER[NOTE] + 24
        dashed = ' stroke-dasharray="4 3"' if look.dashed else ""
        yield (
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="22" rx="5" fill="{look.fill}" '
            f"stroke={quoteattr(look.line)}{dashed}/>"
            f'<text x="{x + width / 2:g}" y="{y + 15:g}" font-size="{NOTE}" text-anchor="middle" '
            f'font-weight="bold" fill="{look.line}">{_escaped(words)}</text>'
        )
        x += width + 10


def _escaped(text: str) -> str:
    """Text between tags; control characters have no place in XML."""
    return escape("".join(char if char.isprintable() or char == "\n" else " " for char in text))
