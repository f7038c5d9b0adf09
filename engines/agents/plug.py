"""The pods as gymnasium environments: whoever has an agent of their own can let it learn here.

`PreferencesEnvironment` takes preferences for ETFs (what Beta and Delta answer), `AllocationEnvironment`
the number of an allocation (Alpha), `MovesEnvironment` the number of a move on the grid (Gamma). All
three are one pod over one bootstrapped stretch of history. This module alone needs gymnasium.
"""

from abc import ABC, abstractmethod
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from engines.agents.environment import Environment, Lengths
from engines.agents.experience import Experience
from engines.agents.grid import moves, numbered
from engines.agents.preferences import bounded_softmax
from engines.agents.task import PodTask

Seen = NDArray[np.float32]
LARGEST_PREFERENCE = 5.0
"""What an action of 1 means in the softmax."""
UNREST = 10.0


class PodEnvironment(gymnasium.Env[Seen, Any], ABC):
    """One episode at a time; what is seen: weights, fall from the high, unrest, and who the client is.

    The reward of a step is of a year and net of the cost of its trade. `info` names the weights held.
    """

    def __init__(self, task: PodTask, source: Experience, *, periods: int = 12, block: int = 3) -> None:
        self.task = task
        self._world = Environment(task, source, Lengths(1, periods, block))
        dear, weights = task.dearness, [0.0] * (task.size + 1)
        self._low = np.array([*weights, -UNREST, dear.least, 0, 0], dtype=np.float32)
        self._high = np.array([*[1.0] * (task.size + 1), UNREST, dear.most, 1, 1], dtype=np.float32)
        self.observation_space = spaces.Box(self._low, self._high, dtype=np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Seen, Any]:
        """A new stretch of history and a new client, the same for the same seed."""
        super().reset(seed=seed)
        self._world.reset(self.np_random)
        return self._seen(), self._info()

    def step(self, action: Any) -> tuple[Seen, float, bool, bool, Any]:
        """Hold what the action asks for through one period; episodes are cut off, they do not end."""
        reward, over = self._world.step(self._weights(action)[None, :])
        return self._seen(), float(reward[0]), False, over, self._info()

    @abstractmethod
    def _weights(self, action: Any) -> NDArray[np.float64]:
        """The weights that an action asks for."""

    def _seen(self) -> Seen:
        world = self._world
        client = (world.fall, world.unrest, world.dearness, world.tax_rate, world.share)
        seen = np.concatenate([world.held[0], *client]).astype(np.float32)
        return np.clip(seen, self._low, self._high)

    def _info(self) -> dict[str, Any]:
        return {"weights": self._world.held[0].copy()}


class PreferencesEnvironment(PodEnvironment):
    """An action is a preference for each ETF from -1 to 1; weights are their softmax within bounds."""

    def __init__(self, task: PodTask, source: Experience, **lengths: int) -> None:
        super().__init__(task, source, **lengths)
        self.action_space = spaces.Box(-1, 1, (task.size,), np.float32)

    def _weights(self, action: Any) -> NDArray[np.float64]:
        preferences = LARGEST_PREFERENCE * np.asarray(action, dtype=np.float64)
        return bounded_softmax(preferences, self.task.lowest, self.task.highest)


class AllocationEnvironment(PodEnvironment):
    """An action is the number of an allocation of the task."""

    def __init__(self, task: PodTask, source: Experience, **lengths: int) -> None:
        super().__init__(task, source, **lengths)
        self.action_space = spaces.Discrete(len(task.allocations))

    def _weights(self, action: Any) -> NDArray[np.float64]:
        wanted: NDArray[np.float64] = self.task.allocations[int(action)]
        return wanted


class MovesEnvironment(PodEnvironment):
    """An action is the number of a move on the grid; one that leaves the pod's limits moves nothing."""

    def __init__(self, task: PodTask, source: Experience, **lengths: int) -> None:
        super().__init__(task, source, **lengths)
        self.action_space = spaces.Discrete(len(moves(task.size)))
        self._known = set(numbered(task.allocations, task.steps).tolist())

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Seen, Any]:
        """Begins with the even allocation."""
        self._counts = np.rint(self.task.even() * self.task.steps).astype(np.int64)
        return super().reset(seed=seed, options=options)

    def _weights(self, action: Any) -> NDArray[np.float64]:
        after = self._counts + moves(self.task.size)[int(action)]
        if (after >= 0).all() and int(numbered(after / self.task.steps, self.task.steps)) in self._known:
            self._counts = after
        return self._counts / self.task.steps
