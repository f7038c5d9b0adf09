"""The one catalogue of activities, read by the checker, the command line and the workers."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from payloads.entry import Entry

# One module a domain; each has a tuple ENTRIES.
DOMAINS = (
    "risk",
    "goals",
    "pods",
    "limits",
    "applications",
    "pod_optimizer",
    "consolidation",
    "master_portfolio",
    "market",
    "market_estimates",
    "market_volatility",
    "tax",
    "capital_gains",
    "wash_sales",
    "harvests",
    "tax_reports",
    "statements",
    "harvest_plans",
    "fees",
    "rebalancing",
    "watching",
    "calendars",
    "customers",
    "lifecycle",
    "funding",
    "portfolios",
    "valuation",
    "orders",
    "blocks",
    "block_slices",
    "block_ending",
    "execution",
    "parcel_methods",
    "slicing",
    "order_routing",
    "amending",
    "settlement",
    "holdings",
    "distributions",
    "corporate_actions",
    "etf_halts",
    "withdrawals",
    "billing",
    "closures",
    "trade_errors",
    "verification",
    "reconciliation",
    "compliance",
    "runs",
    "subscriptions",
    "dispatching",
    "sweeps",
    "thresholds",
    "construction",
    "risk_measures",
    "risk_alerts",
    "risk_limits",
    "risk_report",
    "performance",
    "portfolio_performance",
    "backtest",
    "goal_simulation",
    "goal_planning",
    "goal_shares",
    "goal_progress",
    "education",
    "agents",
)


@cache
def domains() -> Mapping[str, str]:
    """The domain of every activity by name."""
    return MappingProxyType({entry.name: domain for domain in DOMAINS for entry in _entries(domain)})


def _entries(domain: str) -> tuple[Entry, ...]:
    found: tuple[Entry, ...] = import_module(f"payloads.{domain}").ENTRIES
    return found


@cache
def catalogue() -> Mapping[str, Entry]:
    """Every activity by name."""
    entries: dict[str, Entry] = {}
    for domain in DOMAINS:
        for entry in _entries(domain):
            if entry.name in entries:
                raise ValueError(f"two entries of the catalogue are called {entry.name}")
            entries[entry.name] = entry
    return MappingProxyType(dict(sorted(entries.items())))
