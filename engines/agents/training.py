"""From a seed to a policy, round by round; training can stop after any round and go on elsewhere."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.agents.experience import Experience
from engines.agents.roster import Agent
from engines.agents.task import PodTask

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Progress:
    """Training after so many rounds: what is known, and the mean reward of each round so far."""

    done: int
    rounds: int
    state: Mapping[str, Floats]
    curve: Floats


def train(
    agent: type[Agent],
    task: PodTask,
    source: Experience,
    *,
    rounds: int,
    seed: int,
    so_far: bytes | None = None,
) -> Iterator[Progress]:
    """Progress after each round that is left. `so_far` is what `packed` made of an earlier progress.

    Every round draws from a generator of its own, made of seed and round: whoever goes on from a
    checkpoint arrives at the same bytes as who never stopped. Nothing is yielded when all is done.
    """
    learner = agent(task, source, rounds)
    if so_far is None:
        state, curve = learner.start(_generator(seed, 0)), np.full(rounds, np.nan)
        done = 0
    else:
        state = unpacked(so_far)
        curve = state.pop(CURVE)
        done = int((~np.isnan(curve)).sum())
    for number in range(done, rounds):
        curve[number] = learner.learn(state, _generator(seed, number + 1))
        yield Progress(number + 1, rounds, state, curve)


CURVE = "curve"


def checkpoint(progress: Progress) -> bytes:
    """All that is needed to go on from here."""
    return packed({**progress.state, CURVE: progress.curve})


def packed(arrays: Mapping[str, Floats]) -> bytes:
    """Arrays as bytes, the same for the same arrays: names and shapes in a line, then the numbers."""
    names = sorted(arrays)
    header = json.dumps([[name, list(arrays[name].shape)] for name in names], separators=(",", ":"))
    numbers = b"".join(np.ascontiguousarray(arrays[name], dtype="<f8").tobytes() for name in names)
    return header.encode() + b"\n" + numbers


def unpacked(content: bytes) -> dict[str, Floats]:
    """What `packed` was given; ValueError when the bytes are not its own."""
    header, _, numbers = content.partition(b"\n")
    flat = np.frombuffer(numbers, dtype="<f8")
    arrays, place = {}, 0
    for name, shape in json.loads(header):
        size = int(np.prod(shape))
        arrays[name] = flat[place : place + size].reshape(shape).astype(np.float64)
        place += size
    if place != len(flat):
        raise ValueError("there are more numbers than the header names")
    return arrays


def _generator(seed: int, number: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, number])))
