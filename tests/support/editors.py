"""What an editor with a YAML language server would mark."""

from typing import Any

import yaml
from jsonschema import Draft202012Validator


class Loader(yaml.SafeLoader):
    """YAML as editors read it, in which a date is text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def complaints(text: str, schema: Any) -> list[str]:
    """What an editor would mark in a text."""
    return [error.message for error in Draft202012Validator(schema).iter_errors(yaml.load(text, Loader))]
