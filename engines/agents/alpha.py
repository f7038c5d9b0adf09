"""Alpha: tabular Q-learning over the allocations of the grid.

A state is how near the goal is, how restless the market, how far the client's money is below its
high. Values are of holding an allocation after the trade (afterstates: Powell 2011, chapter 4), so
that the cost of trading stands once, in the choice:

    Q(s, a) ← Q(s, a) + rate·(r(a) + discount·max(Q(s', a), max_b Q(s', b) - cost(a → b)) - Q(s, a))

Prices do not mind what a client holds: each step teaches the value of every allocation.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engines.agents.environment import Environment, Lengths
from engines.agents.experience import Experience, regime
from engines.agents.grid import numbered
from engines.agents.task import PodTask, Situation

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[np.generic]]
Tables = Mapping[str, Floats]

DEARNESS_EDGES = np.array([0.875, 1.25, 1.75])
FALL_EDGES = np.array([0.01, 0.04])
TIMES, MARKETS, FALLS = 4, 3, 3
DISCOUNT = 0.3
GOALS = np.array([6.0, 3.4, 2.4, 1.5])
"""Years to the goal at the start of a round's episodes, in turn: all days teach about each of them."""
CURIOSITY = 0.3
"""The share of steps that hold an allocation drawn at random."""


class Alpha:
    """Learns a table of values: states by allocations."""

    name = "Alpha"
    algorithm = "q_learning"
    sessions = 21
    lengths = Lengths(episodes=320, periods=12, block=3)

    def __init__(self, task: PodTask, source: Experience, rounds: int) -> None:
        self._task = task
        self._environment = Environment(task, source, self.lengths)

    def start(self, rng: np.random.Generator) -> dict[str, Floats]:
        """Nothing known: all values zero."""
        rows = self._task.allocations
        every_year = self._environment.source.periods_a_year
        return {
            "values": np.zeros((TIMES * MARKETS * FALLS, len(rows))),
            "visits": np.zeros(TIMES * MARKETS * FALLS),
            "round": np.zeros(1),
            "allocations": rows.copy(),
            "steps": np.array([float(self._task.steps)]),
            "move_cost": np.array([self._task.trade_cost * every_year]),
        }

    def learn(self, tables: dict[str, Floats], rng: np.random.Generator) -> float:
        """One batch of episodes; the mean reward of its steps."""
        world = self._environment
        world.reset(rng)
        world.years[:] = GOALS[int(tables["round"][0]) % len(GOALS)]
        tables["round"] += 1
        rewards, over = [], False
        place = self._place()
        while not over:
            appraised, fall = world.appraise_all()
            chosen = self._act(tables, place, rng)
            reward, over = world.step(self._task.allocations[chosen])
            rewards.append(reward)
            ahead = self._ahead(tables, fall) if not over else np.zeros_like(fall)
            self._update(tables, place, appraised + DISCOUNT * ahead)
            place = self._place()
        return float(np.mean(rewards))

    def _place(self) -> NDArray[np.int64]:
        """The state of each episode."""
        world = self._environment
        return states(world.dearness, world.unrest, world.fall)

    def _act(self, tables: Tables, place: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        costs = tables["move_cost"][0] * _distance(self._environment.held, self._task.allocations)
        best = np.argmax(tables["values"][place] - costs, axis=1)
        tried = rng.integers(0, len(self._task.allocations), len(place))
        return np.where(rng.random(len(place)) < CURIOSITY, tried, best)

    def _ahead(self, tables: Tables, fall: Floats) -> Floats:
        """What the next decision is worth after each allocation: keep it, or move to the best."""
        world = self._environment
        values = tables["values"]
        best = np.argmax(values, axis=1)
        costs = tables["move_cost"][0] * _distance(self._task.allocations[best], self._task.allocations)
        worth = np.maximum(values, values[np.arange(len(values)), best][:, None] - costs)
        calm = states(world.dearness, world.unrest, np.zeros(len(fall)))
        place = calm[:, None] + np.searchsorted(FALL_EDGES, fall, side="right")
        ahead: Floats = worth[place, np.arange(fall.shape[1])]
        return ahead

    def _update(self, tables: dict[str, Floats], place: NDArray[np.int64], target: Floats) -> None:
        """Move the values of each state towards what was seen in it; the rate is one over the visits."""
        values, visits = tables["values"], tables["visits"]
        for state in np.unique(place):
            seen = target[place == state]
            visits[state] += len(seen)
            values[state] += len(seen) / visits[state] * (seen.mean(axis=0) - values[state])

    @staticmethod
    def policy(tables: Tables) -> dict[str, Floats]:
        """What is kept of the tables to decide with."""
        return {name: tables[name] for name in ("values", "visits", "allocations", "steps", "move_cost")}

    @staticmethod
    def choose(policy: Tables, situation: Situation) -> Floats | None:
        """The allowed allocation of highest value; None when the table has none of those allowed.

        Through all markets means: values averaged over states as often as they were met.
        """
        steps = int(policy["steps"][0])
        known = np.isin(numbered(policy["allocations"], steps), numbered(situation.allowed, steps))
        if not known.any():
            return None
        values = _values(policy, situation)
        if situation.held is not None:
            values = (
                values - policy["move_cost"][0] * _distance(situation.held[None, :], policy["allocations"])[0]
            )
        chosen: Floats = policy["allocations"][int(np.argmax(np.where(known, values, -np.inf)))]
        return chosen


def states(dearness: Floats, unrest: Floats, fall: Floats) -> NDArray[np.int64]:
    """Numbers of states: time to the goal first, then the market, then the fall from the high."""
    time = np.searchsorted(DEARNESS_EDGES, dearness, side="right")
    below = np.searchsorted(FALL_EDGES, fall, side="right")
    return (time * MARKETS + regime(unrest)) * FALLS + below


def _values(policy: Tables, situation: Situation) -> Floats:
    dear, fall = np.array([situation.dearness]), np.array([situation.drawdown])
    if situation.unrest is not None:
        of_state: Floats = policy["values"][states(dear, np.array([situation.unrest]), fall)[0]]
        return of_state
    first = int(np.searchsorted(DEARNESS_EDGES, situation.dearness, side="right")) * MARKETS * FALLS
    rows = slice(first, first + MARKETS * FALLS)
    visits = policy["visits"][rows]
    averaged: Floats = (visits[:, None] * policy["values"][rows]).sum(axis=0) / max(visits.sum(), 1.0)
    return averaged


def _distance(held: Floats, rows: Floats) -> Floats:
    """Σ|a - b| of each of `held` to each of `rows`."""
    distance = np.zeros((len(held), len(rows)))
    for etf in range(rows.shape[1]):  # column by column: no array of three dimensions is made
        distance += np.abs(held[:, etf, None] - rows[None, :, etf])
    return distance
