"""Approvals from the command line, against `kronos up`."""

import json
import uuid
from typing import Any

import pytest

from tests.cli.conftest import Installation


def begin(up: Installation) -> str:
    """A run that asks compliance."""
    run = f"consent-{uuid.uuid4().hex[:8]}"
    assert up.kronos("start", "consent", "--input", "-", "--id", run, stdin="{}").code == 0
    return run


def shown(up: Installation, run: str) -> dict[str, Any]:
    """What the run asks, once it does."""
    for _ in range(50):
        found = up.kronos("approvals", "show", run)
        if found.code == 0 and json.loads(found.out):
            [approval] = json.loads(found.out)
            return dict(approval)
    raise AssertionError(found.err)


def test_an_approval_is_listed_shown_and_decided_once(up: Installation) -> None:
    """The same command again is the same decision; another word of the same person is refused."""
    run = begin(up)
    approval = shown(up, run)
    assert (approval["role"], approval["show"]) == ("compliance", {"text": "Pay 5 to anna"})
    assert run in [row["workflow_id"] for row in json.loads(up.kronos("approvals", "list").out)]
    flags = ("ok", "--by", "kim", "--digest", approval["digest"])
    assert up.kronos("approve", run, *flags, "--decision", "approve").code == 0
    assert up.kronos("approvals", "decide", run, *flags, "--decision", "approve").code == 0
    other = up.kronos("approve", run, *flags, "--decision", "reject")
    assert (other.code, "AlreadyDecided" in other.err) == (1, True), other.err
    assert up.kronos("watch", run).code == 0
    assert json.loads(up.kronos("status", run).out)["output"] == {"by": "kim"}


@pytest.mark.parametrize(
    ("more", "code", "word"),
    [
        (("--by", "mallory", "--digest", "D"), 1, "NotEligible"),
        (("--by", "kim", "--digest", "0" * 64), 1, "DigestMismatch"),
        (("--by", "kim"), 2, "--digest"),
    ],
)
def test_what_may_not_decide_is_refused(
    up: Installation, more: tuple[str, ...], code: int, word: str
) -> None:
    """Exit 1 for a refusal; exit 2 where a digest is missing and nobody can be asked."""
    run = begin(up)
    digest = shown(up, run)["digest"]
    flags = [digest if flag == "D" else flag for flag in more]
    done = up.kronos("approve", run, "ok", "--decision", "approve", *flags)
    assert (done.code, word in done.err) == (code, True), done.err
    assert json.loads(up.kronos("status", run).out)["state"] == "waiting"
    up.kronos("cancel", run)


def test_what_is_not_open_is_named(up: Installation) -> None:
    """A step that does not ask, and a run that is not there."""
    run = begin(up)
    shown(up, run)
    flags = ("--decision", "approve", "--by", "kim", "--digest", "x")
    assert "NothingOpen" in up.kronos("approve", run, "nothing", *flags).err
    missing = up.kronos("approve", "no-such-run", "ok", *flags)
    assert (missing.code, "UnknownRun" in missing.err) == (1, True), missing.err
    up.kronos("cancel", run)
