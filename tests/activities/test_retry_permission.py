"""Who may have a held step run again, and what the log says of it."""

from typing import Any

import pytest

from activities.runner import ActivityFault, run
from payloads.catalogue import catalogue
from store.database import Database
from tests.support.house import House

STEP = {"step": "orders", "path": "steps[1]", "error": "BrokerUnavailable", "role": "operations"}


@pytest.fixture
def house(database: Database, tenant: str) -> House:
    return House(database, tenant)


def retry(house: House, by: str, **more: Any) -> dict[str, Any]:
    return run("runs.allow_retry", {**STEP, "by": by, **more}, house.context("steps[1]/retry"), strict=True)


def test_who_retries_stands_in_the_log(house: House) -> None:
    """By whom, when, at which step and for which error; the same retry once."""
    retry(house, "sam", line="1")
    retry(house, "sam", line="1")
    retry(house, "toni", line="2")
    first, second = house.log()
    assert first.data == {**STEP, "by": "sam", "method": "declared"}
    assert (first.name, first.at is not None, second.data["by"]) == ("StepRetried", True, "toni")


def test_a_person_without_the_role_is_refused(house: House) -> None:
    """The message says who may; nothing is recorded, and nothing is tried again."""
    with pytest.raises(ActivityFault) as refused:
        retry(house, "kim")
    assert (refused.value.type, refused.value.path, refused.value.retryable) == ("NotEligible", "by", False)
    assert "kim may not retry `orders`: the role operations decides; it is held by sam, toni" in str(
        refused.value
    )
    assert {error.name for error in catalogue()["runs.allow_retry"].errors} >= {"NotEligible"}
    assert house.log() == []


@pytest.mark.parametrize("more", [{"method": "system"}, {"role": ""}])
def test_the_systems_user_may_and_anybody_where_no_role_is_named(house: House, more: dict[str, Any]) -> None:
    """An undo that is stuck in a run without `on_failure` names no role."""
    retry(house, "root", **more)
    assert house.log()[0].data["by"] == "root"
