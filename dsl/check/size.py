"""How much of a definition is checked: what is larger is refused whole, so that no file takes long."""

from dataclasses import dataclass

from dsl.definition import Definition
from dsl.traps import BARE_KEYS
from dsl.tree import ListNode, Node, ScalarNode

MOST_TRIGGERS = 100
MOST_STEPS = 1000
"""Steps of one definition; the checks take time with their square."""
MOST_CHARACTERS = 100_000
"""Characters of all expressions of one definition; a long one of 700 lines has a tenth of them."""

_ELSEWHERE = "move some into a workflow of their own, and `run` it"


@dataclass(frozen=True, slots=True)
class Excess:
    """Of what there is too much, and what to do."""

    message: str
    help: str


def excess(definition: Definition) -> Excess | None:
    """Why a definition is too large to be checked; None when it is not."""
    triggers = len(definition.triggers) + len(definition.subscriptions)
    for count, most, what, help in (
        (sum(1 for _ in definition.walk()), MOST_STEPS, "steps", _ELSEWHERE),
        (triggers, MOST_TRIGGERS, "triggers and subscriptions", "make several workflows, or use `where`"),
        (_characters(definition.node), MOST_CHARACTERS, "characters in its expressions", _ELSEWHERE),
    ):
        if count > most:
            return Excess(f"the definition has {count} {what}, at most {most} are taken", help)
    return None


def _characters(node: Node, bare: bool = False) -> int:
    """How many characters the expressions below a node have, with the text around them."""
    match node:
        case ScalarNode():
            return len(node.text) if bare or "${" in node.text else 0
        case ListNode():
            return sum(_characters(item, bare) for item in node.items)
    return sum(_characters(entry.value, bare or entry.key.text in BARE_KEYS) for entry in node)
