"""How commands print: data to stdout as a table, JSON or YAML, talk to stderr."""

import os
import sys
import textwrap
from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import StrEnum
from itertools import zip_longest
from typing import Any, TextIO

from payloads import plain_json

GAP = "  "
NARROWEST = 20


class Format(StrEnum):
    """How data is written."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


def show(data: Any, format: Format | None, table: Callable[[Any], str]) -> None:
    """Print `data`: as `table` renders it for people at a terminal, else as JSON, unless told otherwise."""
    chosen = format or (Format.TABLE if sys.stdout.isatty() else Format.JSON)
    match chosen:
        case Format.TABLE:
            text = table(data)
        case Format.JSON:
            text = plain_json.dumps(data, indent=2)
        case Format.YAML:
            text = as_yaml(data)
    print(text.rstrip("\n"))


def say(text: str) -> None:
    """Talk: what a person wants to know and a script does not read."""
    print(text, file=sys.stderr, flush=True)


def as_yaml(data: Any) -> str:
    """`data` as YAML with the same values as its JSON; decimals keep their digits."""
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def decimal(dumper: yaml.SafeDumper, number: Decimal) -> yaml.Node:
        kind = "int" if number == number.to_integral_value() and "." not in str(number) else "float"
        return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", str(number))

    Dumper.add_representer(Decimal, decimal)
    plain = plain_json.loads(plain_json.dumps(data))
    return yaml.dump(plain, Dumper=Dumper, sort_keys=False, allow_unicode=True)


def columns(headers: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[str] = ()) -> str:
    """Rows under headers, padded to the widest cell; columns named in `right` are aligned right.

    At a terminal cells are folded between words where rows would not fit it. Nothing is cut: a word
    too long for the window wraps there, and copies whole.
    """
    return "\n".join(laid_out(headers, rows, right))


def laid_out(
    headers: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[str] = ()
) -> list[str]:
    """As `columns`: the headers, then each row, which has several lines where a cell is folded."""
    table = [[header.upper() for header in headers], *([_cell(value) for value in row] for row in rows)]
    widths = _widths(table, screen_width())
    aligned_right = [header in right for header in headers]
    return [_row(row, widths, aligned_right) for row in table]


def fields(data: dict[str, Any]) -> str:
    """One `name  value` line for each entry, folded at a terminal; nested values as JSON."""
    width = max((len(name) for name in data), default=0)
    return "\n".join(
        folded(f"{name:<{width}}  {_cell(value)}".rstrip(), width + 2) for name, value in data.items()
    )


def folded(text: str, indent: int, stream: TextIO | None = None) -> str:
    """A line as lines that fit the terminal, those after the first indented; words stay whole."""
    room = screen_width(stream)
    if room is None or len(text) <= room or indent > room // 2:
        return text
    return text[:indent] + f"\n{' ' * indent}".join(_words(text[indent:], room - indent))


def screen_width(stream: TextIO | None = None) -> int | None:
    """Columns of the terminal that stdout, or `stream`, is; None for a file, where a line is a line."""
    told = os.environ.get("COLUMNS", "")
    if told.isdigit() and int(told):
        return int(told)
    stream = stream or sys.stdout
    return os.get_terminal_size(stream.fileno()).columns or None if stream.isatty() else None


def percent(share: float | Decimal | None) -> str | None:
    """A share as a percentage with two decimals; what rounds to nothing has no sign."""
    return None if share is None else f"{share:z.2%}"


def _widths(table: Sequence[Sequence[str]], room: int | None) -> list[int]:
    """The width of each column: of its widest cell, less where the screen is narrower."""
    cells = list(zip(*table, strict=True))
    widths = [max(map(len, column)) for column in cells]
    least = [max(len(word) for cell in column for word in cell.split() or [""]) for column in cells]
    spare = None if room is None else room - len(GAP) * (len(widths) - 1)
    while spare is not None and sum(widths) > spare:
        can_fold = [place for place in reversed(range(len(widths))) if widths[place] > least[place]]
        if not can_fold:
            # Only words too long for the screen are left: the longest sticks out, and the rest of it folds.
            widest = widths.index(max(widths))
            widths[widest] = max(spare - (sum(widths) - widths[widest]), NARROWEST)
            break
        widths[max(can_fold, key=lambda place: widths[place])] -= 1
    return widths


def _row(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    """A row's lines: the first of every cell, then the second ones."""
    cells = [_words(text, width) for text, width in zip(row, widths, strict=True)]
    return "\n".join(_line(line, widths, right) for line in zip_longest(*cells, fillvalue=""))


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (
        text.rjust(width) if to_right else text.ljust(width)
        for text, width, to_right in zip(row, widths, right, strict=True)
    )
    return GAP.join(padded).rstrip()


def _words(text: str, width: int) -> list[str]:
    """The text in lines of at most `width`, but for longer words."""
    if len(text) <= width:
        return [text]
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list | tuple):
        # With spaces, where it can be folded.
        value = plain_json.dumps(value, indent=0)
    return " ".join(str(value).split())
