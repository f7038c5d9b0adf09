"""What a client learns next, by what they have answered so far."""

from pydantic import Field

from payloads.base import Fraction, Identifier, Payload
from payloads.entry import DeclaredError, Entry
from payloads.files.goal_planning import GoalType


class Answered(Payload):
    """The option chosen in one exercise."""

    exercise: Identifier
    option: Identifier


class NextLesson(Payload):
    """Every answer so far, oldest first, how the client likes to learn, and what they save for."""

    answers: list[Answered] = Field([], max_length=5000)
    style: Identifier | None = Field(None, description="one of the curriculum's; by default its first")
    goals: list[GoalType] = Field([], max_length=50, description="modules that serve one of them come first")


class Lesson(Payload):
    """An exercise of a module that is open, in the client's form."""

    module: str
    title: str
    style: str
    content: str = ""
    exercise: str
    question: str
    options: list[str]


class LearningPath(Payload):
    """How likely each module is mastered, what that unlocked, and what comes next; null when all are."""

    mastery: dict[Identifier, Fraction]
    mastered: list[Identifier]
    unlocked: list[Identifier]
    next: Lesson | None
    complete: bool


ENTRIES = (
    Entry(
        "education.next_lesson",
        "Trace what a client has mastered by their answers, and choose the next exercise",
        NextLesson,
        LearningPath,
        errors=(
            DeclaredError("UnknownExercise", "an answer belongs to no exercise"),
            DeclaredError("UnknownOption", "an answer is none of its exercise's options"),
            DeclaredError("UnknownStyle", "the curriculum has no such form"),
        ),
        files=("education",),
    ),
)
