"""Training on a worker of the compute role: a Temporal server, a worker that dies, another that goes on."""

import asyncio
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHandle

from activities.agents import CHECKPOINTS
from store import policies
from store.tables import Policy
from tests.support.servers import Kronos, kill_group
from tests.support.town import PROJECT, Town, town
from worker import agents
from worker.connection import connect
from worker.services import opened
from worker.settings import Settings

ROUNDS = 500
CHECKPOINT, KILLED_AT = "agents.after_checkpoint", 7
PATIENCE = 60.0
LEARNING = """\
workflow: learning
version: 1
summary: Train the agent of a pod
input:
  type: object
  required: [pod, seed]
  properties:
    pod: {type: string, minLength: 1, maxLength: 80}
    seed: {type: integer, minimum: 0}
steps:
  - id: trained
    title: Train
    call: agents.train
    with: {pod: "${ input.pod }", seed: "${ input.seed }"}
    timeout: 10m
output: {digest: "${ steps.trained.policy_digest }"}
"""


def with_training(folder: Path) -> Path:
    """The project's definitions with one that trains, of enough rounds to be killed in."""
    shutil.copytree(PROJECT / "definitions", folder)
    (folder / "workflows" / "learning.yaml").write_text(LEARNING)
    settings = folder / "catalogue" / "agents.yaml"
    settings.write_text(settings.read_text().replace("Beta: 250", f"Beta: {ROUNDS}"))
    return folder


@contextmanager
def worker(place: Town, role: str, failpoints: str = "") -> Iterator["subprocess.Popen[bytes]"]:
    """A worker of one role in a process group of its own, which may kill itself at a failpoint."""
    environment = {
        "KRONOS_DATA": str(place.settings.data),
        "KRONOS_DEFINITIONS": str(place.settings.definitions),
        "KRONOS_TEST": "1",
        "KRONOS_FAILPOINTS": failpoints,
    }
    log = place.settings.data / f"{role}.log"
    started = Kronos(environment).begin("worker", "--role", role, "--address", place.server.address, log=log)
    try:
        yield started
    finally:
        kill_group(started)


def undisturbed(place: Town, folder: Path) -> Policy:
    """What a training that nobody stops makes of the same question, in an installation of its own."""
    shutil.copytree(place.settings.data, folder, ignore=shutil.ignore_patterns("temporal*", "*.log"))
    settings = replace(place.settings, data=folder)
    report = agents.train(settings, "POD2", snapshot=None, seed=7, tell=lambda *_: None)
    return kept(settings, report["policy_digest"])


def kept(settings: Settings, digest: str) -> Policy:
    """The stored policy; there must be one."""
    with opened(settings) as services, services.database.reading() as tx:
        found = policies.load(tx, settings.tenant, digest)
        assert found is not None
        assert policies.load_checkpoint(tx, settings.tenant, digest) is None
        return found


async def last_heartbeat(client: Client, run: WorkflowHandle[Any, Any]) -> list[Any]:
    """What the training under way said last."""
    [pending] = (await run.describe()).raw_description.pending_activities
    return await client.data_converter.decode(pending.heartbeat_details.payloads)


async def test_a_training_whose_worker_is_killed_ends_with_the_same_policy(tmp_path: Path) -> None:
    """Its heartbeats say how far it is; the next worker learns what is left, and the same bytes."""
    with town(tmp_path / "data", with_training(tmp_path / "definitions"), reviewed=False) as place:
        client = await connect(place.settings)
        with worker(place, "workflows"):
            with worker(place, "compute", f"{CHECKPOINT}:kill@{KILLED_AT}") as first:
                run = await client.start_workflow(
                    "learning", {"pod": "POD2", "seed": 7}, id="learning", task_queue="kronos"
                )
                assert await asyncio.to_thread(first.wait, PATIENCE) == -signal.SIGKILL
            agent, done, rounds = await last_heartbeat(client, run)
            assert (agent, rounds) == ("Beta", ROUNDS)
            assert 0 < done <= KILLED_AT * ROUNDS // CHECKPOINTS
            # Who began anew would write as many checkpoints again, and die of it.
            with worker(place, "compute", f"{CHECKPOINT}:kill@{KILLED_AT}") as second:
                expected = await asyncio.to_thread(undisturbed, place, tmp_path / "whole")
                answer = await asyncio.wait_for(run.result(), PATIENCE)
                assert second.poll() is None
    found = kept(place.settings, answer["digest"])
    assert (found.digest, found.content, found.report) == (expected.digest, expected.content, expected.report)
