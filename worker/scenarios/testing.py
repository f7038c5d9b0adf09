"""Runs the tests of a folder of definitions, all on one server, and says what they reached."""

import asyncio
import time
import uuid
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from temporalio.client import Client
from temporalio.worker import Worker

from dsl.folder import Folder
from dsl.problems import Problem
from dsl.release import Release, build_release
from dsl.scenarios.coverage import Coverage, coverage_of
from dsl.scenarios.model import Scenario, ScenarioFile
from dsl.scenarios.verdict import verdict
from worker.scenarios.driver import Driver
from worker.scenarios.house import House
from worker.scenarios.server import virtual_server
from worker.scenarios.skipping import SkippingRunner
from worker.scenarios.trial import Trial
from worker.scenarios.watched import WatchedRun, watch
from workflows.calls import QUEUES

AT_ONCE = 4
CACHED = 1000


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one test; it passed when nothing is wrong."""

    file: str
    name: str
    workflow: str
    line: int
    problems: tuple[Problem, ...]
    seconds: float = 0.0
    virtual_seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Did everything come as expected."""
        return not self.problems


@dataclass(slots=True)
class Results:
    """What came of all tests, what is wrong with their files, and what they reached by workflow."""

    tests: list[Result] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    coverage: dict[str, Coverage] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Did every test pass, and could every file be read."""
        return all(test.passed for test in self.tests) and not any(p.is_error for p in self.problems)

    @property
    def complete(self) -> bool:
        """Did the tests reach everything."""
        return not any(coverage.missing for coverage in self.coverage.values())


async def run_tests(folder: Folder, workflows: Iterable[str], files: Sequence[ScenarioFile]) -> Results:
    """The results of the tests in `files`, with the coverage of `workflows`.

    `dsl.release.Refused` when the definitions themselves have errors.
    """
    release = build_release(folder)
    results = Results(coverage={name: _coverage(folder, name) for name in sorted(workflows)})
    paths = {file.path for file in files}
    open_problems = [problem for problem in folder.scenarios.problems if problem.file in paths]
    waiting: list[tuple[ScenarioFile, Scenario]] = []
    for file in files:
        for scenario in file.scenarios:
            faults = [problem for problem in open_problems if _belongs(problem, file, scenario)]
            open_problems = [problem for problem in open_problems if problem not in faults]
            if any(problem.is_error for problem in faults):
                results.tests.append(_result(file, scenario, faults))
            else:
                waiting.append((file, scenario))
    results.problems = open_problems
    if waiting:
        results.tests += await _play_all(release, waiting, results.coverage)
    results.tests.sort(key=lambda result: (result.file, result.line))
    return results


def _coverage(folder: Folder, workflow: str) -> Coverage:
    checked = folder.checked
    return coverage_of(checked.definitions[workflow], checked.sources[workflow])


def _belongs(problem: Problem, file: ScenarioFile, scenario: Scenario) -> bool:
    place = file.tree.source.place
    first, last = place(scenario.whole.start)[0], place(scenario.whole.end)[0]
    return problem.file == file.path and first <= problem.line <= last


def _result(
    file: ScenarioFile,
    scenario: Scenario,
    problems: Iterable[Problem],
    seconds: float = 0,
    virtual: float = 0,
) -> Result:
    line, _ = file.tree.source.place(scenario.node.start)
    return Result(file.path, scenario.name, file.workflow, line, tuple(problems), seconds, virtual)


async def _play_all(
    release: Release, tests: Sequence[tuple[ScenarioFile, Scenario]], coverage: dict[str, Coverage]
) -> list[Result]:
    house = House(release)
    house.prepare(tests)
    watch(lambda id, status, now, goes_on: house.trial_of(id).ended(id, status, now, goes_on))
    turns = asyncio.Semaphore(AT_ONCE)
    async with virtual_server() as client, AsyncExitStack() as workers:
        for queue in QUEUES.values():
            await workers.enter_async_context(_worker(client, queue, house))

        async def play(file: ScenarioFile, scenario: Scenario) -> Result:
            async with turns:
                return await _play(client, release, house, Trial(file, scenario, f"test-{uuid.uuid4()}"))

        results = await asyncio.gather(*(play(*test) for test in tests))
    for trial in house.trials.values():
        for run in trial.runs.values():
            for status in run.statuses if run.workflow in coverage else ():
                coverage[run.workflow].add(status["steps"])
    return results


async def _play(client: Client, release: Release, house: House, trial: Trial) -> Result:
    house.trials[trial.id] = trial
    begun = time.perf_counter()
    await Driver(client, release, trial).play()
    seconds = time.perf_counter() - begun
    problems = verdict(trial.file, trial.scenario, trial.seen)
    return _result(trial.file, trial.scenario, problems, seconds, trial.seen.took.total_seconds())


def _worker(client: Client, queue: str, house: House) -> Worker:
    return Worker(
        client,
        task_queue=queue,
        workflows=[WatchedRun] if queue == QUEUES["light"] else [],
        activities=house.activities(),
        # Tests look at their runs from outside, which the sandbox is there to forbid.
        workflow_runner=SkippingRunner(house.trial_of),
        max_cached_workflows=CACHED,
    )
