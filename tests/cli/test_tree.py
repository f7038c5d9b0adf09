"""The tree of a run's steps, as people see it."""

from typing import Any

from cli.tree import plain_tree


def step(path: str, id: str, state: str = "done") -> dict[str, Any]:
    about = {"kind": "call", "title": None, "attempts": 1, "started_at": "2026-01-05T00:00:00+00:00"}
    return {"path": path, "id": id, "state": state, "ended_at": None, **about}


def test_the_steps_of_one_turn_stand_together() -> None:
    """Turns that overlap begin their steps by turns; each stands below its own block all the same."""
    steps = [
        step("steps[0]", "all"),
        step("steps[0].for_each[0].steps[0]", "one"),
        step("steps[0].for_each[1].steps[0]", "two"),
        step("steps[0].for_each[1].steps[0].try[0]", "inside two"),
        step("steps[0].for_each[0].steps[0].try[0]", "inside one", "failed"),
        step("steps[1]", "last"),
    ]
    lines = [line.rstrip() for line in plain_tree({"steps": steps}).splitlines()]
    assert lines == ["✓ all", "  ✓ one", "    ✗ inside one", "  ✓ two", "    ✓ inside two", "✓ last"]
