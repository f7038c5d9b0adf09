"""Contexts for activities that need nothing but the catalogue files of this project."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from activities.context import CatalogueFiles, Context
from payloads.call import Call

CATALOGUE = Path(__file__).parents[2] / "definitions" / "catalogue"


class _ExactLoader(yaml.SafeLoader):
    """YAML whose numbers keep their digits and whose dates stay text."""


def _number(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(loader.construct_scalar(node))


def _text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


_ExactLoader.add_constructor("tag:yaml.org,2002:float", _number)
_ExactLoader.add_constructor("tag:yaml.org,2002:timestamp", _text)


@cache
def catalogue_files() -> Mapping[str, Any]:
    """Every catalogue file of the project by name, as plain values."""
    return {
        path.stem: yaml.load(path.read_text(encoding="utf-8"), _ExactLoader)
        for path in sorted(CATALOGUE.glob("*.yaml"))
    }


@cache
def _shared_catalogue() -> CatalogueFiles:
    return CatalogueFiles(catalogue_files())


def pure_context(
    now: Callable[[], datetime] = lambda: datetime(2025, 11, 15, tzinfo=UTC),
    changed_files: Mapping[str, Any] | None = None,
) -> Context:
    """A context without services; `changed_files` take the place of the project's by name."""
    catalogue = (
        _shared_catalogue()
        if changed_files is None
        else CatalogueFiles({**catalogue_files(), **changed_files})
    )
    call = Call(effect_root="R" * 20, step="steps[0]", release="test")
    return Context(call=call, catalogue=catalogue, services=None, now=now)
