"""What a client learns next, by what they have answered so far.

ActivityError
├── UnknownExercise   an answer belongs to no exercise
├── UnknownOption     an answer is none of its exercise's options
└── UnknownStyle      the curriculum has no such form
"""

from activities.context import Context
from activities.errors import ActivityError
from activities.registry import implements
from engines.mastery import Skill, traced
from payloads.education import LearningPath, Lesson, NextLesson
from payloads.files.education import EducationFile, Module


class UnknownExercise(ActivityError):
    """An answer belongs to no exercise."""


class UnknownOption(ActivityError):
    """An answer is none of its exercise's options."""


class UnknownStyle(ActivityError):
    """The curriculum has no such form."""


@implements("education.next_lesson")
def next_lesson(ask: NextLesson, context: Context) -> LearningPath:
    """The open module that is mastered least, and its exercise that was answered least often.

    Modules that serve a goal of the client go before all others.
    """
    file = context.catalogue.read("education", EducationFile)
    style = _style(ask, file)
    marks = _marks(ask, file)
    mastery = {module.id: traced(marks[module.id], _skill(module)) for module in file.modules}
    mastered = [name for name, share in mastery.items() if share >= float(file.mastered.value)]
    open_ones = [
        module for module in file.modules if module.id not in mastered and set(module.needs) <= set(mastered)
    ]
    chosen = min(
        open_ones,
        key=lambda module: (not set(module.serves) & set(ask.goals), mastery[module.id]),
        default=None,
    )
    return LearningPath(
        mastery=mastery,
        mastered=mastered,
        unlocked=[name for module in file.modules if module.id in mastered for name in module.unlocks],
        next=None if chosen is None else _lesson(chosen, style, ask),
        complete=len(mastered) == len(file.modules),
    )


def _marks(ask: NextLesson, file: EducationFile) -> dict[str, list[bool]]:
    """By module whether each answer was right, in the order they came."""
    known = {exercise.id: (module.id, exercise) for module in file.modules for exercise in module.exercises}
    marks: dict[str, list[bool]] = {module.id: [] for module in file.modules}
    for place, answer in enumerate(ask.answers):
        if answer.exercise not in known:
            raise UnknownExercise(f"there is no exercise {answer.exercise}", f"answers[{place}].exercise")
        module, exercise = known[answer.exercise]
        if answer.option not in exercise.options:
            options = ", ".join(exercise.options)
            raise UnknownOption(f"{exercise.id} has the options {options}", f"answers[{place}].option")
        marks[module].append(answer.option == exercise.answer)
    return marks


def _lesson(module: Module, style: str, ask: NextLesson) -> Lesson:
    done = [answer.exercise for answer in ask.answers]
    exercise = min(module.exercises, key=lambda each: done.count(each.id))
    return Lesson(
        module=module.id,
        title=module.title,
        style=style,
        content=module.content[style],
        exercise=exercise.id,
        question=exercise.question,
        options=exercise.options,
    )


def _style(ask: NextLesson, file: EducationFile) -> str:
    if ask.style is not None and ask.style not in file.styles:
        raise UnknownStyle(f"there is no form {ask.style}; there are {', '.join(file.styles)}", "style")
    return ask.style or file.styles[0]


def _skill(module: Module) -> Skill:
    figures = module.skill
    return Skill(figures.known, figures.learn, figures.slip, figures.guess)
