"""A closed account has every book at zero, and takes nothing any more."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from store import portfolios
from store.database import Database
from store.tables import Account
from tests.support.billing import Firm, open_firm
from tests.support.trading import ACCOUNT, NOW, PORTFOLIO


@pytest.fixture
def firm(database: Database, tenant: str, tmp_path: Path) -> Firm:
    """A client with 100 VAS that cost 8,000.00, worth 9,000.00, and 2,000.00 of cash."""
    return open_firm(database, tenant, tmp_path)


def state(firm: Firm) -> str:
    return str(
        firm.brokerage.read(lambda tx: portfolios.portfolio(tx, firm.brokerage.tenant, PORTFOLIO).state)
    )


def begin(firm: Firm, **given: Any) -> dict[str, Any]:
    return firm("accounts.begin_closure", portfolio_id=PORTFOLIO, **given)


def close(firm: Firm, **given: Any) -> dict[str, Any]:
    return firm("accounts.close", portfolio_id=PORTFOLIO, **given)


def trade(side: str, units: int = 10) -> list[dict[str, Any]]:
    return [{"etf": "VAS", "side": side, "units": units}]


def pay_out(firm: Firm, amount: Decimal, step: str = "withdraw") -> None:
    taken = firm("cash.withdraw", step=step, account_id=ACCOUNT, amount=amount)
    firm("payments.pay_out", step=f"pay {step}", account_id=ACCOUNT, withdrawal=taken["withdrawal"])


def sell_everything(firm: Firm) -> None:
    """Every unit, at the prices of the day, settled two sessions later."""
    trades = firm("accounts.standing", portfolio_id=PORTFOLIO)["trades"]
    sent = firm("orders.submit", portfolio_id=PORTFOLIO, trades=trades)["orders"]
    firm("orders.await_fills", portfolio_id=PORTFOLIO, orders=sent, within="1h")
    firm.pass_days(2)
    firm("cash.settle")


def test_everything_sold_and_paid_out_leaves_every_book_at_zero(firm: Firm) -> None:
    """9,000.00 less 10.00 of brokerage: a gain of 990.00; the last fee is taken before the rest is paid."""
    assert begin(firm)["before"] == "managed"
    firm("fees.accrue", portfolio_id=PORTFOLIO)
    total = firm("fees.invoice", portfolio_id=PORTFOLIO, final=True)["total"]
    assert total == Decimal("1.80")
    sell_everything(firm)
    assert close(firm, step="too early")["left"] == ["cash 10990.00", "owed -1.80"]
    paid = firm("fees.collect", account_id=ACCOUNT)
    assert paid["cash"] == Decimal("10988.20")
    pay_out(firm, paid["cash"])
    answer = close(firm)
    assert answer["closed"]
    assert {name: answer[name] for name in ("capital", "gains", "income", "fees", "withheld")} == {
        "capital": Decimal("-988.20"),
        "gains": Decimal(990),
        "income": 0,
        "fees": Decimal("1.80"),
        "withheld": 0,
    }
    assert firm.books() == {}
    assert state(firm) == "closed"
    assert close(firm) == answer
    assert firm.facts()[-1] == "AccountClosed"


def test_units_that_go_to_another_registry_are_no_sale(firm: Firm) -> None:
    """They leave at their cost: no gain, and capital has that much less."""
    begin(firm)
    moved = {"portfolio_id": PORTFOLIO, "reference": "OMT-1"}
    answer = firm("accounts.transfer_out", **moved)
    assert (answer["units"], answer["cost_base"]) == ({"VAS": 100}, Decimal(8000))
    assert firm("accounts.transfer_out", **moved) == answer
    assert firm.books() == {"cash": Decimal(2000), "capital": Decimal(-2000)}
    assert firm("accounts.transfer_out", step="again", **moved)["units"] == {}
    pay_out(firm, Decimal(2000))
    assert close(firm)["gains"] == 0
    assert firm.books() == {}


def test_a_closed_account_takes_nothing(firm: Firm) -> None:
    """Deposits, orders, fees and hours are refused by name, and the books stay at zero."""
    begin(firm)
    firm("accounts.transfer_out", portfolio_id=PORTFOLIO, reference="OMT-1")
    pay_out(firm, Decimal(2000))
    close(firm)
    money = {"account_id": ACCOUNT, "amount": 5, "currency": "AUD"}
    assert firm.refusal("payments.request_deposit", **money) == ("AccountClosed", "account_id")
    assert firm.refusal("payments.confirm_deposit", **money) == ("AccountClosed", "account_id")
    for side in ("buy", "sell"):
        ordered = {"portfolio_id": PORTFOLIO, "trades": trade(side)}
        assert firm.refusal("orders.submit", **ordered) == ("AccountClosed", "trades[0]")
    hours = {"portfolio_id": PORTFOLIO, "reference": "W", "role": "adviser", "day": "2026-02-01"}
    assert firm.refusal("fees.record_hours", **hours, minutes=1) == ("AccountClosed", "account_id")
    assert firm.refusal("fees.invoice", portfolio_id=PORTFOLIO) == ("AccountClosed", "account_id")
    again = {"portfolio_id": PORTFOLIO}
    assert firm.refusal("accounts.begin_closure", **again) == ("AccountClosed", "portfolio_id")
    assert firm("fees.accrue", run_id="run-2")["portfolios"] == 0
    assert firm.books() == {}


def test_a_portfolio_that_is_being_closed_only_sells(firm: Firm) -> None:
    """What is asked for anew is refused; money on its way is booked, and goes out with the rest."""
    begin(firm)
    buy = {"portfolio_id": PORTFOLIO, "trades": trade("buy")}
    assert firm.refusal("orders.submit", **buy) == ("AccountClosed", "trades[0]")
    money = {"account_id": ACCOUNT, "amount": 5, "currency": "AUD"}
    assert firm.refusal("payments.request_deposit", **money) == ("AccountClosed", "account_id")
    assert firm("payments.confirm_deposit", **money, reference="LATE")["cash"] == 2005
    assert firm("orders.submit", portfolio_id=PORTFOLIO, trades=trade("sell"))["orders"]


def test_one_run_closes_a_portfolio_and_can_take_it_back(firm: Firm) -> None:
    """A second run is refused, and its undo changes nothing; the first one's puts the state back."""
    begin(firm)
    second = {"portfolio_id": PORTFOLIO, "run_id": "run-2"}
    assert firm.refusal("accounts.begin_closure", **second) == ("AccountClosed", "portfolio_id")
    assert not firm("accounts.keep_open", **second)["kept_open"]
    assert firm.refusal("accounts.close", **second) == ("NotClosing", "portfolio_id")
    assert firm("accounts.keep_open", portfolio_id=PORTFOLIO)["state"] == state(firm) == "managed"
    assert firm.refusal("accounts.close", portfolio_id=PORTFOLIO) == ("NotClosing", "portfolio_id")


def test_an_account_that_never_had_anything_is_closed_without_an_entry(
    database: Database, tenant: str, tmp_path: Path
) -> None:
    """Nothing to bring to zero."""
    firm = open_firm(database, tenant, tmp_path, paid_in=Decimal(1), units=0)
    pay_out(firm, Decimal(1))
    begin(firm)
    assert close(firm)["closed"]
    with database.reading() as tx:
        closed_at = tx.get_one(Account, (tenant, ACCOUNT)).closed_at
    assert closed_at is not None
    assert closed_at >= NOW
    assert firm.books() == {}


def test_what_may_still_fill_is_not_handed_over(firm: Firm) -> None:
    """Units on order to be sold cannot go to another registry as well."""
    firm("orders.submit", portfolio_id=PORTFOLIO, trades=[{**trade("sell")[0], "limit": 95}])
    begin(firm)
    moved = {"portfolio_id": PORTFOLIO, "reference": "OMT-1"}
    assert firm.refusal("accounts.transfer_out", **moved) == ("OrdersOpen", "portfolio_id")
    assert firm("accounts.standing", portfolio_id=PORTFOLIO)["open_orders"] == 1
    assert close(firm)["left"][-1].startswith("order ")
