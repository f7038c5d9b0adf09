"""Trained policies as pods.optimize asks them: looked up by what they were trained on, decoded once."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from activities.agent_lessons import question_of
from activities.context import Context
from adapters.market.snapshot import Snapshot
from engines.agents.roster import agent_named
from engines.agents.task import Situation
from engines.agents.training import unpacked
from payloads.files.agents import AgentsFile

Floats = NDArray[np.float64]
KEPT_IN_MEMORY = 64


@dataclass(frozen=True, slots=True)
class Learned:
    """A policy and what is known of it."""

    digest: str
    agent: str
    algorithm: str
    confidence: float
    policy: Mapping[str, Floats]

    def choose(self, situation: Situation) -> Floats | None:
        """What the agent would hold; None when it knows none of the allowed allocations."""
        return agent_named(self.agent).choose(self.policy, situation)


def policy_for(pod: str, snapshot: Snapshot, seed: int, context: Context) -> Learned | None:
    """The policy trained for this pod, snapshot and settings: of this seed, else of the lowest; or None."""
    if context.services is None:
        return None
    from store import policies  # without a database nothing of it is imported

    try:
        context.catalogue.read("agents", AgentsFile)
    except LookupError:
        return None  # a release from before there were agents
    tenant = context.call.tenant
    with context.services.database.reading() as tx:
        digest = policies.answering(tx, tenant, question_of(pod, snapshot, context), seed)
        if digest is None:
            return None
        found = _CACHE.get((tenant, digest))
        if found is None:
            row = policies.load(tx, tenant, digest)
            assert row is not None  # policies are never deleted
            confidence = float(row.report["agent_confidence"])
            found = Learned(digest, row.agent, row.algorithm, confidence, unpacked(row.content))
            _CACHE.keep((tenant, digest), found)
    return found


class _Cache:
    """Decoded policies, the least used forgotten first. Content never changes under its digest."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Learned] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[str, str]) -> Learned | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: tuple[str, str], learned: Learned) -> None:
        with self._lock:
            self._kept[key] = learned
            while len(self._kept) > KEPT_IN_MEMORY:
                self._kept.popitem(last=False)


_CACHE = _Cache()
