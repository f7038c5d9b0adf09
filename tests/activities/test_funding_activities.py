"""Money that arrives is booked once, to the cent, in the account's currency."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from activities.runner import ActivityFault, run
from store import ledger
from store.database import Database
from store.tables import Deposit
from tests.support.house import House
from tests.support.ledger import buy
from tests.support.threads import at_once


@pytest.fixture
def house(database: Database, tenant: str) -> House:
    """A house with one client."""
    opened = House(database, tenant)
    opened.register()
    return opened


def confirm(house: House, amount: Any = 100000, **given: Any) -> dict[str, Any]:
    return house("payments.confirm_deposit", account_id="A-C-1", amount=amount, **given)


def refused(house: House, activity: str = "payments.confirm_deposit", **given: Any) -> ActivityFault:
    with pytest.raises(ActivityFault) as raised:
        house(activity, **{"account_id": "A-C-1", "amount": 100, **given})
    return raised.value


def test_a_deposit_is_asked_for_once(house: House) -> None:
    """The same step answers the same reference, without asking the provider again."""
    first = house("payments.request_deposit", account_id="A-C-1", amount="100000.00")
    house.services.payments = None
    assert house("payments.request_deposit", account_id="A-C-1", amount="100000.00") == first
    assert (first["amount"], first["currency"]) == (100000, "AUD")
    assert house.facts() == ["CustomerOnboarded", "DepositRequested"]


def asked_for(house: House, run: str, **changed: Any) -> str:
    given = {"account_id": "A-C-1", "amount": 100000, "about": "onboarding", **changed}
    return str(house("payments.request_deposit", run_id=run, **given)["reference"])


def test_two_runs_ask_once_for_money_about_one_thing(house: House) -> None:
    """At the same time too, and so does a later one while nobody has paid."""
    runs = [f"run-{number}" for number in range(4)]
    references = at_once([lambda run=run: asked_for(house, run) for run in runs])  # type: ignore[misc]
    house.services.payments = None
    assert {*references, asked_for(house, "later")} == {references[0]}
    assert house.facts().count("DepositRequested") == 1


def test_once_it_is_paid_more_money_has_a_reference_of_its_own(house: House) -> None:
    """Else what is paid then would count as the payment that is booked already."""
    first = asked_for(house, "run-1")
    confirm(house, reference=first)
    second = asked_for(house, "run-2")
    assert second != first
    assert asked_for(house, "run-3") == second
    assert confirm(house, run_id="run-2", reference=second)["cash"] == 200000
    # A step that is tried again keeps its answer, also where others ask for more money since.
    assert [asked_for(house, run) for run in ("run-1", "run-2", "run-3")] == [first, second, second]


@pytest.mark.parametrize("changed", [{"amount": 99999.99}, {"about": "top-up"}, {"about": None}])
def test_other_money_is_asked_for_too(house: House, changed: dict[str, Any]) -> None:
    """Another amount, for something else; and each run for its own where nothing says what it is about."""
    assert asked_for(house, "run-1") != asked_for(house, "run-2", **changed)
    assert house.facts().count("DepositRequested") == 2


def test_money_that_arrives_is_booked(house: House) -> None:
    """The request that it answers is closed."""
    reference = house("payments.request_deposit", account_id="A-C-1", amount=100000)["reference"]
    answer = confirm(house, "99999.99", reference=reference)
    money = Decimal("99999.99")
    assert answer == {"account_id": "A-C-1", "received": money, "cash": money, "booked": True}
    with house.database.reading() as tx:
        assert tx.get_one(Deposit, (house.tenant, reference)).received_at is not None
    assert house.log()[-1].data["amount"] == Decimal("99999.99")


def test_the_same_reference_is_booked_once(house: House) -> None:
    """Whichever run reports it again; what it says of the cash is true."""
    confirm(house, reference="R1")
    confirm(house, 50, run_id="run-2", reference="R2")
    again = confirm(house, run_id="run-3", reference="R1")
    assert (again["cash"], again["booked"]) == (100050, False)
    assert house.facts().count("DepositConfirmed") == 2


def test_without_a_reference_a_step_books_once(house: House) -> None:
    """Another run books its own."""
    confirm(house)
    assert confirm(house)["cash"] == 100000
    assert confirm(house, run_id="run-2")["cash"] == 200000


def test_four_reports_at_once_are_one_booking(house: House) -> None:
    """On the account and in the log."""
    runs = [f"run-{number}" for number in range(4)]
    at_once([lambda run=run: confirm(house, run_id=run, reference="R1") for run in runs])  # type: ignore[misc]
    assert house.facts().count("DepositConfirmed") == 1
    assert confirm(house, run_id="last", reference="R1")["cash"] == 100000


def test_a_reference_with_another_amount_is_refused(house: House) -> None:
    """It is another payment, and needs its own reference."""
    confirm(house, reference="R1")
    assert refused(house, amount=1, run_id="run-2", reference="R1").type == "ReferenceConflict"


@pytest.mark.parametrize("activity", ["payments.request_deposit", "payments.confirm_deposit"])
def test_another_currency_is_refused(house: House, activity: str) -> None:
    """The message names both and says what to do; nothing is booked or asked for."""
    fault = refused(house, activity, currency="USD")
    assert (fault.type, fault.path) == ("WrongCurrency", "currency")
    for part in ("USD", "AUD", "change the money into AUD first"):
        assert part in fault.message
    assert house.facts() == ["CustomerOnboarded"]


@pytest.mark.parametrize("activity", ["payments.request_deposit", "payments.confirm_deposit"])
def test_an_unknown_account_is_named(house: House, activity: str) -> None:
    """With the field it was given in."""
    fault = refused(house, activity, account_id="A-9")
    assert (fault.type, fault.path) == ("UnknownAccount", "account_id")


@pytest.mark.parametrize("amount", [0, -1, "0.001", 1e300, "NaN", True, None])
def test_an_amount_that_is_no_money_is_refused(house: House, amount: object) -> None:
    """Nothing, less than nothing, fractions of a cent, and what is no number."""
    fault = refused(house, amount=amount)
    assert (fault.type, fault.path) == ("InvalidInput", "amount")


def bounce(house: House, reference: str = "R1", **given: Any) -> dict[str, Any]:
    return house("payments.reverse_deposit", account_id="A-C-1", reference=reference, **given)


def test_a_deposit_that_bounced_is_taken_back_once(house: House) -> None:
    """By whichever run; both entries stay in the ledger, and the log says why."""
    confirm(house, reference="R1")
    answer = bounce(house, reason="insufficient funds")
    assert answer == {"account_id": "A-C-1", "returned": 100000, "cash": 0}
    assert bounce(house, reason="insufficient funds") == answer
    assert bounce(house, run_id="run-2") == answer
    assert house.facts().count("DepositReversed") == 1
    assert house.log()[-1].data["reason"] == "insufficient funds"
    with house.database.reading() as tx:
        kinds = [entry.kind for entry in ledger.entries(tx, house.tenant, "A-C-1")]
    assert kinds == ["deposit", "reversal"]


def test_money_that_was_spent_and_bounces_leaves_a_debt(house: House) -> None:
    """The balance says how much, to the cent."""
    confirm(house, 1000, reference="R1")
    with house.database.transaction() as tx:
        buy(tx, house.tenant, "p", 10, 500_01)
    assert bounce(house)["cash"] == Decimal("-500.01")


def test_a_deposit_that_bounced_is_not_booked_again(house: House) -> None:
    """New money needs its own reference; a report that came late is not taken for it."""
    confirm(house, reference="R1")
    bounce(house)
    fault = refused(house, amount=100000, run_id="run-2", reference="R1")
    assert (fault.type, fault.path) == ("ReferenceConflict", "reference")
    assert "bounced" in fault.message
    assert confirm(house, run_id="run-3", reference="R2")["cash"] == 100000


def test_what_was_never_booked_cannot_bounce(house: House) -> None:
    """Neither an unknown reference nor that of another kind of entry."""
    for reference in ("R9", "deposit:R1"):
        fault = refused_bounce(house, reference)
        assert (fault.type, fault.path) == ("UnknownReference", "reference")
    assert house.facts() == ["CustomerOnboarded"]


def refused_bounce(house: House, reference: str) -> ActivityFault:
    with pytest.raises(ActivityFault) as raised:
        bounce(house, reference)
    return raised.value


def test_money_moves_on_the_exchanges_day(house: House) -> None:
    """At 1:00 on 1 July in Sydney, 15:00 UTC on 30 June, it is the next tax year's."""
    night = datetime(2026, 6, 30, 15, 0, tzinfo=UTC)
    account = {"account_id": "A-C-1"}
    moves: list[tuple[str, dict[str, Any]]] = [
        ("payments.confirm_deposit", {"amount": 100, "reference": "R-1"}),
        ("cash.withdraw", {"amount": 40}),
        ("cash.return_withdrawal", {}),
        ("payments.reverse_deposit", {"reference": "R-1"}),
    ]
    for activity, given in moves:
        run(activity, account | given, house.context(activity, now=night), strict=True)
    with house.database.reading() as tx:
        days = [each.effective for each in ledger.entries(tx, house.tenant, "A-C-1")]
    assert days == [date(2026, 7, 1)] * 4
