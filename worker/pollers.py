"""Who polls a task queue, and with which payload key."""

import time
from dataclasses import dataclass

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from store.keyring import read_keyring
from worker.errors import Refused
from worker.identity import key_of
from worker.rpc import named_errors
from worker.settings import Settings

# A poll lasts a minute; a worker that was not heard of for longer has gone.
RECENT_SECONDS = 75.0


@dataclass(frozen=True, slots=True)
class Poller:
    """One worker process on a queue; `key` is None for a worker that is not ours."""

    identity: str
    key: str | None


async def pollers(client: Client, queue: str) -> list[Poller]:
    """The workers that asked for workflow tasks of `queue` lately; empty when there are none."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    with named_errors():
        answer = await client.workflow_service.describe_task_queue(request)
    oldest = time.time() - RECENT_SECONDS
    return [
        Poller(found.identity, key_of(found.identity))
        for found in answer.pollers
        if found.last_access_time.ToSeconds() >= oldest
    ]


async def refuse_other_key(client: Client, settings: Settings, queue: str) -> None:
    """Refuse when there are workers and none of them could read what this client encrypts.

    Without any worker the run may wait for one that can.
    """
    ours = read_keyring(settings.keys_file).active
    theirs = {poller.key for poller in await pollers(client, queue) if poller.key is not None}
    if theirs and ours not in theirs:
        raise Refused(
            f"the workers hold payload key {', '.join(sorted(theirs))}, this command {ours} (from "
            f"{settings.keys_file}); use their keys with --data DIR or KRONOS_KEYS",
            name="OtherKey",
        )
