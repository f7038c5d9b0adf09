"""Risk profile from the questionnaire of the release."""

from fractions import Fraction

from activities.context import Context
from activities.registry import implements
from engines import answer_consistency as consistency
from engines import questionnaire as engine
from engines.questions import Question
from payloads.files import questionnaire as written
from payloads.files.questionnaire import QuestionnaireFile
from payloads.risk import Finding, RiskProfile, ScoreQuestionnaire


@implements("risk.score_questionnaire")
def score_questionnaire(ask: ScoreQuestionnaire, context: Context) -> RiskProfile:
    """Score the answers and report what contradicts."""
    profile = engine.score_answers(
        questionnaire_from(context.catalogue.read("questionnaire", QuestionnaireFile)),
        ask.answers,
        consistency.Person(age=ask.age, experience=ask.experience),
        ask.method,
    )
    return RiskProfile(
        points=profile.points,
        risk_score=profile.score,
        risk_category=profile.category.name,
        risk_description=profile.category.description,
        method=profile.method,
        by_question=dict(profile.by_question),
        findings=[
            Finding(code=found.code, questions=list(found.questions), text=found.text)
            for found in profile.findings
        ],
    )


def categories_from(file: QuestionnaireFile) -> tuple[engine.Category, ...]:
    """The categories of risk scores, lowest first."""
    return tuple(engine.Category(row.category, row.up_to, row.description) for row in file.categories)


def questionnaire_from(file: QuestionnaireFile) -> engine.Questionnaire:
    """The questionnaire of a catalogue file, as the engine takes it."""
    questions = {
        row.id: Question(row.id, {option.option: option.points for option in row.options})
        for row in file.questions
    }
    return engine.Questionnaire(
        questions=tuple(questions.values()),
        methods={name: _method(method) for name, method in file.methods.items()},
        default_method=file.default_method,
        categories=categories_from(file),
        rules=tuple(_rule(rule, questions) for rule in file.consistency),
    )


def _method(method: written.Method) -> engine.ScoringMethod:
    if isinstance(method, written.CappedSumMethod):
        return engine.CappedSum(method.cap)
    return engine.RangeScore()


def _rule(rule: written.Rule, questions: dict[str, Question]) -> consistency.ConsistencyRule:
    if isinstance(rule, written.AgeRule):
        bands = {option: consistency.AgeBand(**band.model_dump()) for option, band in rule.options.items()}
        return consistency.AgeRule(rule.code, rule.text, rule.question, bands)
    if isinstance(rule, written.ExperienceRule):
        return consistency.ExperienceRule(rule.code, rule.text, rule.question, dict(rule.options))
    return consistency.GroupsRule(
        rule.code,
        rule.text,
        higher=tuple(questions[question] for question in rule.higher),
        lower=tuple(questions[question] for question in rule.lower),
        apart_by_more_than=Fraction(rule.apart_by_more_than),
    )
