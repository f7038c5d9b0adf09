"""A pod held over bootstrapped stretches of history, many episodes at a time.

Each step: move to the wanted weights, pay for the move once, live through one period. Trades of
one client do not move prices; so a step also shows what every other allocation would have brought
(`appraise_all`), and agents may learn from that.

Rewards are of a year: their mean over an episode estimates the pod's static objective, less costs.
"""

from dataclasses import dataclass
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from engines.agents.experience import Experience, Indices, draw
from engines.agents.products import product
from engines.agents.task import Aim, PodTask

Floats = NDArray[np.float64]

CEILING_PENALTY = 2.0
"""A point of volatility above the ceiling costs two points of reward."""
MEMORY = 0.02
"""The weight of the newest period in the running moments behind the differential Sharpe ratio."""
LONGEST_GOAL, SHORTEST_GOAL = 9.0, 1.0


@dataclass(frozen=True, slots=True)
class Lengths:
    """How many episodes run side by side, their periods, and the periods of one block of history."""

    episodes: int
    periods: int
    block: int


class Environment:
    """`reset`, then `step` until it says that the episodes are over."""

    def __init__(self, task: PodTask, source: Experience, lengths: Lengths) -> None:
        self.task, self.source, self.lengths = task, source, lengths
        self._outcomes: tuple[Floats, Floats, Floats] | None = None

    def reset(self, rng: np.random.Generator) -> None:
        """New stretches of history and new clients, who hold the even allocation."""
        task, lengths = self.task, self.lengths
        number = lengths.episodes
        self.days: Indices = draw(
            rng, self.source, episodes=number, periods=lengths.periods, block=lengths.block
        )
        self.years = rng.uniform(SHORTEST_GOAL, LONGEST_GOAL, number)
        usual = rng.random(number) < 0.5
        self.tax_rate = np.where(usual, task.usual_tax_rate, rng.uniform(0, 0.47, number))
        self.share = np.where(rng.random(number) < 0.5, 1.0, rng.uniform(task.least_share, 1, number))
        self.again()

    def again(self) -> None:
        """The same stretches and clients from their beginning."""
        number = self.lengths.episodes
        even = self.task.even()
        self.held = np.tile(even, (number, 1))
        self.mean, self.variance = self._usual(even)
        self.fall, self.deepest = np.zeros(number), np.zeros(number)
        self.period = 0

    def _usual(self, weights: Floats) -> tuple[float, float]:
        """Mean excess return and variance of a day, over the whole history: where running moments begin."""
        source = self.source
        mean = float(source.gain.mean(axis=0) @ weights) / source.sessions
        variance = float(weights @ source.covariance @ weights) / source.sessions_a_year
        return mean - self.task.cash_rate / source.sessions_a_year, variance

    @property
    def dearness(self) -> Floats:
        """How dear risk is to each client now."""
        return self.task.dearness.at(self.years - self.period / self.source.periods_a_year)

    @property
    def unrest(self) -> Floats:
        """How the market has been, of each episode."""
        return self.source.unrest[self.days[:, min(self.period, self.lengths.periods - 1)]]

    def appraise(self, weights: Floats) -> Floats:
        """The reward before costs of allocations for each episode, if held in the coming period.

        `weights` are episodes by ETFs, or episodes by choices by ETFs.
        """
        gain, variance = self._outcome(weights)
        return self._reward(self._of_episodes(gain, weights), variance)

    def appraise_all(self) -> tuple[Floats, Floats]:
        """The rewards before costs of every allocation of the task, and the falls after them.

        Both are episodes by allocations.
        """
        day, rows = self.days[:, self.period], self.task.allocations
        gains, variances, volatility = self._every_outcome()
        gain = gains[day]
        every = _Held(gain, self._fall(gain), rows @ self.task.income, volatility)
        return self._reward(every, variances[day]), every.fall

    def step(self, weights: Floats) -> tuple[Floats, bool]:
        """The reward of each episode, its costs paid, and whether the episodes are over."""
        gain, variance = self._outcome(weights)
        lived = self._of_episodes(gain, weights)
        reward = self._reward(lived, variance) - self.cost(self.held, weights)
        self._remember(gain, variance)
        self.held = weights * (1 + self.source.gain[self.days[:, self.period]]) / (1 + gain)[:, None]
        self.deepest = np.maximum(self.deepest, lived.fall)
        self.fall = lived.fall
        self.period += 1
        return reward, self.period == self.lengths.periods

    def cost(self, held: Floats, wanted: Floats) -> Floats:
        """What moving from one to the other costs, in the rewards' unit: of a year."""
        traded = np.abs(wanted - held).sum(axis=-1)
        cost: Floats = self.task.trade_cost * traded * self.source.periods_a_year
        if self.task.aim is Aim.SHARPE_RATIO:
            cost = cost / np.sqrt(self.variance * self.source.sessions_a_year)
        return cost

    def _outcome(self, weights: Floats) -> tuple[Floats, Floats]:
        """Gain and variance of the coming period, of the allocations of each episode."""
        day = self.days[:, self.period]
        gains, spreads = (rows[day] for rows in (self.source.gain, self.source.spread))
        if weights.ndim == 3:
            gains, spreads = gains[:, None, :], spreads[:, None, :]
        return (gains * weights).sum(axis=-1), (spreads * _products(weights)).sum(axis=-1)

    def _every_outcome(self) -> tuple[Floats, Floats, Floats]:
        """Gain and variance of every allocation on every day, worked out once; its yearly volatility."""
        if self._outcomes is None:
            products = _products(self.task.allocations)
            self._outcomes = (
                product(self.source.gain, self.task.allocations.T),
                product(self.source.spread, products.T),
                self._volatility(products),
            )
        return self._outcomes

    def _volatility(self, products: Floats) -> Floats:
        volatility: Floats = np.sqrt(np.maximum((products * self.source.covariance.ravel()).sum(axis=-1), 0))
        return volatility

    def _of_episodes(self, gain: Floats, weights: Floats) -> "_Held":
        volatility = self._volatility(_products(weights))
        return _Held(gain, self._fall(gain), weights @ self.task.income, volatility)

    def _fall(self, gain: Floats) -> Floats:
        """How far below its high the client's money is after a gain."""
        fall: Floats = np.maximum(1 - (1 - _beside(self.fall, gain)) * (1 + gain), 0)
        return fall

    def _reward(self, held: "_Held", variance: Floats) -> Floats:
        """The aim, less what is above the client's ceiling of volatility."""
        ceiling = _beside(self.share, held.gain) * self.task.ceiling
        aim: Floats = self._aim(held, variance) - CEILING_PENALTY * np.maximum(held.volatility - ceiling, 0)
        return aim

    def _aim(self, held: "_Held", variance: Floats) -> Floats:
        task, a_year, gain = self.task, self.source.periods_a_year, held.gain
        match task.aim:
            case Aim.PRESERVED_RETURN:
                dear = _beside(self.dearness, gain)
                risk = task.variance_penalty / 2 * a_year * dear * variance
                deeper = np.maximum(held.fall - _beside(self.deepest, gain), 0)
                fall = task.drawdown_penalty * self.lengths.periods * dear * deeper
                reward: Floats = gain * a_year - risk - fall
            case Aim.AFTER_TAX_INCOME:
                risk = task.variance_penalty / 2 * a_year * _beside(self.dearness, gain) * variance
                reward = held.income * (1 - _beside(self.tax_rate, gain)) - risk
            case Aim.SHARPE_RATIO:
                reward = self._differential_sharpe(gain, variance)
            case Aim.EXCESS_RETURN:
                benchmark = self.source.benchmark_gain[self.days[:, self.period]]
                reward = (gain - _beside(benchmark, gain)) * a_year
            case never:
                assert_never(never)
        return reward

    def _differential_sharpe(self, gain: Floats, variance: Floats) -> Floats:
        """(B·ΔA - ½A·ΔB) / (B - A²)^1.5 a year, A and B the running moments of excess returns.

        Moody and Saffell (2001), "Learning to trade via direct reinforcement", eq. 12.
        """
        sessions = self.source.sessions
        first = gain / sessions - self.task.cash_rate / self.source.sessions_a_year
        second = variance / sessions + first**2
        a, b = self.mean, self.variance + self.mean**2
        change: Floats = (b * (first - a) - a / 2 * (second - b)) / self.variance**1.5
        change *= np.sqrt(self.source.sessions_a_year)
        return change

    def _remember(self, gain: Floats, variance: Floats) -> None:
        sessions = self.source.sessions
        excess = float(gain.mean()) / sessions - self.task.cash_rate / self.source.sessions_a_year
        self.mean += MEMORY * (excess - self.mean)
        self.variance += MEMORY * (float(variance.mean()) / sessions - self.variance)


@dataclass(frozen=True, slots=True)
class _Held:
    """What allocations bring: the period's gain, the fall after it, income and volatility of a year."""

    gain: Floats
    fall: Floats
    income: Floats
    volatility: Floats


def _beside(of_episodes: Floats, gain: Floats) -> Floats:
    """Numbers of episodes, shaped to stand beside `gain`: of episodes, or of episodes by choices."""
    return of_episodes[:, None] if gain.ndim == 2 else of_episodes


def _products(weights: Floats) -> Floats:
    """w·w' of each row, flattened."""
    products: Floats = (weights[..., :, None] * weights[..., None, :]).reshape(*weights.shape[:-1], -1)
    return products
