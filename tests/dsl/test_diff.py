"""What a reviewer is told of a changed definition: steps added, removed and changed, and nothing else."""

from textwrap import dedent
from typing import Any

import pytest

from dsl.diff import differences, same
from tests.support.definitions import GOOD, release, small

BASE = """\
  - {id: first, wait: 1d}
  - {title: Pause, wait: 2d}
  - id: pick
    choose:
      - when: input.amount > 1
        steps: [{id: inner, wait: 3d}, {wait: 4d}]
      - otherwise: [{wait: 5d}]
  - id: got
    receive: paid
    within: 5d
    on_timeout: [{finish: {late: true}}]
"""


def plan(steps: str = BASE, top: str = "") -> dict[str, Any]:
    """The plan of a small definition with these steps."""
    return dict(release(small(steps, top)).plans["small"]["document"])


def told(steps: str, top: str = "") -> dict[str, Any]:
    """What changed from the small definition to the one with these steps."""
    return differences(plan(), plan(steps, top))


def test_nothing_changed_is_said_so() -> None:
    """A definition does not differ from itself."""
    assert same(told(BASE))
    document = release(GOOD).plans["rebalancing"]["document"]
    assert same(differences(document, document))


def test_a_changed_step_says_which_key_was_what() -> None:
    """By id, with the old and the new value."""
    found = told(BASE.replace("wait: 3d", "wait: 6d"))
    assert found["steps"] == {
        "added": [],
        "removed": [],
        "changed": [
            {
                "id": "inner",
                "path": "steps[2].choose[0].steps[0]",
                "kind": "wait",
                "does": "wait 6d",
                "changes": [{"key": "wait", "old": "3d", "new": "6d"}],
            }
        ],
    }
    assert not same(found)


def test_an_inserted_step_changes_no_other() -> None:
    """Steps without ids that move down are still themselves."""
    found = told("  - {wait: 1h}\n" + BASE)
    assert [step["does"] for step in found["steps"]["added"]] == ["wait 1h"]
    assert (found["steps"]["removed"], found["steps"]["changed"]) == ([], [])


BLOCKS = """\
  - wait: 1d
  - wait: 2d
  - choose:
      - when: input.amount > 1
        steps: [{wait: 3d}, {wait: 4d}]
  - try: [{wait: 5d}]
    catch: [{steps: [{wait: 6d}]}]
  - for_each: [1]
    as: one
    steps: [{wait: 7d}]
"""
ADDED = {
    "a step": "  - wait: 9d\n",
    "a block of the same kind": "  - choose: [{when: input.amount > 5, steps: [{wait: 8d}]}]\n",
    "another loop": "  - {for_each: [2], as: one, steps: [{wait: 7d}]}\n",
    "another try": "  - {try: [{wait: 8d}], catch: [{steps: [{wait: 6d}]}]}\n",
}


@pytest.mark.parametrize("added", ADDED.values(), ids=ADDED)
def test_what_is_inserted_before_blocks_without_ids_is_all_that_is_new(added: str) -> None:
    """The steps inside them are still themselves."""
    found = differences(plan(BLOCKS), plan(added + BLOCKS))["steps"]
    assert {step["path"].partition(".")[0] for step in found["added"]} == {"steps[0]"}
    assert (found["removed"], found["changed"]) == ([], [])
    found = differences(plan(added + BLOCKS), plan(BLOCKS))["steps"]
    assert {step["path"].partition(".")[0] for step in found["removed"]} == {"steps[0]"}
    assert (found["added"], found["changed"]) == ([], [])


def test_a_change_beside_an_insertion_is_found_where_it_is() -> None:
    """Of steps that are equally alike the one between the same neighbours is the one that changed."""
    changed = BLOCKS.replace("wait: 2d", "wait: 10d").replace("amount > 1", "amount > 2")
    steps = differences(plan(BLOCKS), plan(ADDED["a step"] + ADDED["a block of the same kind"] + changed))
    found = [(step["path"], step["changes"][0]["old"]) for step in steps["steps"]["changed"]]
    assert found == [("steps[3]", "2d"), ("steps[4]", ["input.amount > 1"])]
    assert steps["steps"]["removed"] == []


def test_a_branch_that_is_inserted_leaves_the_others_alone() -> None:
    """Branches are known by their conditions."""
    branch = "      - when: input.amount > 7\n        steps: [{wait: 8d}]\n      - when: input.amount > 1\n"
    found = told_of(BLOCKS.replace("      - when: input.amount > 1\n", branch))
    assert [step["path"] for step in found["added"]] == ["steps[2].choose[0].steps[0]"]
    assert (found["removed"], [step["path"] for step in found["changed"]]) == ([], ["steps[2]"])


def told_of(steps: str) -> Any:
    """What became of the steps of `BLOCKS`."""
    return differences(plan(BLOCKS), plan(steps))["steps"]


def test_a_removed_step_is_named_by_its_path_when_it_has_no_id() -> None:
    """So that it can be found in the old file."""
    found = told(BASE.replace("  - {title: Pause, wait: 2d}\n", ""))
    assert found["steps"]["removed"] == [{"id": None, "path": "steps[1]", "kind": "wait", "does": "wait 2d"}]
    assert (found["steps"]["added"], found["steps"]["changed"]) == ([], [])


def test_a_step_without_id_is_known_by_its_title() -> None:
    """Its content may change."""
    found = told("  - {wait: 1h}\n" + BASE.replace("wait: 2d", "wait: 9d"))
    [changed] = found["steps"]["changed"]
    assert (changed["path"], changed["changes"]) == ("steps[2]", [{"key": "wait", "old": "2d", "new": "9d"}])


def test_another_condition_of_a_branch_is_a_change_of_its_step() -> None:
    """The steps inside stay themselves."""
    found = told(BASE.replace("input.amount > 1", "input.amount > 2"))
    [changed] = found["steps"]["changed"]
    assert changed["id"] == "pick"
    assert changed["changes"] == [
        {"key": "choose", "old": ["input.amount > 1", "otherwise"], "new": ["input.amount > 2", "otherwise"]}
    ]


def test_a_step_that_moved_into_a_block_is_changed_and_not_new() -> None:
    """Its id is its name."""
    moved = BASE.replace("  - {id: first, wait: 1d}\n", "").replace(
        "[{wait: 5d}]", "[{id: first, wait: 1d}, {wait: 5d}]"
    )
    [changed] = told(moved)["steps"]["changed"]
    assert (changed["id"], changed["changes"]) == (
        "first",
        [{"key": "inside", "old": "/steps", "new": "pick/steps"}],
    )


@pytest.mark.parametrize(
    ("part", "old", "new", "change"),
    [
        (
            "input",
            "note: {type: string}",
            "note: {type: integer}",
            {"key": "properties.note.type", "old": "string", "new": "integer"},
        ),
        (
            "input",
            "[portfolio_id]",
            "[portfolio_id, note]",
            {"key": "required", "old": ["portfolio_id"], "new": ["portfolio_id", "note"]},
        ),
        (
            "signals",
            "amount: {type: number, format: money}",
            "amount: {type: number}",
            {"key": "deposit_received.properties.amount.format", "old": "money", "new": None},
        ),
        ("top", "version: 3", "version: 4", {"key": "version", "old": 3, "new": 4}),
        ("top", "hold: 1d", "hold: 2d", {"key": "on_failure.duration", "old": "1d", "new": "2d"}),
    ],
)
def test_what_surrounds_the_steps_is_compared_too(part: str, old: str, new: str, change: Any) -> None:
    """Input, signals and the keys at the top."""
    before = release(GOOD).plans["rebalancing"]["document"]
    after = release(GOOD.replace(old, new)).plans["rebalancing"]["document"]
    found = differences(before, after)
    assert found[part] == [change]
    assert not any(found["steps"].values())


def test_a_new_trigger_is_said() -> None:
    """With all that it says."""
    trigger = "triggers: [{event: drift_exceeded, input: {id: a, amount: 1, ids: []}}]\n"
    found = told(BASE, dedent(trigger))
    assert [change["key"] for change in found["triggers"]] == ["1"]
    assert found["triggers"][0]["old"] is None
    assert found["triggers"][0]["new"]["event"] == "drift_exceeded"
