"""Suggestions for misspelt names."""

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like `name`; None when none is close."""
    from difflib import get_close_matches  # only when something is wrong: it costs start-up time

    found = get_close_matches(name[:80], sorted(known), n=1, cutoff=0.6)
    return found[0] if found else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """`did you mean ...?` for a misspelt name; empty when nothing is close."""
    found = nearest(name, known)
    return f"did you mean `{found}`?" if found else ""


def listed(names: Iterable[str], most: int = 12) -> str:
    """Names for a sentence, in the order given, cut when there are many."""
    shown = list(names)
    return ", ".join(shown[:most]) + (", …" if len(shown) > most else "")
