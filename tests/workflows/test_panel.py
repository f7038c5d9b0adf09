"""What the web UI shows of a run: its top-level steps, ticked off."""

from typing import Any

from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowHandle

from tests.support.interpreting import House, call, echo, fails, plan, start, until, working


async def shown(handle: WorkflowHandle[Any, Any]) -> list[str]:
    """The panel's lines, as the web UI asks for them."""
    answer: WorkflowMetadata = await handle.query(
        "__temporal_workflow_metadata", result_type=WorkflowMetadata
    )
    return answer.current_details.splitlines()


async def test_the_panel_says_where_a_run_is(client: Client) -> None:
    """Done, skipped, waiting inside of a step, and still to come; then all of it done."""
    inner = {"kind": "receive", "receive": ["go"]}
    house = House(
        {
            "trial": plan(
                call("first", title="Read ${ input.name }"),
                {"kind": "set", "set": {"a": 1}, "when": "1 > 2"},
                {"kind": "choose", "choose": [{"steps": [inner, {"kind": "set", "set": {"b": 2}}]}]},
                call("last"),
                signals={"go": {"type": "object"}},
                input={"type": "object", "properties": {"name": {"type": "string"}}},
            )
        },
        {"portfolio.read": echo},
    )
    async with working(client, house, replayed=True):
        run = await start(client, given={"name": "P-1"})
        await until(run, lambda status: status["waits_for"] == "go")
        assert await shown(run) == [
            "**A trial**",
            "",
            "Waits for: go",
            "",
            "- ☑ Read P-1",
            "- · set",
            "- ▶ choose",
            "- ☐ last",
        ]
        await run.signal("go", {})
        await run.result()
        assert (await shown(run))[2:] == ["- ☑ Read P-1", "- · set", "- ☑ choose", "- ☑ last"]


async def test_the_panel_says_what_failed_and_what_was_undone(client: Client) -> None:
    """The step that failed, and those before it whose effects were taken back."""
    steps = (call("first", undo="orders.cancel_open"), call("second", "orders.submit"), call("third"))
    house = House(
        {"trial": plan(*steps)},
        {"portfolio.read": echo, "orders.cancel_open": echo, "orders.submit": fails("Broken")},
    )
    async with working(client, house, replayed=True):
        run = await start(client)
        await until(run, lambda status: status["state"] == "failed")
        assert (await shown(run))[2:] == ["- ↩ first", "- ✗ second", "- ☐ third"]
