"""A portfolio's losses realised by swaps, and such swaps taken back.

ActivityError
└── NoTaxRate   the portfolio has no marginal rate yet
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from activities import exchange_days
from activities.announced import announced_distributions
from activities.australian_tax import tax_file
from activities.context import Context
from activities.errors import ActivityError
from activities.etf_halts import halted_etfs
from activities.harvests import candidates, others_alike
from activities.limits import house_limits
from activities.market import latest_snapshot
from activities.portfolios import read
from activities.registry import implements
from activities.snapshots import check_etfs, chosen_snapshot
from adapters.market.snapshot import Snapshot
from engines.tax import dividends, swaps
from engines.tax.parcels import Parcel
from engines.tax.rules import NOTHING, cents
from engines.weights import stored_weights
from payloads.files.harvesting import HarvestingFile
from payloads.files.universe import UniverseFile
from payloads.files.written import at
from payloads.harvest_plans import HarvestPlan, Kept, LookedAt, PlanHarvest, Swap, Timing
from payloads.harvests import FindHarvests
from payloads.market import LatestSnapshot
from payloads.orders import Trade
from payloads.portfolios import PortfolioId, PortfolioRead
from store import customers, holdings

HOME = "AU"


class NoTaxRate(ActivityError):
    """The portfolio has no marginal rate yet."""


@dataclass(frozen=True, slots=True)
class _Desk:
    """What a plan is made on: the portfolio, the prices, the day, and the rules of the house."""

    held: PortfolioRead
    resident: bool
    rate: Decimal
    prices: Mapping[str, Decimal]
    today: date
    house: HarvestingFile
    brokerage: Decimal
    least_holding: Decimal
    announced: Sequence[dividends.Announced]

    def trade(self, etf: str, side: str, units: int, parcels: Sequence[str] | None = None) -> Trade:
        """An order at the prices of the plan."""
        value = cents(units * self.prices[etf])
        told = {"etf": etf, "side": side, "units": units, "price": self.prices[etf], "value": value}
        return Trade.model_validate({**told, "cost": self.brokerage, "parcel_ids": parcels})

    @property
    def terms(self) -> swaps.Terms:
        """What swaps keep to."""
        return swaps.Terms(self.brokerage, self.least_holding, self.ex_dates)

    @property
    def ex_dates(self) -> dict[str, date]:
        """The last ex-date of each ETF that goes ex too soon to be bought today."""
        end = self.today + timedelta(days=int(self.house.ex_date_days.value))
        soon = [one for one in self.announced if self.today < one.ex_date <= end]
        return {one.etf: one.ex_date for one in sorted(soon, key=lambda one: one.ex_date)}


@implements("tax.plan_harvest")
def plan_harvest(ask: PlanHarvest, context: Context) -> HarvestPlan:
    """The swaps worth making today; with `take_back`, those of them that are worth undoing."""
    market = latest_snapshot(LatestSnapshot(), context)
    snapshot = chosen_snapshot(context, market.snapshot)
    desk = _desk(ask, snapshot, context)
    looked: list[swaps.Looked] = []
    kept: list[Kept] = []
    if ask.take_back:
        made, sells, kept = _taken_back(ask.take_back, desk)
    else:
        looked, made, sells = _harvested(desk, snapshot, context)
    return HarvestPlan(
        portfolio_id=ask.portfolio_id,
        as_of=desk.today,
        snapshot=market.snapshot,
        candidates=[_looked_at(one) for one in looked],
        trades=[*sells, *_buys(made, desk)],
        swaps=made,
        kept=kept,
        total_net_benefit=sum((swap.net_benefit for swap in made), NOTHING),
        target=_target(made, desk),
        look_again_on=None if made else _look_again(looked, desk),
        take_back_on=None if ask.take_back or not made else _take_back_on(desk),
        advice=_advice(looked, desk, context),
    )


def _desk(ask: PlanHarvest, snapshot: Snapshot, context: Context) -> _Desk:
    held = read(PortfolioId(portfolio_id=ask.portfolio_id), context)
    if held.marginal_rate is None:
        raise NoTaxRate(
            f"portfolio {ask.portfolio_id} has no marginal rate, so that no loss can be valued; "
            "run `onboarding` for its client first",
            "portfolio_id",
        )
    check_etfs(sorted(held.positions), snapshot.tickers, "portfolio_id")
    for place, swap in enumerate(ask.take_back):
        check_etfs([swap.sold], snapshot.tickers, f"take_back[{place}].sold")
        check_etfs([swap.bought], snapshot.tickers, f"take_back[{place}].bought")
    today, limits = exchange_days.today(context), house_limits(context.catalogue)
    return _Desk(
        held=held,
        resident=_resident(held.customer_id, context),
        rate=Decimal(repr(held.marginal_rate)),
        prices={etf: snapshot.closing(etf) for etf in snapshot.tickers},
        today=today,
        house=context.catalogue.read("harvesting", HarvestingFile),
        brokerage=limits.brokerage,
        least_holding=limits.min_first_holding,
        announced=announced_distributions(context),
    )


def _resident(customer_id: str, context: Context) -> bool:
    with context.services.database.reading() as tx:
        return customers.customer(tx, context.call.tenant, customer_id).tax_residency == HOME


def _harvested(
    desk: _Desk, snapshot: Snapshot, context: Context
) -> tuple[list[swaps.Looked], list[Swap], list[Trade]]:
    """Every candidate with its fate, the swaps of those that are free, and their sells."""
    # A non-resident's gains and losses on units of funds are disregarded (ITAA 1997 section 855-10).
    found = candidates(_question(desk, snapshot, context), context) if desk.resident else []
    looked, made = swaps.planned(found, desk.prices, desk.terms)
    sells = [desk.trade(swap.sold, "sell", swap.units_sold, swap.parcels) for swap in made]
    return looked, [_swap(swap) for swap in made], sells


def _question(desk: _Desk, snapshot: Snapshot, context: Context) -> FindHarvests:
    """The portfolio's parcels, what it bought lately, and what is not held yet in place of each ETF.

    What is halted can neither be sold for its loss nor stand in for another.
    """
    funds = context.catalogue.read("universe", UniverseFile).by_etf()
    halted = halted_etfs(context)
    taken = {*desk.held.positions, *desk.held.target, *halted}
    free = {etf for etf in snapshot.tickers if etf not in taken}
    since = desk.today - timedelta(days=int(desk.house.part_iva_days.value))
    with context.services.database.reading() as tx:
        bought = holdings.purchases_since(tx, context.call.tenant, desk.held.portfolio_id, since)
    return FindHarvests.model_validate(
        {
            "jurisdiction": HOME,
            "parcels": [parcel.model_dump() for parcel in desk.held.parcels if parcel.etf not in halted],
            "prices": {etf: desk.prices[etf] for etf in desk.held.positions},
            "as_of": desk.today,
            "marginal_rate": desk.held.marginal_rate,
            "costs": {"brokerage": desk.brokerage},
            "threshold": desk.house.least_benefit.value,
            "replacements": {
                etf: [one for one in others_alike(etf, funds) if one in free] for etf in desk.held.positions
            },
            "recent_trades": [
                {"date": day, "etf": etf, "side": "buy", "units": units} for etf, day, units in bought
            ],
        }
    )


def _taken_back(made: Sequence[Swap], desk: _Desk) -> tuple[list[Swap], list[Trade], list[Kept]]:
    """Swaps the other way round, as far as the units are still there and it costs less than was saved."""
    back, sells, kept = [], [], []
    for swap in made:
        units = min(swap.units_bought, desk.held.positions.get(swap.bought, 0))
        tax = _tax_on_gain(swap.bought, units, desk)
        cost = tax + 2 * desk.brokerage
        money = units * desk.prices[swap.bought] - desk.brokerage
        bought = swaps.bought_with(money, desk.prices[swap.sold], desk.brokerage)
        if not bought:
            kept.append(_kept(swap, f"{swap.bought} is not held any more, or buys no {swap.sold}"))
        elif cost >= swap.net_benefit:
            kept.append(_kept(swap, f"switching back costs {cost:,}, the swap saved {swap.net_benefit:,}"))
        elif swap.sold in desk.ex_dates:
            kept.append(_kept(swap, f"{swap.sold} goes ex on {desk.ex_dates[swap.sold]}"))
        else:
            sells.append(desk.trade(swap.bought, "sell", units))
            other = {"sold": swap.bought, "units_sold": units, "bought": swap.sold, "units_bought": bought}
            back.append(Swap.model_validate({**other, "loss": NOTHING, "net_benefit": -cost}))
    return back, sells, kept


def _tax_on_gain(etf: str, units: int, desk: _Desk) -> Decimal:
    """At most: the newest parcels' gain, without a discount."""
    gain, left = NOTHING, units
    for parcel in reversed([one for one in desk.held.parcels if one.etf == etf]):
        sold = min(left, parcel.units)
        gain += sold * desk.prices[etf] - parcel.cost_base * sold / parcel.units
        left -= sold
    return cents(max(NOTHING, gain) * desk.rate)


def _buys(made: Iterable[Swap], desk: _Desk) -> list[Trade]:
    """One order an ETF, in alphabetical order."""
    units: dict[str, int] = {}
    for swap in made:
        units[swap.bought] = units.get(swap.bought, 0) + swap.units_bought
    return [desk.trade(etf, "buy", units[etf]) for etf in sorted(units)]


def _target(made: Sequence[Swap], desk: _Desk) -> dict[str, float]:
    """The weights after the swaps: what is bought takes the share of its ETF's weight that was sold."""
    if not made or not desk.held.target:
        return {}
    target = dict(desk.held.target)
    for swap in made:
        moved = desk.held.target.get(swap.sold, 0.0) * swap.units_sold / desk.held.positions[swap.sold]
        target[swap.sold] = target.get(swap.sold, 0.0) - moved
        target[swap.bought] = target.get(swap.bought, 0.0) + moved
    return {etf: weight for etf, weight in stored_weights(target).items() if weight > 0}


def _look_again(looked: Iterable[swaps.Looked], desk: _Desk) -> date | None:
    """The first day on which a candidate is free that time alone frees, if a run waits so long."""
    last = desk.today + timedelta(days=int(desk.house.longest_wait.value))
    days = [one.free_on for one in looked if one.free_on is not None]
    return min((day for day in days if desk.today < day <= last), default=None)


def _take_back_on(desk: _Desk) -> date | None:
    if desk.house.after_window.value == "keep":
        return None
    return desk.today + timedelta(days=int(desk.house.part_iva_days.value) + 1)


def _advice(looked: Sequence[swaps.Looked], desk: _Desk, context: Context) -> list[Timing]:
    """Of what is held, and of what would be bought."""
    file = tax_file(context.catalogue)
    rules = dividends.Rules(
        days_at_risk=int(at(file.franking_days_at_risk.values, desk.today).value),
        company_rate=at(file.company_rate.values, desk.today).value,
        days_before=int(desk.house.ex_date_days.value),
    )
    meant = swaps.put_off(looked, desk.prices, desk.terms)
    found = dividends.timing(_engine_parcels(desk.held), meant, desk.announced, rules, desk.today)
    return [
        Timing(code=one.code, etf=one.etf, until=one.until, text=_words(one), amount=one.amount)
        for one in found
    ]


def _words(advice: dividends.Advice) -> str:
    if advice.code == "keep_for_franking":
        return f"Sell no {advice.etf} before {advice.until}: the credit of {advice.amount:,} would be lost."
    return f"Buy {advice.etf} from {advice.until} on: bought before, {advice.amount:,} comes back as income."


def _engine_parcels(held: PortfolioRead) -> list[Parcel]:
    return [Parcel(one.id, one.etf, Decimal(one.units), one.acquired, one.cost_base) for one in held.parcels]


def _swap(swap: swaps.Swap) -> Swap:
    return Swap(
        sold=swap.sold,
        units_sold=swap.units_sold,
        bought=swap.bought,
        units_bought=swap.units_bought,
        loss=swap.loss,
        net_benefit=swap.net_benefit,
    )


def _kept(swap: Swap, text: str) -> Kept:
    return Kept(sold=swap.sold, bought=swap.bought, text=text)


def _looked_at(one: swaps.Looked) -> LookedAt:
    found = one.candidate
    return LookedAt(
        etf=found.parcel.etf,
        parcel=found.parcel.id,
        units=int(found.parcel.units),
        loss=found.loss,
        net_benefit=found.net_benefit,
        replacement=found.replacement,
        blocked_by=one.reason,
        free_on=one.free_on,
    )
