"""Gamma: a deep Q-network with replay and a target network, over moves on the grid.

    Q(x, m) → r + discount·max Q̄(x', m')        (Mnih et al. 2015; Q̄ is the target network)

A move takes one step of the grid from one ETF to another, or none. Its reward is what it changes in
the period's differential Sharpe ratio, so that the rewards of a chain of moves add up to the whole
improvement; a decision is a chain of moves until standing still is best.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engines.agents.environment import Environment, Lengths
from engines.agents.experience import Experience
from engines.agents.gaussian import part, put
from engines.agents.grid import moves, numbered
from engines.agents.network import Parameters, backward, climb, forward, new_moments, new_network
from engines.agents.task import PodTask, Situation, nearest_row

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

HIDDEN = 64
DISCOUNT = 0.7
CAPACITY = 32768
BATCH = 256
STEPS_A_ROUND = 12
"""Steps of every episode in one round: the length of an episode."""
UPDATES_A_STEP = 2
TARGET_EVERY = 10
"""Rounds after which the target network takes over what has been learned."""
FIRST_RATE, LAST_RATE = 3e-3, 2e-4
FIRST_CURIOSITY, LAST_CURIOSITY = 1.0, 0.2
REWARD_SCALE = 10.0
LONGEST_CHAIN = 60


class Gamma:
    """Learns a network from weights to the value of each move."""

    name = "Gamma"
    algorithm = "dqn"
    sessions = 252
    lengths = Lengths(episodes=64, periods=STEPS_A_ROUND, block=1)

    def __init__(self, task: PodTask, source: Experience, rounds: int) -> None:
        self._rounds = rounds
        self._task = task
        self._environment = Environment(task, source, self.lengths)
        self._lowest = np.rint(task.lowest * task.steps).astype(np.int64)
        self._highest = np.rint(task.highest * task.steps).astype(np.int64)

    def start(self, rng: np.random.Generator) -> dict[str, Floats]:
        """Every move is worth nothing yet; the memory is empty."""
        size, table = self._task.size, moves(self._task.size)
        network = new_network(rng, size, HIDDEN, len(table))
        state: dict[str, Floats] = {
            "round": np.zeros(1),
            "kept": np.zeros(1),
            "memory": np.zeros((CAPACITY, 2 * size + 2)),
            "steps": np.array([float(self._task.steps)]),
        }
        put(state, "online", network)
        put(state, "target", {name: array.copy() for name, array in network.items()})
        put(state, "online_moments", new_moments(network))
        return state

    def learn(self, state: dict[str, Floats], rng: np.random.Generator) -> float:
        """One batch of episodes with updates after each step; the mean reward of the moves."""
        done = float(state["round"][0]) / self._rounds
        online, moments = part(state, "online"), part(state, "online_moments")
        target = part(state, "target")
        world, over = self._environment, False
        world.reset(rng)
        counts = self._anywhere(rng)
        rewards = []
        while not over:
            curiosity = FIRST_CURIOSITY + (LAST_CURIOSITY - FIRST_CURIOSITY) * done
            before = observed(counts / self._task.steps)
            move = self._act(online, before, counts, curiosity, rng)
            reward, counts, over = self._moved(counts, move)
            rewards.append(reward)
            after = observed(counts / self._task.steps)
            self._remember(state, before, move, reward, after)
            for _ in range(UPDATES_A_STEP):
                rate = FIRST_RATE * (LAST_RATE / FIRST_RATE) ** done
                climb(online, moments, self._gradient(state, online, target, rng), rate)
        state["round"] += 1
        if int(state["round"][0]) % TARGET_EVERY == 0:
            put(state, "target", {name: array.copy() for name, array in online.items()})
        return float(np.mean(rewards))

    def _anywhere(self, rng: np.random.Generator) -> Counts:
        """Each episode starts with an allocation drawn from the grid."""
        rows = self._task.allocations
        drawn = rows[rng.integers(0, len(rows), self.lengths.episodes)]
        self._environment.held = drawn.copy()
        return np.rint(drawn * self._task.steps).astype(np.int64)

    def _act(
        self, online: Parameters, before: Floats, counts: Counts, curiosity: float, rng: np.random.Generator
    ) -> Counts:
        possible = self._possible(counts)
        values, _ = forward(online, before)
        best = np.argmax(np.where(possible, values, -np.inf), axis=1)
        tried = np.argmax(np.where(possible, rng.random(values.shape), -1.0), axis=1)
        move: Counts = np.where(rng.random(len(best)) < curiosity, tried, best)
        return move

    def _moved(self, counts: Counts, move: Counts) -> tuple[Floats, Counts, bool]:
        """What each move changed, net of its cost, the counts after it, and whether episodes are over."""
        world, steps = self._environment, self._task.steps
        staying = world.appraise(counts / steps) - world.cost(world.held, counts / steps)
        after = counts + moves(self._task.size)[move]
        reward, over = world.step(after / steps)
        return reward - staying, after, over

    def _possible(self, counts: Counts) -> NDArray[np.bool_]:
        """Which moves stay within each ETF's bounds."""
        after = counts[:, None, :] + moves(self._task.size)
        within = (after >= self._lowest) & (after <= self._highest)
        return np.asarray(within.all(axis=2))

    def _remember(
        self, state: dict[str, Floats], before: Floats, move: Counts, reward: Floats, after: Floats
    ) -> None:
        kept = int(state["kept"][0])
        places = (kept + np.arange(len(move))) % CAPACITY
        state["memory"][places] = np.column_stack([before, move, reward * REWARD_SCALE, after])
        state["kept"] += len(move)

    def _gradient(
        self, state: Mapping[str, Floats], online: Parameters, target: Parameters, rng: np.random.Generator
    ) -> Parameters:
        """The way that lessens the squared error of values, on transitions drawn from the memory."""
        size = self._task.size
        filled = min(int(state["kept"][0]), CAPACITY)
        drawn = state["memory"][rng.integers(0, filled, BATCH)]
        before, after = drawn[:, :size], drawn[:, size + 2 :]
        move, reward = drawn[:, size].astype(np.int64), drawn[:, size + 1]
        counts = np.rint(after * self._task.steps / WEIGHT_SCALE).astype(np.int64)
        ahead = np.where(self._possible(counts), forward(target, after)[0], -np.inf).max(axis=1)
        return value_gradient(online, before, move, reward + DISCOUNT * ahead)

    @staticmethod
    def policy(state: Mapping[str, Floats]) -> dict[str, Floats]:
        """The network, and how fine its grid is."""
        return {**part(state, "online"), "steps": state["steps"]}

    @staticmethod
    def choose(policy: Mapping[str, Floats], situation: Situation) -> Floats | None:
        """Where moves among the allowed allocations come to rest, from what is held or equal weights."""
        steps = int(policy["steps"][0])
        size = situation.allowed.shape[1]
        begin = np.full(size, 1 / size) if situation.held is None else situation.held
        counts = np.rint(nearest_row(situation.allowed, begin) * steps).astype(np.int64)
        allowed = set(numbered(situation.allowed, steps).tolist())
        base = (steps + 1) ** np.arange(size, dtype=np.int64)
        been = {int(counts @ base)}
        for _ in range(LONGEST_CHAIN):
            after = counts + moves(size)
            possible = (after >= 0).all(axis=1) & np.array([int(row @ base) in allowed for row in after])
            values, _ = forward(policy, observed(counts[None, :] / steps))
            best = int(np.argmax(np.where(possible, values[0], -np.inf)))
            number = int(after[best] @ base)
            if number in been:
                break  # standing still is best, or the chain has closed
            been.add(number)
            counts = after[best]
        return counts / steps


WEIGHT_SCALE = 5.0


def observed(weights: Floats) -> Floats:
    """What the network sees: weights, of about unit size."""
    return WEIGHT_SCALE * weights


def value_gradient(network: Parameters, before: Floats, move: Counts, wanted: Floats) -> Parameters:
    """-∇ of the mean of ½·(Q(x, m) - wanted)², only through the value of the move that was made."""
    values, hidden = forward(network, before)
    rows = np.arange(len(move))
    towards = np.zeros_like(values)
    towards[rows, move] = (wanted - values[rows, move]) / len(move)
    return backward(network, before, hidden, towards)
