"""Risk profile: answers of the questionnaire in, score and category out."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from payloads.base import Identifier, Payload, Units
from payloads.entry import DeclaredError, Entry

Age = Annotated[Units, Field(le=130, description="completed years of life")]
RiskScore = Annotated[Units, Field(le=100, description="0 takes no risk, 100 takes any")]
RiskCategory = Literal["conservative", "moderate", "growth", "aggressive"]
Experience = Literal["none", "beginner", "intermediate", "advanced"]
Option = Annotated[str, StringConstraints(min_length=1, max_length=80)]


class ScoreQuestionnaire(Payload):
    """The answers by question, and what is known of the person to hold them against."""

    answers: dict[Identifier, Option] = Field(description="the option chosen, by question: q1 … q10")
    method: Identifier | None = Field(
        None, description="a scoring method of the questionnaire; the questionnaire's default if absent"
    )
    age: Age | None = None
    experience: Experience | None = None


class Finding(Payload):
    """Two statements that do not go together."""

    code: str
    questions: list[str]
    text: str


class RiskProfile(Payload):
    """Score, category, and how they came about."""

    points: Units
    risk_score: RiskScore
    risk_category: RiskCategory
    risk_description: str
    method: str
    by_question: dict[str, Units] = Field(description="points by question")
    findings: list[Finding]


ENTRIES = (
    Entry(
        name="risk.score_questionnaire",
        summary="Score a risk questionnaire and say where its answers contradict each other",
        input=ScoreQuestionnaire,
        output=RiskProfile,
        errors=(
            DeclaredError("UnknownQuestion", "an answer belongs to no question"),
            DeclaredError("MissingAnswer", "a question has no answer"),
            DeclaredError("UnknownOption", "an answer is none of its question's options"),
            DeclaredError("UnknownMethod", "the questionnaire has no such scoring method"),
        ),
        files=("questionnaire",),
    ),
)
