"""Workers die within every step of every shipped definition, and its tests come out as ever."""

from cli.guard import wait_for
from dsl.folder import load_folder
from dsl.plan_reader import read_plan
from dsl.plan_walk import walk_plan
from dsl.release import build_release
from tests.support.lost_answers import Deaths, tasks_lost
from tests.support.town import PROJECT
from worker.scenarios.selection import try_definitions
from worker.settings import load_settings

DEFINITIONS = PROJECT / "definitions"


def steps() -> set[str]:
    """Every step of every definition, also of branches that are taken when something goes wrong."""
    plans = build_release(load_folder(DEFINITIONS)).plans
    return {
        f"{name} {path}"
        for name, plan in plans.items()
        for path, _ in walk_plan(read_plan(plan["document"], plan["digest"]))
    }


def test_a_worker_that_dies_within_any_step_of_any_definition_changes_no_test_of_it() -> None:
    """The task in which a step begins and the one in which it ends are given up once, and done again."""
    deaths = Deaths()
    with tasks_lost(deaths):
        results = wait_for(try_definitions(load_settings({"definitions": DEFINITIONS})))
    assert [(test.name, test.problems) for test in results.tests if not test.passed] == []
    assert results.complete, "each branch, catch and timeout is reached"
    assert sorted(set(deaths.passed) - deaths.died) == []
    assert sorted(steps() - {point.removesuffix(" begins") for point in deaths.died}) == []
