"""Suggestions for misspelt names."""

from collections.abc import Iterable

MOST_COMPARED = 100
"""Of more names only those that begin alike are compared: a hostile file has many misspelt ones, too."""
MOST_NAMES = 5_000


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like `name`; None when none is close, or there are too many to look at."""
    from difflib import get_close_matches  # only when something is wrong: it costs start-up time

    names = list(known)
    if len(names) > MOST_NAMES:
        return None
    wanted = name[:80]
    if len(names) > MOST_COMPARED:
        alike = [one for one in names if one[:2] == wanted[:2]]
        names = sorted(alike, key=lambda one: one[:6] != wanted[:6])[:MOST_COMPARED]
    found = get_close_matches(wanted, sorted(names), n=1, cutoff=0.6)
    return found[0] if found else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """`did you mean ...?` for a misspelt name; empty when nothing is close."""
    found = nearest(name, known)
    return f"did you mean `{found}`?" if found else ""


def listed(names: Iterable[str], most: int = 12) -> str:
    """Names for a sentence, in the order given, cut when there are many."""
    shown = list(names)
    return ", ".join(shown[:most]) + (", …" if len(shown) > most else "")
