"""JSON that people hand in: a file, or standard input."""

import sys
from pathlib import Path
from typing import Any

from payloads import plain_json
from worker.errors import BadInput

STDIN = "-"
MOST_BYTES = 256_000_000
"""Of one input: years of prices of a whole market have a tenth of it, and an endless one ends."""


def read_text(source: str) -> str:
    """The text of the file `source`, or of standard input for `-`; BadInput when it cannot be read."""
    try:
        if source == STDIN:
            content = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(source).open("rb") as file:
                content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise BadInput(f"{source} has more than {MOST_BYTES:,} bytes")
        return content.decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"{source} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{source} is not UTF-8; save it as UTF-8") from error


def read_json(source: str) -> Any:
    """The JSON value of a file or of standard input; BadInput with line and column when it is none."""
    return parse_json(read_text(source), "standard input" if source == STDIN else source)


def parse_json(text: str, source: str) -> Any:
    """The value of JSON `text`; numbers with a point are exact decimals, no key may stand twice."""
    try:
        return plain_json.loads_strictly(text)
    except plain_json.RepeatedKey as error:
        raise BadInput(f"{source}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{source} is not JSON: {error}") from error
