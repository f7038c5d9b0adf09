"""The agents by name, and what each must be able to do."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engines.agents.alpha import Alpha
from engines.agents.beta import Beta
from engines.agents.delta import Delta
from engines.agents.environment import Lengths
from engines.agents.errors import UnknownAgent
from engines.agents.experience import Experience
from engines.agents.gamma import Gamma
from engines.agents.task import PodTask, Situation

Floats = NDArray[np.float64]


class Agent(Protocol):
    """A learner. All that it knows is in `state`, arrays by name, so that it can stop and go on."""

    name: str
    algorithm: str
    sessions: int
    """Sessions of one period."""
    lengths: Lengths

    def __init__(self, task: PodTask, source: Experience, rounds: int) -> None:
        """Will be asked for so many rounds."""

    def start(self, rng: np.random.Generator) -> dict[str, Floats]:
        """The state before the first round."""

    def learn(self, state: dict[str, Floats], rng: np.random.Generator) -> float:
        """One round, which changes `state` in place; its mean reward."""

    @staticmethod
    def policy(state: Mapping[str, Floats]) -> dict[str, Floats]:
        """What is needed of the state to decide."""

    @staticmethod
    def choose(policy: Mapping[str, Floats], situation: Situation) -> Floats | None:
        """An allowed allocation; None when the policy knows none of them."""


AGENTS: Mapping[str, type[Agent]] = {agent.name: agent for agent in (Alpha, Beta, Gamma, Delta)}


def agent_named(name: str) -> type[Agent]:
    """The agent of that name; UnknownAgent names those there are."""
    if name not in AGENTS:
        raise UnknownAgent(f"there is no agent {name}; there are {', '.join(AGENTS)}", "agent")
    return AGENTS[name]
