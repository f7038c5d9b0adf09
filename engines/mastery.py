"""How likely somebody has mastered a skill: Bayesian knowledge tracing (Corbett and Anderson 1995)."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Skill:
    """Probabilities: to know it before the first exercise, to learn it by one, to slip, and to guess."""

    known: float
    learn: float
    slip: float
    guess: float


def observed(mastery: float, correct: bool, skill: Skill) -> float:
    """Mastery after one more answer.

    With L the mastery before, the answer makes it P(L|right) = L(1-s) / (L(1-s) + (1-L)g), or
    P(L|wrong) = Ls / (Ls + (1-L)(1-g)); then the skill may be learnt: P + (1-P)·t. An answer that could not
    come about leaves L as it was before learning.
    """
    hit = 1 - skill.slip if correct else skill.slip
    luck = skill.guess if correct else 1 - skill.guess
    likelihood = mastery * hit + (1 - mastery) * luck
    known = mastery * hit / likelihood if likelihood > 0 else mastery
    return known + (1 - known) * skill.learn


def traced(answers: Iterable[bool], skill: Skill) -> float:
    """Mastery after all answers, in their order."""
    mastery = skill.known
    for correct in answers:
        mastery = observed(mastery, correct, skill)
    return mastery
