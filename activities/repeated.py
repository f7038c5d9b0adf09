"""Refusing lists in which something stands twice."""

from collections.abc import Sequence

from activities.errors import InvalidInput


def refuse_repeated(noun: str, ids: Sequence[str | None], path: str, field: str = "id") -> None:
    """InvalidInput at the second of two that are the same; those without an id are let through."""
    seen: set[str] = set()
    for place, id in enumerate(ids):
        if id in seen:
            where = f"{path}[{place}].{field}" if field else f"{path}[{place}]"
            raise InvalidInput(f"the {noun} {id} is listed twice", where)
        if id is not None:
            seen.add(id)
