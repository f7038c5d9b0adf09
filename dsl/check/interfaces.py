"""What a workflow shows to those that run it: the errors it can fail with and the type of its output."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from dsl import definition as written
from dsl.check.names import errors_of
from dsl.check.references import References
from dsl.definition import Definition
from dsl.problems import EnoughSaid, Report
from dsl.tree import Source
from dsl.types import ANY, Type
from dsl.world import Interface, World


def with_interfaces(world: World, definitions: Mapping[str, tuple[Definition, Source]]) -> World:
    """The world where every workflow that is run by another one has its errors and output.

    Workflows that run each other in a circle are looked into once; the rest of the circle stays unknown.
    """
    interfaces = dict(world.workflows)
    begun: set[str] = set()

    def look_into(name: str) -> None:
        if name in begun or name not in definitions:
            return
        begun.add(name)
        definition, source = definitions[name]
        for child in _run_by(definition):
            look_into(child)
        now = replace(world, workflows=interfaces)
        interfaces[name] = _interface(definition, source, now, interfaces[name])

    for definition, _ in definitions.values():
        for child in _run_by(definition):
            look_into(child)
    return replace(world, workflows=interfaces)


def _run_by(definition: Definition) -> list[str]:
    return [step.run.text for step in definition.walk() if isinstance(step, written.Run)]


def _interface(definition: Definition, source: Source, world: World, known: Interface) -> Interface:
    unread = Report(source)  # its problems are reported where its own file is checked
    output: Type = ANY
    with suppress(EnoughSaid):
        output = References(definition, world, unread).run()
    return replace(known, errors=errors_of(definition.body, world), output=output)
