"""Scores, categories and contradictions of a risk questionnaire."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.risk import questionnaire_from
from engines.answer_consistency import AgeBand, GroupsRule, Person
from engines.questionnaire import (
    CappedSum,
    MissingAnswer,
    Profile,
    RangeScore,
    UnknownMethod,
    UnknownOption,
    UnknownQuestion,
    category_of,
    score_answers,
)
from engines.questions import Question
from payloads.files.questionnaire import QuestionnaireFile
from tests.support.contexts import catalogue_files

QUESTIONNAIRE = questionnaire_from(QuestionnaireFile.model_validate(catalogue_files()["questionnaire"]))
NOBODY = Person()
MIDDLE = {
    "q1": "30_45", "q2": "5_10y", "q3": "hold", "q4": "balanced_growth", "q5": "intermediate",
    "q6": "20pct", "q7": "stable", "q8": "unlikely", "q9": "neutral", "q10": "7_10pct",
}  # fmt: skip

answers = st.fixed_dictionaries(
    {question.id: st.sampled_from(sorted(question.points)) for question in QUESTIONNAIRE.questions}
)


def scored(person: Person = NOBODY, method: str | None = None, **changed: str) -> Profile:
    """The middle answers, some of them changed, scored."""
    return score_answers(QUESTIONNAIRE, {**MIDDLE, **changed}, person, method)


def codes(profile: Profile) -> list[str]:
    """The codes of what was found."""
    return [finding.code for finding in profile.findings]


def test_points_run_from_40_to_195() -> None:
    """The table of the service: fewest and most points over all ten questions."""
    assert sum(question.fewest for question in QUESTIONNAIRE.questions) == 40
    assert sum(question.most for question in QUESTIONNAIRE.questions) == 195


@given(chosen=answers)
def test_range_is_the_share_of_the_points_rounded_half_up(chosen: dict[str, str]) -> None:
    """Against an independent formula in decimals: 100·(points - 40)/155."""
    profile = score_answers(QUESTIONNAIRE, chosen, NOBODY)
    exact = Decimal(100 * (profile.points - 40)) / Decimal(155)
    assert profile.score == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@given(chosen=answers)
def test_capped_sum_never_passes_a_hundred(chosen: dict[str, str]) -> None:
    """The sum of points, at most 100."""
    profile = score_answers(QUESTIONNAIRE, chosen, NOBODY, "capped_sum")
    assert profile.score == min(sum(profile.by_question.values()), 100)


@given(chosen=answers, question=st.sampled_from(QUESTIONNAIRE.questions))
def test_a_braver_answer_never_lowers_the_score(chosen: dict[str, str], question: Question) -> None:
    """Replacing one answer by the one with most points cannot score less."""
    bravest = max(question.points, key=lambda option: question.points[option])
    braver = score_answers(QUESTIONNAIRE, {**chosen, question.id: bravest}, NOBODY)
    assert braver.score >= score_answers(QUESTIONNAIRE, chosen, NOBODY).score


def test_exactly_half_rounds_up() -> None:
    """1 of 8 points above the fewest is 12.5, so 13."""
    assert RangeScore().score([Question("q", {"a": 0, "b": 1, "c": 8})], {"q": 1}) == 13


@pytest.mark.parametrize(
    ("score", "name"),
    [(0, "conservative"), (30, "conservative"), (31, "moderate"), (60, "moderate"), (61, "growth"),
     (80, "growth"), (81, "aggressive"), (100, "aggressive")],
)  # fmt: skip
def test_a_category_ends_with_its_own_score(score: int, name: str) -> None:
    """30, 60 and 80 belong to the lower category."""
    assert category_of(score, QUESTIONNAIRE.categories).name == name


def test_consistent_answers_find_nothing() -> None:
    """Age, experience, capacity and willingness agree."""
    assert codes(scored(Person(age=35, experience="intermediate"))) == []


@pytest.mark.parametrize(
    ("age", "option"),
    [
        (0, "under_30"),
        (29, "under_30"),
        (30, "30_45"),
        (44, "30_45"),
        (45, "45_60"),
        (60, "45_60"),
        (61, "over_60"),
    ],
)
def test_age_must_be_the_one_its_answer_stands_for(age: int, option: str) -> None:
    """Under 30, 30 to under 45, 45 to 60, over 60: one option fits an age, the others contradict it."""
    for other in ("under_30", "30_45", "45_60", "over_60"):
        contradicted = "age_contradicts_answer" in codes(scored(Person(age=age), q1=other))
        assert contradicted == (other != option)


def test_experience_must_be_the_one_on_record() -> None:
    """Whoever is said to be a beginner is not advanced."""
    assert codes(scored(Person(experience="beginner"), q5="advanced")) == ["experience_contradicts_answer"]


def test_what_is_not_known_contradicts_nothing() -> None:
    """Without an age and experience on record those rules keep silent."""
    assert codes(scored(q1="over_60", q5="none")) == []


def test_willingness_far_above_capacity_is_found() -> None:
    """Money needed soon on a shaky income does not go with buying more in a fall."""
    eager = scored(q2="0_2y", q7="very_unstable", q8="yes", q3="buy_more", q6="30pct_plus", q9="comfortable")
    assert codes(eager) == ["willingness_exceeds_capacity"]
    assert eager.findings[0].questions == ("q3", "q6", "q9", "q2", "q7", "q8")


def test_capacity_far_above_willingness_is_found() -> None:
    """Long horizon and stable income do not go with selling everything in a fall."""
    timid = scored(
        q2="10y_plus", q7="very_stable", q8="no", q3="sell_everything", q6="5pct", q9="very_uncomfortable"
    )
    assert codes(timid) == ["capacity_exceeds_willingness"]


@pytest.mark.parametrize(
    ("changed", "error", "path"),
    [
        ({"q3": "panic"}, UnknownOption, "answers.q3"),
        ({"q11": "yes"}, UnknownQuestion, "answers.q11"),
    ],
)
def test_answers_that_do_not_fit_are_refused_at_their_question(
    changed: dict[str, str], error: type[Exception], path: str
) -> None:
    """The path leads to the answer."""
    with pytest.raises(error) as refused:
        scored(NOBODY, None, **changed)
    assert refused.value.path == path  # type: ignore[attr-defined]


def test_a_misspelt_option_is_answered_with_the_near_one() -> None:
    """Whoever writes hodl meant hold."""
    with pytest.raises(UnknownOption, match="did you mean hold"):
        scored(q3="hodl")


def test_all_missing_answers_are_named_at_once() -> None:
    """The path leads to the first of them."""
    few: dict[str, Any] = {key: value for key, value in MIDDLE.items() if key not in ("q4", "q9")}
    with pytest.raises(MissingAnswer, match="q4, q9") as refused:
        score_answers(QUESTIONNAIRE, few, NOBODY)
    assert refused.value.path == "answers.q4"


def test_an_unknown_method_names_those_there_are() -> None:
    """Never a silent default."""
    with pytest.raises(UnknownMethod, match="range, capped_sum"):
        scored(method="average")


def test_bounds_that_are_not_given_do_not_bind() -> None:
    """An empty band takes every age."""
    assert AgeBand().holds(0)
    assert AgeBand().holds(130)


def test_the_share_of_a_gap_exactly_allowed_is_no_finding() -> None:
    """Only what lies beyond the gap counts."""
    low, high = Question("low", {"a": 0, "b": 20}), Question("high", {"a": 0, "b": 7, "c": 20})
    rule = GroupsRule("code", "text", (high,), (low,), Fraction(7, 20))
    assert rule.finding(NOBODY, {}, {"low": 0, "high": 7}) is None
    assert rule.finding(NOBODY, {}, {"low": 0, "high": 20}) is not None


def test_a_capped_sum_below_its_cap_is_the_sum() -> None:
    """Nothing is added or taken."""
    assert CappedSum(100).score([Question("q", {"a": 5, "b": 9})], {"q": 9}) == 9
