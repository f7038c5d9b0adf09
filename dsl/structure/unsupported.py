"""Parts of the language that are read and checked, and that this release cannot run yet."""

from dsl.problems import Report
from dsl.tree import Node

# Such a definition is valid, so checking it warns; publishing it is refused.
NOT_SUPPORTED = "K906"


def unsupported(node: Node, what: str, report: Report, help: str = "") -> None:
    """Say that the language has this and the release does not run it yet."""
    report.node(NOT_SUPPORTED, node, f"{what} is not supported yet: valid, but it cannot be published", help)
