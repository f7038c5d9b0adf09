"""Compliance: whether a proposal may trade, all findings at once.

ActivityError
├── UnknownRule      compliance.yaml, or the code, has no rule of that name
└── MissingSubject   a rule that was asked for needs something that was not given
"""

from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches

from sqlmodel import Session

from activities.compliance_rules import RULES, Case, Client, Holdings, Market
from activities.context import Context
from activities.errors import ActivityError
from activities.market import sessions_closed_since
from activities.registry import implements
from activities.snapshots import chosen_snapshot, newest_stored
from adapters.market.snapshot import Snapshot
from payloads.compliance import CheckCompliance, ComplianceFinding, ComplianceResult
from payloads.files.compliance import ComplianceFile
from payloads.files.fees import FeesFile
from payloads.files.limits import LimitsFile
from payloads.files.market import MarketFile
from payloads.files.universe import UniverseFile
from store import cash, customers, halts, portfolios
from store.cents import from_cents

WHAT_TO_GIVE = {
    "client": ("customer_id", "a customer or a portfolio"),
    "holdings": ("portfolio_id", "a portfolio"),
    "cash": ("proposal.cash", "cash, or a portfolio whose cash is meant"),
    "weights": ("proposal.weights", "the weights after the orders"),
    "market": ("proposal.snapshot", "a market snapshot"),
    "prices": ("proposal.snapshot", "a price for every order"),
}


class UnknownRule(ActivityError):
    """compliance.yaml, or the code, has no rule of that name."""


class MissingSubject(ActivityError):
    """A rule that was asked for needs something that was not given."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose proposal it is; None for what was not given."""

    client: Client | None
    holdings: Holdings | None = None
    cash: Decimal | None = None


@implements("compliance.check")
def check(ask: CheckCompliance, context: Context) -> ComplianceResult:
    """Check the rules asked for, or every default rule that the proposal gives enough for."""
    file = context.catalogue.read("compliance", ComplianceFile)
    asked = _named(ask.rules, file)
    case = _case(ask, context, file)
    names = [name for name in asked if _has_what_it_needs(name, case, asked_for=ask.rules is not None)]
    findings = [
        ComplianceFinding(
            rule=name, severity=objection.severity or file.rules[name].severity, text=objection.text
        )
        for name in names
        for objection in RULES[name].check(case)
    ]
    passed = all(finding.severity != "error" for finding in findings)
    return ComplianceResult(passed=passed, findings=findings, checked=names)


def _named(rules: list[str] | None, file: ComplianceFile) -> list[str]:
    """The rules to check, each once; a name that the catalogue or the code does not have is an error."""
    names = [name for name, rule in file.rules.items() if rule.by_default] if rules is None else rules
    for place, name in enumerate(names):
        if name not in file.rules or name not in RULES:
            known = sorted(set(file.rules) & set(RULES))
            near = get_close_matches(name, known, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
            raise UnknownRule(f"there is no compliance rule {name}; {hint}", f"rules[{place}]")
    return list(dict.fromkeys(names))


def _has_what_it_needs(name: str, case: Case, *, asked_for: bool) -> bool:
    missing = [need for need in RULES[name].needs if not _is_there(need, case)]
    if missing and asked_for:
        path, what = WHAT_TO_GIVE[missing[0]]
        raise MissingSubject(f"rule {name} needs {what}", path)
    return not missing


def _is_there(need: str, case: Case) -> bool:
    if need == "prices":
        known = case.market.prices if case.market is not None else {}
        return all(order.limit or order.price or order.etf in known for order in case.orders)
    return getattr(case, need) is not None


def _case(ask: CheckCompliance, context: Context, file: ComplianceFile) -> Case:
    tenant, proposal, services = context.call.tenant, ask.proposal, context.services
    market = _market(_snapshot(ask, context), context)
    weights = proposal.weights
    with services.database.reading() as tx:
        subject = _subject(tx, tenant, ask)
        etfs = {order.etf for order in proposal.orders} | set(weights or {})
        in_force = {etf: halts.against(tx, tenant, etf=etf, broker=services.broker.name) for etf in etfs}
    return Case(
        orders=proposal.orders,
        weights=None if weights is None else {etf: Decimal(repr(weight)) for etf, weight in weights.items()},
        cash=subject.cash if proposal.cash is None else proposal.cash,
        client=subject.client,
        holdings=subject.holdings,
        market=market,
        asset_classes=_asset_classes(context),
        halts={etf: _told(halt) for etf, halt in in_force.items() if halt is not None},
        broker_simulated=services.broker.simulated,
        brokerage=context.catalogue.read("fees", FeesFile).brokerage.value,
        limits=context.catalogue.read("limits", LimitsFile),
        file=file,
    )


def _subject(tx: Session, tenant: str, ask: CheckCompliance) -> Subject:
    if ask.portfolio_id is None:
        return Subject(None if ask.customer_id is None else _client(tx, tenant, ask.customer_id))
    row = portfolios.portfolio(tx, tenant, ask.portfolio_id)
    return Subject(
        client=_client(tx, tenant, ask.customer_id or row.customer_id),
        holdings=Holdings(portfolios.positions(tx, tenant, ask.portfolio_id), row.risk_category),
        cash=from_cents(cash.available(tx, tenant, row.account_id)),
    )


def _client(tx: Session, tenant: str, customer_id: str) -> Client:
    customers.customer(tx, tenant, customer_id)
    so_far = customers.progress(tx, tenant, customer_id)
    return Client(so_far.identity, so_far.agreement)


def _snapshot(ask: CheckCompliance, context: Context) -> Snapshot | None:
    if ask.proposal.snapshot is not None:
        return chosen_snapshot(context, ask.proposal.snapshot)
    return newest_stored(context)


def _market(snapshot: Snapshot | None, context: Context) -> Market | None:
    if snapshot is None:
        return None
    rules = context.catalogue.read("market", MarketFile)
    return Market(
        prices={etf: snapshot.closing(etf) for etf in snapshot.tickers},
        simulated=snapshot.simulated,
        age_sessions=sessions_closed_since(
            rules.calendar, snapshot.as_of, context.now(), rules.max_age_sessions + 1
        ),
        max_age_sessions=rules.max_age_sessions,
    )


def _asset_classes(context: Context) -> dict[str, str]:
    universe = context.catalogue.read("universe", UniverseFile)
    return {fund.etf: fund.asset_class for fund in universe.etfs}


def _told(halt: halts.Halt) -> str:
    because = f" ({halt.reason})" if halt.reason else ""
    return f"trading of {halt.scope} is halted since {halt.since:%Y-%m-%d %H:%M} UTC{because}"
