"""Capital gains over 100,000 parcels, by every method; nearly all of them are sold."""

import random
import time
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from engines.tax.gain_rules import Discounting
from engines.tax.gains import capital_gains
from engines.tax.parcels import Disposal, Parcel
from engines.tax.years import TaxYear

PARCELS = 100_000
ROUNDS = 5
SOLD = Decimal("0.8")
YEAR = TaxYear("2024-25", date(2024, 7, 1), date(2025, 6, 30))
RULES = Discounting(months_held=12, discount=Fraction(1, 2))


def measure() -> None:
    """Print the best of some rounds of each method and shape of portfolio."""
    print(f"\nCapital gains over {PARCELS:,} parcels, {SOLD:.0%} sold, processor time, best of {ROUNDS}")
    for etfs in (1_000, 1):
        parcels, disposals = _book(etfs)
        for method in ("fifo", "lifo", "highest_cost", "lowest_tax"):
            taken = min(_seconds(parcels, disposals, method) for _ in range(ROUNDS))
            print(f"{method:<14} {etfs:>6,} ETFs, one disposal each {taken * 1000:>8.0f} ms")


def _seconds(parcels: list[Parcel], disposals: list[Disposal], method: str) -> float:
    begin = time.process_time()
    capital_gains(parcels, disposals, method, RULES, YEAR, Decimal(0))
    return time.process_time() - begin


def _book(etfs: int) -> tuple[list[Parcel], list[Disposal]]:
    """Parcels of seven years at random prices; each ETF is sold at the middle of them."""
    draws = random.Random(1)
    parcels = []
    for place in range(PARCELS):
        units, price = draws.randint(1, 200), Decimal(draws.randint(2000, 12000)) / 100
        bought = date(2018, 1, 1) + timedelta(days=draws.randint(0, 2370))
        parcels.append(Parcel(f"P{place}", f"E{place % etfs}", Decimal(units), bought, units * price))
    held: dict[str, Decimal] = {}
    for parcel in parcels:
        held[parcel.etf] = held.get(parcel.etf, Decimal(0)) + parcel.units
    sold = {etf: Decimal(int(units * SOLD)) for etf, units in held.items()}
    return parcels, [Disposal(etf, units, YEAR.first, units * 70) for etf, units in sold.items()]


if __name__ == "__main__":
    measure()
