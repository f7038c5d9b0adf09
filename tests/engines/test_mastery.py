"""Bayesian knowledge tracing, held against its published formula and against simulated learners."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.mastery import Skill, observed, traced

SKILL = Skill(known=0.4, learn=0.2, slip=0.1, guess=0.25)
SHARES = st.floats(0, 1)


def test_a_right_answer_by_hand() -> None:
    """0.36 of 0.51 knew it; a fifth of the rest learn it."""
    assert observed(0.4, True, SKILL) == pytest.approx(0.36 / 0.51 + (1 - 0.36 / 0.51) * 0.2)


def test_a_wrong_answer_by_hand() -> None:
    """0.04 of 0.49 slipped."""
    assert observed(0.4, False, SKILL) == pytest.approx(0.04 / 0.49 + (1 - 0.04 / 0.49) * 0.2)


def test_no_answer_leaves_what_was_known() -> None:
    """And answers are taken in their order."""
    assert traced([], SKILL) == 0.4
    assert traced([True, False], SKILL) == observed(observed(0.4, True, SKILL), False, SKILL)


def test_of_simulated_learners_as_many_know_it_as_mastery_says() -> None:
    """Within four standard errors, of those who answered right, wrong, right."""
    draws = np.random.default_rng(7)
    knows = draws.random(400_000) < SKILL.known
    alike = np.ones(len(knows), dtype=bool)
    for answer in (True, False, True):
        right = np.where(
            knows, draws.random(len(knows)) >= SKILL.slip, draws.random(len(knows)) < SKILL.guess
        )
        alike &= right == answer
        knows |= draws.random(len(knows)) < SKILL.learn
    share, count = knows[alike].mean(), alike.sum()
    mastery = traced([True, False, True], SKILL)
    assert abs(share - mastery) < 4 * (mastery * (1 - mastery) / count) ** 0.5


@given(SHARES, st.booleans(), SHARES, st.floats(0, 0.5), st.floats(0, 0.5))
def test_mastery_is_a_probability(
    mastery: float, correct: bool, learn: float, slip: float, guess: float
) -> None:
    """Whatever was answered, also where the answer could not come about."""
    assert 0 <= observed(mastery, correct, Skill(0.5, learn, slip, guess)) <= 1 + 1e-12
