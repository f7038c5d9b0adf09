"""The triggers of a release, ready to be looked at: what starts which workflow with which input."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from activities.context import Context
from dsl import plan as p
from dsl.expressions import EvaluationError
from dsl.plan_reader import read_plan
from dsl.values import fill_and_check
from store import releases

AnyTrigger = TypeVar("AnyTrigger", bound=p.Trigger)


class TriggerFault(Exception):
    """Why a trigger could not do what it says, without any value: values may be personal."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger and the workflow that it starts."""

    release: str
    plan: p.Plan
    rule: p.Trigger

    @property
    def workflow(self) -> str:
        """The workflow that it starts."""
        return self.plan.workflow

    def holds(self, scope: Mapping[str, Any]) -> bool:
        """Is the trigger for these names; TriggerFault when its `where` has no answer."""
        if self.rule.where is None:
            return True
        try:
            answer = self.rule.where.evaluate(scope)
        except EvaluationError as error:
            raise TriggerFault(f"`where` has no value: {error}") from error
        if not isinstance(answer, bool):
            raise TriggerFault("`where` is neither true nor false")
        return answer

    def input(self, scope: Mapping[str, Any]) -> Any:
        """The start input for these names; TriggerFault when there is none, or the workflow refuses it."""
        try:
            given = self.rule.input.render(scope)
        except EvaluationError as error:
            raise TriggerFault(f"`input` has no value: {error}") from error
        filled, misfits = fill_and_check(self.plan.input, given)
        if misfits:
            raise TriggerFault("`input` does not fit: " + "; ".join(map(str, misfits)))
        return filled


@dataclass(frozen=True, slots=True)
class TriggerBook:
    """Every trigger of one release (its digest, empty for none), by workflow and in the order written."""

    release: str
    triggers: tuple[Trigger, ...]

    def of_kind(self, kind: type[p.Trigger]) -> Iterator[Trigger]:
        """The triggers of one kind."""
        return (trigger for trigger in self.triggers if isinstance(trigger.rule, kind))

    def at(self, workflow: str, place: int) -> Trigger | None:
        """The trigger at a place (from 1) of a workflow; None when there is none."""
        for trigger in self.triggers:
            if trigger.workflow == workflow and trigger.rule.place == place:
                return trigger
        return None


def newest_book(context: Context) -> TriggerBook:
    """The triggers of the newest release; an empty book before the first one."""
    with context.services.database.reading() as tx:
        digest = releases.newest_digest(tx, context.services.tenant)
    return TriggerBook("", ()) if digest is None else book_of(context, digest)


def book_of(context: Context, release: str) -> TriggerBook:
    """The triggers of the release of that digest."""
    found = context.services.releases.decoded(context.services.tenant, release)
    plans = [read_plan(one["document"], one["digest"]) for _, one in sorted(found.plans.items())]
    return TriggerBook(
        release, tuple(Trigger(release, plan, rule) for plan in plans for rule in plan.triggers)
    )
