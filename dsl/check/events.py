"""The business events of catalogue/events.yaml: schemas of what they carry, and events made of others."""

from typing import Any

from dsl.check.schemas import check_schema
from dsl.check.texts import Texts, place_of
from dsl.check.triggers import check_event, event_type
from dsl.expressions import TypeEnv
from dsl.problems import Report
from dsl.survey import event_schemas
from dsl.tree import ListNode, MapNode, Node, ScalarNode, Tree
from dsl.types import BOOL
from dsl.world import World


def check_events(tree: Tree, events: Any, report: Report) -> None:
    """Report schemas that are none, and derived events that cannot come about."""
    business = tree.root.get("business") if isinstance(tree.root, MapNode) else None
    if not isinstance(business, MapNode):
        return
    names = frozenset(entry.key.text for entry in business)
    world = World(activities={}, events=names, event_schemas=event_schemas(events))
    for entry in business:
        if not isinstance(entry.value, MapNode):
            continue
        schema = entry.value.get("schema")
        if schema is not None:
            check_schema(schema, f"`{entry.key.text}`", report)
        for derived in _items(entry.value.get("derives")):
            _check_derived(entry.key.text, derived, world, report)
    _refuse_circles(business, report)


def _check_derived(source: str, derived: MapNode, world: World, report: Report) -> None:
    texts = Texts(report)
    env = TypeEnv({"event": event_type(source, world)})
    where, event, given = derived.get("where"), derived.get("event"), derived.get("with")
    if isinstance(where, ScalarNode):
        texts.condition(where, env, BOOL)
    if isinstance(event, ScalarNode):
        check_event(event, world, report)
        texts.template(given, env, place_of(world.event_schemas.get(event.text), event.text), event)


def _refuse_circles(business: MapNode, report: Report) -> None:
    """An event that leads back to itself would be made without end."""
    makes = {
        entry.key.text: [derived.get("event") for derived in _items(_derives(entry.value))]
        for entry in business
    }
    for entry in business:
        reached: set[str] = set()
        waiting = [entry.key.text]
        while waiting:
            for node in makes.get(waiting.pop(), ()):
                if isinstance(node, ScalarNode) and node.text not in reached:
                    reached.add(node.text)
                    waiting.append(node.text)
        if entry.key.text in reached:
            report.node("K409", entry.key, f"`{entry.key.text}` derives events that lead back to itself")


def _derives(node: Node) -> Node | None:
    return node.get("derives") if isinstance(node, MapNode) else None


def _items(node: Node | None) -> list[MapNode]:
    return [item for item in node.items if isinstance(item, MapNode)] if isinstance(node, ListNode) else []
