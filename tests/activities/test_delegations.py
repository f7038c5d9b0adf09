"""Who stands in for another does so by the exchange's calendar, as every other date counts."""

from datetime import UTC, datetime

import pytest

from activities.context import CatalogueFiles, Context
from activities.runner import run
from payloads.call import Call
from tests.support.contexts import catalogue_files

MORNING = datetime(2026, 12, 20, 13, 30, tzinfo=UTC)  # 00:30 on the 21st in Sydney
LAST_EVENING = datetime(2027, 1, 8, 12, 30, tzinfo=UTC)
AFTER = datetime(2027, 1, 8, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(("now", "stands_in"), [(MORNING, True), (LAST_EVENING, True), (AFTER, False)])
def test_a_delegation_begins_and_ends_at_midnight_at_the_exchange(now: datetime, stands_in: bool) -> None:
    """Robin stands in for Morgan from 21 December to 8 January, both counted."""
    call = Call(tenant="main", effect_root="r", step="s", workflow_id="r")
    context = Context(call, CatalogueFiles(catalogue_files()), None, lambda: now)
    who = run("approvals.open", {"role": "manager", "show": None}, context, strict=True)["eligible"]
    assert ("robin" in who) is stands_in
