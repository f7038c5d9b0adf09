"""What an approval shows, laid out for the person who decides: whole, so that nothing is decided unseen."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from cli.output import fields, laid_out
from payloads import plain_json

WIDTH = 80
NARROW = 30  # a text longer than this stands on lines of its own
PLACES = 6


def proposal(asked: Mapping[str, Any]) -> str:
    """One open approval: who is asked, what is shown, and the digest to decide with."""
    about = {
        "run": f"{asked['workflow_id']} ({asked['workflow']})",
        "step": asked["step"] or asked["path"],
        "asks": f"{asked['role']}, {len(asked['decisions'])} of {asked['quorum']} decided: "
        + (", ".join(f"{each['by']} {each['decision']}" for each in asked["decisions"]) or "nobody yet"),
        "may decide": ", ".join(asked["eligible"]),
        "until": _moment(asked["deadline"]),
    }
    parts = [fields(about), *_shown(asked["show"]), fields({"digest": asked["digest"]})]
    return "\n\n".join(parts)


def _shown(value: Any) -> Iterator[str]:
    """The plain values first, then each list and mapping under its name."""
    if not isinstance(value, Mapping):
        yield _text(value)
        return
    plain = {name: _text(each) for name, each in value.items() if not _nested(each)}
    if plain:
        yield fields(plain)
    for name, each in value.items():
        if _nested(each):
            yield f"{name}\n{textwrap.indent(_block(each), '  ')}"


def _block(value: Any) -> str:
    if isinstance(value, Mapping):
        return fields({name: _text(each) for name, each in value.items()}) or "nothing"
    rows = list(value)
    if rows and all(isinstance(row, Mapping) for row in rows):
        return _rows(rows)
    return "\n".join(_text(row) for row in rows) or "nothing"


def _rows(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table; a long text of a row stands below it."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    long = [name for name in names if any(len(_text(row.get(name))) > NARROW for row in rows)]
    short = [name for name in names if name not in long]
    numbers = [name for name in short if all(_number(row.get(name)) for row in rows)]
    cells = [[_text(row.get(name)) for name in short] for row in rows]
    header, *lines = laid_out(short, cells, right=numbers)
    found = [header]
    for line, row in zip(lines, rows, strict=True):
        found.append(line)
        for name in long:
            found += textwrap.wrap(
                _text(row.get(name)), WIDTH - 6, initial_indent="  ", subsequent_indent="  "
            )
    return "\n".join(found)


def _nested(value: Any) -> bool:
    return isinstance(value, Mapping | list | tuple)


def _number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _text(value: Any) -> str:
    """A value for people; a computed number to its sixth decimal, money and counts with thousands."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float | Decimal):
        number = Decimal(str(value))
        exponent = number.as_tuple().exponent
        places = -exponent if isinstance(exponent, int) else 0
        return f"{round(number, PLACES):,}" if places > PLACES else f"{number:,}"
    return plain_json.dumps(value) if _nested(value) else " ".join(str(value).split())


def _moment(value: Any) -> str:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{moment:%Y-%m-%d %H:%M} UTC"
