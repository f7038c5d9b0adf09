"""A call that the server has done again with its workflow task is one call, and gets the same answer."""

import asyncio
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from dsl.folder import File, Folder, load_folder
from dsl.release import build_release
from payloads.call import Call
from worker.scenarios.house import House
from worker.scenarios.trial import Trial

CATALOGUE = load_folder(Path(__file__).parents[3] / "definitions").catalogue
WORKFLOW = """\
workflow: twice
version: 1
summary: Measure twice
input: {required: [portfolio_id], properties: {portfolio_id: {type: string}}}
steps:
  - {id: before, call: portfolio.measure_drift, with: {portfolio_id: "${ input.portfolio_id }"}}
  - {id: after, call: portfolio.measure_drift, with: {portfolio_id: "${ input.portfolio_id }"}}
"""
TESTS = """\
workflow: twice
given:
  activities:
    portfolio.measure_drift:
      - {returns: {total_drift: 0.1, by_etf: {}, trades: [], largest: 0.02}}
      - {fails: {error: NoTarget}}
      - {returns: {total_drift: 0.1, by_etf: {}, trades: [], largest: 0.01}}
tests:
  - {name: twice, input: {portfolio_id: P-1}, expect: {outcome: completed}}
"""


@pytest.fixture
def trial() -> Trial:
    """The test, before its run begins."""
    return Trial(*only_test_of(folder()), id="trial")


def folder() -> Folder:
    files = {"workflows": WORKFLOW, "tests": TESTS}
    named = {
        name: (File(f"{name}/twice.yaml", "twice", dedent(text).encode()),) for name, text in files.items()
    }
    return Folder("", catalogue=CATALOGUE, **named)


def only_test_of(found: Folder) -> Any:
    (file,) = found.scenarios.files
    return file, file.scenarios[0]


def called(trial: Trial, *asked: tuple[str, int, bool]) -> list[Any]:
    """What calls get, each a step's id, its attempt and whether it is local; the type of a failure."""
    house = House(build_release(folder()))
    house.trials["trial"] = trial

    async def all_of_them() -> list[Any]:
        return [await one(house, *each) for each in asked]

    return asyncio.run(all_of_them())


async def one(house: House, step: str, attempt: int, local: bool) -> Any:
    environment = ActivityEnvironment()
    environment.info = replace(
        environment.info,
        activity_type="portfolio.measure_drift",
        activity_id=step,
        attempt=attempt,
        is_local=local,
        workflow_run_id="run",
    )
    call = Call(effect_root="trial", step=step, workflow="twice", workflow_id="trial", stream="run:trial")
    given = ({"portfolio_id": "P-1"}, call.model_dump(mode="python"))
    values = [RawValue(environment.payload_converter.to_payload(value)) for value in given]
    (perform,) = house.activities()
    try:
        return float((await environment.run(perform, values))["largest"])
    except ApplicationError as error:
        return error.type


def test_a_local_call_that_is_done_again_is_counted_once_and_answered_alike(trial: Trial) -> None:
    """The next call, and the next attempt, get the next answers, also where the answer was an error."""
    before, after, again = ("before", 1, True), ("after", 1, True), ("after", 2, True)
    found = called(trial, before, before, after, after, again, again)
    assert found == [0.02, 0.02, "NoTarget", "NoTarget", 0.01, 0.01]
    assert trial.calls == {"portfolio.measure_drift": 3}


def test_a_call_of_a_queue_is_counted_each_time(trial: Trial) -> None:
    """The server has it done again only for another attempt."""
    assert called(trial, ("before", 1, False), ("before", 2, False)) == [0.02, "NoTarget"]
    assert trial.calls == {"portfolio.measure_drift": 2}
