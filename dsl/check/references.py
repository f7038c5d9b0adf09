"""Follows a definition step by step and checks every expression against what is known where it stands."""

from dataclasses import replace

from dsl import definition as written
from dsl.check.conditions import check_branches, check_until, check_when, refuse_never
from dsl.check.fits import Place
from dsl.check.shapes import not_yet, received, schema_at, titled
from dsl.check.state import APPROVED, CAUGHT, Known, State, both, environment, joined
from dsl.check.texts import Texts, place_of
from dsl.definition import Block, Definition, Step, walk
from dsl.expressions import Checked, TypeEnv
from dsl.problems import Report
from dsl.schemas import object_schema
from dsl.tree import ListNode, MapNode, Node
from dsl.types import (
    ANY,
    BOOL,
    DATE,
    DURATION,
    INTEGER,
    MOMENT,
    NOTHING,
    NULL,
    TEXT,
    Field,
    ListType,
    ObjectType,
    TextType,
    Type,
    from_schema,
    members,
    nullable,
    union,
    widened,
    without_null,
)
from dsl.world import World

_NOTHING_OUT = "its step may put nothing out"
_SKIPPED = "its step is skipped when the `when` is false"


class References:
    """One walk over a definition."""

    def __init__(self, definition: Definition, world: World, report: Report) -> None:
        self._definition = definition
        self._world = world
        self._report = report
        self.texts = Texts(report)
        self._given = titled(
            from_schema(object_schema(schema_at(definition.input))), "the input", "field", "it has"
        )
        self._signals = {
            entry.key.text: from_schema(object_schema(schema_at(entry.value))) for entry in definition.signals
        }
        self._later = not_yet(definition.body, "")
        self._unset = {
            entry.key.text: Field(ANY, later=True)
            for step in definition.walk()
            if isinstance(step, written.Set)
            for entry in step.set
        }
        self._latest: tuple[State, TypeEnv] | None = None
        self._inputs: dict[str, Place] = {}
        self._outputs: dict[str, Type] = {}
        self.finishes: list[Type] = []
        """Types of what `finish` steps put out."""

    def run(self) -> Type:
        """Check everything; the type of what a run puts out."""
        end = self.block(self._definition.body, State())
        for entry in self._definition.search or ():
            self.texts.text(entry.value, self._search_env(), TEXT, f"`search.{entry.key.text}`")
        output = self.texts.template(self._definition.output, self.env(replace(end, dead=False)))
        last = [] if end.dead else [output if self._definition.output is not None else NULL]
        return union(*last, *self.finishes)

    def env(self, state: State) -> TypeEnv:
        """The names that expressions see in this state, made once for all expressions of a step."""
        if self._latest is None or self._latest[0] is not state:
            found = environment(state, self._given, self._later, self._unset, self._world.tables)
            self._latest = state, found
        return self._latest[1]

    def block(self, block: Block, state: State) -> State:
        """What is known after a list of steps."""
        for step in block.steps:
            state = self.step(step, state)
        return state

    def step(self, step: Step, state: State) -> State:
        """What is known after one step."""
        inside, tested = state, Checked(BOOL)
        if step.when is not None:
            tested = self.texts.condition(step.when, self.env(state), BOOL)
            check_when(step.when, tested, self._report)
            inside = state.knowing(tested.when_true)
        self.texts.text(step.title, self.env(inside), ANY, "`title`")
        self.texts.text(step.lock, self.env(inside), TEXT, "`lock`")
        output, after = self._perform(step, inside)
        if step.id is not None and output is not None and output != NULL:
            title, sure = f"step `{step.id.text}`", NULL not in members(output)
            known = titled(without_null(output), title, "output field", self._source(step))
            after = after.with_step(step.id.text, Known(known, sure, "" if sure else _NOTHING_OUT))
        if step.record is not None:
            self.texts.template(step.record.data, self.env(after))
        if step.when is None:
            return after
        after = replace(after, present=after.present & state.present)
        return joined(after, state.knowing(tested.when_false), _SKIPPED)

    def _source(self, step: Step) -> str:
        match step:
            case written.Call():
                return f"{step.call.activity.text} returns"
            case written.Run():
                return f"{step.run.text} puts out"
        return "it has"

    def _perform(self, step: Step, state: State) -> tuple[Type | None, State]:
        """The type of a step's output (None: it has none), and what is known after it."""
        env = self.env(state)
        match step:
            case written.Call():
                return self._call(step, state)
            case written.Set():
                return self._set(step, state)
            case written.Choose():
                return self._choose(step, state)
            case written.Parallel():
                return None, self._parallel(step, state)
            case written.ForEach():
                return self._for_each(step, state)
            case written.Repeat():
                return None, self._repeat(step, state)
            case written.Try():
                return None, self._try(step, state)
            case written.Wait():
                self.texts.text(step.wait, env, DURATION, "`wait`")
                if step.until is not None:
                    self.texts.condition(step.until, env, union(DATE, MOMENT))
                return None, state
            case written.Receive():
                return self._receive(step, state)
            case written.Approve():
                return self._approve(step, state)
            case written.Emit():
                self._emit(step, env)
                return ANY, state
            case written.Run():
                return self._run(step, env), state
            case written.Fail():
                self.texts.text(step.message, env, ANY, "`message`")
                return None, replace(state, dead=True)
            case written.Finish():
                self.finishes.append(self.texts.template(step.finish, env))
                return None, replace(state, dead=True)
        return ANY, state

    def _call(self, step: written.Call, state: State) -> tuple[Type, State]:
        self.texts.text(step.key, self.env(state), ANY, "`key`")
        output = self._activity(step.call, self.env(state))
        if step.undo is not None:
            undoing = state
            if step.id is not None:
                reason = "the step is undone also when no answer came"
                undoing = state.with_step(step.id.text, Known(output, False, reason))
            self._activity(step.undo, self.env(undoing))
        return output, state

    def _activity(self, call: written.ActivityCall, env: TypeEnv) -> Type:
        entry = self._world.activities.get(call.activity.text)
        name = call.activity.text
        if entry is None or entry.internal:
            self.texts.template(call.input, env)
            return ANY
        if name not in self._outputs:
            schema = entry.input_schema
            self._inputs[name] = Place(schema, schema, name, True, from_schema(schema), "with")
            self._outputs[name] = from_schema(entry.output_schema)
        self._input(call.input, env, self._inputs[name], call.activity)
        return self._outputs[name]

    def _input(self, node: Node | None, env: TypeEnv, place: Place, at: Node) -> None:
        """`with`; when it is left out, what is required is missing all the same."""
        self.texts.template(node if node is not None else MapNode((), at.start, at.end), env, place, at)

    def _run(self, step: written.Run, env: TypeEnv) -> Type:
        place = place_of(self._world.workflow_schema(step.run.text), step.run.text, "with")
        if place.schema is None:
            self.texts.template(step.input, env)
        else:
            self._input(step.input, env, place, step.run)
        detached = step.detached is not None and step.detached.text.lower() == "true"
        return ANY if detached else self._world.output_of(step.run.text)

    def _emit(self, step: written.Emit, env: TypeEnv) -> None:
        place = place_of(self._world.event_schemas.get(step.emit.text), step.emit.text)
        if place.schema is None:
            self.texts.template(step.data, env)
        else:
            schema = object_schema(place.schema)
            self._input(step.data, env, Place(schema, schema, place.what, key="with"), step.emit)

    def _set(self, step: written.Set, state: State) -> tuple[Type, State]:
        types = {
            entry.key.text: widened(self.texts.template(entry.value, self.env(state))) for entry in step.set
        }
        return ObjectType({name: Field(type) for name, type in types.items()}), state.with_vars(types)

    def _choose(self, step: written.Choose, state: State) -> tuple[Type, State]:
        line, _ = self._report.source.place(step.node.start)
        reason = f"not every branch of the `choose` on line {line} gives it"
        rest, ends, conditions = state, [], []
        for branch in step.choose:
            tested = Checked(BOOL)
            if branch.when is not None:
                tested = self.texts.condition(branch.when, self.env(rest), BOOL)
            conditions.append(tested)
            end = self.block(branch.block, rest.knowing(tested.when_true))
            ends.append(replace(end, present=end.present & rest.present))
            rest = rest.knowing(tested.when_false)
        check_branches(step, conditions, self._report)
        complete = any(branch.when is None for branch in step.choose)
        after = replace(rest, dead=True) if complete else rest
        for end in ends:
            after = joined(after, end, reason)
        return (INTEGER if complete else nullable(INTEGER)), after

    def _parallel(self, step: written.Parallel, state: State) -> State:
        after = state
        for block in step.blocks:
            after = both(after, self.block(block, state))
        return after

    def _for_each(self, step: written.ForEach, state: State) -> tuple[Type | None, State]:
        items = self.texts.bare(step.for_each, self.env(state), ListType(ANY))
        is_empty_list = isinstance(step.for_each, ListNode) and not step.for_each.items
        if is_empty_list or items == ListType(NOTHING):
            self._report.node("K128", step.for_each, "`for_each` goes over an empty list", "name a list")
        self.texts.text(step.at_most, self.env(state), INTEGER, "`at_most`")
        item = union(*(one.item for one in members(items) if isinstance(one, ListType)))
        start = self._turning(step.body, state).with_name(step.as_.text, item)
        end = self.block(step.body, start)
        after = state
        if not end.dead:
            after = replace(state, vars=joined(end, state, "the list may be empty").vars)
        if step.collect is None:
            return None, after
        return ListType(self.texts.bare(step.collect, self.env(replace(end, dead=False)))), after

    def _turning(self, body: Block, state: State) -> State:
        """The state at the beginning of any turn: names that the body sets have the types of both."""
        again = {entry.key.text for step in walk(body) if isinstance(step, written.Set) for entry in step.set}
        changed = {name: known for name, known in state.vars.items() if name in again}
        if not changed:
            return state
        types = {name: Known(ANY, known.certain, known.reason) for name, known in changed.items()}
        present = frozenset(path for path in state.present if path[:1] != ("vars",))
        return replace(state, vars={**state.vars, **types}, present=present)

    def _repeat(self, step: written.Repeat, state: State) -> State:
        self.texts.text(step.at_most, self.env(state), INTEGER, "`at_most`")
        self.texts.text(step.every, self.env(state), DURATION, "`every`")
        end = self.block(step.body, self._turning(step.body, state))
        if step.until is not None:
            tested = self.texts.condition(step.until, self.env(replace(end, dead=False)), BOOL)
            check_until(step.until, tested, self._report)
        if step.on_exhausted is not None:
            end = joined(end, self.block(step.on_exhausted, end), "the loop may be exhausted")
        return end

    def _try(self, step: written.Try, state: State) -> State:
        reason = "its step in the `try` may have failed"
        body = self.block(step.body, state)
        broken = body.uncertain(state, reason)
        after = body
        for catch in step.catch:
            inside = broken if catch.as_ is None else broken.with_name(catch.as_.text, CAUGHT)
            after = joined(after, replace(self.block(catch.block, inside), names=state.names), reason)
        if step.finally_ is None:
            return after
        final = self.block(step.finally_, after.uncertain(broken, reason))
        return both(after, replace(final, dead=after.dead or final.dead))

    def _receive(self, step: written.Receive, state: State) -> tuple[Type, State]:
        names = tuple(name.text for name in step.receive)
        payload = union(*(self._signals.get(name, ANY) for name in names))
        self.texts.text(step.within, self.env(state), DURATION, "`within`")
        if step.where is not None:
            tested = self.texts.condition(step.where, self.env(state).with_name("signal", payload), BOOL)
            refuse_never(step.where, tested, "no signal is ever taken", self._report)
        output, signal, after = payload, TextType(names) if names else TEXT, state
        if step.on_timeout is not None:
            late = self.block(step.on_timeout, state)
            if not late.dead:
                output, after = (
                    nullable(payload),
                    joined(state, late, "it is given only when the time is over"),
                )
                return received(output, nullable(signal)), after
        return received(output, signal), after

    def _approve(self, step: written.Approve, state: State) -> tuple[Type, State]:
        env = self.env(state)
        self.texts.template(step.approve.get("show"), env)
        self.texts.text(step.within, env, DURATION, "`within`")
        if "four_eyes" in step.approve:
            self.texts.bare(step.approve["four_eyes"], env, union(TEXT, ListType(TEXT), NULL))
        after = state
        for block in step.blocks:
            # Both branches end in `finish`, `fail` or an `approve` of their own, which may go on.
            after = joined(after, self.block(block, state), "it is given only when nobody approved at first")
        return APPROVED, after

    def _search_env(self) -> TypeEnv:
        """`search` is set as soon as it can be evaluated, so every step may be read."""
        known: dict[str, Known] = {}
        for step in self._definition.body.steps:
            if isinstance(step, written.Call) and step.id is not None:
                entry = self._world.activities.get(step.call.activity.text)
                type = from_schema(entry.output_schema) if entry is not None else ANY
                source = self._source(step)
                known[step.id.text] = Known(titled(type, f"step `{step.id.text}`", "output field", source))
        others = {id: Known(ANY) for id in self._later if id not in known}
        return self.env(State(steps={**others, **known}, vars={name: Known(ANY) for name in self._unset}))
