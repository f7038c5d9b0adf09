"""The file questionnaire.yaml: questions, points, scoring methods, categories, consistency rules."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from payloads.base import Identifier, Units
from payloads.files.written import Rate, Words, Written
from payloads.risk import Experience, RiskCategory, RiskScore


class OptionRow(Written):
    """One answer that can be given, and its points."""

    option: Identifier
    text: Words
    points: Units


class QuestionRow(Written):
    """One question and its answers."""

    id: Identifier
    text: Words
    options: Annotated[list[OptionRow], Field(min_length=2)]

    def option_names(self) -> list[str]:
        """The answers that can be given."""
        return [row.option for row in self.options]

    @model_validator(mode="after")
    def _can_tell_people_apart(self) -> Self:
        if len(set(self.option_names())) < len(self.options):
            raise ValueError(f"two options of {self.id} have the same name")
        if len({row.points for row in self.options}) < 2:
            raise ValueError(f"all options of {self.id} have the same points")
        return self


class RangeMethod(Written):
    """100·(points - fewest)/(most - fewest), half up."""

    formula: Literal["range"]


class CappedSumMethod(Written):
    """The points, at most `cap`."""

    formula: Literal["capped_sum"]
    cap: RiskScore


Method = Annotated[RangeMethod | CappedSumMethod, Field(discriminator="formula")]


class CategoryRow(Written):
    """The category of scores up to and including `up_to`, above the row before."""

    category: RiskCategory
    up_to: RiskScore
    description: Words


class AgeBand(Written):
    """The ages that an option stands for; bounds left out do not bind."""

    at_least: Units | None = None
    under: Units | None = None
    at_most: Units | None = None
    above: Units | None = None


class AgeRule(Written):
    """The answer to a question must be the option that stands for the stated age."""

    compares: Literal["age"]
    code: Identifier
    text: Words
    question: Identifier
    options: dict[Identifier, AgeBand]


class ExperienceRule(Written):
    """The answer to a question must be the option that stands for the stated experience."""

    compares: Literal["experience"]
    code: Identifier
    text: Words
    question: Identifier
    options: dict[Identifier, Experience]


class GroupsRule(Written):
    """Two groups of questions, each as its share of the points it can give, must not lie far apart."""

    compares: Literal["groups"]
    code: Identifier
    text: Words
    higher: Annotated[list[Identifier], Field(min_length=1)]
    lower: Annotated[list[Identifier], Field(min_length=1)]
    apart_by_more_than: Rate


Rule = Annotated[AgeRule | ExperienceRule | GroupsRule, Field(discriminator="compares")]


class QuestionnaireFile(Written):
    """The whole questionnaire."""

    default_method: Identifier
    methods: Annotated[dict[Identifier, Method], Field(min_length=1)]
    categories: Annotated[list[CategoryRow], Field(min_length=1)]
    questions: Annotated[list[QuestionRow], Field(min_length=1)]
    consistency: list[Rule] = []  # noqa: RUF012 - pydantic copies defaults

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        problems = [*self._table_problems(), *self._rule_problems()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _table_problems(self) -> list[str]:
        problems = []
        ids = [question.id for question in self.questions]
        tops = [row.up_to for row in self.categories]
        if len(set(ids)) < len(ids):
            problems.append("two questions have the same id")
        if self.default_method not in self.methods:
            problems.append(f"default_method {self.default_method} is none of {', '.join(self.methods)}")
        if tops != sorted(set(tops)) or tops[-1] != 100:
            problems.append("categories rise by up_to and the last ends at 100")
        return problems

    def _rule_problems(self) -> list[str]:
        options = {question.id: question.option_names() for question in self.questions}
        problems = []
        for rule in self.consistency:
            asked = [*rule.higher, *rule.lower] if isinstance(rule, GroupsRule) else [rule.question]
            unknown = [question for question in asked if question not in options]
            problems += [f"rule {rule.code} names question {question}, which is none" for question in unknown]
            if isinstance(rule, AgeRule | ExperienceRule) and not unknown:
                strays = [option for option in rule.options if option not in options[rule.question]]
                problems += [f"rule {rule.code} names option {option}, which is none" for option in strays]
        return problems
