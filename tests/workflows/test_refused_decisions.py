"""What somebody is told whose decision is not taken."""

from datetime import UTC, datetime

import pytest

from workflows.approvals import Approval, Refusal


def refusal(eligible: tuple[str, ...], **message: str) -> str:
    """Why a decision of kim's is not taken by an approval of compliance that may not be lee's."""
    approval = Approval(
        step="ok",
        path="ok",
        role="compliance",
        quorum=1,
        show={},
        definition="D",
        run_id="R",
        eligible=eligible,
        barred=("lee",),
        deadline=datetime(2026, 1, 1, tzinfo=UTC),
    )
    with pytest.raises(Refusal) as caught:
        approval.check({"by": "kim", "decision": "approve", "digest": approval.digest, **message})
    return str(caught.value)


def test_who_may_decide_is_said() -> None:
    """All that are eligible but those that `four_eyes` keeps out; nobody, when none is left."""
    assert "kim cannot decide the approval `ok` as compliance; mia, noa can" in refusal(("noa", "lee", "mia"))
    assert "nobody can" in refusal(("lee",))


def test_the_role_that_decides_is_said() -> None:
    """One who is eligible, and names another role."""
    assert "is decided as compliance, not as manager" in refusal(("kim",), role="manager")
