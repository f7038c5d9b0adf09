"""A network with one hidden layer, its gradient written by hand, and Adam."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engines.agents.products import product

Floats = NDArray[np.float64]
Parameters = dict[str, Floats]

FIRST_DECAY, SECOND_DECAY, EPSILON = 0.9, 0.999, 1e-8


def new_network(rng: np.random.Generator, inputs: int, hidden: int, outputs: int) -> Parameters:
    """Parameters of a network that begins by answering zero (Glorot's scale in the hidden layer)."""
    return {
        "w1": rng.standard_normal((inputs, hidden)) * np.sqrt(1 / inputs),
        "b1": np.zeros(hidden),
        "w2": np.zeros((hidden, outputs)),
        "b2": np.zeros(outputs),
    }


def forward(network: Mapping[str, Floats], inputs: Floats) -> tuple[Floats, Floats]:
    """Outputs, and the hidden layer that `backward` needs: tanh(x·w1 + b1)·w2 + b2."""
    hidden = np.tanh(product(inputs, network["w1"]) + network["b1"])
    return product(hidden, network["w2"]) + network["b2"], hidden


def backward(network: Mapping[str, Floats], inputs: Floats, hidden: Floats, towards: Floats) -> Parameters:
    """The gradient of Σ outputs·towards with respect to each parameter; rows are added up."""
    inner = product(towards, network["w2"].T) * (1 - hidden**2)
    return {
        "w1": product(inputs.T, inner),
        "b1": inner.sum(axis=0),
        "w2": product(hidden.T, towards),
        "b2": towards.sum(axis=0),
    }


def new_moments(network: Mapping[str, Floats]) -> Parameters:
    """What `climb` remembers between steps."""
    moments = {f"{kind}.{name}": np.zeros_like(p) for name, p in network.items() for kind in ("m", "v")}
    return {**moments, "steps": np.zeros(1)}


def climb(network: Parameters, moments: Parameters, gradient: Mapping[str, Floats], rate: float) -> None:
    """Move `network` uphill by one step of Adam (Kingma and Ba 2015), in place."""
    moments["steps"] += 1
    count = float(moments["steps"][0])
    scale = rate * np.sqrt(1 - SECOND_DECAY**count) / (1 - FIRST_DECAY**count)
    for name, slope in gradient.items():
        m, v = moments[f"m.{name}"], moments[f"v.{name}"]
        m += (1 - FIRST_DECAY) * (slope - m)
        v += (1 - SECOND_DECAY) * (slope**2 - v)
        network[name] += scale * m / (np.sqrt(v) + EPSILON)
