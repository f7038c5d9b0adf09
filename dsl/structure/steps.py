"""Steps: reads lists of steps, each of exactly one kind, into the classes of `dsl.definition`."""

from collections.abc import Callable, Mapping, Sequence

from dsl import definition as written
from dsl.near import listed
from dsl.problems import Report
from dsl.scalars import is_null, resolve
from dsl.structure.calls import CALL_KEYS
from dsl.structure.fields import (
    LOWER_NAME,
    PASCAL_NAME,
    Fields,
    is_name,
    kind_of,
    matches,
    meant,
)
from dsl.structure.leaves import (
    Common,
    count_or_template,
    expression_under,
    names_in,
    read_call_step,
    read_emit,
    read_fail,
    read_finish,
    read_run,
    read_set,
    read_wait,
    span_or_template,
)
from dsl.structure.loops import read_approve, read_repeat
from dsl.tree import ListNode, MapNode, Node, ScalarNode

COMMON_KEYS = ("id", "title", "when", "lock", "calendar", "record")
KIND_KEYS: Mapping[str, Sequence[str]] = {
    "call": CALL_KEYS[1:],
    "set": (),
    "choose": (),
    "parallel": (),
    "for_each": ("as", "at_most", "steps", "collect"),
    "repeat": ("steps", "on_exhausted", "upgrade"),
    "try": ("catch", "finally"),
    "wait": (),
    "receive": ("where", "within", "on_timeout"),
    "approve": ("within", "on_reject", "on_timeout"),
    "emit": ("with",),
    "run": ("with", "detached"),
    "fail": (),
    "finish": (),
}
"""The kinds of steps, each with the keys beside it."""
_OF_BRANCH = ("when", "steps", "otherwise")
_BESIDE = frozenset((*COMMON_KEYS, *(key for keys in KIND_KEYS.values() for key in keys)))


def read_block(node: Node | None, report: Report, what: str = "steps") -> written.Block | None:
    """A list of steps; None when there is none or it is no list."""
    if node is None:
        return None
    if not isinstance(node, ListNode):
        report.node(
            "K122", node, f"`{what}` must be a list of steps, not {kind_of(node)}", "begin each with `- `"
        )
        return None
    if not node.items:
        report.node("K128", node, f"`{what}` is an empty list", "add a step")
    return written.Block(node, tuple(read_step(item, report) for item in node.items))


def block_of(fields: Fields, key: str) -> written.Block | None:
    """The list of steps under `key`."""
    return read_block(fields.get(key), fields.report, key)


def needed_block(fields: Fields, key: str) -> written.Block:
    """The list of steps under `key`; an empty one, already reported, where it cannot be read."""
    return block_of(fields, key) or written.Block(fields.node, ())


def read_step(node: Node, report: Report) -> written.Step:
    """One step; a bare text is a call of that activity."""
    if isinstance(node, ScalarNode) and isinstance(resolve(node), str):
        call = written.ActivityCall(node, None, None, {})
        return written.Call(node=node, call=call, undo=None, undo_none=None, key=None)
    if not isinstance(node, MapNode):
        help = "begin with its kind, as in `- call: portfolio.read`"
        report.node("K122", node, f"a step must be a mapping, not {kind_of(node)}", help)
        return written.Broken(node=node)
    fields = Fields(node, "a step", report)
    kind = _kind(fields)
    common = _common(fields)
    if kind is None:
        return written.Broken(**common)
    fields.what = f"a step of kind `{kind}`"
    fields.allow((*COMMON_KEYS, kind, *KIND_KEYS[kind]))
    step = _READERS[kind](fields, common)
    return step or written.Broken(**common)


def _kind(fields: Fields) -> str | None:
    kinds = [entry for entry in fields.node if entry.key.text in KIND_KEYS]
    if len(kinds) == 1:
        return kinds[0].key.text
    if kinds:
        names = listed(f"`{entry.key.text}`" for entry in kinds)
        fields.report.node(
            "K124", kinds[1].key, f"a step has one kind; this one has {names}", "make two steps"
        )
        return None
    for entry in fields.node:
        near = meant(entry.key.text, KIND_KEYS) if entry.key.text not in _BESIDE else None
        if near:
            fields.report.node(
                "K120",
                entry.key,
                f"there is no step of kind `{entry.key.text[:60]}`",
                f"did you mean `{near}`?",
            )
            return None
    fields.report.node(
        "K123", fields.node, "the step has no kind", f"expected one of {listed(KIND_KEYS, 20)}"
    )
    return None


def _common(fields: Fields) -> Common:
    id = fields.text("id")
    if id is not None and not is_name(id, "`id`", fields.report):
        id = None
    return {
        "node": fields.node,
        "id": id,
        "title": fields.text("title"),
        "when": expression_under(fields, "when"),
        "lock": fields.text("lock"),
        "calendar": fields.text("calendar"),
        "record": _record(fields),
    }


def _record(fields: Fields) -> written.Record | None:
    node = fields.get("record")
    if isinstance(node, ScalarNode) and not is_null(node):
        good = matches(node, PASCAL_NAME, "a fact in PascalCase", "`record`", fields.report)
        return written.Record(node, None) if good else None
    mapping = fields.mapping("record")
    if mapping is None:
        return None
    inner = Fields(mapping, "`record`", fields.report)
    inner.allow(("fact", "with"), required=("fact",))
    fact = inner.matching("fact", PASCAL_NAME, "a fact in PascalCase")
    return written.Record(fact, inner.get("with")) if fact else None


def _read_choose(fields: Fields, common: Common) -> written.Step | None:
    branches = fields.sequence("choose")
    if branches is None:
        return None
    read = [_branch(item, fields.report, item is branches.items[-1]) for item in branches.items]
    return written.Choose(**common, choose=tuple(branch for branch in read if branch))


def _branch(node: Node, report: Report, last: bool) -> written.Branch | None:
    if not isinstance(node, MapNode):
        report.node(
            "K122", node, f"a branch must be a mapping, not {kind_of(node)}", "expected `when` and `steps`"
        )
        return None
    fields = Fields(node, "a branch of `choose`", report)
    if node.entry("otherwise") is None:
        unknown = [entry.key.text for entry in node if entry.key.text not in _OF_BRANCH]
        misnamed = any(meant(key, _OF_BRANCH) == "otherwise" for key in unknown)
        fields.allow(_OF_BRANCH, required=() if misnamed else ("when", "steps"))
        return written.Branch(node, expression_under(fields, "when"), needed_block(fields, "steps"))
    fields.what = "the branch `otherwise`"
    fields.allow(("otherwise",))
    if not last:
        report.node("K127", node, "`otherwise` must be the last branch", "no branch after it is ever taken")
    return written.Branch(node, None, needed_block(fields, "otherwise"))


def _read_parallel(fields: Fields, common: Common) -> written.Step | None:
    branches = fields.mapping("parallel")
    if branches is None:
        return None
    if not branches.entries:
        fields.report.node("K128", branches, "`parallel` has no branches")
    blocks: dict[str, written.Block] = {}
    for entry in branches:
        is_name(entry.key, "a branch of `parallel`", fields.report)
        block = read_block(entry.value, fields.report, entry.key.text[:60])
        if block:
            blocks[entry.key.text] = block
    return written.Parallel(**common, parallel=blocks)


def _read_for_each(fields: Fields, common: Common) -> written.Step | None:
    fields.allow((*COMMON_KEYS, "for_each", *KIND_KEYS["for_each"]), required=("as", "steps"))
    items, name = expression_under(fields, "for_each"), fields.text("as")
    if items is None or name is None or not is_name(name, "`as`", fields.report, of_loop=True):
        return None
    return written.ForEach(
        **common,
        for_each=items,
        as_=name,
        at_most=count_or_template(fields, "at_most"),
        body=needed_block(fields, "steps"),
        collect=expression_under(fields, "collect"),
    )


def _read_repeat(fields: Fields, common: Common) -> written.Step | None:
    return read_repeat(fields, common, needed_block(fields, "steps"), block_of(fields, "on_exhausted"))


def _read_try(fields: Fields, common: Common) -> written.Step | None:
    catches = fields.sequence("catch", filled=False)
    final = block_of(fields, "finally")
    if fields.get("catch") is None and fields.get("finally") is None:
        fields.report.node("K121", fields.node, "a `try` needs `catch` or `finally`", "add `catch: …`")
    read = [_catch(item, fields.report) for item in catches.items] if catches else []
    return written.Try(
        **common,
        body=needed_block(fields, "try"),
        catch=tuple(catch for catch in read if catch),
        finally_=final,
    )


def _catch(node: Node, report: Report) -> written.Catch | None:
    if not isinstance(node, MapNode):
        report.node("K122", node, f"a `catch` must be a mapping, not {kind_of(node)}")
        return None
    fields = Fields(node, "a `catch`", report)
    fields.allow(("errors", "as", "steps"), required=("steps",))
    errors, name = fields.sequence("errors"), fields.text("as")
    if name is not None and not is_name(name, "`as`", report, of_loop=True):
        name = None
    names = None if errors is None else tuple(names_in(errors, PASCAL_NAME, "an error", report))
    return written.Catch(node, names, name, needed_block(fields, "steps"))


def _read_receive(fields: Fields, common: Common) -> written.Step | None:
    node = fields.get("receive")
    if isinstance(node, ListNode):
        fields.sequence("receive")
        names = names_in(node, LOWER_NAME, "a signal", fields.report)
    else:
        name = fields.matching("receive", LOWER_NAME, "the name of a signal, in small letters")
        names = [name] if name else []
    timeout = block_of(fields, "on_timeout")
    if timeout and fields.get("within") is None:
        fields.report.node(
            "K121", fields.node, "`on_timeout` needs the key `within`", "add `within: 5d`, say"
        )
    return written.Receive(
        **common,
        receive=tuple(names),
        where=expression_under(fields, "where"),
        within=span_or_template(fields, "within"),
        on_timeout=timeout,
    )


def _read_approve(fields: Fields, common: Common) -> written.Step | None:
    fields.allow((*COMMON_KEYS, "approve", *KIND_KEYS["approve"]), required=KIND_KEYS["approve"])
    return read_approve(fields, common, block_of(fields, "on_reject"), block_of(fields, "on_timeout"))


_READERS: Mapping[str, Callable[[Fields, Common], written.Step | None]] = {
    "call": read_call_step,
    "set": read_set,
    "choose": _read_choose,
    "parallel": _read_parallel,
    "for_each": _read_for_each,
    "repeat": _read_repeat,
    "try": _read_try,
    "wait": read_wait,
    "receive": _read_receive,
    "approve": _read_approve,
    "emit": read_emit,
    "run": read_run,
    "fail": read_fail,
    "finish": read_finish,
}
