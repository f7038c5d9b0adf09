"""Beta: REINFORCE with a baseline, on a softmax policy over the ETFs.

    ∇J = E[(G - b)·∇ ln π(z | x)]        (Williams 1992)

z are preferences drawn around the network's, held for the whole episode; G is the episode's mean
reward. The baseline b is what the policy without noise earns in the same episode: it depends on the
market and not on the draw, so the gradient stays unbiased (Mao et al. 2019, input-dependent baselines).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engines.agents.environment import Environment, Lengths
from engines.agents.experience import Experience
from engines.agents.gaussian import (
    FEATURES,
    between,
    part,
    policy_gradient,
    preferred,
    put,
    seen,
    weights_of,
)
from engines.agents.network import climb, forward, new_moments, new_network
from engines.agents.task import PodTask, Situation

Floats = NDArray[np.float64]
HIDDEN = 16
FIRST_NOISE, LAST_NOISE = 0.4, 0.06
FIRST_RATE, LAST_RATE = 0.03, 0.002


class Beta:
    """Learns a network from client and market to preferences for ETFs."""

    name = "Beta"
    algorithm = "reinforce"
    sessions = 21
    lengths = Lengths(episodes=256, periods=12, block=3)

    def __init__(self, task: PodTask, source: Experience, rounds: int) -> None:
        self._rounds = rounds
        self._task = task
        self._environment = Environment(task, source, self.lengths)

    def start(self, rng: np.random.Generator) -> dict[str, Floats]:
        """A network without preferences."""
        network = new_network(rng, FEATURES, HIDDEN, self._task.size)
        state: dict[str, Floats] = {"round": np.zeros(1)}
        put(state, "actor", network)
        put(state, "actor_moments", new_moments(network))
        return state

    def learn(self, state: dict[str, Floats], rng: np.random.Generator) -> float:
        """One batch of episodes and one step uphill; the mean reward of the policy without noise."""
        done = float(state["round"][0]) / self._rounds
        network, moments = part(state, "actor"), part(state, "actor_moments")
        world = self._environment
        world.reset(rng)
        inputs = seen(world)
        outputs, hidden = forward(network, inputs)
        deviation = between(FIRST_NOISE, LAST_NOISE, done)
        noise = rng.standard_normal(outputs.shape)
        plain = self._lived(outputs)
        tried = self._lived(outputs + deviation * noise)
        gradient = policy_gradient(network, inputs, hidden, noise, deviation, tried - plain)
        climb(network, moments, gradient, between(FIRST_RATE, LAST_RATE, done))
        state["round"] += 1
        return float(plain.mean())

    def _lived(self, outputs: Floats) -> Floats:
        """Each episode's mean reward when its preferences are held from beginning to end."""
        world = self._environment
        weights = weights_of(outputs, self._task.lowest, self._task.highest)
        world.again()
        total, over = np.zeros(len(weights)), False
        while not over:
            reward, over = world.step(weights)
            total += reward
        return total / self.lengths.periods

    @staticmethod
    def policy(state: Mapping[str, Floats]) -> dict[str, Floats]:
        """The network alone."""
        return dict(part(state, "actor"))

    @staticmethod
    def choose(policy: Mapping[str, Floats], situation: Situation) -> Floats | None:
        """The allowed allocation nearest to what the policy prefers."""
        return preferred(policy, situation)
