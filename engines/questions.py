"""Questions with points, and how high answers score between the fewest and the most there can be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Question:
    """A question: points by option."""

    id: str
    points: Mapping[str, int]

    @property
    def fewest(self) -> int:
        """The fewest points it can give."""
        return min(self.points.values())

    @property
    def most(self) -> int:
        """The most points it can give."""
        return max(self.points.values())


def share_of_range(questions: Iterable[Question], chosen: Mapping[str, int]) -> Fraction:
    """How far the points of `questions` lie from their fewest (0) to their most (1)."""
    asked = tuple(questions)
    fewest = sum(question.fewest for question in asked)
    most = sum(question.most for question in asked)
    return Fraction(sum(chosen[question.id] for question in asked) - fewest, most - fewest)
