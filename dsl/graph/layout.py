"""Where every box of a drawing stands.

Control flow is structured, so the drawing is too: steps stand below each other, the lists of steps
inside a step side by side within its frame. No line ever crosses another.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dsl.graph.outline import Lane, Step
from dsl.graph.paint import Paint, Painted

BOX = 264
PAD = 14
GAP = 26
LANE_GAP = 18
HEADING, NOTE = 13, 11  # font sizes
LINE_HEIGHTS = {HEADING: 17, NOTE: 15}
# A wide font's average; the fonts that are asked for are narrower, so words never leave their box.
WIDTH_OF_CHARACTER = {HEADING: 8.6, NOTE: 7.0}
MOST_LINES = 3
MOST_LINES_OF_LABEL = 6


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text in a box."""

    text: str
    size: int
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with lines of text; `kind` decides its form, `whole` is its text uncut."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    lines: tuple[Line, ...]
    whole: str
    painted: Painted | None = None


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one place straight down to another."""

    x: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes, frames before what they hold, and arrows; with its size."""

    width: float
    height: float
    parts: tuple[Box | Arrow, ...]

    def moved(self, x: float, y: float) -> Iterator[Box | Arrow]:
        """The parts, further to the right and down."""
        for part in self.parts:
            if isinstance(part, Arrow):
                yield Arrow(part.x + x, part.top + y, part.bottom + y)
            else:
                yield Box(
                    part.x + x,
                    part.y + y,
                    part.width,
                    part.height,
                    part.kind,
                    part.lines,
                    part.whole,
                    part.painted,
                )


def laid_out(steps: Sequence[Step], ends: tuple[str, str], paint: Paint) -> Drawing:
    """The drawing of a whole plan between its two `ends`, the texts of where it begins and is over."""
    first, last = ends
    middle = [_step(step, paint) for step in steps]
    falls_through = not (steps and steps[-1].ends)
    closing = [_text_box("end", [last], None)] if falls_through else []
    return _stack([_text_box("end", [first], None), *middle, *closing], [False, *(s.ends for s in steps)])


def wrapped(text: str, width: float, size: int, most: int = MOST_LINES) -> list[str]:
    """Text in lines that fit `width`, broken between words where there are any; the rest is cut."""
    room = max(int(width / WIDTH_OF_CHARACTER[size]), 4)
    lines: list[str] = []
    line = ""
    for word in " ".join(text.split()).split(" "):
        while len(word) > room:
            if line:
                lines.append(line)
                line = ""
            lines.append(word[:room])
            word = word[room:]
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    lines.append(line)
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1][: room - 1]}…"]
    return lines


def _step(step: Step, paint: Paint) -> Drawing:
    painted = paint.get(step.path)
    if not step.lanes:
        return _text_box(step.kind, [step.heading, *step.notes], painted)
    lanes = [_lane(lane, paint) for lane in _shown(step)]
    width = sum(lane.width for lane in lanes) + LANE_GAP * (len(lanes) - 1) + 2 * PAD
    lines = _lines([step.heading, *step.notes], width - 2 * PAD, painted)
    top = PAD + _height(lines) + 8
    parts: list[Box | Arrow] = []
    x = float(PAD)
    for lane in lanes:
        parts += lane.moved(x, top)
        x += lane.width + LANE_GAP
    height = top + max(lane.height for lane in lanes) + PAD
    whole = "\n".join([step.heading, *step.notes])
    frame = Box(0, 0, width, height, f"frame {step.kind}", tuple(lines), whole, painted)
    return Drawing(width, height, (frame, *parts))


def _shown(step: Step) -> tuple[Lane, ...]:
    """The lanes, with the one that a `choose` without `otherwise` takes when nothing fits."""
    if step.kind != "choose" or any(lane.label == "otherwise" for lane in step.lanes):
        return step.lanes
    return (*step.lanes, Lane("", "otherwise: goes on", ()))


def _lane(lane: Lane, paint: Paint) -> Drawing:
    steps = [_step(step, paint) for step in lane.steps]
    width = max((drawn.width for drawn in steps), default=BOX * 0.6)
    lines = [Line(text, NOTE) for text in wrapped(lane.label, width - 20, NOTE, MOST_LINES_OF_LABEL)]
    height = _height(lines) + 10
    kind = "chip aside" if lane.aside else "chip"
    chip = Drawing(width, height, (Box(0, 0, width, height, kind, tuple(lines), lane.label),))
    return _stack([chip, *steps], [False, *(step.ends for step in lane.steps)])


def _stack(drawings: Sequence[Drawing], ends: Sequence[bool]) -> Drawing:
    """Drawings below each other, an arrow between two unless the upper one ends."""
    width = max(drawn.width for drawn in drawings)
    parts: list[Box | Arrow] = []
    y = 0.0
    for place, drawn in enumerate(drawings):
        if place:
            if not ends[place - 1]:
                parts.append(Arrow(width / 2, y, y + GAP))
            y += GAP
        parts += drawn.moved((width - drawn.width) / 2, y)
        y += drawn.height
    return Drawing(width, y, tuple(parts))


def _text_box(kind: str, texts: Sequence[str], painted: Painted | None) -> Drawing:
    lines = _lines(texts, BOX - 2 * PAD, painted)
    height = _height(lines) + 16
    box = Box(0, 0, BOX, height, kind, tuple(lines), "\n".join(texts), painted)
    return Drawing(BOX, height, (box,))


def _lines(texts: Sequence[str], width: float, painted: Painted | None) -> list[Line]:
    """A heading, notes below it, and the state of a run last."""
    heading, *notes = texts
    lines = [Line(text, HEADING) for text in wrapped(heading, width, HEADING)]
    lines += [Line(text, NOTE) for note in notes for text in wrapped(note, width, NOTE)]
    return [*lines, Line(painted.words, NOTE, painted.state)] if painted else lines


def _height(lines: Sequence[Line]) -> float:
    return sum(LINE_HEIGHTS[line.size] for line in lines)
