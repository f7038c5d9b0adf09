"""Delta: A3C, several actor-learners that share a policy and a value.

    policy: ∇ ln π(z | x)·(Σ d^k·r_k + d^n·V(x_n) - V(x_0))       value: towards the same sum
                                                                  (Mnih et al. 2016; d is the discount)

Each actor-learner has its own environment and its own copy of the parameters, which is out of date
by as many steps as others took since. Real threads would learn something else each time: here a
scheduler drawn from the seed says whose turn it is, and the same seed gives the same policy.

From the reward goes what the policy without noise would have earned in the same period, less its
mean: that is the market's luck, which does not depend on the draw (a control variate).
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
from engines.agents.network import Parameters, backward, climb, forward, new_moments, new_network
from engines.agents.task import PodTask, Situation

Floats = NDArray[np.float64]
HIDDEN = 16
ACTORS = 4
TURNS_A_ROUND = 4
DISCOUNT = 0.5
FIRST_NOISE, LAST_NOISE = 0.6, 0.15
FIRST_RATE, LAST_RATE = 0.0025, 0.0005
"""Excess returns tell little at a time: faster steps run into a corner before the better one is known."""
VALUE_RATE = 0.01
LUCK_MEMORY = 0.1


class Delta:
    """Learns a stochastic policy over ETFs and a value of the situation."""

    name = "Delta"
    algorithm = "a3c"
    sessions = 21
    lengths = Lengths(episodes=160, periods=6, block=3)

    def __init__(self, task: PodTask, source: Experience, rounds: int) -> None:
        self._rounds = rounds
        self._task = task
        self._worlds = [Environment(task, source, self.lengths) for _ in range(ACTORS)]

    def start(self, rng: np.random.Generator) -> dict[str, Floats]:
        """No preferences, values of zero, and a copy of both for each actor-learner."""
        actor = new_network(rng, FEATURES, HIDDEN, self._task.size)
        critic = new_network(rng, FEATURES, HIDDEN, 1)
        state: dict[str, Floats] = {"round": np.zeros(1), "mean_reward": np.zeros(1)}
        for name, network in (("actor", actor), ("critic", critic)):
            put(state, name, network)
            put(state, f"{name}_moments", new_moments(network))
            for number in range(ACTORS):
                put(state, f"{name}_{number}", {key: array.copy() for key, array in network.items()})
        return state

    def learn(self, state: dict[str, Floats], rng: np.random.Generator) -> float:
        """A few turns of actor-learners, as the scheduler draws them; their mean reward."""
        rewards = [self._turn(state, int(rng.integers(ACTORS)), rng) for _ in range(TURNS_A_ROUND)]
        state["round"] += 1
        return float(np.mean(rewards))

    def _turn(self, state: dict[str, Floats], number: int, rng: np.random.Generator) -> float:
        """One actor-learner lives with its old copy, changes what is shared, and takes a new copy."""
        done = float(state["round"][0]) / self._rounds
        up, value, reward = self._gradients(state, number, between(FIRST_NOISE, LAST_NOISE, done), rng)
        rates = {"actor": between(FIRST_RATE, LAST_RATE, done), "critic": VALUE_RATE}
        for name, gradient in (("actor", up), ("critic", value)):
            shared = part(state, name)
            climb(shared, part(state, f"{name}_moments"), gradient, rates[name])
            put(state, f"{name}_{number}", {key: array.copy() for key, array in shared.items()})
        return reward

    def _gradients(
        self, state: dict[str, Floats], number: int, deviation: float, rng: np.random.Generator
    ) -> tuple[Parameters, Parameters, float]:
        """Both gradients by an actor-learner's own copy, and the mean reward without noise."""
        actor, critic = part(state, f"actor_{number}"), part(state, f"critic_{number}")
        world, task, over = self._worlds[number], self._task, False
        world.reset(rng)
        inputs, noises, net, plain = [], [], [], []
        while not over:
            inputs.append(seen(world))
            outputs, _ = forward(actor, inputs[-1])
            noises.append(rng.standard_normal(outputs.shape))
            plain.append(world.appraise(weights_of(outputs, task.lowest, task.highest)))
            tried = weights_of(outputs + deviation * noises[-1], task.lowest, task.highest)
            reward, over = world.step(tried)
            net.append(reward)
        mean = float(np.mean(plain))
        state["mean_reward"] += LUCK_MEMORY * (mean - state["mean_reward"])
        calm = [earned - luck + state["mean_reward"][0] for earned, luck in zip(net, plain, strict=True)]
        ahead = forward(critic, seen(world))[0][:, 0]
        returns = n_step_returns(np.array(calm), ahead)
        x, z = np.concatenate(inputs), np.concatenate(noises)
        value, hidden = forward(critic, x)
        error = returns.ravel() - value[:, 0]
        down = backward(critic, x, hidden, error[:, None] / len(x))
        up = policy_gradient(actor, x, forward(actor, x)[1], z, deviation, error)
        return up, down, mean

    @staticmethod
    def policy(state: Mapping[str, Floats]) -> dict[str, Floats]:
        """The shared policy; the value was needed to learn it."""
        return dict(part(state, "actor"))

    @staticmethod
    def choose(policy: Mapping[str, Floats], situation: Situation) -> Floats | None:
        """The allowed allocation nearest to what the policy prefers."""
        return preferred(policy, situation)


def n_step_returns(rewards: Floats, ahead: Floats) -> Floats:
    """Σ d^k·r_k + d^n·V(x_n) from each step to the last; rows are steps, columns episodes."""
    returns, following = np.empty_like(rewards), ahead
    for step in range(len(rewards) - 1, -1, -1):
        following = returns[step] = rewards[step] + DISCOUNT * following
    return returns
