"""The file education.yaml: modules, their exercises, and when one is mastered."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, model_validator

from payloads.base import Fraction, Identifier
from payloads.files.goal_planning import GoalType
from payloads.files.written import Figure, Words, Written, Wrong, refuse


class SkillFigures(Written):
    """Probabilities of Bayesian knowledge tracing."""

    known: Fraction
    learn: Fraction
    slip: Annotated[Fraction, Field(lt=0.5)]
    guess: Annotated[Fraction, Field(lt=0.5)]


class Exercise(Written):
    """A question with one right option."""

    id: Identifier
    question: Words
    options: Annotated[list[Identifier], Field(min_length=2)]
    answer: Identifier


class Module(Written):
    """Something to learn: what has to be mastered before, whose goals it serves, and what it unlocks."""

    id: Identifier
    title: Words
    serves: list[GoalType] = Field(default_factory=list)
    content: dict[Identifier, Words] = Field(description="what is sent, by style")
    needs: list[Identifier]
    unlocks: list[Identifier]
    skill: SkillFigures
    exercises: Annotated[list[Exercise], Field(min_length=1)]


class EducationFile(Written):
    """The curriculum; a module needs only modules that stand before it."""

    description: Words
    source: Words
    mastered: Figure
    styles: Annotated[list[Identifier], Field(min_length=1)]
    modules: Annotated[list[Module], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> "EducationFile":
        refuse(self._wrong())
        return self

    def _wrong(self) -> Iterator[Wrong]:
        modules: set[str] = set()
        exercises: set[str] = set()
        for place, module in enumerate(self.modules):
            for at, need in enumerate(module.needs):
                if need not in modules:
                    yield Wrong(("modules", place, "needs", at), f"no module {need} stands before this one")
            for style in self.styles:
                if style not in module.content:
                    yield Wrong(("modules", place, "content"), f"there is nothing for the style {style}")
            for style in module.content:
                if style not in self.styles:
                    yield Wrong(("modules", place, "content", style), "is none of the styles")
            if module.id in modules:
                yield Wrong(("modules", place, "id"), f"there are two modules {module.id}")
            for at, exercise in enumerate(module.exercises):
                if exercise.id in exercises:
                    yield Wrong(("modules", place, "exercises", at, "id"), f"there are two {exercise.id}")
                if exercise.answer not in exercise.options:
                    yield Wrong(("modules", place, "exercises", at, "answer"), "is none of the options")
                exercises.add(exercise.id)
            modules.add(module.id)
