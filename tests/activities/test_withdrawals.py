"""Money leaves an account once, settled and to the cent, or goes back on it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from activities.runner import ActivityFault
from adapters.payments import PaymentsUnavailable, PayoutReceipt
from store import cash, ledger
from store.database import Database
from store.tables import Book
from tests.support.house import House
from tests.support.ledger import ACCOUNT, buy, deposit, sell
from tests.support.threads import at_once


@pytest.fixture
def house(database: Database, tenant: str) -> House:
    """A house with one client, who has 1,000.00 of which a purchase still has to pay 400.00."""
    opened = House(database, tenant)
    opened.register()
    with database.transaction() as tx:
        deposit(tx, tenant, 1000_00)
        buy(tx, tenant, "p", 10, 400_00)
    return opened


def withdraw(house: House, amount: Any = 600, **given: Any) -> dict[str, Any]:
    return house("cash.withdraw", account_id=ACCOUNT, amount=amount, **given)


def pay_out(house: House, withdrawal: str, **given: Any) -> dict[str, Any]:
    return house("payments.pay_out", account_id=ACCOUNT, withdrawal=withdrawal, **given)


def give_back(house: House, **given: Any) -> dict[str, Any]:
    return house("cash.return_withdrawal", account_id=ACCOUNT, **given)


def refusal(act: Callable[[], object]) -> tuple[str, str]:
    """Type and path of the fault."""
    with pytest.raises(ActivityFault) as raised:
        act()
    return raised.value.type, raised.value.path


def balances(house: House) -> dict[Book, int]:
    with house.database.reading() as tx:
        return ledger.balances(tx, house.tenant, ACCOUNT)


def test_settled_money_leaves_the_account_once(house: House) -> None:
    """The same step answers the same; the ledger still adds up, the log says it once."""
    first = withdraw(house, "600.00")
    assert withdraw(house, "600.00") == first
    assert (first["amount"], first["cash"]) == (600, 0)
    assert balances(house)[Book.CASH] == 400_00
    assert sum(balances(house).values()) == 0
    assert house.facts().count("CashWithdrawn") == 1


def test_more_than_is_settled_is_refused(house: House) -> None:
    """What a purchase still has to pay, and what a sale has still to bring, cannot leave."""
    with house.database.transaction() as tx:
        sell(tx, house.tenant, "s", "p", 4, 160_00, 260_00)
        left = cash.settled(tx, house.tenant, ACCOUNT)
    assert refusal(lambda: withdraw(house, (Decimal(left) + 1) / 100)) == ("InsufficientCash", "amount")
    assert house.facts() == ["CustomerOnboarded"]
    withdraw(house, Decimal(left) / 100, run_id="run-2")


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"amount": -1}, ("InvalidInput", "amount")),
        ({"amount": 0}, ("InvalidInput", "amount")),
        ({"amount": "0.001"}, ("InvalidInput", "amount")),
        ({"currency": "USD"}, ("WrongCurrency", "currency")),
        ({"account_id": "A-9"}, ("UnknownAccount", "account_id")),
    ],
)
def test_what_cannot_be_withdrawn_is_refused_by_its_field(
    house: House, given: dict[str, Any], fault: tuple[str, str]
) -> None:
    """Nothing is booked."""
    asked = {"account_id": ACCOUNT, "amount": 1, **given}
    assert refusal(lambda: house("cash.withdraw", **asked)) == fault
    assert house.facts() == ["CustomerOnboarded"]


def test_two_withdrawals_at_once_never_take_more_than_there_is(house: House) -> None:
    """One of them finds too little left, whichever came second."""
    taken = []

    def one(run: str) -> None:
        try:
            taken.append(withdraw(house, 400, run_id=run)["amount"])
        except ActivityFault as fault:
            taken.append(fault.type)

    at_once([lambda run=run: one(run) for run in ("a", "b")])  # type: ignore[misc]
    assert sorted(taken, key=str) == [400, "InsufficientCash"]
    assert balances(house)[Book.CASH] == 600_00


def test_a_withdrawal_is_paid_once_whoever_asks(house: House) -> None:
    """How much says the ledger; a second payment of it is the first."""
    taken = withdraw(house, 250)["withdrawal"]
    paid = pay_out(house, taken)
    assert (paid["amount"], paid["withdrawal"]) == (250, taken)
    assert pay_out(house, taken, run_id="run-2")["reference"] == paid["reference"]
    house.services.payments = None
    assert pay_out(house, taken) == paid


def test_only_what_was_withdrawn_is_paid(house: House) -> None:
    """A reference that nobody withdrew under, or of a deposit, pays nothing."""
    for reference in ("W-9", "d"):
        assert refusal(lambda reference=reference: pay_out(house, reference)) == (
            "UnknownReference",
            "reference",
        )


def test_what_was_not_paid_goes_back_on_the_account(house: House) -> None:
    """Once; and from then on nobody can pay it."""
    taken = withdraw(house, 250)["withdrawal"]
    back = give_back(house)
    assert (back["returned"], back["paid"], back["cash"]) == ([taken], [], 600)
    assert give_back(house) == back
    assert give_back(house, step="again")["returned"] == []
    assert refusal(lambda: pay_out(house, taken))[0] == "PayoutRefused"
    assert balances(house)[Book.CASH] == 1000_00
    assert house.facts().count("WithdrawalReturned") == 1


def test_what_was_paid_stays_withdrawn(house: House) -> None:
    """Also where the answer of the provider never came back to the run."""

    class Deaf:
        """Sends, and loses the answer."""

        def __init__(self, real: Any) -> None:
            self.cancel_payout, self._real = real.cancel_payout, real

        def pay_out(self, request: Any) -> PayoutReceipt:
            self._real.pay_out(request)
            raise PaymentsUnavailable("no answer came")

    taken = withdraw(house, 250)["withdrawal"]
    house.services.payments = Deaf(house.services.payments)
    assert refusal(lambda: pay_out(house, taken))[0] == "PaymentsUnavailable"
    back = give_back(house)
    assert (back["returned"], back["paid"]) == ([], [taken])
    assert balances(house)[Book.CASH] == 750_00


def test_another_runs_withdrawal_is_left_alone(house: House) -> None:
    """Undoing one of two takes back its own."""
    first, second = (withdraw(house, 100, run_id=run)["withdrawal"] for run in ("a", "b"))
    assert give_back(house, run_id="b")["returned"] == [second]
    assert pay_out(house, first, run_id="a")["amount"] == 100


def test_nothing_withdrawn_is_nothing_to_take_back(house: House) -> None:
    """An undo of a step that never came to its effect."""
    back = give_back(house)
    assert (back["returned"], back["paid"]) == ([], [])
    assert house.facts() == ["CustomerOnboarded"]
