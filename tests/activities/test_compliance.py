"""Compliance: every finding at once, by rules that the catalogue names."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from activities.compliance import MissingSubject, UnknownRule, check
from activities.compliance_rules import RULES
from activities.snapshots import UnknownSnapshot
from payloads.compliance import CheckCompliance, ComplianceResult
from payloads.files.compliance import ComplianceFile
from store import customers, halts
from store.customers import UnknownCustomer
from store.database import Database
from store.portfolios import UnknownPortfolio
from store.tables import Agreement, Portfolio, Position
from tests.support.contexts import catalogue_files
from tests.support.trading import NOW, PORTFOLIO, Brokerage, open_brokerage

CUSTOMER = "C-1"


@pytest.fixture
def brokerage(database: Database, tenant: str, tmp_path: Path) -> Brokerage:
    """A verified, signed, growth client with 10,000."""
    made = open_brokerage(database, tenant, tmp_path, paid_in=Decimal(10_000))
    with database.transaction() as tx:
        customers.customer(tx, tenant, CUSTOMER).identity_status = "verified"
        portfolio = tx.get_one(Portfolio, (tenant, PORTFOLIO))
        portfolio.risk_category = "growth"
        signed = Agreement(
            tenant=tenant,
            agreement_id="AG-1",
            customer_id=CUSTOMER,
            portfolio_id=PORTFOLIO,
            sent_at=NOW,
            signed_at=NOW,
            actor="tests",
        )
        tx.add(signed)
    return made


def buy(units: int, etf: str, price: str | None = None) -> dict[str, Any]:
    return {"etf": etf, "side": "buy", "units": units, "price": price}


def checked(brokerage: Brokerage, **given: Any) -> ComplianceResult:
    proposal = {name: given.pop(name) for name in ("orders", "weights", "cash", "snapshot") if name in given}
    ask = CheckCompliance.model_validate({"portfolio_id": PORTFOLIO, "proposal": proposal, **given})
    answer = check(ask, brokerage.context("compliance"))
    assert isinstance(answer, ComplianceResult)
    return answer


def broken(answer: ComplianceResult) -> list[str]:
    return [finding.rule for finding in answer.findings]


def test_the_catalogue_and_the_code_have_the_same_rules() -> None:
    """A rule without code, or code without a rule, is a mistake of ours."""
    file = ComplianceFile.model_validate(catalogue_files()["compliance"])
    assert set(file.rules) == set(RULES)


def test_a_sound_proposal_passes_every_rule(brokerage: Brokerage) -> None:
    """All default rules are checked, none has anything against it."""
    answer = checked(
        brokerage,
        orders=[buy(30, "VAS"), buy(25, "VGS"), buy(60, "VAF")],
        weights={"VAS": 0.27, "VGS": 0.30, "VAF": 0.28},
    )
    assert (answer.passed, answer.findings) == (True, [])
    assert answer.checked == list(RULES)


def test_every_finding_comes_at_once(brokerage: Brokerage) -> None:
    """An operator sees all that is wrong, each with its rule."""
    answer = checked(
        brokerage,
        orders=[buy(200, "VAS"), buy(1, "XXX", "5.00"), {"etf": "VGS", "side": "sell", "units": 3}],
        weights={"VAS": 0.9},
    )
    assert not answer.passed
    assert broken(answer) == [
        "etf_in_universe",
        "no_overspend",
        "no_short_sale",
        "min_first_holding",
        "max_weight",
    ]


@pytest.mark.parametrize(
    ("orders", "cash", "passes"),
    [
        ([buy(10, "VAS")], "910.00", True),
        ([buy(10, "VAS")], "909.99", False),
        ([buy(10, "VAS", "91.00")], "919.99", False),
        ([buy(10, "VAS"), {"etf": "VGS", "side": "sell", "units": 5, "price": "120"}], "320.00", True),
        ([buy(10, "VAS"), {"etf": "VGS", "side": "sell", "units": 5, "price": "120"}], "319.99", False),
    ],
)
def test_brokerage_is_part_of_what_is_spent(
    brokerage: Brokerage, orders: list[dict[str, Any]], cash: str, passes: bool
) -> None:
    """Ten dollars an order, bought or sold; the last cent may be spent."""
    assert checked(brokerage, orders=orders, cash=cash, rules=["no_overspend"]).passed is passes


@pytest.mark.parametrize(
    ("weight", "severities"),
    [(0.30, []), (0.3000000001, []), (0.305, ["warning"]), (0.31, ["warning"]), (0.32, ["error"])],
)
def test_a_little_over_the_largest_weight_is_a_warning(
    brokerage: Brokerage, weight: float, severities: list[str]
) -> None:
    """Whole units move weights off their target; more than a point is an error."""
    answer = checked(brokerage, weights={"VAS": weight}, rules=["max_weight"])
    assert [finding.severity for finding in answer.findings] == severities
    assert answer.passed is (severities != ["error"])


def test_weights_of_zero_are_not_held(brokerage: Brokerage) -> None:
    """Thirteen ETFs break the limit of twelve; a weight of zero does not count."""
    weights = {f"E{number}": 0.05 for number in range(12)}
    assert checked(brokerage, weights={**weights, "VAS": 0}, rules=["max_etfs"]).passed
    assert not checked(brokerage, weights={**weights, "VAS": 0.01}, rules=["max_etfs"]).passed


@pytest.mark.parametrize(("value", "passes"), [("5.00", True), ("4.99", False)])
def test_a_first_holding_is_at_least_500(brokerage: Brokerage, value: str, passes: bool) -> None:
    """Exactly the exchange's minimum is enough."""
    answer = checked(brokerage, orders=[buy(100, "BILL", value)], rules=["min_first_holding"])
    assert answer.passed is passes


def test_more_of_what_is_held_may_be_small(brokerage: Brokerage) -> None:
    """The minimum is for first holdings only."""
    with brokerage.database.transaction() as tx:
        tx.add(Position(tenant=brokerage.tenant, portfolio_id=PORTFOLIO, etf="BILL", units=100))
    assert checked(brokerage, orders=[buy(1, "BILL")], rules=["min_first_holding"]).passed


def test_too_little_in_defensive_assets_is_a_warning(brokerage: Brokerage) -> None:
    """A growth client may have 95% outside; the proposal passes, the finding is kept."""
    answer = checked(brokerage, weights={"VAS": 0.3, "VGS": 0.3, "NDQ": 0.37}, rules=["suitability"])
    assert answer.passed
    assert broken(answer) == ["suitability"]
    assert (
        checked(brokerage, weights={"VAS": 0.3, "VGS": 0.3, "VAF": 0.4}, rules=["suitability"]).findings == []
    )


def test_who_is_not_verified_or_has_not_signed_does_not_trade(brokerage: Brokerage) -> None:
    """Both are found, by portfolio or by customer."""
    with brokerage.database.transaction() as tx:
        customers.customer(tx, brokerage.tenant, CUSTOMER).identity_status = "refused"
        tx.get_one(Agreement, (brokerage.tenant, "AG-1")).signed_at = None
    assert broken(checked(brokerage)) == ["identity_verified", "agreement_signed"]
    assert broken(checked(brokerage, portfolio_id=None, customer_id=CUSTOMER)) == [
        "identity_verified",
        "agreement_signed",
    ]


def test_a_halt_is_found_before_anything_is_sent(brokerage: Brokerage) -> None:
    """With the ETFs that it stops."""
    with brokerage.database.transaction() as tx:
        halts.halt(tx, brokerage.tenant, "etf:VAS", by="kim", reason="split", now=NOW)
    answer = checked(brokerage, orders=[buy(10, "VAS"), buy(10, "VGS")])
    assert [finding.text for finding in answer.findings] == [
        "trading of etf:VAS is halted since 2026-02-02 01:00 UTC (split): VAS"
    ]


def test_old_prices_are_found(brokerage: Brokerage) -> None:
    """Weeks later the snapshot is no basis for trading any more."""
    later = replace(brokerage)
    later.clock.now += timedelta(days=60)
    assert broken(checked(later)) == ["price_freshness"]


def test_simulated_prices_at_a_real_broker_are_found(brokerage: Brokerage) -> None:
    """The broker says what it is."""

    class RealBroker:
        name, simulated = "real", False

    assert broken(checked(brokerage.with_broker(RealBroker()))) == ["simulated_data_simulated_broker"]  # type: ignore[arg-type]


def test_an_unknown_rule_is_named_with_its_neighbours(brokerage: Brokerage) -> None:
    """A typo must not read as `passed`."""
    with pytest.raises(UnknownRule, match="did you mean max_weight") as raised:
        checked(brokerage, rules=["no_overspend", "max_wieght"])
    assert raised.value.path == "rules[1]"


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("identity_verified", "customer_id"),
        ("no_short_sale", "portfolio_id"),
        ("no_overspend", "proposal.cash"),
        ("max_weight", "proposal.weights"),
    ],
)
def test_a_rule_asked_for_without_its_subject_is_an_error(brokerage: Brokerage, rule: str, path: str) -> None:
    """What was asked for is never left out silently."""
    with pytest.raises(MissingSubject, match=rule) as raised:
        checked(brokerage, portfolio_id=None, rules=[rule])
    assert raised.value.path == path


def test_default_rules_without_their_subject_are_left_out_and_said(brokerage: Brokerage) -> None:
    """`checked` tells what was looked at."""
    answer = checked(brokerage, portfolio_id=None)
    assert answer.checked == [
        "trading_open",
        "etf_in_universe",
        "price_freshness",
        "simulated_data_simulated_broker",
    ]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"portfolio_id": "P-nobody"}, UnknownPortfolio),
        ({"customer_id": "C-nobody", "portfolio_id": None}, UnknownCustomer),
        ({"snapshot": "0" * 64}, UnknownSnapshot),
    ],
)
def test_unknown_ids_are_errors(
    brokerage: Brokerage, given: dict[str, Any], error: Callable[..., Exception]
) -> None:
    """Nobody's proposal is nobody's."""
    with pytest.raises(error):  # type: ignore[call-overload]
        checked(brokerage, **given)
