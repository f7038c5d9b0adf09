"""What takes long to make from the payload models, kept beside Python's own compiled files.

Building every pydantic model takes longer than a whole check of definitions may. What is kept is
believed only while the sources that it was made from are unchanged, and thrown away otherwise; where
nothing can be written, it is simply made again.
"""

import hashlib
import json
import os
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import cache_from_source, find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any


def remembered(name: str, make: Callable[[], Any]) -> Any:
    """The JSON that `make` gives, from the last time if the sources are still the same."""
    found = recall(name)
    if found is None:
        found = make()
        keep(name, found)
    return found


def recall(name: str) -> Any:
    """What was kept under a name, None when there is nothing or the sources have changed."""
    try:
        kept = json.loads(_path(name).read_bytes())
    except (OSError, ValueError):
        return None
    fresh = isinstance(kept, dict) and kept.get("sources") == _sources()
    return kept.get("content") if fresh else None


def keep(name: str, content: Any) -> None:
    """Keep JSON under a name, if the folder can be written."""
    path = _path(name)
    try:
        path.parent.mkdir(exist_ok=True)
        # Another process may be reading: it sees the old file or the new one, never a half.
        with NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            json.dump({"sources": _sources(), "content": content}, file)
        os.replace(file.name, path)
    except OSError:
        return


def _path(name: str) -> Path:
    return Path(cache_from_source(__file__)).with_name(f"{name}.json")


@cache
def _sources() -> str:
    """What tells one state of the models from another: names, sizes and times of their files."""
    pydantic = find_spec("pydantic")
    files = sorted(Path(__file__).parent.rglob("*.py"))
    files += [Path(pydantic.origin)] if pydantic and pydantic.origin else []
    stats = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    return hashlib.sha256(repr((sys.version, stats)).encode()).hexdigest()
