"""Modes of rebalancing: what may be traded, and a reason for every ETF."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.drift import Band
from engines.tax.gain_rules import Discounting
from engines.tax.parcels import Parcel
from engines.trading.decisions import Reason
from engines.trading.modes import Mode, Way, beyond_bands
from engines.trading.orders import Portfolio, Terms, traded
from engines.trading.plan import plan_trades
from engines.trading.proposal import Proposal, propose
from engines.trading.weighing import MissingParcels, Weighing

FIVE = Band(absolute=Decimal("0.05"))
NO_COSTS = Terms()
FULL = Way(Mode.FULL)
TODAY = date(2026, 11, 20)
LONG_AGO, LATELY = date(2020, 3, 2), date(2026, 9, 1)


def portfolio(cash: str = "0", **units: int) -> Portfolio:
    """Units at 1.00 each."""
    return Portfolio(units, {etf: Decimal(1) for etf in (*units, "A", "B", "C")}, Decimal(cash))


def target(**weights: str) -> dict[str, Decimal]:
    return {etf: Decimal(weight) for etf, weight in weights.items()}


def orders(found: Proposal) -> dict[str, int]:
    """Units by ETF, negative where sold."""
    return {one.etf: one.units if one.side == "buy" else -one.units for one in found.plan.orders}


def reasons(found: Proposal) -> dict[str, str]:
    return {one.etf: one.reason.value for one in found.decisions}


@pytest.mark.parametrize(
    ("held", "aim", "expected"),
    [
        # Ten points above and below: each to the nearer edge, five points away.
        (portfolio(A=600, B=400), target(A="0.5", B="0.5"), {"A": -50, "B": 50}),
        # At exactly five points nothing is beyond.
        (portfolio(A=550, B=450), target(A="0.5", B="0.5"), {}),
        # What is inside its band stays; what the sale brings stays cash.
        (portfolio(A=400, B=300, C=300), target(A="0.3", B="0.35", C="0.35"), {"A": -50}),
        # No target at all: to five points, its edge.
        (portfolio(A=100, B=900), target(B="0.9"), {"A": -50}),
        # Without money a holding beyond its band stays there.
        (portfolio(A=400, B=530, C=70), target(A="0.36", B="0.5", C="0.14"), {}),
    ],
)
def test_band_edge_trades_what_is_beyond_to_the_edge(
    held: Portfolio, aim: Mapping[str, Decimal], expected: dict[str, int]
) -> None:
    """And nothing else."""
    assert orders(propose(held, aim, NO_COSTS, Way(Mode.BAND_EDGE, FIVE))) == expected


def test_a_relative_band_of_what_has_no_target_is_nothing() -> None:
    """A quarter of 0 is 0: it goes whole."""
    way = Way(Mode.BAND_EDGE, Band(relative=Decimal("0.25")))
    assert orders(propose(portfolio(A=100, B=900), target(B="0.9"), NO_COSTS, way)) == {"A": -100}


def test_a_band_edge_between_two_units_is_reached() -> None:
    """Parts of a unit are rounded into the band: 50 units of 7 in 1,000 are 0.35; 7 sold leave 0.301."""
    held = Portfolio({"A": 50}, {"A": Decimal(7)}, Decimal(650))
    found = propose(held, target(A="0.25"), NO_COSTS, Way(Mode.BAND_EDGE, FIVE))
    assert orders(found) == {"A": -8}
    assert found.plan.weights_after["A"] == Fraction(42 * 7, 1000)


def test_cash_goes_first() -> None:
    """Where cash alone brings all within their bands nothing is sold; where it does not, all go to target."""
    way, aim = Way(Mode.CASH_FLOWS_FIRST, FIVE), target(A="0.5", B="0.5")
    enough = propose(portfolio("100", A=600, B=400), aim, NO_COSTS, way)
    assert orders(enough) == {"B": 100}
    assert reasons(enough) == {"B": "to_target", "A": "cash_suffices"}
    short = propose(portfolio("20", A=600, B=400), aim, NO_COSTS, way)
    assert orders(short) == {"A": -90, "B": 110}


def test_cash_that_is_short_of_the_buffer_is_raised_before_anything_else() -> None:
    """From what lies furthest above; the rest stays within its band."""
    held, aim = portfolio("0", A=520, B=480), target(A="0.5", B="0.4")
    found = propose(held, aim, Terms(buffer=Decimal(100)), Way(Mode.CASH_FLOWS_FIRST, FIVE))
    assert (orders(found), found.plan.cash_after) == ({"B": -101}, Decimal(101))
    assert reasons(found)["B"] == "raises_cash"


def test_what_lies_at_its_target_is_only_sold_for_cash() -> None:
    """It is no way to a target that it is at."""
    found = propose(portfolio("0", A=600, B=400), target(A="0.6", B="0.4"), Terms(buffer=Decimal(100)), FULL)
    assert orders(found) == {"A": -60, "B": -40}
    assert reasons(found) == {"A": "raises_cash", "B": "raises_cash"}


def test_buy_only_sells_nothing_even_for_the_buffer() -> None:
    """What lies above is named."""
    held, aim = portfolio("20", A=600, B=400), target(A="0.5", B="0.5")
    found = propose(held, aim, NO_COSTS, Way(Mode.BUY_ONLY))
    assert (orders(found), reasons(found)["A"]) == ({"B": 20}, "sells_nothing")
    assert orders(propose(held, aim, Terms(buffer=Decimal(50)), Way(Mode.BUY_ONLY))) == {}


def test_what_is_not_traded_has_its_reason() -> None:
    """Less than a unit away, too small for an order, and no money left."""
    held = Portfolio({"A": 50, "B": 500, "C": 0}, dict.fromkeys("ABC", Decimal(1)), Decimal(0))
    found = propose(held, target(A="0.1", B="0.9"), Terms(brokerage=Decimal(10)), FULL)
    assert orders(found) == {}
    assert reasons(found) == {"A": "no_money", "B": "too_small"}
    assert reasons(propose(portfolio(A=1), target(A="1"), NO_COSTS, FULL)) == {"A": "on_target"}
    nothing = Portfolio({}, {"A": Decimal(1)}, Decimal(0))
    assert reasons(propose(nothing, target(A="1"), NO_COSTS, FULL)) == {"A": "no_money"}


def weighing(parcels: list[Parcel], rate: str = "0.02", beyond: str = "1") -> Weighing:
    """A client who is taxed at 40%, half of it for gains of more than a year."""
    return Weighing(
        rate=Decimal(rate),
        always_beyond=Decimal(beyond),
        parcels=parcels,
        rules=Discounting(12, Fraction(1, 2)),
        marginal_rate=Decimal("0.4"),
        as_of=TODAY,
    )


def parcel(etf: str, units: int, cost: str, acquired: date = LONG_AGO) -> Parcel:
    return Parcel(f"{etf}-{acquired}-{cost}", etf, Decimal(units), acquired, Decimal(cost))


def weighed(held: Portfolio, aim: Mapping[str, Decimal], terms: Terms, by: Weighing) -> Proposal:
    return propose(held, aim, terms, FULL, by)


@pytest.mark.parametrize(
    ("cost_base", "brokerage", "made"),
    # 1,000 units of 1.00 nearer to target are worth 20.00. At no cost a gain of 100.00 is taxed 20.00, one of
    # 99.95 19.99; after 10.00 of brokerage one of 50.00 is taxed 10.00, one of 49.95 9.99.
    [("9000.00", "0", False), ("9000.50", "0", True), ("9400.00", "10", False), ("9400.50", "10", True)],
)
def test_a_sale_has_to_be_worth_more_than_cost_and_tax(cost_base: str, brokerage: str, made: bool) -> None:
    """To the cent; as much is not more."""
    parcels = [parcel("A", 10_000, cost_base)]
    found = weighed(
        portfolio(A=10_000), target(A="0.9"), Terms(brokerage=Decimal(brokerage)), weighing(parcels)
    )
    [decision] = found.decisions
    assert (decision.made, decision.worth) == (made, Decimal("20.00"))


def test_losses_are_realised_first_and_taken_off_the_gains_after_them() -> None:
    """A gains 50 and is taxed 10 alone; beside B's loss of 50 it is not taxed at all."""
    held, aim = portfolio(A=200, B=200, C=600), target(A="0.1", B="0.1", C="0.8")
    gaining, losing = parcel("A", 200, "100"), [parcel("B", 200, "300"), parcel("C", 600, "600")]
    even = [parcel("B", 200, "200"), parcel("C", 600, "600")]
    alone = weighed(held, aim, NO_COSTS, weighing([gaining, *even], rate="0.05"))
    beside = weighed(held, aim, NO_COSTS, weighing([gaining, *losing], rate="0.05"))
    assert reasons(alone)["A"] == "not_worth_it"
    assert [one.tax for one in alone.decisions if one.etf == "A"] == [Decimal("10.00")]
    assert reasons(beside)["A"] == "worth_it"
    assert (beside.tax, orders(beside)) == (Decimal("0.00"), {"A": -100, "B": -100, "C": 200})


def test_the_oldest_parcels_are_sold() -> None:
    """As they are booked: ten of the old one at a discounted gain, none of the new one."""
    parcels = [parcel("A", 50, "50", LATELY), parcel("A", 10, "1"), parcel("A", 940, "940")]
    found = weighed(portfolio(A=1000), target(A="0.99"), NO_COSTS, weighing(parcels, rate="1"))
    [line] = found.decisions[0].lines
    assert (line.parcel.cost_base, line.units, line.gain, line.discountable) == (1, 10, 9, True)


def test_what_drifted_too_far_is_sold_whatever_it_costs() -> None:
    """And what is short of cash."""
    held, aim, parcels = portfolio(A=900, B=100), target(A="0.7", B="0.3"), [parcel("A", 900, "0")]
    parcels.append(parcel("B", 100, "100"))
    kept = weighed(held, aim, NO_COSTS, weighing(parcels, beyond="0.2"))
    assert (orders(kept), reasons(kept)) == ({}, {"A": "not_worth_it", "B": "no_money"})
    sold = weighed(held, aim, NO_COSTS, weighing(parcels, beyond="0.19"))
    assert (orders(sold), reasons(sold)["A"]) == ({"A": -200, "B": 200}, "beyond_limit")
    assert sold.tax == Decimal("40.00")  # 200 gained, half of it taxed at 40%
    short = weighed(held, aim, Terms(buffer=Decimal(50)), weighing(parcels))
    assert reasons(short)["A"] == "raises_cash"


def test_money_of_a_purchase_that_is_not_worth_it_goes_to_the_others() -> None:
    """Of 100 a third would go to A, worth 0.68 a year at a cost of 1.00: B takes all of it."""
    held, aim = portfolio("100", A=500, B=300, C=200), target(A="0.55", B="0.45")
    parcels = [parcel("A", 500, "500"), parcel("B", 300, "300"), parcel("C", 200, "0")]
    found = weighed(held, aim, Terms(brokerage=Decimal(1)), weighing(parcels))
    assert orders(found) == {"B": 99}
    assert reasons(found) == {"B": "worth_it", "C": "not_worth_it", "A": "not_worth_it"}


def test_parcels_have_to_cover_what_is_held() -> None:
    """Nothing bought later than the day counts."""
    parcels = [parcel("A", 9, "9"), parcel("A", 1, "1", date(2026, 11, 21))]
    with pytest.raises(MissingParcels, match="cover 9 of 10 units") as raised:
        weighed(portfolio(A=10), target(A="0.5"), NO_COSTS, weighing(parcels))
    assert raised.value.path == "tax.parcels"


ETFS = ("A", "B", "C", "D", "E")


@st.composite
def cases(draw: st.DrawFn) -> tuple[Portfolio, dict[str, Decimal], Terms, list[Parcel]]:
    """Portfolios whose parcels cover them, targets up to the whole, and what orders cost."""
    prices = {etf: Decimal(draw(st.integers(50, 20_000))) / 100 for etf in ETFS}
    parcels = [
        Parcel(str(at), etf, Decimal(draw(st.integers(1, 400))), day, Decimal(draw(st.integers(0, 60_000))))
        for at, etf in enumerate(draw(st.lists(st.sampled_from(ETFS), max_size=6)))
        for day in [draw(st.sampled_from([LONG_AGO, LATELY]))]
    ]
    held: dict[str, int] = {}
    for one in parcels:
        held[one.etf] = held.get(one.etf, 0) + int(one.units)
    parts = {etf: draw(st.integers(0, 10)) for etf in ETFS}
    whole = max(1, sum(parts.values())) + draw(st.integers(0, 2))
    aim = {
        etf: (Decimal(part) / whole).quantize(Decimal("0.000001"), "ROUND_DOWN")
        for etf, part in parts.items()
    }
    terms = Terms(
        brokerage=draw(st.sampled_from([Decimal(0), Decimal("9.95")])),
        rate=draw(st.sampled_from([Decimal(0), Decimal("0.001")])),
        min_first_holding=draw(st.sampled_from([Decimal(0), Decimal(500)])),
    )
    return Portfolio(held, prices, Decimal(draw(st.integers(0, 2_000_000))) / 100), aim, terms, parcels


@given(cases(), st.sampled_from(Mode), st.sampled_from(["0.005", "0.02", "0.3"]))
def test_every_etf_has_one_decision_and_every_order_its_reason(
    case: tuple[Portfolio, dict[str, Decimal], Terms, list[Parcel]], mode: Mode, rate: str
) -> None:
    """What is made is worth more than cost and tax, what is refused is not, and no cent is overspent."""
    held, aim, terms, parcels = case
    found = propose(held, aim, terms, Way(mode, FIVE), weighing(parcels, rate, beyond="0.25"))
    wanted = {etf for etf, weight in aim.items() if weight}
    assert sorted(one.etf for one in found.decisions) == sorted(wanted | held.positions.keys())
    made = {(one.order.etf, one.order.side) for one in found.decisions if one.made and one.order}
    assert made == {(one.etf, one.side) for one in found.plan.orders}
    for one in found.decisions:
        if one.reason in (Reason.WORTH_IT, Reason.NOT_WORTH_IT):
            assert one.order is not None
            assert one.worth is not None
            assert one.tax is not None
            assert one.made is (one.worth > one.order.cost + one.tax)
    assert found.plan.cash_after >= 0
    assert found.tax == sum((one.tax for one in found.decisions if one.made and one.tax), Decimal(0))


@given(cases(), st.sampled_from(Mode))
def test_modes_keep_to_what_they_may_trade(
    case: tuple[Portfolio, dict[str, Decimal], Terms, list[Parcel]], mode: Mode
) -> None:
    """Nothing is sold where nothing may be, or where cash is enough; nothing within its band at its edge."""
    held, aim, terms, _ = case
    plan = plan_trades(held, aim, terms, Way(mode, FIVE))
    sold = {one.etf for one in plan.orders if one.side == "sell"}
    beyond = beyond_bands(held, aim, FIVE)
    match mode:
        case Mode.BUY_ONLY:
            assert not sold
        case Mode.BAND_EDGE:
            assert {one.etf for one in plan.orders} <= beyond.keys()
        case Mode.CASH_FLOWS_FIRST:
            bought = plan_trades(held, aim, terms, Way(Mode.BUY_ONLY))
            left = beyond_bands(traded(held, bought.orders), aim, FIVE)
            assert not sold or left
        case Mode.FULL:
            assert plan == plan_trades(held, aim, terms)


@given(cases())
def test_band_edge_leaves_nothing_beyond_its_band_but_for_want_of_money(
    case: tuple[Portfolio, dict[str, Decimal], Terms, list[Parcel]],
) -> None:
    """Free orders, fine prices and cash enough: every holding ends inside."""
    held, aim, _, _ = case
    fine = Portfolio(held.positions, dict.fromkeys(ETFS, Decimal("0.01")), Decimal(1_000))
    after = traded(fine, plan_trades(fine, aim, NO_COSTS, Way(Mode.BAND_EDGE, FIVE)).orders)
    if after.cash > Decimal("0.01"):
        assert not beyond_bands(after, aim, FIVE)
