"""Checks a definition whose structure is known: names, types and flow, each in a small module.

Every module adds its problems to the report of the file; none stops at the first.
"""

from dsl.definition import Definition
from dsl.problems import Report
from dsl.world import World


def check_definition(definition: Definition, world: World, report: Report) -> None:
    """Report everything that is wrong with a definition, beyond its structure."""
