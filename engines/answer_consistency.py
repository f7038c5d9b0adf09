"""Answers that do not go together, or not with what is known of the person."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from engines.questions import Question, share_of_range


@dataclass(frozen=True, slots=True)
class AgeBand:
    """Ages from `at_least` or above `above`, to `at_most` or under `under`; None does not bind."""

    at_least: int | None = None
    above: int | None = None
    at_most: int | None = None
    under: int | None = None

    def holds(self, age: int) -> bool:
        """Whether `age` lies within every bound that is given."""
        return (
            (self.at_least is None or age >= self.at_least)
            and (self.above is None or age > self.above)
            and (self.at_most is None or age <= self.at_most)
            and (self.under is None or age < self.under)
        )


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of the person from elsewhere; None where nothing is."""

    age: int | None = None
    experience: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Statements that do not go together."""

    code: str
    questions: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class AgeRule:
    """An option stands for an age band; the stated age must lie in it."""

    code: str
    text: str
    question: str
    bands: Mapping[str, AgeBand]

    def finding(self, person: Person, answers: Mapping[str, str], chosen: object) -> Finding | None:
        """The contradiction between stated age and answer, if there is one."""
        band = self.bands.get(answers[self.question])
        if person.age is None or band is None or band.holds(person.age):
            return None
        return Finding(self.code, (self.question,), self.text)


@dataclass(frozen=True, slots=True)
class ExperienceRule:
    """An option stands for a level of experience; the stated level must be the same."""

    code: str
    text: str
    question: str
    levels: Mapping[str, str]

    def finding(self, person: Person, answers: Mapping[str, str], chosen: object) -> Finding | None:
        """The contradiction between stated experience and answer, if there is one."""
        level = self.levels.get(answers[self.question])
        if person.experience is None or level is None or level == person.experience:
            return None
        return Finding(self.code, (self.question,), self.text)


@dataclass(frozen=True, slots=True)
class GroupsRule:
    """One group of questions must not score far above another, each as a share of its own range."""

    code: str
    text: str
    higher: tuple[Question, ...]
    lower: tuple[Question, ...]
    apart_by_more_than: Fraction

    def finding(self, person: object, answers: object, chosen: Mapping[str, int]) -> Finding | None:
        """The gap between the groups, if it is too wide."""
        gap = share_of_range(self.higher, chosen) - share_of_range(self.lower, chosen)
        if gap <= self.apart_by_more_than:
            return None
        return Finding(self.code, tuple(question.id for question in (*self.higher, *self.lower)), self.text)


ConsistencyRule = AgeRule | ExperienceRule | GroupsRule
