"""The rules of compliance, each a function from a case to what it has against the proposal.

To add a rule: write its function here, and its name, severity and source in catalogue/compliance.yaml.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from payloads.base import cents
from payloads.compliance import Severity
from payloads.files.compliance import ComplianceFile
from payloads.files.limits import LimitsFile
from payloads.orders import Trade

TOLERANCE = Decimal("1e-9")  # for weights that were computed in binary floating point


@dataclass(frozen=True, slots=True)
class Client:
    """How far the client has come."""

    identity_verified: bool
    agreement_signed: bool


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the portfolio holds now."""

    positions: Mapping[str, int]
    risk_category: str | None


@dataclass(frozen=True, slots=True)
class Market:
    """Prices, what they are, and how old: in sessions that have closed since."""

    prices: Mapping[str, Decimal]
    simulated: bool
    age_sessions: int
    max_age_sessions: int


@dataclass(frozen=True, slots=True)
class Case:
    """A proposal with all that rules look at; what was not given is None."""

    orders: list[Trade]
    weights: Mapping[str, Decimal] | None
    cash: Decimal | None
    client: Client | None
    holdings: Holdings | None
    market: Market | None
    asset_classes: Mapping[str, str]
    halts: Mapping[str, str]
    broker_simulated: bool
    brokerage: Decimal
    limits: LimitsFile
    file: ComplianceFile

    @property
    def etfs(self) -> list[str]:
        """Every ETF of the proposal, in alphabetical order."""
        return sorted({order.etf for order in self.orders} | {etf for etf, weight in self.held if weight > 0})

    @property
    def held(self) -> list[tuple[str, Decimal]]:
        """The weights after the orders, none if they were not given."""
        return sorted((self.weights or {}).items())

    def value(self, order: Trade) -> Decimal:
        """What an order is worth, cents half up: at its limit, else the price planned, else the market's."""
        price = order.limit or order.price
        if price is None:
            assert self.market is not None
            price = self.market.prices[order.etf]
        return cents(order.units * price)


@dataclass(frozen=True, slots=True)
class Objection:
    """What a rule has against the proposal; `severity` None: as the catalogue says."""

    text: str
    severity: Severity | None = None


Check = Callable[[Case], Iterable[Objection]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A check, and the parts of a case that it cannot do without."""

    check: Check
    needs: tuple[str, ...] = ()


def identity_verified(case: Case) -> Iterable[Objection]:
    """The client's identity was verified."""
    if case.client is not None and not case.client.identity_verified:
        yield Objection("the client's identity is not verified")


def agreement_signed(case: Case) -> Iterable[Objection]:
    """The client signed their agreement."""
    if case.client is not None and not case.client.agreement_signed:
        yield Objection("the client has signed no agreement")


def trading_open(case: Case) -> Iterable[Objection]:
    """No halt stands in the way of any ETF."""
    stopped = {etf: case.halts[etf] for etf in case.etfs if etf in case.halts}
    for halt in sorted(set(stopped.values())):
        yield Objection(f"{halt}: {', '.join(etf for etf in stopped if stopped[etf] == halt)}")


def etf_in_universe(case: Case) -> Iterable[Objection]:
    """Every ETF is in catalogue/universe.yaml."""
    for etf in case.etfs:
        if etf not in case.asset_classes:
            yield Objection(f"{etf} is not an ETF of the universe")


def price_freshness(case: Case) -> Iterable[Objection]:
    """The snapshot is young enough."""
    market = case.market
    if market is not None and market.age_sessions > market.max_age_sessions:
        yield Objection(f"the prices are more than {market.max_age_sessions} exchange sessions old")


def simulated_data_simulated_broker(case: Case) -> Iterable[Objection]:
    """Made-up prices never move real money."""
    if case.market is not None and case.market.simulated and not case.broker_simulated:
        yield Objection("the prices are simulated and the broker is not")


def no_overspend(case: Case) -> Iterable[Objection]:
    """Buys with brokerage are paid by the cash and what the sells bring."""
    assert case.cash is not None
    spent = Decimal(0)
    for order in case.orders:
        value = case.value(order)
        spent += (value if order.side == "buy" else -value) + case.brokerage
    if spent > case.cash:
        yield Objection(f"the orders take {spent:.2f} with brokerage, and the cash is {case.cash:.2f}")


def no_short_sale(case: Case) -> Iterable[Objection]:
    """Only what is held is sold."""
    assert case.holdings is not None
    for order in case.orders:
        held = case.holdings.positions.get(order.etf, 0)
        if order.side == "sell" and order.units > held:
            yield Objection(f"{order.units} {order.etf} would be sold, and {held} are held")


def min_first_holding(case: Case) -> Iterable[Objection]:
    """A first buy is large enough for the exchange."""
    assert case.holdings is not None
    least = case.limits.min_first_holding.value
    for order in case.orders:
        value = case.value(order)
        if order.side == "buy" and not case.holdings.positions.get(order.etf) and value < least:
            yield Objection(
                f"{order.units} {order.etf} are worth {value:.2f}, a first holding needs {least:.2f}"
            )


def max_weight(case: Case) -> Iterable[Objection]:
    """No ETF is too heavy; a little over, from whole units, is only a warning."""
    largest, allowance = case.limits.max_weight.value, case.file.weight_allowance.value
    for etf, weight in case.held:
        if weight > largest + TOLERANCE:
            small = weight <= largest + allowance + TOLERANCE
            yield Objection(
                f"{etf} would weigh {weight:.2%}, {largest:.2%} is allowed", "warning" if small else None
            )


def max_etfs(case: Case) -> Iterable[Objection]:
    """Not too many ETFs are held."""
    count, most = sum(weight > 0 for _, weight in case.held), case.limits.max_etfs.value
    if count > most:
        yield Objection(f"{count} ETFs would be held, {most:f} are allowed")


def suitability(case: Case) -> Iterable[Objection]:
    """The share outside defensive classes suits the client's risk category."""
    assert case.holdings is not None
    category, rule = case.holdings.risk_category, case.file.suitability
    if category is None:
        yield Objection("the client's risk category is not recorded")
        return
    growth = sum(
        (weight for etf, weight in case.held if case.asset_classes.get(etf) not in rule.defensive_classes),
        Decimal(0),
    )
    allowed = {str(name): Decimal(str(share)) for name, share in rule.largest_growth_share.items()}
    if category not in allowed:
        yield Objection(f"no share of growth assets is laid down for category {category}")
    elif growth > allowed[category] + TOLERANCE:
        most = allowed[category]
        yield Objection(
            f"{growth:.1%} would be outside defensive assets, {most:.1%} suits a {category} client"
        )


RULES: Mapping[str, Rule] = {
    "identity_verified": Rule(identity_verified, ("client",)),
    "agreement_signed": Rule(agreement_signed, ("client",)),
    "trading_open": Rule(trading_open),
    "etf_in_universe": Rule(etf_in_universe),
    "price_freshness": Rule(price_freshness, ("market",)),
    "simulated_data_simulated_broker": Rule(simulated_data_simulated_broker, ("market",)),
    "no_overspend": Rule(no_overspend, ("cash", "prices")),
    "no_short_sale": Rule(no_short_sale, ("holdings",)),
    "min_first_holding": Rule(min_first_holding, ("holdings", "prices")),
    "max_weight": Rule(max_weight, ("weights",)),
    "max_etfs": Rule(max_etfs, ("weights",)),
    "suitability": Rule(suitability, ("weights", "holdings")),
}
