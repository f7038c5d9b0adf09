"""Limits of groups, from a call to the engines."""

from collections.abc import Sequence

from engines.group_limits import GroupLimit
from payloads import group_limits as payload


def groups_from(given: Sequence[payload.GroupLimit]) -> tuple[GroupLimit, ...]:
    """Limits of groups as given, each under its place in the call."""
    return tuple(
        GroupLimit(f"groups[{place}]", group.counted(), group.min, group.max, group.name or "")
        for place, group in enumerate(given)
    )
