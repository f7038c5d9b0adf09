"""The activities of a worker for tests: stand-ins, pure activities as they are, and the house in memory."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from temporalio import activity
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.context import CatalogueFiles, Context
from activities.registry import implementations
from activities.runner import ActivityFault, run
from dsl.plan_reader import read_plan
from dsl.plan_walk import ids_by_path
from dsl.release import Release
from dsl.scenarios.model import Scenario, ScenarioFile
from payloads.call import Call
from payloads.entry import Effect
from payloads.facts import ActivityFacts, activity_facts
from worker.scenarios.trial import Missing, Trial

TENANT = "main"
HEARTBEAT_SECONDS = 1.0
THREADS = 4


class House:
    """Answers every activity of every test of a command; the tests are told apart by their runs' ids."""

    def __init__(self, release: Release) -> None:
        self.trials: dict[str, Trial] = {}
        self._release = release
        self._catalogue = CatalogueFiles(release.catalogue)
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="activity")
        self._facts = activity_facts()
        self._ids: dict[str, Mapping[str, str]] = {}

    def prepare(self, tests: Iterable[tuple[ScenarioFile, Scenario]]) -> None:
        """Load the engines by the time that a test calls one; tests that call none do without."""
        for file, scenario in tests:
            called = set(_activities(self._release.plans[file.workflow]["document"]))
            if any(self._facts[name].effect == Effect.PURE for name in called.difference(scenario.stand_ins)):
                self._executor.submit(implementations)
                return

    def trial_of(self, workflow_id: str) -> Trial:
        """The test that a run belongs to: the ids of children begin with that of their parent."""
        return self.trials[workflow_id.partition(".")[0]]

    def activities(self) -> list[Any]:
        """One dynamic activity, which takes every name."""

        @activity.defn(dynamic=True)
        async def perform(args: Sequence[RawValue]) -> Any:
            convert = activity.payload_converter().from_payload
            given, call = (convert(value.payload) for value in args)
            return await self._once(activity.info(), given, Call.model_validate(call))

        return [perform]

    async def _once(self, info: activity.Info, given: Any, call: Call) -> Any:
        """The answer; the same one when a workflow task is done again, and its local calls with it.

        That happens when something reaches the run in the midst of a task: the definition called once.
        """
        if not info.is_local:
            return await self._perform(info.activity_type, given, call)
        asked = (info.workflow_run_id, info.activity_id, info.attempt)
        answers = self.trial_of(call.workflow_id).answers
        if asked not in answers:
            answers[asked] = asyncio.ensure_future(self._perform(info.activity_type, given, call))
        return await asyncio.shield(answers[asked])

    async def _perform(self, name: str, given: Any, call: Call) -> Any:
        trial = self.trial_of(call.workflow_id)
        facts = self._facts[name]
        if facts.internal and facts.effect != Effect.PURE:
            return await self._of_the_house(name, given, call, trial)
        step = self._step(call)
        try:
            return trial.answer(facts, step)
        except Missing:
            if facts.effect != Effect.PURE:
                raise trial.lacks_stand_in(name, step) from None
        return await self._really(facts, given, call)

    async def _really(self, facts: ActivityFacts, given: Any, call: Call) -> Any:
        """A pure activity as a worker runs it, with the catalogue of the folder."""
        context = Context(call=call, catalogue=self._catalogue, services=None, now=lambda: datetime.now(UTC))
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._executor, run, facts.name, given, context)
        while True:
            try:
                return await asyncio.wait_for(asyncio.shield(work), HEARTBEAT_SECONDS)
            except TimeoutError:
                if not activity.info().is_local:
                    activity.heartbeat()
            except ActivityFault as fault:
                raise ApplicationError(
                    fault.message,
                    {"path": fault.path},
                    type=fault.type,
                    non_retryable=not fault.retryable,
                    category=ApplicationErrorCategory.BENIGN,
                ) from None

    async def _of_the_house(self, name: str, given: Any, call: Call, trial: Trial) -> Any:
        match name:
            case "runs.load_release":
                await trial.run(call.workflow_id, call.workflow)
                return self._load(given["workflow"], trial)
            case "events.emit":
                trial.seen.emitted.append(given["event"])
                return {"stream": call.stream, "sequence": len(trial.seen.emitted)}
            case "events.record":
                trial.seen.recorded.append(given["fact"])
                return {"stream": call.stream, "sequence": len(trial.seen.recorded)}
            case "leases.acquire":
                return {"granted": True, "holder": call.workflow_id, "position": 0}
            case "leases.release":
                return {"released": True}
            case "approvals.open":
                return {"eligible": trial.eligible(given["role"])}
            case "runs.mark":
                return given
            case "runs.allow_retry":
                return self._retry(given, call, trial)
            case "subscriptions.open":
                (await trial.run(call.workflow_id, call.workflow)).wanted = given["wanted"]
                return {"missed": []}
            case "subscriptions.close":
                return {}
        raise trial.lacks_stand_in(name, None)

    @staticmethod
    def _retry(given: dict[str, Any], call: Call, trial: Trial) -> dict[str, Any]:
        """Without `people` in the file everybody may; with them, those whom it names for the role."""
        named = trial.file.people
        if (
            named is not None
            and given["method"] != "system"
            and given["by"] not in named.get(given["role"], ())
        ):
            message = f"{given['by']} does not hold the role {given['role']} in this test"
            raise ApplicationError(message, type="NotEligible", non_retryable=True)
        trial.seen.recorded.append("StepRetried")
        return {"stream": call.stream, "sequence": len(trial.seen.recorded)}

    def _load(self, workflow: str, trial: Trial) -> dict[str, Any]:
        plan = self._release.plans.get(workflow)
        if plan is None:
            message = f"no workflow is called {workflow}"
            raise ApplicationError(
                message,
                type="UnknownDefinition",
                non_retryable=True,
                category=ApplicationErrorCategory.BENIGN,
            )
        quick = sorted(name for name, found in trial.scenario.stand_ins.items() if not found.fails)
        return {
            "plan": _with_local(plan["document"], frozenset(quick)),
            "plan_digest": f"{plan['digest']}:{','.join(quick)}",
            "release": self._release.digest,
            "tenant": TENANT,
        }

    def _step(self, call: Call) -> str | None:
        """The id of the step that calls; None for an undo, and for a step without one or with a `key`."""
        if call.workflow not in self._ids:
            plan = self._release.plans[call.workflow]
            self._ids[call.workflow] = ids_by_path(read_plan(plan["document"], plan["digest"]))
        return self._ids[call.workflow].get(call.step)


def _activities(part: Any) -> Iterator[str]:
    """The activities that a part of a plan calls."""
    if isinstance(part, dict) and "local" in part and "activity" in part:
        yield part["activity"]
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from _activities(inner)


def _with_local(part: Any, names: frozenset[str]) -> Any:
    """The part of a plan with the calls of these activities made inside the workflow task.

    What answers at once needs no queue: a call takes a fifth of the time.
    """
    if isinstance(part, list):
        return [_with_local(item, names) for item in part]
    if not isinstance(part, dict):
        return part
    inner = {key: _with_local(value, names) for key, value in part.items()}
    return {**inner, "local": True} if "local" in part and part.get("activity") in names else inner
