"""A closer bound of a loss where only so many assets may be held.

A weight that may be zero or not brings ½dw² of its own variance. Where z, from 0 to 1, says how far it is
held, ½dw²/z is the same for z of 0 and 1 and more between (Frangioni and Gentile 2006, Perspective cuts for
a class of convex 0-1 mixed integer programs), and for any t it is at least d·t·w - ½d·t²·z. So any t give a
bound: a quadratic program in w, less ½dt² of those assets whose z takes the most off. The best t is w/z.
The Sharpe ratio is such a program in sizes instead of weights.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from engines.construction.objectives import Loss, QuadraticLoss, Solved
from engines.construction.problem import Floats
from engines.construction.programs import Program, program_of
from engines.construction.region import Region

Flags = NDArray[np.bool_]
LEAST_SHARE = 1e-3
"""Where less of the own variances can be taken out and leave a variance, nothing is gained."""
JUST_BELOW = 1 - 1e-9
RIDGE = 1e-10
ROUNDS, FEWEST, USUAL = 24, 6, 137
"""So many programs look for t among USUAL assets, fewer among more, which take longer each."""
HALVINGS = 60
TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Perspective:
    """The program for some t: `loss` without the own variances and with d·t·w; `saved` is ½dt²."""

    program: Program
    loss: QuadraticLoss
    saved: Floats

    def least(self, allowed: Region, relaxed: Solved, before: Solved | None = None) -> Solved:
        """The best of a region whose best by the loss is `relaxed`; `before` is that of a wider."""
        return self.program.least(self.loss, allowed, relaxed, before)

    def bound(self, solved: Solved, must: Flags, may: Flags, most: int) -> float:
        """Below every loss with all of `must`, none but of `may`, and at most so many held."""
        free = np.sort(self.saved[may & ~must])[::-1]
        taken = self.saved[must].sum() + free[: max(most - int(must.sum()), 0)].sum()
        return self.program.bound(solved, float(taken))


def perspective(loss: Loss, allowed: Region, relaxed: Solved, most: int) -> Perspective | None:
    """The program whose bound of the whole region is the best found; None where it gains nothing."""
    program = program_of(loss, relaxed)
    own = None if program is None or most >= len(relaxed.prices) else _own(program.loss)
    if program is None or own is None:
        return None
    every = np.ones(len(own), dtype=bool)
    best, highest = None, relaxed.bound
    solved = program.least(program.ready(program.loss), allowed, relaxed, None)
    t = _best_t(program.sizes(solved), own, allowed.highest, most)
    rounds = max(FEWEST, min(ROUNDS, round(ROUNDS * (USUAL / len(own)) ** 2)))
    for count in range(rounds):
        ready = program.ready(_without(program.loss, own, t))
        tried = Perspective(program, ready, own * t * t / 2)
        solved = tried.least(allowed, relaxed, solved)
        bound = tried.bound(solved, ~every, every, most)
        if bound > highest:
            best, highest = tried, bound
        following = _best_t(program.sizes(solved), own, allowed.highest, most)
        t = t + (following - t) / (2 + count / 5)
    return best


def _own(loss: QuadraticLoss) -> Floats | None:
    """How much of each weight's own square the loss can give away and stay convex."""
    alone = 1 / np.diagonal(np.linalg.inv(loss.definite))
    if not (alone > 0).all():
        return None
    root = np.sqrt(alone)
    share = float(np.linalg.eigvalsh(loss.hessian / np.outer(root, root))[0])
    return alone * share * JUST_BELOW if share > LEAST_SHARE else None


def _without(loss: QuadraticLoss, own: Floats, t: Floats) -> QuadraticLoss:
    rest = loss.hessian - np.diag(own)
    little = RIDGE * float(np.diagonal(loss.hessian).max()) * np.eye(len(own))
    return QuadraticLoss(rest, rest + little, loss.costs + own * t)


def _best_t(sizes: Floats, own: Floats, highest: Floats, most: int) -> Floats:
    """w/z for the z that makes Σ½dw²/z least, where Σz is at most `most` and z from w/cap to 1.

    There z = w·√(d/2)/√p, with p what one more holding is worth. An asset of no weight gets the largest t at
    which holding it takes no more than p off the bound, √(2p/d).
    """
    size = float(sizes.sum())
    if size <= 0:
        return np.zeros_like(sizes)
    weights, held = sizes / size, sizes > 0
    pull, least = np.sqrt(own / 2) * weights, weights / np.maximum(highest, TINY)
    low, high = TINY, float(pull.max()) * len(weights)
    for _ in range(HALVINGS):
        middle = sqrt(low * high)
        shares = np.clip(pull / middle, least, 1.0)
        low, high = (middle, high) if shares[held].sum() > most else (low, middle)
    shares = np.maximum(np.clip(pull / high, least, 1.0), TINY)
    return size * np.where(held, weights / shares, high * np.sqrt(2 / own))
