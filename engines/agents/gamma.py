"""Gamma: a deep Q-network with replay and a target network, over moves on the grid.

    Q(x, m) → r + discount·max Q̄(x', m')        (Mnih et al. 2015; Q̄ is the target network)

A move takes one step of the grid from one ETF to another, or none. Its reward is what it changes in
the period's differential Sharpe ratio, so that the rewards of a chain of moves add up to the whole
improvement; a decision is a chain of moves until standing still is best. Prices do not mind what a
client holds: what every possible move would have brought is remembered, not only the one made.
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
DISCOUNT = 0.5
CAPACITY = 8192
BATCH = 96
STEPS_A_ROUND = 12
"""Steps of every episode in one round: the length of an episode."""
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
    sessions = 378
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
            "moments": np.zeros(2),
            "memory": np.zeros((CAPACITY, size + len(table))),
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
        if done:  # the running moments are the agent's, not the episode's
            world.mean, world.variance = map(float, state["moments"])
        counts = self._anywhere(rng)
        rewards = []
        while not over:
            curiosity = FIRST_CURIOSITY + (LAST_CURIOSITY - FIRST_CURIOSITY) * done
            move = self._act(online, counts, curiosity, rng)
            self._remember(state, counts, self._changes(counts))
            counts, reward, over = self._moved(counts, move)
            rewards.append(reward)
            rate = FIRST_RATE * (LAST_RATE / FIRST_RATE) ** done
            climb(online, moments, self._gradient(state, online, target, rng), rate)
        state["moments"][:] = world.mean, world.variance
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

    def _act(self, online: Parameters, counts: Counts, curiosity: float, rng: np.random.Generator) -> Counts:
        possible = self._possible(counts)
        values, _ = forward(online, observed(counts / self._task.steps))
        best = np.argmax(np.where(possible, values, -np.inf), axis=1)
        tried = np.argmax(np.where(possible, rng.random(values.shape), -1.0), axis=1)
        move: Counts = np.where(rng.random(len(best)) < curiosity, tried, best)
        return move

    def _changes(self, counts: Counts) -> Floats:
        """What each move would change in the coming period, net of its cost: episodes by moves."""
        world = self._environment
        weights = (counts[:, None, :] + moves(self._task.size)) / self._task.steps
        net = world.appraise(weights) - world.cost(world.held[:, None, :], weights)
        changes: Floats = net - net[:, :1]
        return changes

    def _moved(self, counts: Counts, move: Counts) -> tuple[Counts, Floats, bool]:
        """The counts after the moves, the rewards of the environment, and whether episodes are over."""
        after = counts + moves(self._task.size)[move]
        reward, over = self._environment.step(after / self._task.steps)
        return after, reward, over

    def _possible(self, counts: Counts) -> NDArray[np.bool_]:
        """Which moves stay within each ETF's bounds; one more axis than `counts`, of moves."""
        table = moves(self._task.size)
        giver, taker = table.argmin(axis=1), table.argmax(axis=1)
        can_give, can_take = counts > self._lowest, counts < self._highest
        possible: NDArray[np.bool_] = can_give[..., giver] & can_take[..., taker]
        possible[..., 0] = True
        return possible

    def _remember(self, state: dict[str, Floats], counts: Counts, changes: Floats) -> None:
        kept = int(state["kept"][0])
        places = (kept + np.arange(len(counts))) % CAPACITY
        state["memory"][places] = np.column_stack([counts, changes * REWARD_SCALE])
        state["kept"] += len(counts)

    def _gradient(
        self, state: Mapping[str, Floats], online: Parameters, target: Parameters, rng: np.random.Generator
    ) -> Parameters:
        """The way that lessens the squared error of values, on memories drawn at random."""
        size = self._task.size
        filled = min(int(state["kept"][0]), CAPACITY)
        drawn = state["memory"][rng.integers(0, filled, BATCH)]
        counts, reward = np.rint(drawn[:, :size]).astype(np.int64), drawn[:, size:]
        after = counts[:, None, :] + moves(size)
        values, _ = forward(target, observed(after / self._task.steps))
        ahead = np.where(self._possible(after), values, -np.inf).max(axis=2)
        wanted = reward + DISCOUNT * ahead
        return value_gradient(online, observed(counts / self._task.steps), self._possible(counts), wanted)

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


def value_gradient(
    network: Parameters, before: Floats, made: NDArray[np.bool_], wanted: Floats
) -> Parameters:
    """-∇ of the mean of ½·(Q(x, m) - wanted)², over the moves that were `made`."""
    values, hidden = forward(network, before)
    towards = np.where(made, wanted - values, 0.0) / made.sum()
    return backward(network, before, hidden, towards)
