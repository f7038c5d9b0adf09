"""Catalogue files: read as YAML with positions, held against the model that activities read them with."""

import hashlib
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from dsl.literals import value_of
from dsl.near import listed, nearest, suggestion
from dsl.problems import Report
from dsl.scalars import is_null
from dsl.tables.documents import is_table
from dsl.tree import ListNode, MapNode, Node, ScalarNode, Tree
from payloads.facts import activity_facts
from payloads.remembered import keep, recall

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from payloads.base import Payload

METRICS = "metrics"
"""The file that triggers read; all others are read by activities."""


def read_catalogue_file(tree: Tree, name: str, report: Report) -> Any:
    """What the file says as JSON; a fault of a decision table, or of the file's model, is reported."""
    if is_table(tree.root):
        from dsl.tables.checking import check_table  # brings the whole checker, which other files do without

        assert isinstance(tree.root, MapNode)
        return check_table(tree.root, name, report)
    value = value_of(tree.root)
    if not has_model(name) or _known_to_fit(name, tree):
        return value
    model = model_of(name)
    if model is None:
        return value
    errors = _errors(model, value)
    taken_as_text = _take_as_text(tree.root, value, errors)
    if taken_as_text:
        errors = _errors(model, value)
    for error in errors:
        _report(error, tree.root, model, report)
    if not errors and not taken_as_text:
        _remember_fit(name, tree)
    return value


def check_is_read(tree: Tree, name: str, report: Report) -> None:
    """Report a file that no activity reads, and that is no decision table: its name may be misspelt."""
    known = sorted({METRICS, *(file for facts in activity_facts().values() for file in facts.files)})
    if name in known:
        return
    near = nearest(name.rsplit("/", 1)[-1], known)
    help = f"did you mean `catalogue/{near}.yaml`?" if near else "take it away, or give it its name"
    note = f"the files are {listed(known, 24)}; a decision table says `table: {name.rsplit('/', 1)[-1]}`"
    report.node("K910", tree.root, f"nothing reads catalogue/{name}.yaml", help, note)


def _known_to_fit(name: str, tree: Tree) -> bool:
    """Did this very text fit its model the last time: models take long to import."""
    return bool(recall(f"file-{name}") == _digest(tree))


def _remember_fit(name: str, tree: Tree) -> None:
    keep(f"file-{name}", _digest(tree))


def _digest(tree: Tree) -> str:
    return hashlib.sha256(tree.source.text.encode()).hexdigest()


def has_model(name: str) -> bool:
    """Is there a model for catalogue file `name`."""
    return name.isidentifier() and find_spec(f"payloads.files.{name}") is not None


def model_of(name: str) -> "type[Payload] | None":
    """The model of catalogue file `name`, None when nobody reads it by a model."""
    if not has_model(name):
        return None
    module = import_module(f"payloads.files.{name}")
    # The module of `pod_allocation.yaml` has the model `PodAllocationFile`.
    found: type[Payload] | None = getattr(module, f"{name.title().replace('_', '')}File", None)
    return found


def _errors(model: "type[Payload]", value: Any) -> "Sequence[ErrorDetails]":
    from pydantic import ValidationError

    try:
        model.model_validate(value)
    except ValidationError as error:
        return error.errors(include_url=False)
    return ()


def _take_as_text(root: Node, value: Any, errors: "Sequence[ErrorDetails]") -> bool:
    """Put the written text where the model wants text and a plain number or flag stands; was there any."""
    changed = False
    for error in errors:
        node, _ = _follow(root, error["loc"])
        holder = _reach(value, error["loc"][:-1])
        if error["type"] != "string_type" or holder is None or not isinstance(node, ScalarNode):
            continue
        if node.plain and not is_null(node):
            holder[error["loc"][-1]] = node.text
            changed = True
    return changed


def _reach(value: Any, path: Sequence[str | int]) -> Any:
    """The map or list at the end of a path; None where it leads to none."""
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value if isinstance(value, dict | list) else None


def _follow(node: Node, path: Sequence[str | int]) -> tuple[Node, Sequence[str | int]]:
    """The node that a path of pydantic leads to, and the part of the path that no node answers to."""
    for place, part in enumerate(path):
        inner: Node | None = None
        if isinstance(node, MapNode) and isinstance(part, str):
            inner = node.get(part)
        elif isinstance(node, ListNode) and isinstance(part, int) and part < len(node.items):
            inner = node.items[part]
        if inner is None:
            # Branches of unions stand in the path too; they name no node.
            rest = path[place + 1 :]
            return _follow(node, rest) if rest else (node, path[place:])
        node = inner
    return node, ()


def _key_or_value(root: Node, path: Sequence[str | int]) -> Node:
    """What a path leads to: the key where that has a block of lines below it."""
    node, _ = _follow(root, path)
    holder, rest = _follow(root, path[:-1])
    entry = holder.entry(str(path[-1])) if path and not rest and isinstance(holder, MapNode) else None
    return node if entry is None or isinstance(node, ScalarNode) or node.flow else entry.key


def _report(error: "ErrorDetails", root: Node, model: "type[Payload]", report: Report) -> None:
    path = error["loc"]
    last = str(path[-1]) if path else ""
    where = ".".join(str(part) for part in path)
    if error["type"] == "missing":
        node, _ = _follow(root, path[:-1])
        report.node("K121", node, f"`{last}` is missing", f"add `{last}: …`", note=f"at {where}")
        return
    node = _key_or_value(root, path)
    if error["type"] == "extra_forbidden":
        holder, _ = _follow(root, path[:-1])
        entry = holder.entry(last) if isinstance(holder, MapNode) else None
        known = _known(model, path[:-1])
        help = suggestion(last, known)
        note = f"the keys are {listed(known, 24)}" if known else ""
        report.node("K120", entry.key if entry else node, f"nothing reads the key `{last[:60]}`", help, note)
        return
    message = error["msg"].removeprefix("Value error, ")
    report.node("K132", node, f"`{where}`: {message}" if where else message)


def _known(model: "type[Payload]", path: Sequence[str | int]) -> list[str]:
    """The fields that a model has at a path, by its JSON schema; none when the path cannot be followed."""
    from dsl.literals import alternatives, field_schema, item_schema

    root = model.model_json_schema()
    schema: Any = root
    for part in path:
        inner = item_schema(schema, root, part) if isinstance(part, int) else field_schema(schema, root, part)
        schema = inner if inner is not None else schema
    return [name for one in alternatives(schema, root) for name in one.get("properties", {})]
