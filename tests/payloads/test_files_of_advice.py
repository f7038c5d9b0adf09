"""Catalogue files of questionnaire, pods and tax: what does not hold together is refused by name."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from payloads.base import Payload
from payloads.files.fees import FeesFile
from payloads.files.limits import LimitsFile
from payloads.files.pod_allocation import PodAllocationFile
from payloads.files.questionnaire import QuestionnaireFile
from payloads.files.tax_au import TaxAuFile
from payloads.files.written import at
from tests.support.contexts import catalogue_files

MODELS: dict[str, type[Payload]] = {
    "questionnaire": QuestionnaireFile,
    "pod_allocation": PodAllocationFile,
    "limits": LimitsFile,
    "fees": FeesFile,
    "tax_au": TaxAuFile,
}


def changed(name: str, place: list[str | int], value: Any) -> dict[str, Any]:
    """A catalogue file with one value changed."""
    file: Any = deepcopy(catalogue_files()[name])
    spot = file
    for part in place[:-1]:
        spot = spot[part]
    spot[place[-1]] = value
    return file  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", MODELS)
def test_the_projects_own_file_holds_together(name: str) -> None:
    """What is shipped is valid."""
    MODELS[name].model_validate(catalogue_files()[name])


@pytest.mark.parametrize("name", MODELS)
def test_a_misspelt_key_is_refused(name: str) -> None:
    """Nothing written is ignored."""
    with pytest.raises(ValidationError, match="Extra inputs"):
        MODELS[name].model_validate(changed(name, ["dafault"], 1))


@pytest.mark.parametrize(
    ("name", "place", "value", "says"),
    [
        ("questionnaire", ["default_method"], "average", "default_method average is none of range, capped_sum"),
        ("questionnaire", ["categories", 3, "up_to"], 99, "the last ends at 100"),
        ("questionnaire", ["questions", 1, "id"], "q1", "two questions have the same id"),
        ("questionnaire", ["consistency", 0, "question"], "q77", "names question q77"),
        ("questionnaire", ["consistency", 1, "options"], {"expert": "advanced"}, "names option expert"),
        ("questionnaire", ["questions", 0, "options", 1, "option"], "under_30", "same name"),
        ("pod_allocation", ["base_weights", "growth", "POD1"], "0.2", "do not add up to 1"),
        ("fees", ["schedules", "advice", "versions", 0, "tiers", 1, "up_to"], 250_000, "is not above 250000"),
        ("fees", ["schedules", "advice", "versions", 0, "tiers", 0, "up_to"], None, "only the last tier"),
        ("fees", ["schedules", "advice", "versions", 0, "tiers", 2, "up_to"], 9e6, "the last tier is without"),
        ("fees", ["schedules", "advice", "versions", 0, "tiers", 0, "rate"], "0.00001", "4 decimal places"),
        ("fees", ["schedules", "advice", "versions", 0, "discount"], "1.01", "less than or equal to 1"),
        ("fees", ["schedule_of"], {"advised": "advice"}, "the mandate discretionary has no schedule"),
        ("fees", ["schedule_of", "advised"], "platinum", "no schedule is called platinum"),
        ("fees", ["hourly", "adviser", "values", 0, "value"], 0, "greater than 0"),
        ("pod_allocation", ["base_weights", "growth"], {"POD1": "1"}, "name other pods"),
        ("pod_allocation", ["glide_path", 0, "give_to"], "POD8", "POD8 is none of"),
        ("pod_allocation", ["glide_path", 0, "over_age"], 60, "one of the two"),
        ("pod_allocation", ["horizons", 0, "below_years"], 7, "horizons rise"),
        ("pod_allocation", ["horizons", 0, "pod"], "POD8", "POD8 is none of"),
        ("pod_allocation", ["beyond_by_priority"], {"high": "POD3"}, "each of high, medium, low"),
        ("tax_au", ["resident_scale", "values", 0, "brackets", 0, "above"], 5, "brackets rise from 0"),
        ("tax_au", ["resident_scale", "values", 1, "since"], "2019-07-01", "oldest first"),
        ("tax_au", ["capital_gains_discount", "values", 1, "indexed"], ["super"], "super is indexed but has no share"),
        ("tax_au", ["company_rate", "values"], [], "at least 1"),
    ],
)  # fmt: skip
def test_what_does_not_hold_together_is_named(
    name: str, place: list[str | int], value: Any, says: str
) -> None:
    """One change, one refusal that says what is wrong."""
    with pytest.raises(ValidationError, match=says):
        MODELS[name].model_validate(changed(name, place, value))


@pytest.mark.parametrize("name", ["limits", "fees"])
def test_every_figure_says_since_when_and_by_whom(name: str) -> None:
    """A number without a source is refused."""
    for key, figure in catalogue_files()[name].items():
        if isinstance(figure, dict):
            with pytest.raises(ValidationError, match="source"):
                MODELS[name].model_validate(changed(name, [key, "source"], ""))


def test_a_dated_value_holds_until_the_next_begins() -> None:
    """The day before, the day itself, and nothing before the first."""
    rates = TaxAuFile.model_validate(catalogue_files()["tax_au"]).base_rate_entity_rate.values
    assert str(at(rates, date(2020, 6, 30)).value) == "0.275"
    assert str(at(rates, date(2020, 7, 1)).value) == "0.26"
    with pytest.raises(LookupError, match="2018-07-01"):
        at(rates, date(2018, 6, 30))
