"""Lists that fit the screen of whoever reads them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.status import runs_table
from dsl.release import build_release, load_folder
from tests.support.servers import REPOSITORY


def run(workflow_id: str, **about: object) -> dict[str, object]:
    """A row of `kronos list`."""
    return {
        "workflow_id": workflow_id,
        "workflow": "onboarding",
        "version": 1,
        "state": "running",
        "stage": "application",
        "waits_for": None,
        "started_at": datetime(2026, 3, 20, 9, 30, 15, tzinfo=UTC),
        **about,
    }


def test_a_list_of_runs_fits_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids are whole, so that they can be copied; what a run waits for is cut."""
    monkeypatch.setenv("COLUMNS", "80")
    rows = [
        run("onboarding-1a2b3c4d", state="waiting", stage="agreement_signing", waits_for="agreement_signed"),
        run("onboarding-1a2b3c4d.invested", stage=None, state="held", waits_for="retry by operations"),
    ]
    lines = runs_table({"runs": rows}).splitlines()
    assert max(len(line) for line in lines) <= 80
    assert lines[0].split() == ["WORKFLOW", "ID", "WORKFLOW", "STATE", "STAGE", "STARTED"]
    assert lines[1].split() == [
        *("onboarding-1a2b3c4d", "onboarding", "waiting:", "a…", "agreement_s…", "03-20", "09:30")
    ]
    assert lines[2].startswith("onboarding-1a2b3c4d.invested  onboarding  held: ")


def test_a_wide_screen_shows_all_that_a_run_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is cut for want of room that is there."""
    monkeypatch.setenv("COLUMNS", "120")
    row = run("onboarding-1a2b3c4d", state="waiting", waits_for="documents_received")
    assert "  waiting: documents_received  application  03-20 09:30" in runs_table({"runs": [row]})


@pytest.mark.parametrize(
    "path", sorted((REPOSITORY / "definitions/workflows").glob("*.yaml")), ids=lambda p: p.stem
)
def test_every_stage_of_a_shipped_definition_has_a_name(path: Path) -> None:
    """The stage of a run is the id of its top-level step: `steps[9]` says nothing to people."""
    plan = build_release(load_folder(REPOSITORY / "definitions")).plans[path.stem]["document"]
    assert [step for step in plan["steps"] if not step.get("id")] == []
