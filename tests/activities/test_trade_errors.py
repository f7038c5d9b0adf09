"""A wrong trade puts the client where they would have been, to the cent; the firm makes or loses the rest."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from store import portfolios
from store.database import Database
from store.trade_errors import HOUSE_ACCOUNT, HOUSE_PORTFOLIO
from tests.support.billing import Firm, open_firm
from tests.support.portfolios import open_portfolio
from tests.support.trading import ACCOUNT, PORTFOLIO, PRICES

OTHER, OTHERS = "P-C-2", "A-C-2"
Books = Mapping[str, Decimal]


@pytest.fixture
def firm(database: Database, tenant: str, tmp_path: Path) -> Firm:
    """A client with 100 VAS that cost 8,000.00, and 12,000.00 of cash; VAS is at 90.00."""
    return open_firm(database, tenant, tmp_path, paid_in=Decimal(20_000))


def trade(firm: Firm, side: str, units: int, portfolio_id: str = PORTFOLIO, step: str = "trade") -> str:
    """An order that fills whole; its id."""
    trades = [{"etf": "VAS", "side": side, "units": units, **({"limit": 95} if side == "buy" else {})}]
    [order] = firm("orders.submit", step=step, portfolio_id=portfolio_id, trades=trades)["orders"]
    filled = firm(
        "orders.await_fills", step=f"{step} fills", portfolio_id=portfolio_id, orders=[order], within="1h"
    )
    assert filled["status"] == "filled"
    return str(order)


def market_at(firm: Firm, price: str) -> None:
    firm.brokerage.exchange.load_prices({**PRICES, "VAS": Decimal(price)}, "2026-02-02")


def put_right(firm: Firm, order: str, step: str = "error", **intended: Any) -> dict[str, Any]:
    """What the definition does: fund, buy what has to be handed over, correct, sell what was taken over."""
    wrong = {"portfolio_id": PORTFOLIO, "order": order, **intended}
    found = firm("trade_errors.assess", **wrong)
    firm("trade_errors.fund", step=f"{step} fund", run_id=step, amount=found["firm_needs"])
    run = {"run_id": step}
    for name in ("buys", "sells"):
        trades = [{**each, "limit": Decimal("91.50") if name == "buys" else None} for each in found[name]]
        if trades:
            firm("orders.submit", step=name, portfolio_id=HOUSE_PORTFOLIO, trades=trades, **run)
            firm("orders.await_fills", step=f"{name} f", portfolio_id=HOUSE_PORTFOLIO, within="1h", **run)
        if name == "buys":
            firm("trade_errors.correct", reason="a slip", **wrong, **run)
            found = firm("trade_errors.assess", **wrong)
            assert found["corrected"]
    return firm("trade_errors.close", portfolio_id=PORTFOLIO, order=order, **run)


def holdings(firm: Firm, portfolio_id: str = PORTFOLIO) -> list[tuple[int, int]]:
    """Units and cost base in cents of each parcel, the oldest first."""
    with firm.brokerage.database.reading() as tx:
        rows = portfolios.parcels(tx, firm.brokerage.tenant, portfolio_id)
    return [(row.units, row.cost_base_cents) for row in rows]


def client(firm: Firm) -> tuple[Books, list[tuple[int, int]]]:
    return firm.books(), holdings(firm)


def merged(books: Books) -> Books:
    """Settled and unsettled money together: when it settles is the exchange's to say."""
    money = books.get("cash", Decimal(0)) + books.get("unsettled", Decimal(0))
    rest = {book: amount for book, amount in books.items() if book not in ("cash", "unsettled")}
    return rest | ({"money": money} if money else {})


@pytest.mark.parametrize(
    ("price", "difference"),
    [("95.00", "480.00"), ("90.00", "-20.00"), ("85.00", "-520.00")],
    ids=["gain", "brokerage", "loss"],
)
def test_a_purchase_that_nobody_wanted_is_the_firms(firm: Firm, price: str, difference: str) -> None:
    """100 bought for 9,010.00; the firm sells them for 100 times the price less 10.00."""
    before = client(firm)
    order = trade(firm, "buy", 100)
    market_at(firm, price)
    answer = put_right(firm, order, intended_units=0)
    assert answer == {"order": order, "difference": Decimal(difference), "left": 0}
    assert client(firm) == before
    own = merged(firm.books(HOUSE_ACCOUNT))
    assert own["gains"] == -Decimal(difference)
    assert own["money"] == -own["capital"] + Decimal(difference)
    assert firm.facts().count("TradeErrorCorrected") == firm.facts().count("TradeErrorClosed") == 1


@pytest.mark.parametrize(
    ("price", "difference"), [("85.00", "480.00"), ("91.00", "-120.00")], ids=["gain", "loss"]
)
def test_a_sale_that_nobody_wanted_gives_the_units_back(firm: Firm, price: str, difference: str) -> None:
    """Sold for 8,990.00; the firm buys 100 anew for 100 times the price and 10.00. No gain of the client."""
    before = client(firm)
    order = trade(firm, "sell", 100)
    assert firm.books()["gains"] == -990
    market_at(firm, price)
    answer = put_right(firm, order, intended_units=0)
    assert answer == {"order": order, "difference": Decimal(difference), "left": 0}
    assert client(firm) == before


@pytest.mark.parametrize(
    ("price", "difference"), [("85.00", "990.00"), ("91.00", "-210.00")], ids=["gain", "loss"]
)
def test_a_wrong_side_is_turned_round(firm: Firm, price: str, difference: str) -> None:
    """Sold 100 for 9,000.00 instead of buying: the firm buys 200, and hands them over at 90.00."""
    order = trade(firm, "sell", 100)
    market_at(firm, price)
    assert firm("trade_errors.assess", portfolio_id=PORTFOLIO, order=order, intended_side="buy")["error"] == (
        "wrong_side"
    )
    answer = put_right(firm, order, intended_side="buy")
    assert answer["difference"] == Decimal(difference)
    assert holdings(firm) == [(100, 8_000_00), (100, 9_010_00)]
    assert merged(firm.books()) == {
        "securities": Decimal(17_010),
        "money": Decimal(2_990),
        "capital": Decimal(-20_000),
    }


@pytest.mark.parametrize(
    ("price", "difference"), [("95.00", "440.00"), ("89.50", "-55.00")], ids=["gain", "loss"]
)
def test_a_zero_too_many_leaves_what_was_wanted(firm: Firm, price: str, difference: str) -> None:
    """10 of 100 stay, at their own price and with the client's brokerage."""
    order = trade(firm, "buy", 100)
    market_at(firm, price)
    assert put_right(firm, order, intended_units=10)["difference"] == Decimal(difference)
    assert holdings(firm) == [(100, 8_000_00), (10, 910_00)]
    assert merged(firm.books())["money"] == Decimal(11_090)


def test_a_trade_for_the_wrong_client_moves_to_the_right_one(firm: Firm) -> None:
    """At its price, its day and its brokerage; the firm has no part in it."""
    open_portfolio(firm.brokerage.database, firm.brokerage.tenant, "C-2", 10_000_00)
    before = client(firm)
    order = trade(firm, "buy", 100)
    market_at(firm, "95.00")
    answer = put_right(firm, order, intended_portfolio_id=OTHER)
    assert answer["difference"] == 0
    assert client(firm) == before
    assert holdings(firm, OTHER) == [(100, 9_010_00)]
    assert merged(firm.books(OTHERS))["money"] == 990
    assert firm.books(HOUSE_ACCOUNT) == {}
    assert firm.facts().count("TradeErrorCorrected") == 2


def test_an_order_is_corrected_once(firm: Firm) -> None:
    """The same step answers the same; another run is refused."""
    order = trade(firm, "buy", 10)
    wrong = {"portfolio_id": PORTFOLIO, "order": order, "intended_units": 0, "reason": "a slip"}
    first = firm("trade_errors.correct", **wrong)
    assert firm("trade_errors.correct", **wrong) == first
    assert (first["client_money"], first["client_units"]) == (910, -10)
    assert firm.refusal("trade_errors.correct", **wrong) == ("AlreadyCorrected", "order")


def test_what_cannot_be_corrected_is_refused_and_changes_nothing(firm: Firm) -> None:
    """Each with its type and the place of what is wrong."""
    open_portfolio(firm.brokerage.database, firm.brokerage.tenant, "C-2", 100_00)
    order = trade(firm, "buy", 100)
    before = client(firm)
    wrong = {"portfolio_id": PORTFOLIO, "order": order}

    def refused(**given: Any) -> tuple[str, str]:
        return firm.refusal("trade_errors.correct", **{**wrong, "reason": "a slip", **given})

    assert refused() == ("NothingWrong", "order")
    assert refused(intended_units=100, intended_side="buy") == ("NothingWrong", "order")
    assert refused(order="O-9") == ("UnknownOrder", "order")
    assert refused(portfolio_id=OTHER) == ("UnknownOrder", "order")
    assert refused(intended_portfolio_id="P-9") == ("UnknownPortfolio", "intended_portfolio_id")
    assert refused(intended_units=-1) == ("InvalidInput", "intended_units")
    assert refused(intended_side="hold") == ("InvalidInput", "intended_side")
    assert refused(reason=" ") == ("InvalidInput", "reason")
    assert refused(intended_portfolio_id=OTHER) == ("InsufficientCash", "order")
    assert refused(intended_portfolio_id=OTHER, intended_side="sell") == ("NotHeld", "intended_units")
    assert refused(intended_units=150) == ("HouseShort", "order")
    assert client(firm) == before
    assert firm.books(HOUSE_ACCOUNT) == {}


def test_units_that_were_sold_since_cannot_be_taken_back(firm: Firm) -> None:
    """That is for people to put right."""
    order = trade(firm, "buy", 100)
    trade(firm, "sell", 150, step="later")
    wrong = {"portfolio_id": PORTFOLIO, "order": order, "intended_units": 0, "reason": "a slip"}
    assert firm.refusal("trade_errors.correct", **wrong) == ("CannotReverse", "reference")


@pytest.mark.parametrize("sold", [0, 200])
@pytest.mark.parametrize("change", ["split", "statement"])
def test_units_that_were_restated_since_are_for_people(firm: Firm, change: str, sold: int) -> None:
    """Taking 100 units back of what 300 have become would leave the client 200 that nobody paid for."""
    open_portfolio(firm.brokerage.database, firm.brokerage.tenant, "C-2", 20_000_00)
    trade(firm, "buy", 10, portfolio_id=OTHER, step="another client")
    order = trade(firm, "buy", 100)
    if sold:
        trade(firm, "sell", sold, step="later")
    today = firm("trade_errors.assess", portfolio_id=PORTFOLIO, order=order, intended_units=0)["trade_date"]
    for portfolio_id in (PORTFOLIO, OTHER):
        restate(firm, change, portfolio_id, today)
    before = client(firm)
    wrong = {"portfolio_id": PORTFOLIO, "order": order, "intended_units": 0}
    assert firm.refusal("trade_errors.assess", step="since", **wrong) == ("RestatedSince", "order")
    assert firm.refusal("trade_errors.correct", **wrong, reason="a slip") == ("RestatedSince", "order")
    assert client(firm) == before


def restate(firm: Firm, change: str, portfolio_id: str, day: date) -> None:
    """A split on the day after, or the fund's statement of the day."""
    asked = {"portfolio_id": portfolio_id, "reference": "VAS-1", "etf": "VAS"}
    if change == "statement":
        firm("distributions.adjust_cost_base", step=portfolio_id, **asked, as_of=day, per_unit="-0.05")
        return
    split = {"action": "split", "ratio": {"new_units": 3, "old_units": 1}}
    split["effective_date"] = day + timedelta(days=1)
    firm("corporate_actions.apply", step=portfolio_id, **asked, **split)


def test_an_order_that_may_still_fill_is_cancelled_first(firm: Firm) -> None:
    """Nor is there anything to correct of one that never filled."""
    given = {"portfolio_id": PORTFOLIO, "trades": [{"etf": "VAS", "side": "buy", "units": 1, "limit": 82}]}
    [order] = firm("orders.submit", **given)["orders"]
    wrong = {"portfolio_id": PORTFOLIO, "order": order, "intended_units": 0}
    assert firm.refusal("trade_errors.assess", **wrong) == ("OrderOpen", "order")
    firm("orders.cancel_open", portfolio_id=PORTFOLIO)
    assert firm.refusal("trade_errors.assess", step="again", **wrong) == ("NotFilled", "order")


def test_the_estimate_is_what_the_newest_prices_make_of_it(firm: Firm) -> None:
    """100 bought at 90.00 and 10.00; at 90.00 the firm loses the brokerage of both trades."""
    order = trade(firm, "buy", 100)
    found = firm("trade_errors.assess", portfolio_id=PORTFOLIO, order=order, intended_units=0)
    assert (found["estimate"], found["firm_units"], found["firm_money"], found["firm_needs"]) == (
        -20,
        100,
        -9010,
        9010,
    )
    assert found["error"] == "unwanted"
    assert (found["buys"], found["sells"]) == ([], [])
    assert firm.books(ACCOUNT)["securities"] == 17_010
