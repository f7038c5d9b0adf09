"""Plans of whole-unit trades: never more than the cash, never above the target, nothing wasted."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.drift import TargetAboveOne
from engines.group_limits import GroupLimit
from engines.trading.orders import Portfolio, Terms
from engines.trading.plan import BufferTooLarge, MissingPrice, Plan, plan_trades

ETFS = ("BILL", "GOLD", "NDQ", "VAF", "VAS", "VGS")
CENT = Decimal("0.01")


def money(largest: int) -> st.SearchStrategy[Decimal]:
    """Money in cents, from 0."""
    return st.integers(0, largest * 100).map(lambda cents: Decimal(cents) / 100)


@st.composite
def targets(draw: st.DrawFn) -> dict[str, Decimal]:
    """Weights in millionths that add up to at most 1."""
    etfs = draw(st.lists(st.sampled_from(ETFS), unique=True, min_size=1))
    parts = [draw(st.integers(0, 1000)) for _ in etfs]
    whole = Decimal(max(1, sum(parts)) + draw(st.integers(0, 100)))
    return {
        etf: (part / whole).quantize(Decimal("0.000001"), "ROUND_DOWN")
        for etf, part in zip(etfs, parts, strict=True)
    }


prices = st.fixed_dictionaries(
    {etf: st.integers(100, 5_000_000).map(lambda ticks: Decimal(ticks) / 10_000) for etf in ETFS}
)
positions = st.dictionaries(st.sampled_from(ETFS), st.integers(0, 5000))
portfolios = st.builds(Portfolio, positions=positions, prices=prices, cash=money(200_000))
terms = st.builds(
    Terms,
    brokerage=st.sampled_from([Decimal(0), Decimal(10), Decimal("9.95")]),
    rate=st.sampled_from([Decimal(0), Decimal("0.001"), Decimal("0.0123")]),
    min_trade=st.sampled_from([Decimal(0), Decimal(100), Decimal(1000)]),
    buffer=st.just(Decimal(0)),
    min_first_holding=st.sampled_from([Decimal(0), Decimal(500)]),
)


def plan(
    cash: str,
    target: dict[str, str],
    unit_prices: dict[str, str],
    held: dict[str, int] | None = None,
    **given_terms: str,
) -> Plan:
    """A plan from plain values."""
    return plan_trades(
        Portfolio(held or {}, {etf: Decimal(price) for etf, price in unit_prices.items()}, Decimal(cash)),
        {etf: Decimal(weight) for etf, weight in target.items()},
        Terms(**{name: Decimal(value) for name, value in given_terms.items()}),
    )


def lines(found: Plan) -> list[tuple[str, str, int]]:
    """Side, ETF and units of each order."""
    return [(order.side, order.etf, order.units) for order in found.orders]


def after(portfolio: Portfolio, found: Plan) -> dict[str, int]:
    """Units held when the plan is filled."""
    units = dict(portfolio.positions)
    for order in found.orders:
        units[order.etf] = units.get(order.etf, 0) + order.units * (1 if order.side == "buy" else -1)
    return units


def test_new_cash_buys_what_lies_below_target_and_sells_nothing() -> None:
    """Cash flows come first: 660 units at target stay untouched."""
    found = plan(
        "10000", {"STK": "0.6", "BND": "0.4"}, {"STK": "100", "BND": "100"}, {"STK": 660, "BND": 340}
    )
    assert lines(found) == [("buy", "BND", 100)]


def test_units_are_rounded_down_and_the_rest_stays_cash() -> None:
    """13,500 over 46.40 is 290.9."""
    found = plan("13500", {"VAF": "1"}, {"VAF": "46.40"})
    assert lines(found) == [("buy", "VAF", 290)]
    assert found.cash_after == Decimal("44.00")


def test_costs_are_paid_from_the_same_cash() -> None:
    """Ten units would leave nothing for the fee; 1% of 970 and the fee fit, of 980 they do not."""
    assert lines(plan("100", {"NEW": "1"}, {"NEW": "10"}, brokerage="1")) == [("buy", "NEW", 9)]
    assert lines(plan("990", {"NEW": "1"}, {"NEW": "10"}, brokerage="10", rate="0.01")) == [
        ("buy", "NEW", 97)
    ]


@pytest.mark.parametrize(
    ("cash", "target", "brokerage", "bought"),
    [
        ("100", {"VAS": "1"}, "0", [("buy", "VAS", 1)]),
        ("110", {"VAS": "1"}, "10", [("buy", "VAS", 1)]),
        ("109.99", {"VAS": "1"}, "10", []),
        ("220", {"VAS": "0.5", "VGS": "0.5"}, "10", [("buy", "VAS", 1), ("buy", "VGS", 1)]),
    ],
)
def test_cash_that_suffices_to_the_cent_is_enough(
    cash: str, target: dict[str, str], brokerage: str, bought: list[tuple[str, str, int]]
) -> None:
    """The last unit that cash pays for, brokerage included, is bought."""
    found = plan(cash, target, {"VAS": "100", "VGS": "100"}, brokerage=brokerage)
    assert lines(found) == bought
    assert found.cash_after == (0 if bought else Decimal(cash))


def test_sells_come_first_and_pay_for_buys() -> None:
    """100 units of one become 50 of the other, less the costs."""
    found = plan("0", {"VAS": "0.5", "VGS": "0.5"}, {"VAS": "10", "VGS": "10"}, {"VAS": 100}, brokerage="10")
    assert lines(found) == [("sell", "VAS", 50), ("buy", "VGS", 48)]
    assert found.costs == Decimal("20.00")
    assert found.cash_after == Decimal("0.00")


def test_a_holding_without_target_is_sold_out() -> None:
    """Whatever is not in the target goes."""
    found = plan("0", {}, {"VAS": "10"}, {"VAS": 7})
    assert lines(found) == [("sell", "VAS", 7)]
    assert found.weights_after == {"VAS": 0}


def test_a_sale_that_would_not_pay_for_itself_is_left_out() -> None:
    """Seven dollars of VAS are not worth ten of brokerage."""
    assert lines(plan("0", {}, {"VAS": "1"}, {"VAS": 7}, brokerage="10")) == []


def test_orders_below_the_least_trade_are_left_out() -> None:
    """Both a sale and a purchase of 50 fall below 60, one of 150 does not."""
    held, unit_prices = {"VAS": 100, "VGS": 90}, {"VAS": "10", "VGS": "10"}
    even = {"VAS": "0.5", "VGS": "0.5"}
    assert lines(plan("0", even, unit_prices, held, min_trade="60")) == []
    assert lines(plan("100", even, unit_prices, held, min_trade="60")) == [("buy", "VGS", 10)]


def test_a_sale_for_the_buffer_is_no_smaller_than_the_least_trade() -> None:
    """Ten dollars are missing; the least sale is 60, and nothing is sold where all of it is worth less."""
    held, unit_prices = {"VAS": 100}, {"VAS": "10"}
    target = {"VAS": "1"}
    assert lines(plan("0", target, unit_prices, held, min_trade="60", buffer="10")) == [("sell", "VAS", 6)]
    assert lines(plan("0", target, unit_prices, {"VAS": 5}, min_trade="60", buffer="10")) == []


def test_the_buffer_is_not_spent() -> None:
    """Of 1,000 the 250 stay, and the weights share the rest."""
    found = plan("1000", {"VAS": "0.8", "VGS": "0.2"}, {"VAS": "10", "VGS": "10"}, buffer="250")
    assert lines(found) == [("buy", "VAS", 60), ("buy", "VGS", 15)]
    assert found.cash_after == Decimal("250.00")


def test_a_target_that_leaves_enough_cash_is_not_scaled_for_the_buffer() -> None:
    """Half in VAS leaves 500, more than the buffer asks for."""
    found = plan("1000", {"VAS": "0.5"}, {"VAS": "10"}, buffer="250")
    assert lines(found) == [("buy", "VAS", 50)]


def test_a_short_buffer_is_filled_from_the_most_overweight_holding() -> None:
    """Cash of 5 must become 100: VAS lies furthest above its share."""
    found = plan(
        "5",
        {"VAS": "0.4", "VGS": "0.6"},
        {"VAS": "30", "VGS": "30"},
        {"VAS": 16, "VGS": 20},
        buffer="100",
        brokerage="10",
    )
    assert lines(found) == [("sell", "VAS", 4)]
    assert found.cash_after == Decimal("115.00")


def test_a_first_holding_that_rounds_below_its_least_value_gets_one_more_unit() -> None:
    """510 of 300 each are one unit, 300; two make 600."""
    found = plan("5100", {"BIG": "0.1", "VAS": "0.9"}, {"BIG": "300", "VAS": "7"}, min_first_holding="500")
    assert ("buy", "BIG", 2) in lines(found) or "BIG" not in [order.etf for order in found.orders]
    roomy = plan("5300", {"BIG": "0.1", "VAS": "0.7"}, {"BIG": "300", "VAS": "7"}, min_first_holding="500")
    assert ("buy", "BIG", 2) in lines(roomy)


def test_a_first_holding_that_cannot_be_made_large_enough_is_shared_out() -> None:
    """100 for BIG is too little, so its tenth goes to the others as 5:4."""
    found = plan(
        "1000",
        {"BIG": "0.1", "VAS": "0.5", "VGS": "0.4"},
        {"BIG": "10", "VAS": "1", "VGS": "1"},
        min_first_holding="300",
    )
    assert lines(found) == [("buy", "VAS", 555), ("buy", "VGS", 444)]
    assert found.tracking_error == (Fraction("0.1") + Fraction("0.055") + Fraction("0.044")) / 2


def test_weight_shared_out_stops_at_the_largest_weight() -> None:
    """Of 0.1 the largest takes 0.02 up to its 0.5, the other as much as its own 0.5; 0 stays cash, or 0.04."""
    big = {"BIG": "0.1", "VAS": "0.48", "VGS": "0.42"}
    unit_prices = {"BIG": "10", "VAS": "1", "VGS": "1"}
    found = plan("1000", big, unit_prices, min_first_holding="300", max_weight="0.5")
    assert lines(found) == [("buy", "VAS", 500), ("buy", "VGS", 500)]
    tight = plan("1000", big, unit_prices, min_first_holding="300", max_weight="0.48")
    assert lines(tight) == [("buy", "VAS", 480), ("buy", "VGS", 480)]
    assert tight.cash_after == Decimal("40.00")


def test_no_rounding_up_passes_the_largest_weight() -> None:
    """Two units of 300 are more than 55% of 1,000, so BIG is dropped."""
    found = plan(
        "1000",
        {"BIG": "0.5", "VAS": "0.3"},
        {"BIG": "300", "VAS": "10"},
        min_first_holding="200",
        max_weight="0.55",
    )
    assert lines(found) == [("buy", "BIG", 1), ("buy", "VAS", 30)]
    dropped = plan(
        "1000",
        {"BIG": "0.5", "VAS": "0.3"},
        {"BIG": "300", "VAS": "10"},
        min_first_holding="301",
        max_weight="0.55",
    )
    assert lines(dropped) == [("buy", "VAS", 55)]


def test_neither_rounding_up_nor_sharing_out_raises_a_group_above_its_limit() -> None:
    """Two units of BIG would be 60% of 1,000; dropped, its share goes to VGS alone, which is in no group."""
    wanted = {"BIG": "0.35", "VAS": "0.1", "VGS": "0.2"}
    prices = {"BIG": "300", "VAS": "10", "VGS": "10"}
    terms = Terms(min_first_holding=Decimal(301))
    portfolio = Portfolio({}, {etf: Decimal(price) for etf, price in prices.items()}, Decimal(1000))
    target = {etf: Decimal(weight) for etf, weight in wanted.items()}
    held = replace(portfolio, positions={"VAS": 10, "VGS": 1}, cash=Decimal(890))
    assert ("buy", "BIG", 2) in lines(plan_trades(held, target, terms))
    sector = GroupLimit("groups[0]", {"BIG": 1.0, "VAS": 1.0}, most=0.6)
    assert lines(plan_trades(held, target, replace(terms, groups=(sector,)))) == [("buy", "VGS", 54)]
    wide = replace(sector, most=0.7)
    assert ("buy", "BIG", 2) in lines(plan_trades(held, target, replace(terms, groups=(wide,))))


def test_what_is_held_already_may_be_added_to_in_small() -> None:
    """The least value is one of first holdings only."""
    found = plan("100", {"VAS": "1"}, {"VAS": "10"}, {"VAS": 1}, min_first_holding="500")
    assert lines(found) == [("buy", "VAS", 10)]


def test_cash_too_small_for_any_first_holding_buys_nothing() -> None:
    """And says so by its tracking error."""
    found = plan("400", {"VAS": "0.5", "VGS": "0.5"}, {"VAS": "10", "VGS": "10"}, min_first_holding="500")
    assert lines(found) == []
    assert found.tracking_error == Fraction(1, 2)


def test_an_empty_account_has_an_empty_plan() -> None:
    """No whole, no weights, no error."""
    found = plan("0", {"VAS": "1"}, {"VAS": "10"})
    assert (found.orders, found.cash_after, found.weights_after) == ((), Decimal(0), {"VAS": 0})


@pytest.mark.parametrize(("held", "wanted"), [({"XYZ": 5}, "0"), ({}, "0.5")])
def test_a_missing_price_is_refused_where_it_should_stand(held: dict[str, int], wanted: str) -> None:
    """Held or wanted, an ETF needs a price."""
    with pytest.raises(MissingPrice) as refused:
        plan("100", {"XYZ": wanted}, {}, held)
    assert refused.value.path == "prices.XYZ"


def test_an_etf_neither_held_nor_wanted_needs_no_price() -> None:
    """Zero units and a zero weight ask for nothing."""
    assert plan("100", {"XYZ": "0"}, {}, {"ABC": 0}).orders == ()


def test_a_buffer_above_everything_is_refused() -> None:
    """It could not be kept."""
    with pytest.raises(BufferTooLarge) as refused:
        plan("100", {"VAS": "1"}, {"VAS": "10"}, buffer="101")
    assert refused.value.path == "buffer"


def test_targets_above_the_whole_are_refused() -> None:
    """110% cannot be bought."""
    with pytest.raises(TargetAboveOne):
        plan("100", {"VAS": "0.6", "VGS": "0.5"}, {"VAS": "10", "VGS": "10"})


@given(portfolio=portfolios, target=targets(), given_terms=terms)
def test_no_plan_spends_more_than_there_is(
    portfolio: Portfolio, target: dict[str, Decimal], given_terms: Terms
) -> None:
    """After every single order cash is at or above zero, and every cent is accounted for."""
    found = plan_trades(portfolio, target, given_terms)
    cash = portfolio.cash
    for order in found.orders:
        cash += order.cash_effect
        assert cash >= 0
    assert cash == found.cash_after
    assert min(after(portfolio, found).values(), default=0) >= 0


@given(portfolio=portfolios, target=targets(), given_terms=terms, share=st.integers(0, 90))
def test_buys_leave_the_buffer_alone(
    portfolio: Portfolio, target: dict[str, Decimal], given_terms: Terms, share: int
) -> None:
    """A plan that buys ends with the buffer in cash."""
    buffer = Decimal(int(portfolio.whole * share)) / 100
    found = plan_trades(portfolio, target, replace(given_terms, buffer=buffer))
    if any(order.side == "buy" for order in found.orders):
        assert found.cash_after >= buffer


@given(portfolio=portfolios, target=targets(), given_terms=terms)
def test_what_is_bought_ends_at_or_below_its_target(
    portfolio: Portfolio, target: dict[str, Decimal], given_terms: Terms
) -> None:
    """But for first holdings, which may be rounded up or given the share of others."""
    found = plan_trades(portfolio, target, replace(given_terms, min_first_holding=Decimal(0)))
    for order in found.orders:
        if order.side == "buy":
            # Orders are rounded to the cent, which moves the whole by as much.
            slack = Fraction(len(found.orders) * CENT) / portfolio.whole
            assert found.weights_after[order.etf] <= Fraction(target[order.etf]) + slack


@given(portfolio=portfolios, target=targets())
def test_without_costs_every_etf_ends_within_a_unit_of_its_target(
    portfolio: Portfolio, target: dict[str, Decimal]
) -> None:
    """Sold from above, bought from below, each by less than a unit, as far as the money goes."""
    found = plan_trades(portfolio, target, Terms())
    whole = portfolio.whole
    units = after(portfolio, found)
    for etf, weight in target.items():
        price = Fraction(portfolio.prices[etf])
        miss = units.get(etf, 0) * price - Fraction(weight) * whole
        assert miss < price
        # What is short by more than a unit could not be paid from the cash that is left.
        assert miss > -price or price > found.cash_after - 2 * len(target) * CENT


@given(portfolio=portfolios, target=targets(), given_terms=terms)
def test_every_order_keeps_to_its_terms(
    portfolio: Portfolio, target: dict[str, Decimal], given_terms: Terms
) -> None:
    """Least trade, least first holding, cost = brokerage + rate·value to the cent, sells first."""
    found = plan_trades(portfolio, target, given_terms)
    assert [order.side for order in found.orders] == sorted(
        (order.side for order in found.orders), reverse=True
    )
    assert len({order.etf for order in found.orders}) == len(found.orders)
    for order in found.orders:
        exact = order.units * order.price
        assert abs(order.value - exact) <= CENT / 2
        assert abs(order.cost - given_terms.brokerage - given_terms.rate * exact) <= CENT / 2
        assert exact >= given_terms.min_trade
        if order.side == "buy" and not portfolio.held(order.etf):
            assert exact >= given_terms.min_first_holding


@given(portfolio=portfolios, target=targets(), given_terms=terms)
def test_the_order_of_the_input_does_not_matter(
    portfolio: Portfolio, target: dict[str, Decimal], given_terms: Terms
) -> None:
    """The same portfolio written the other way round has the same plan."""
    turned = Portfolio(
        dict(reversed(portfolio.positions.items())), dict(reversed(portfolio.prices.items())), portfolio.cash
    )
    backwards = dict(reversed(target.items()))
    assert plan_trades(turned, backwards, given_terms) == plan_trades(portfolio, target, given_terms)


@given(portfolio=portfolios, target=targets())
def test_tracking_error_is_half_the_sum_of_misses(portfolio: Portfolio, target: dict[str, Decimal]) -> None:
    """Recomputed from the units after, cash counted in the whole."""
    found = plan_trades(portfolio, target, Terms(brokerage=Decimal(10)))
    units = after(portfolio, found)
    values = {etf: units.get(etf, 0) * portfolio.prices[etf] for etf in ETFS}
    whole = sum(values.values()) + found.cash_after
    if whole:
        misses = [abs(Fraction(values[etf]) / Fraction(whole) - Fraction(target.get(etf, 0))) for etf in ETFS]
        assert found.tracking_error == sum(misses) / 2


@pytest.mark.parametrize("cash", ["997", "4321.50", "9999.99"])
@pytest.mark.parametrize("weights", [("0.5", "0.3"), ("0.7", "0.3")])
def test_no_plan_below_the_targets_tracks_better(cash: str, weights: tuple[str, str]) -> None:
    """Against every whole-unit purchase of two ETFs that stays at or below its targets."""
    unit_prices = {"AAA": Decimal("61.30"), "BBB": Decimal("97.15")}
    target = dict(zip(unit_prices, map(Decimal, weights), strict=True))
    found = plan_trades(Portfolio({}, unit_prices, Decimal(cash)), target, Terms())
    whole = Fraction(cash)
    best = min(
        sum(
            abs(Fraction(weight) - count * Fraction(unit_prices[etf]) / whole)
            for (etf, weight), count in zip(target.items(), counts, strict=True)
        )
        for counts in product(
            *(range(int(Decimal(cash) * weight / unit_prices[etf]) + 1) for etf, weight in target.items())
        )
    )
    assert found.tracking_error == best / 2
