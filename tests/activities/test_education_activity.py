"""The path of a client through the curriculum of the catalogue."""

from typing import Any

import pytest

from activities.runner import ActivityFault, run
from tests.support.contexts import catalogue_files, pure_context

MODULES = catalogue_files()["education"]["modules"]
RIGHT = {each["id"]: each["answer"] for module in MODULES for each in module["exercises"]}


def path(*exercises: str, wrong: bool = False, **given: Any) -> dict[str, Any]:
    """The path after these exercises, all answered rightly or all wrongly."""
    options = {each["id"]: each["options"] for module in MODULES for each in module["exercises"]}
    chosen = {
        name: next(option for option in options[name] if (option != RIGHT[name]) == wrong)
        for name in exercises
    }
    answers = [{"exercise": name, "option": chosen[name]} for name in exercises]
    return run("education.next_lesson", {"answers": answers, **given}, pure_context(), strict=True)


def test_a_path_begins_where_nothing_is_needed() -> None:
    """The first module in the usual form; nothing is mastered, nothing unlocked."""
    found = path()
    assert (found["next"]["module"], found["next"]["exercise"], found["next"]["style"]) == (
        "budgeting", "b1", "reading",
    )  # fmt: skip
    assert (found["mastered"], found["unlocked"], found["complete"]) == ([], [], False)


def test_the_exercise_that_was_done_least_comes_next() -> None:
    """Also after a wrong answer."""
    assert path("b1", wrong=True)["next"]["exercise"] == "b2"
    assert path("b1", "b2", wrong=True)["next"]["exercise"] == "b1"


def test_a_mastered_module_opens_those_that_need_it() -> None:
    """Of those that are open the one mastered least is taught."""
    found = path("b1", "b2", style="video")
    assert found["mastered"] == ["budgeting"]
    assert (found["next"]["module"], found["next"]["style"]) == ("tax_and_fees", "video")


def test_a_module_that_is_not_open_is_not_taught() -> None:
    """Diversification needs risk and return."""
    assert path("b1", "b2", "t1", "t2", "t1")["next"]["module"] == "risk_and_return"


def test_modules_that_serve_a_goal_come_first() -> None:
    """Risk and return is for retirement; without a goal the one mastered least comes next, as for a purchase."""
    assert path("b1", "b2", goals=["retirement"])["next"]["module"] == "risk_and_return"
    assert path("b1", "b2", goals=["purchase"])["next"]["module"] == "tax_and_fees"
    assert path("b1", "b2", goals=[])["next"]["module"] == "tax_and_fees"


def test_goals_open_nothing_that_is_not_open() -> None:
    """What a module needs is needed whatever the goal."""
    assert path(goals=["retirement"])["next"]["module"] == "budgeting"


@pytest.mark.parametrize("style", catalogue_files()["education"]["styles"])
def test_a_lesson_has_its_content_in_the_style(style: str) -> None:
    """As the catalogue has it."""
    found = path(style=style)["next"]
    assert (found["style"], found["content"]) == (style, MODULES[0]["content"][style])


def test_everything_mastered_unlocks_everything() -> None:
    """There is no next lesson."""
    found = path(*(list(RIGHT) * 3))
    assert (found["complete"], found["next"]) == (True, None)
    assert found["unlocked"] == [name for module in MODULES for name in module["unlocks"]]


@pytest.mark.parametrize(
    ("given", "error", "where"),
    [
        ({"answers": [{"exercise": "z9", "option": "a"}]}, "UnknownExercise", "answers[0].exercise"),
        ({"answers": [{"exercise": "b1", "option": "lottery"}]}, "UnknownOption", "answers[0].option"),
        ({"style": "song"}, "UnknownStyle", "style"),
        ({"goals": ["fame"]}, "InvalidInput", "goals[0]"),
    ],
)
def test_what_the_curriculum_has_not_is_refused(given: dict[str, Any], error: str, where: str) -> None:
    """By type, and where in the input."""
    with pytest.raises(ActivityFault) as refused:
        run("education.next_lesson", given, pure_context(), strict=True)
    assert (refused.value.type, refused.value.path) == (error, where)
