"""What a workflow shows to those that run it: its errors, its output, what it does to the money."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from dsl import definition as written
from dsl.check.approvals import before_asking, refusals, trading
from dsl.check.locks import locks_of_input
from dsl.check.names import errors_of
from dsl.check.references import References
from dsl.check.size import excess
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
    return replace(world, workflows=_with_trades(replace(world, workflows=interfaces), definitions))


def _with_trades(world: World, definitions: Mapping[str, tuple[Definition, Source]]) -> dict[str, Interface]:
    """The interfaces, with what a run of each does to the money, also in the runs that it starts.

    The answers only ever grow, so that a circle of workflows comes to rest too: a workflow is looked
    at again when one that it runs has changed.
    """
    found = dict(world.workflows)
    runners: dict[str, set[str]] = {}
    for name, (definition, _) in definitions.items():
        for child in _run_by(definition):
            runners.setdefault(child, set()).add(name)
    waiting = list(definitions)
    while waiting:
        name = waiting.pop()
        definition, now = definitions[name][0], replace(world, workflows=found)
        seen = replace(
            found[name],
            trades_unasked=any(trading(step, now) for step in before_asking(definition.body)),
            refusals=frozenset(error for error, _ in refusals(definition.body, now)),
            locks=locks_of_input(definition, now),
        )
        if seen != found[name]:
            found[name] = seen
            waiting += sorted(runners.get(name, ()))
    return found


def _run_by(definition: Definition) -> list[str]:
    return [step.run.text for step in definition.walk() if isinstance(step, written.Run)]


def _interface(definition: Definition, source: Source, world: World, known: Interface) -> Interface:
    unread = Report(source)  # its problems are reported where its own file is checked
    output: Type = ANY
    if excess(definition) is not None:
        return known
    with suppress(EnoughSaid):
        output = References(definition, world, unread).run()
    return replace(known, errors=errors_of(definition.body, world), output=output)
