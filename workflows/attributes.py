"""Search attributes of a run: keywords for lists and dashboards, never personal data."""

from collections.abc import Callable
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from dsl import plan as p
from dsl.expressions import EvaluationError, Template

DEFINITION = SearchAttributeKey.for_keyword("KronosDefinition")
VERSION = SearchAttributeKey.for_keyword("KronosVersion")
TENANT = SearchAttributeKey.for_keyword("KronosTenant")
STAGE = SearchAttributeKey.for_keyword("KronosStage")
WAITS_FOR = SearchAttributeKey.for_keyword("KronosWaitsFor")
SEARCH = {
    "client": SearchAttributeKey.for_keyword("KronosClient"),
    "portfolio": SearchAttributeKey.for_keyword("KronosPortfolio"),
}


def first(plan: p.Plan, tenant: str) -> None:
    """The attributes that every run has from its start."""
    workflow.upsert_search_attributes(
        [
            DEFINITION.value_set(plan.workflow),
            VERSION.value_set(str(plan.version)),
            TENANT.value_set(tenant),
        ]
    )


class Labels:
    """The attributes that change while a run lives; each is sent only when it changes."""

    def __init__(self, plan: p.Plan) -> None:
        self._open = dict(plan.search)
        self._sent: dict[str, str | None] = {}
        self.stream: str | None = None

    def stage(self, step: str) -> None:
        """The top-level step that the run is at."""
        self._send(STAGE, step)

    def waits_for(self, reason: str | None) -> None:
        """What the run waits for, or nothing."""
        self._send(WAITS_FOR, reason)

    def search(self, render: Callable[[Template], Any]) -> None:
        """Client and portfolio, as soon as their expressions have a value.

        Facts go to the stream of the client; of the portfolio while no client is known.
        """
        for name, template in list(self._open.items()):
            try:
                value = render(template)
            except EvaluationError:
                continue  # it names a step that has not run yet
            if value is None:
                continue
            del self._open[name]
            self._send(SEARCH[name], str(value))
            if name == "client" or self.stream is None:
                self.stream = f"{name}:{value}"

    def _send(self, key: SearchAttributeKey[str], value: str | None) -> None:
        if self._sent.get(key.name) == value:
            return
        self._sent[key.name] = value
        update: SearchAttributeUpdate[Any] = key.value_unset() if value is None else key.value_set(value)
        workflow.upsert_search_attributes([update])
