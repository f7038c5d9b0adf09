"""JSON that people hand in: a file, or standard input."""

import sys
from pathlib import Path
from typing import Any

from payloads import plain_json
from worker.errors import BadInput

STDIN = "-"
MOST_BYTES = 256_000_000
"""Of one input: years of prices of a whole market have a tenth of it, and an endless one ends."""


def read_json(source: str) -> Any:
    """The JSON value of a file or of standard input; BadInput with line and column when it is none."""
    return parse_json(_read(source), _name(source))


def read_lines(source: str) -> list[bytes]:
    """The lines of a file, or of standard input for `-`; BadInput when it cannot be read."""
    return _read(source).split(b"\n")


def parse_json(content: bytes, source: str) -> Any:
    """The value of JSON in UTF-8; numbers with a point are exact decimals, no key may stand twice."""
    try:
        return plain_json.loads_strictly(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadInput(f"{source} is not UTF-8; save it as UTF-8") from error
    except plain_json.RepeatedKey as error:
        raise BadInput(f"{source}: {error}") from error
    except plain_json.NotFinite as error:
        raise BadInput(f"{source}: {error}", error.path) from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{source} is not JSON: {error}") from error


def _read(source: str) -> bytes:
    try:
        if source == STDIN:
            content = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(source).open("rb") as file:
                content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise BadInput(f"{_name(source)} cannot be read: {error.strerror or error}") from error
    if len(content) > MOST_BYTES:
        raise BadInput(f"{_name(source)} has more than {MOST_BYTES:,} bytes")
    return content


def _name(source: str) -> str:
    return "standard input" if source == STDIN else source
