"""Which function implements which activity of the catalogue."""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any, TypeVar

from activities.context import Context
from payloads.base import Payload
from payloads.catalogue import DOMAINS
from payloads.facts import activity_facts

type_of_activity = Callable[[Any, Context], Payload]
Implementation = TypeVar("Implementation", bound=type_of_activity)

_IMPLEMENTATIONS: dict[str, type_of_activity] = {}


def implements(name: str) -> Callable[[Implementation], Implementation]:
    """Mark a function as the implementation of catalogue activity `name`."""

    def register(function: Implementation) -> Implementation:
        if name in _IMPLEMENTATIONS:
            raise ValueError(f"two functions implement {name}")
        _IMPLEMENTATIONS[name] = function
        return function

    return register


@cache
def implementations() -> Mapping[str, type_of_activity]:
    """Every implementation by activity name; a domain's payloads and activities share a module name."""
    for domain in DOMAINS:
        import_module(f"activities.{domain}")
    return MappingProxyType(dict(_IMPLEMENTATIONS))


def implementation(name: str) -> type_of_activity:
    """The implementation of one activity, importing its domain only."""
    import_module(f"activities.{activity_facts()[name].domain}")
    return _IMPLEMENTATIONS[name]
