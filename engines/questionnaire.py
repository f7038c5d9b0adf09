"""Scoring a risk questionnaire, and finding answers that contradict each other.

EngineError
└── QuestionnaireError
    ├── UnknownQuestion   an answer belongs to no question
    ├── MissingAnswer     a question has no answer
    ├── UnknownOption     an answer is none of its question's options
    └── UnknownMethod     there is no such scoring method
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from math import floor

from engines.answer_consistency import ConsistencyRule, Finding, Person
from engines.errors import EngineError
from engines.questions import Question, share_of_range


class QuestionnaireError(EngineError):
    """The answers do not fit the questionnaire."""


class UnknownQuestion(QuestionnaireError):
    """An answer belongs to no question."""


class MissingAnswer(QuestionnaireError):
    """A question has no answer."""


class UnknownOption(QuestionnaireError):
    """An answer is none of its question's options."""


class UnknownMethod(QuestionnaireError):
    """There is no such scoring method."""


@dataclass(frozen=True, slots=True)
class Category:
    """Scores up to and including `up_to`, above the category before."""

    name: str
    up_to: int
    description: str


@dataclass(frozen=True, slots=True)
class RangeScore:
    """The points' place between the fewest and the most there can be, 0 to 100, half up."""

    def score(self, questions: Iterable[Question], chosen: Mapping[str, int]) -> int:
        """100·(points - fewest)/(most - fewest), rounded half up."""
        return floor(100 * share_of_range(questions, chosen) + Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class CappedSum:
    """The points themselves, at most `cap`."""

    cap: int

    def score(self, questions: Iterable[Question], chosen: Mapping[str, int]) -> int:
        """min(points, cap)."""
        return min(sum(chosen[question.id] for question in questions), self.cap)


ScoringMethod = RangeScore | CappedSum


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """Questions, ways to score them, categories of scores, and what must go together."""

    questions: tuple[Question, ...]
    methods: Mapping[str, ScoringMethod]
    default_method: str
    categories: tuple[Category, ...]
    rules: tuple[ConsistencyRule, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """A scored questionnaire."""

    points: int
    score: int
    category: Category
    method: str
    by_question: Mapping[str, int]
    findings: tuple[Finding, ...]


def category_of(score: int, categories: Iterable[Category]) -> Category:
    """The first category whose `up_to` is not exceeded; the last one ends at the highest score."""
    return next(category for category in categories if score <= category.up_to)


def score_answers(
    questionnaire: Questionnaire, answers: Mapping[str, str], person: Person, method: str | None = None
) -> Profile:
    """Points, score, category and findings of a complete set of answers."""
    name = method or questionnaire.default_method
    if name not in questionnaire.methods:
        raise UnknownMethod(
            f"there is no method {name}; there are {', '.join(questionnaire.methods)}", "method"
        )
    chosen = _points_of(questionnaire.questions, answers)
    score = questionnaire.methods[name].score(questionnaire.questions, chosen)
    found = (rule.finding(person, answers, chosen) for rule in questionnaire.rules)
    return Profile(
        points=sum(chosen.values()),
        score=score,
        category=category_of(score, questionnaire.categories),
        method=name,
        by_question=chosen,
        findings=tuple(finding for finding in found if finding is not None),
    )


def _points_of(questions: tuple[Question, ...], answers: Mapping[str, str]) -> dict[str, int]:
    ids = [question.id for question in questions]
    for stray in answers:
        if stray not in ids:
            raise UnknownQuestion(f"{stray} is no question; there are {', '.join(ids)}", f"answers.{stray}")
    missing = [question for question in ids if question not in answers]
    if missing:
        raise MissingAnswer(f"no answer to {', '.join(missing)}", f"answers.{missing[0]}")
    return {question.id: _points_for(question, answers[question.id]) for question in questions}


def _points_for(question: Question, option: str) -> int:
    if option in question.points:
        return question.points[option]
    near = get_close_matches(option, question.points, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise UnknownOption(
        f"{option} is no answer to {question.id}; there are {', '.join(question.points)}{hint}",
        f"answers.{question.id}",
    )
