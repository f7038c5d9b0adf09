"""The catalogue says truly who appends each business event, and who takes it."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
import yaml

from activities.routing import misfits_of
from payloads.catalogue import catalogue
from payloads.files.events import BusinessEvent, EventsFile
from tests.support.contexts import catalogue_files
from tests.support.town import PROJECT

# The core event types that the product was described with.
CORE = {
    "user_registered": {"customer_id": "C-1", "portfolio_id": "P-C-1"},
    "profile_updated": {"customer_id": "C-1", "fields": ["income"]},
    "goal_created": {
        "customer_id": "C-1",
        "portfolio_id": "P-C-1",
        "goal": {
            "goal_id": "G-1",
            "goal_type": "purchase",
            "target_amount": 50000,
            "target_date": "2032-01-01",
        },
    },
    "deposit_initiated": {"portfolio_id": "P-1", "amount": 100},
    "market_open": {"exchange": "XASX", "session": "2026-07-01"},
    "market_close": {"exchange": "XASX", "session": "2026-07-01"},
    "volatility_spike": {"volatility": 0.3, "usual": 0.15},
    "major_news_event": {"headline": "Rates were raised", "severity": "high"},
    "drift_exceeded": {"portfolio_id": "P-1", "drift": 0.06},
    "goal_milestone_reached": {"portfolio_id": "P-1", "goal_id": "G-1", "milestone": 0.5},
    "risk_limit_breached": {"portfolio_id": "P-1", "breaches": []},
    "rebalancing_needed": {"portfolio_id": "P-1", "reason": "a new allocation"},
    "daily_batch_start": {"date": "2026-07-01"},
    "monthly_statement_generation": {"portfolio_id": "P-1"},
    "tax_document_ready": {
        "customer_id": "C-1",
        "portfolio_id": "P-1",
        "document_id": "D-1",
        "year": "2025-26",
    },
    "compliance_check_required": {"reason": "fills differ"},
}
PEOPLE = "people"


@cache
def business() -> Mapping[str, BusinessEvent]:
    return EventsFile.model_validate(catalogue_files()["events"]).business


@cache
def definitions() -> Mapping[str, Any]:
    """Every definition as it is written."""
    folder = PROJECT / "definitions" / "workflows"
    return {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in folder.glob("*.yaml")}


def emitted(tree: Any) -> set[str]:
    """The events that steps emit, at any depth."""
    if isinstance(tree, list):
        return set().union(*map(emitted, tree))
    if isinstance(tree, dict):
        return (
            {tree["emit"]} & set(business()) if "emit" in tree else set().union(*map(emitted, tree.values()))
        )
    return set()


def taken(definition: Mapping[str, Any]) -> set[str]:
    """The events that start a definition or that its runs subscribe to."""
    takers = [*definition.get("triggers", ()), *definition.get("subscribe", ())]
    return {taker["event"] for taker in takers if "event" in taker}


def doing(does: Any) -> dict[str, set[str]]:
    """For every event the definitions of which it is true."""
    found = {name: does(definition) for name, definition in definitions().items()}
    return {event: {name for name, events in found.items() if event in events} for event in business()}


PRODUCING, CONSUMING = doing(lambda one: emitted(one["steps"])), doing(taken)


def test_the_core_events_are_in_the_catalogue() -> None:
    """All sixteen, each with a schema."""
    assert len(CORE) == 16
    assert [name for name in CORE if name not in business() or business()[name].schema_ is None] == []


@pytest.mark.parametrize("name", CORE)
def test_each_core_event_has_a_producer_and_is_handled_by_a_definition(name: str) -> None:
    """Somebody says that it happened, and something is done about it."""
    about = business()[name]
    assert about.producers
    assert CONSUMING[name]


@pytest.mark.parametrize("name", business())
def test_what_the_catalogue_says_of_an_event_is_what_definitions_do(name: str) -> None:
    """No definition takes or emits it unnamed, and none is named that does not."""
    about, known = business()[name], set(definitions())
    others = set(about.producers) - known
    assert others <= {PEOPLE, *catalogue()}
    assert set(about.producers) & set(definitions()) == PRODUCING[name]
    assert set(about.consumers) & set(definitions()) == CONSUMING[name]
    assert set(about.consumers) <= known


@pytest.mark.parametrize("name", CORE)
def test_an_ordinary_payload_of_a_core_event_is_taken(name: str) -> None:
    """As the page of events shows it."""
    assert misfits_of(business()[name], CORE[name]) == []


@pytest.mark.parametrize(("name", "field"), [(name, field) for name in CORE for field in CORE[name]])
def test_a_core_event_without_a_field_or_with_one_of_another_type_is_refused_there(
    name: str, field: str
) -> None:
    """The path names the field."""
    whole = CORE[name]
    lacking = {key: value for key, value in whole.items() if key != field}
    for wrong in (lacking, whole | {field: None}, whole | {field: {"of": "another type"}}):
        assert [misfit.path.partition(".")[0] for misfit in misfits_of(business()[name], wrong)][:1] == [
            field
        ]


@pytest.mark.parametrize(
    ("name", "change", "path"),
    [
        ("deposit_initiated", {"amount": 0}, "amount"),
        ("deposit_initiated", {"amount": Decimal("0.001")}, "amount"),
        ("market_open", {"session": "2026-02-30"}, "session"),
        ("market_open", {"exchange": "ASX"}, "exchange"),
        ("volatility_spike", {"volatility": Decimal("-0.1")}, "volatility"),
        ("major_news_event", {"severity": "medium"}, "severity"),
        ("major_news_event", {"etfs": ["VAS", 7]}, "etfs[1]"),
        ("drift_exceeded", {"drift": "much"}, "drift"),
        ("goal_milestone_reached", {"milestone": 0}, "milestone"),
        ("goal_milestone_reached", {"milestone": Decimal("1.01")}, "milestone"),
        ("profile_updated", {"fields": []}, "fields"),
        ("user_registered", {"customer_id": ""}, "customer_id"),
        ("tax_document_ready", {"year": "2025"}, "year"),
        ("compliance_check_required", {"reason": ""}, "reason"),
    ],
)
def test_a_value_that_cannot_be_is_refused_at_its_path(name: str, change: dict[str, Any], path: str) -> None:
    """Zero and fractions of cents, days that are none, words that are not among those known."""
    [misfit] = misfits_of(business()[name], {**CORE[name], **change})
    assert misfit.path == path


def test_a_goal_that_lacks_its_amount_is_refused_at_the_goal() -> None:
    """The path goes into the payload."""
    goal = {key: value for key, value in CORE["goal_created"]["goal"].items() if key != "target_amount"}
    [misfit] = misfits_of(business()["goal_created"], CORE["goal_created"] | {"goal": goal})
    assert misfit.path == "goal.target_amount"
