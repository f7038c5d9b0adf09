"""What is checked before each order is sent, whatever a definition says.

ActivityError
├── TradingHalted         trading is halted: in all, in the ETF, or at the broker
├── PriceOutsideCollar    a limit is too far from the snapshot's price
├── OrderTooLarge         an order is worth more than one order may be
└── SimulatedMarketData   simulated prices may trade only on a simulated broker
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal

from sqlmodel import Session

from activities.context import Context
from activities.errors import ActivityError
from activities.exchange_days import today
from activities.reference_prices import ReferencePrices, newest
from adapters.broker import Broker
from payloads.base import cents
from payloads.files.trading import TradingFile
from store import halts
from store.order_terms import BUY


class TradingHalted(ActivityError):
    """Trading is halted: in all, in the ETF, or at the broker."""


class PriceOutsideCollar(ActivityError):
    """A limit is too far from the snapshot's price."""


class OrderTooLarge(ActivityError):
    """An order is worth more than one order may be."""


class SimulatedMarketData(ActivityError):
    """Simulated prices may trade only on a simulated broker."""


@dataclass(frozen=True, slots=True)
class Checks:
    """The rules of one day, the prices to hold orders against, and where orders go."""

    rules: TradingFile
    day: date
    prices: ReferencePrices
    broker: Broker

    def before_sending(
        self, tx: Session, tenant: str, etf: str, units: int, limit: Decimal | None, path: str
    ) -> None:
        """Return if the order may be sent now; else raise what forbids it."""
        self._trading_is_open(tx, tenant, etf, path)
        self._prices_suit_the_broker()
        reference = self.prices.of(etf, f"{path}.etf")
        if limit is not None:
            self._within_collar(etf, limit, reference, f"{path}.limit")
        self._not_too_large(etf, units, limit or reference, f"{path}.units")

    def limit(self, etf: str, side: str, given: Decimal | None, path: str) -> Decimal | None:
        """The limit to send: the one given; for a buy without one, the snapshot's price, on the tick."""
        if given is not None or side != BUY:
            return given
        price = self.prices.of(etf, f"{path}.etf")
        tick = self.rules.tick(price, self.day)
        # Down, so that the order never costs more than the price it was planned with.
        return (price / tick).quantize(Decimal(1), ROUND_DOWN) * tick

    def _trading_is_open(self, tx: Session, tenant: str, etf: str, path: str) -> None:
        halt = halts.against(tx, tenant, etf=etf, broker=self.broker.name)
        if halt is None:
            return
        because = f": {halt.reason}" if halt.reason else ""
        raise TradingHalted(
            f"{halt.by} halted trading of {halt.scope} at {halt.since:%Y-%m-%d %H:%M:%S} UTC{because}; "
            f"{etf} was not sent; `kronos trading resume` lifts the halt",
            path,
        )

    def _prices_suit_the_broker(self) -> None:
        if self.prices.snapshot.simulated and not self.broker.simulated:
            raise SimulatedMarketData(
                f"the snapshot of {self.prices.snapshot.as_of} is simulated, and {self.broker.name} trades "
                "real money; pull real market data first"
            )

    def _within_collar(self, etf: str, limit: Decimal, reference: Decimal, path: str) -> None:
        collar = Decimal(str(self.rules.price_collar.on(self.day)))
        if abs(limit - reference) > collar * reference:
            raise PriceOutsideCollar(
                f"the limit {limit} for {etf} is more than {collar:%} from its price of {reference} "
                f"on {self.prices.snapshot.as_of}",
                path,
            )

    def _not_too_large(self, etf: str, units: int, price: Decimal, path: str) -> None:
        largest = self.rules.largest_order_value.on(self.day)
        if units * price > largest:
            raise OrderTooLarge(
                f"{units} {etf} at {price} are worth {cents(units * price)}, and one order may be worth "
                f"{largest} at most; split it",
                path,
            )


def checks_now(context: Context) -> Checks:
    """The checks of today, against the newest snapshot's prices."""
    return Checks(
        rules=context.catalogue.read("trading", TradingFile),
        day=today(context),
        prices=newest(context),
        broker=context.services.broker,
    )
