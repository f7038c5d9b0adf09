"""A client taught on the real installation, answer by answer."""

from typing import Any

import pytest

from tests.support.asking import over
from tests.support.contexts import catalogue_files
from tests.support.town import Town, books, onboard, town

RIGHT = {
    each["id"]: each["answer"]
    for module in catalogue_files()["education"]["modules"]
    for each in module["exercises"]
}


def send(place: Town, signal: str, **data: Any) -> None:
    place.answer("signal", "lessons", signal, "--data", "-", given=data)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with town(tmp_path_factory.mktemp("lessons") / "data") as running:
        running.start_worker()
        yield running


def test_a_client_learns_until_every_module_is_mastered(place: Town) -> None:
    """Each answer is on record with what it made of their mastery; their money is not touched."""
    assert place.until(onboard(place, "PUPIL"), over)["output"]["status"] == "invested"
    before = books(place, "PUPIL")
    place.answer("start", "education", "--input", "-", "--id", "lessons", given={"customer_id": "PUPIL"})
    known = [{"exercise": exercise, "option": option} for exercise, option in RIGHT.items()]
    send(place, "style_chosen", style="practice")
    send(place, "knowledge_assessed", answers=known)
    left = ["d1", "t1"]
    for exercise in left:
        send(place, "exercise_answered", exercise=exercise, option=RIGHT[exercise])
    status = place.until("lessons", over)
    assert status["output"]["status"] == "completed", status
    facts = place.answer("events", "list", "--stream", "client:PUPIL")["events"]
    answered = [fact["data"]["exercise"] for fact in facts if fact["name"] == "LessonAnswered"]
    assert answered == left
    assert "EducationCompleted" in [fact["name"] for fact in facts]
    assert books(place, "PUPIL") == before
