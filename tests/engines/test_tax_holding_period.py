"""The 45-day rule: days at risk, last bought first."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.tax.errors import NothingHeld, OversoldUnits
from engines.tax.holding_period import Spell, Trade, share_at_risk, spells

EX = date(2025, 3, 3)


def day(offset: int) -> date:
    """So many days from the ex date."""
    return EX + timedelta(days=offset)


def trade(offset: int, units: int, etf: str = "VAS") -> Trade:
    """A purchase (positive) or sale (negative) so many days from the ex date."""
    return Trade(day(offset), etf, units > 0, abs(units))


def kept(*trades: Trade) -> Fraction:
    """The share of the credit that stays."""
    return share_at_risk(spells(trades, "VAS"), EX, 45, "distributions[0].ex_date")


def test_only_the_last_bought_units_lose_their_credit() -> None:
    """The tax office's example: 10,000 held long, 4,000 bought ten days before and sold twenty days after."""
    assert kept(trade(-300, 10_000), trade(-10, 4_000), trade(20, -4_000)) == Fraction(10_000, 14_000)


@pytest.mark.parametrize(
    ("bought", "sold", "share"),
    [
        (-10, 35, 0), (-10, 36, 1), (-1, 44, 0), (-1, 45, 1), (-1, 46, 1), (-46, 0, 1), (-45, 0, 0),
        (-400, 0, 1), (-44, 2, 1), (-44, 1, 0),
    ],
)  # fmt: skip
def test_45_days_are_counted_without_those_of_purchase_and_sale(bought: int, sold: int, share: int) -> None:
    """Bought on day b and sold on day s there are s - b - 1 days between."""
    assert (sold - bought - 1 >= 45) == bool(share)
    assert kept(trade(bought, 100), trade(sold, -100)) == share


def test_units_still_held_keep_their_credit() -> None:
    """Even bought the day before: what matters comes after."""
    assert kept(trade(-1, 100)) == 1


def test_units_sold_before_or_bought_after_the_ex_date_play_no_part() -> None:
    """A sale the day before leaves half; purchases after it earn nothing, but are sold first."""
    assert kept(trade(-100, 60), trade(-100, 60), trade(-1, -60)) == 1
    assert kept(trade(-10, 100), trade(5, 50), trade(10, -50)) == 1
    assert kept(trade(-10, 100), trade(5, 50), trade(10, -75)) == Fraction(75, 100)


def test_other_etfs_are_left_alone() -> None:
    """Their sales end no spell of this one."""
    assert kept(trade(-10, 100), trade(-10, 100, "VHY"), trade(5, -100, "VHY")) == 1


def test_trades_of_one_day_are_purchases_first() -> None:
    """A day trade listed the wrong way round is no short sale."""
    assert spells([trade(3, -10), trade(3, 10)], "VAS") == [Spell(10, day(3), day(3))]


def test_selling_what_was_not_bought_is_refused_at_the_trade() -> None:
    """The list must start with the first purchase."""
    with pytest.raises(OversoldUnits) as refused:
        spells([trade(-10, 100), trade(1, -60), trade(2, -60)], "VAS")
    assert refused.value.path == "trades[2].units"


def test_a_distribution_on_nothing_held_is_refused() -> None:
    """Everything was sold before it fell due."""
    with pytest.raises(NothingHeld) as refused:
        kept(trade(-100, 10), trade(-1, -10))
    assert refused.value.path == "distributions[0].ex_date"


@given(st.lists(st.tuples(st.integers(-200, 100), st.integers(1, 500)), min_size=1, max_size=8), st.data())
def test_spells_account_for_every_unit(purchases: list[tuple[int, int]], draw: st.DataObject) -> None:
    """Whatever is sold, units bought = units of all spells, and sales = units of ended ones."""
    bought = [trade(offset, units) for offset, units in purchases]
    total = sum(one.units for one in bought)
    sold = draw.draw(st.integers(0, total))
    sales = [trade(150, -sold)] if sold else []
    found = spells([*bought, *sales], "VAS")
    assert sum(spell.units for spell in found) == total
    assert sum(spell.units for spell in found if spell.sold) == sold
    newest_kept = max((spell.bought for spell in found if not spell.sold), default=date.min)
    oldest_sold = min((spell.bought for spell in found if spell.sold), default=date.max)
    assert newest_kept <= oldest_sold


def test_parts_of_units_keep_their_share() -> None:
    """1.5 of 2.5 units were held long enough."""
    trades = (
        Trade(day(-300), "VAS", True, Decimal("1.5")),
        Trade(day(-10), "VAS", True, Decimal(1)),
        Trade(day(20), "VAS", False, Decimal(1)),
    )
    assert kept(*trades) == Fraction(3, 5)
