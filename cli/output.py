"""How commands print: data to stdout as a table, JSON or YAML, talk to stderr."""

import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

from payloads import plain_json


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

    Nothing is cut: a cell too long for the window wraps there, and copies whole.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(headers), *cells]) for i in range(len(headers))]
    aligned_right = [header in right for header in headers]
    lines = [_line([header.upper() for header in headers], widths, aligned_right)]
    lines += [_line(row, widths, aligned_right) for row in cells]
    return "\n".join(lines)


def fields(data: dict[str, Any]) -> str:
    """One `name  value` line for each entry; nested values as compact JSON."""
    width = max((len(name) for name in data), default=0)
    return "\n".join(f"{name:<{width}}  {_cell(value)}".rstrip() for name, value in data.items())


def percent(share: float | Decimal | None) -> str | None:
    """A share as a percentage with two decimals; what rounds to nothing has no sign."""
    return None if share is None else f"{share:z.2%}"


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (
        text.rjust(width) if to_right else text.ljust(width)
        for text, width, to_right in zip(row, widths, right, strict=True)
    )
    return "  ".join(padded).rstrip()


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list | tuple):
        return plain_json.dumps(value)
    return " ".join(str(value).split())
