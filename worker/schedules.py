"""The schedules of the newest release, and Temporal's: what differs, and making them the same."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleBackfill,
    ScheduleDescription,
    ScheduleHandle,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from dsl.near import listed, nearest
from worker.errors import UnknownId
from worker.release_check import newest_document
from worker.rpc import named_errors
from worker.schedule_specs import MEMO, WantedSchedule, prefix, wanted_schedules
from worker.settings import Settings

SHOWN_TIMES = 3


async def plan(client: Client, settings: Settings) -> list[dict[str, Any]]:
    """What `apply` would do to each schedule: create, update, delete, or leave it unchanged."""
    return [change.as_row() for change in await _changes(client, settings)]


async def apply(client: Client, settings: Settings) -> list[dict[str, Any]]:
    """Make Temporal's schedules those of the newest release; what was done to each.

    A schedule that is paused stays so. Done twice, the second time changes nothing.
    """
    changes = await _changes(client, settings)
    for change in changes:
        handle = client.get_schedule_handle(change.id)
        with named_errors(change.id):
            match change.kind:
                case "create":
                    await _create(client, change)
                case "update":
                    await handle.update(_updated(_of(change)))
                case "delete":
                    await _delete(handle)
    return [change.as_row() for change in changes]


async def list_schedules(client: Client, settings: Settings) -> list[dict[str, Any]]:
    """Every schedule of the newest release as Temporal has it, those that are not applied yet included."""
    rows = []
    for id, wanted in _wanted(settings).items():
        found = await _described(client, id)
        rows.append({**_about(wanted), "applied": found is not None, **_standing(found)})
    return rows


async def next_times(client: Client, id: str) -> list[datetime] | None:
    """When a schedule fires next; None when Temporal does not have it."""
    found = await _described(client, id)
    return None if found is None else list(found.info.next_action_times[:SHOWN_TIMES])


async def pause(client: Client, settings: Settings, id: str, by: str) -> dict[str, Any]:
    """Let a schedule start nothing until it is resumed."""
    return await _control(client, settings, id, lambda handle: handle.pause(note=f"paused by {by}"))


async def resume(client: Client, settings: Settings, id: str, by: str) -> dict[str, Any]:
    """Let a paused schedule go on; what it missed is not made up for."""
    return await _control(client, settings, id, lambda handle: handle.unpause(note=f"resumed by {by}"))


async def trigger(client: Client, settings: Settings, id: str) -> dict[str, Any]:
    """Let a schedule fire now, paused or not."""
    return await _control(client, settings, id, lambda handle: handle.trigger())


async def backfill(
    client: Client, settings: Settings, id: str, start: datetime, end: datetime
) -> dict[str, Any]:
    """Let a schedule fire for every time between two moments, as if it had been there."""
    span = ScheduleBackfill(start_at=start, end_at=end)
    return await _control(client, settings, id, lambda handle: handle.backfill(span))


class _Change:
    """One schedule, and what has to be done to it."""

    def __init__(self, id: str, kind: str, wanted: WantedSchedule | None) -> None:
        self.id = id
        self.kind = kind
        self.wanted = wanted

    def as_row(self) -> dict[str, Any]:
        about = {"id": self.id} if self.wanted is None else _about(self.wanted)
        return {**about, "change": self.kind}


async def _changes(client: Client, settings: Settings) -> list[_Change]:
    wanted = _wanted(settings)
    changes = [_Change(id, await _kind(client, one), one) for id, one in wanted.items()]
    gone = [id for id in await _ids(client, settings) if id not in wanted]
    return changes + [_Change(id, "delete", None) for id in sorted(gone)]


async def _kind(client: Client, wanted: WantedSchedule) -> str:
    found = await _described(client, wanted.id)
    if found is None:
        return "create"
    return "unchanged" if await _digest(client, found) == wanted.digest else "update"


async def _digest(client: Client, found: ScheduleDescription) -> Any:
    """The digest of what the schedule was made from; None for one that somebody else made."""
    action = found.schedule.action
    kept = action.memo.get(MEMO) if isinstance(action, ScheduleActionStartWorkflow) and action.memo else None
    if isinstance(kept, Payload):
        [kept] = await client.data_converter.decode([kept])
    return kept


async def _create(client: Client, change: _Change) -> None:
    try:
        await client.create_schedule(change.id, _of(change).schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(change.id).update(_updated(_of(change)))


async def _delete(handle: ScheduleHandle) -> None:
    """Gone is gone: the list of schedules lags a little behind."""
    try:
        await handle.delete()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


def _of(change: _Change) -> WantedSchedule:
    assert change.wanted is not None  # only what is to be deleted is wanted by nobody
    return change.wanted


def _updated(wanted: WantedSchedule) -> Callable[[ScheduleUpdateInput], ScheduleUpdate]:
    def update(found: ScheduleUpdateInput) -> ScheduleUpdate:
        asked = wanted.schedule
        state = found.description.schedule.state
        return ScheduleUpdate(Schedule(asked.action, spec=asked.spec, policy=asked.policy, state=state))

    return update


async def _described(client: Client, id: str) -> ScheduleDescription | None:
    try:
        return await client.get_schedule_handle(id).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        with named_errors(id):
            raise


async def _ids(client: Client, settings: Settings) -> list[str]:
    with named_errors():
        found = [schedule.id async for schedule in await client.list_schedules()]
    return [id for id in found if id.startswith(prefix(settings.tenant))]


async def _control(
    client: Client, settings: Settings, id: str, act: Callable[[ScheduleHandle], Awaitable[None]]
) -> dict[str, Any]:
    """Do something to a schedule, given by its id or by the workflow that has only one."""
    known = list(_wanted(settings))
    of_workflow = [one for one in known if one.rpartition(":")[0] == f"{prefix(settings.tenant)}{id}"]
    chosen = of_workflow[0] if len(of_workflow) == 1 else id
    found = await _described(client, chosen)
    if found is None:
        near = nearest(chosen, known)
        hint = f"did you mean {near}?" if near else f"there are: {listed(known) or 'none'}"
        if chosen in known:
            hint = "`kronos schedules apply` makes it"
        raise UnknownId(f"there is no schedule {chosen}; {hint}", name="UnknownSchedule")
    with named_errors(chosen):
        await act(client.get_schedule_handle(chosen))
    return {"id": chosen, **_standing(await _described(client, chosen))}


def _wanted(settings: Settings) -> dict[str, WantedSchedule]:
    return wanted_schedules(newest_document(settings), settings.tenant, datetime.now(UTC).date())


def _about(wanted: WantedSchedule) -> dict[str, Any]:
    rule = wanted.rule
    return {
        "id": wanted.id,
        "workflow": wanted.workflow,
        "schedule": rule.schedule,
        "timezone": rule.timezone,
        "calendar": rule.calendar,
        "holidays_until": wanted.holidays_until,
        "overlap": rule.overlap,
        "each": "portfolio" if rule.each else None,
    }


def _standing(found: ScheduleDescription | None) -> dict[str, Any]:
    if found is None:
        return {"paused": None, "note": None, "next": [], "runs": 0}
    return {
        "paused": found.schedule.state.paused,
        "note": found.schedule.state.note,
        "next": list(found.info.next_action_times[:SHOWN_TIMES]),
        "runs": found.info.num_actions,
    }
