"""What Beta and Delta share: a policy that prefers some ETFs, and explores around its preferences."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engines.agents.environment import Environment
from engines.agents.network import Parameters, backward, forward
from engines.agents.preferences import bounded_softmax, score
from engines.agents.task import Situation, nearest_row

Floats = NDArray[np.float64]
FEATURES = 3
SHARPNESS = 4.0
"""Preferences are the network's outputs times this: weights near a bound need large ones."""


def features(dearness: Floats, tax_rate: Floats, share: Floats) -> Floats:
    """What the policy sees of the client, each about 0 at its usual value and of size 1.

    Of the market it sees nothing: a few years teach it to time crises that will not come again.
    """
    return np.stack((dearness - 1, 2 * tax_rate - 0.6, 5 * (share - 1)), axis=1)


def seen(world: Environment) -> Floats:
    """The features of every episode."""
    return features(world.dearness, world.tax_rate, world.share)


def weights_of(outputs: Floats, lowest: Floats, highest: Floats) -> Floats:
    """The weights that a network's outputs stand for."""
    return bounded_softmax(SHARPNESS * outputs, lowest, highest)


def preferred(policy: Mapping[str, Floats], situation: Situation) -> Floats:
    """The allowed allocation nearest to the weights that the policy prefers in this situation."""
    numbers = (situation.dearness, situation.tax_rate, situation.share_of_ceiling)
    inputs = features(*(np.array([number]) for number in numbers))
    outputs, _ = forward(policy, inputs)
    return nearest_row(situation.allowed, weights_of(outputs, situation.lowest, situation.highest)[0])


def policy_gradient(
    network: Parameters, inputs: Floats, hidden: Floats, noise: Floats, deviation: float, advantage: Floats
) -> Parameters:
    """∇ of the mean of advantage·ln π; advantages are brought to unit size, which keeps steps alike."""
    size = max(float(np.sqrt(np.mean(advantage**2))), 1e-12)
    towards = score(noise, deviation) * (advantage / size)[:, None] / len(inputs)
    return backward(network, inputs, hidden, towards)


def between(first: float, last: float, done: float) -> float:
    """From the first to the last by a geometric line, `done` from 0 to 1."""
    return float(first * (last / first) ** min(done, 1.0))


def part(state: Mapping[str, Floats], name: str) -> Parameters:
    """The arrays of one part of a state, such as the network of `actor.w1`."""
    start = f"{name}."
    return {key.removeprefix(start): array for key, array in state.items() if key.startswith(start)}


def put(state: dict[str, Floats], name: str, arrays: Mapping[str, Floats]) -> None:
    """Keep the arrays of a part in a state."""
    state.update({f"{name}.{key}": array for key, array in arrays.items()})
