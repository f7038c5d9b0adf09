"""Billing: fees that accrue by the day, invoices, what is collected and what stays owed.

ActivityError
└── UnknownRate   nobody of that role is charged by the hour on that day
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from activities.context import Context
from activities.effects import append, once
from activities.errors import ActivityError
from activities.exchange_days import day_of, hold_past, today
from activities.registry import implements
from activities.valuation import known_prices, newest_prices
from engines import fees as engine
from payloads.base import cents
from payloads.billing import (
    AccountOfFees,
    AccrueFees,
    FeesAccrued,
    FeesCollected,
    FeesOwed,
    FeesWaived,
    HoursRecorded,
    InvoiceIssued,
    InvoicePart,
    IssueInvoice,
    RecordHours,
    Unpriced,
)
from payloads.files.fees import FeesFile, ScheduleTerms
from payloads.files.written import at
from payloads.portfolios import PortfolioId
from store import accounts, billing, cash, portfolio_rows, portfolios
from store.billing import Origin, Taken, Unbilled
from store.cents import from_cents, to_cents
from store.tables import FeeAccrual, FeeInvoice, FeeWork, Portfolio

PAGE = 500
CHARGED = ("invested", "managed")
# The last days of one that is being closed accrue when its closing asks for them, and only then.
ASKED_FOR = (*CHARGED, "closing")
A_DAY = timedelta(days=1)


class UnknownRate(ActivityError):
    """Nobody of that role is charged by the hour on that day."""


@implements("fees.accrue")
def accrue(ask: AccrueFees, context: Context) -> FeesAccrued:
    """Portfolio by portfolio, each once for its days; whoever tries again goes on where it stopped."""
    day = hold_past(ask.as_of or today(context), context, "as_of")
    unpriced: list[Unpriced] = []
    for rows in _pages(ask, context):
        unpriced += _accrue_page(rows, day, ask, context)
    with context.services.database.reading() as tx:
        done = billing.accrued_by(tx, context.call.tenant, context.call.effect_root)
    return FeesAccrued(
        as_of=day,
        portfolios=len({each.portfolio_id for each in done}),
        days=sum(each.days for each in done),
        fee=engine.accrued_fee([engine.Accrued(each.yearly, each.days) for each in done]),
        unpriced=unpriced,
    )


def _pages(ask: AccrueFees, context: Context) -> Iterator[list[dict[str, Any]]]:
    """The portfolios that pay fees, many at a time; UnknownPortfolio for one that is not there."""
    tenant = context.call.tenant
    if ask.portfolio_id is not None:
        with context.services.database.reading() as tx:
            portfolios.portfolio(tx, tenant, ask.portfolio_id)
            found = list(portfolio_rows.of_ids(tx, tenant, [ask.portfolio_id]).values())
        yield [row for row in found if row["state"] in ASKED_FOR and row["invested_at"]]
        return
    after = ""
    while True:
        with context.services.database.reading() as tx:
            rows = portfolio_rows.page(tx, tenant, after, PAGE)
        yield [row for row in rows if row["state"] in CHARGED]
        if len(rows) < PAGE:
            return
        after = rows[-1]["portfolio_id"]


def _accrue_page(
    rows: Sequence[dict[str, Any]], day: date, ask: AccrueFees, context: Context
) -> list[Unpriced]:
    """Each on its balance; those with an ETF that has no price are left for a day on which it has one."""
    with context.services.database.reading() as tx:
        ids = [row["portfolio_id"] for row in rows]
        held = portfolio_rows.positions(tx, context.call.tenant, ids)
    prices = _prices({etf for units in held.values() for etf in units}, ask, context)
    unpriced = []
    for row in rows:
        portfolio_id = row["portfolio_id"]
        units = held.get(portfolio_id, {})
        if missing := sorted(units.keys() - prices.keys()):
            unpriced.append(Unpriced(portfolio_id=portfolio_id, etfs=missing))
            continue
        worth = sum((prices[etf] * count for etf, count in units.items()), Decimal(row["cash"]))
        _accrue_one(portfolio_id, max(Decimal(0), cents(worth)), day, context)
        context.heartbeat(portfolio_id)
    return unpriced


def _prices(etfs: set[str], ask: AccrueFees, context: Context) -> dict[str, Decimal]:
    """Those there are; whoever asks for one portfolio is told what is missing (UnknownEtf)."""
    if not etfs:
        return {}
    if ask.portfolio_id is not None:
        return newest_prices(etfs, context)[1]
    return known_prices(etfs, context)


def _accrue_one(portfolio_id: str, balance: Decimal, day: date, context: Context) -> None:
    """The days since the last that was charged, all on the balance found now."""
    tenant = context.call.tenant
    with context.services.database.transaction() as tx:
        row = portfolios.portfolio(tx, tenant, portfolio_id, lock=True)
        name, history = _schedule(row, context)
        last = billing.last_accrued(tx, tenant, portfolio_id)
        since = max(history[0].since, _first_day(row, context)) if last is None else last + A_DAY
        if since > day:
            return
        terms = at(history, day)
        accrual = FeeAccrual(
            tenant=tenant,
            portfolio_id=portfolio_id,
            through=day,
            since=since,
            balance_cents=to_cents(balance),
            schedule=name,
            yearly=_yearly(balance, terms),
            accrued_at=context.now(),
            effect_root=context.call.effect_root,
        )
        tx.add(accrual)
        told = {"portfolio_id": portfolio_id, "since": f"{since}", "through": f"{day}", "schedule": name}
        money = {"balance": balance, "yearly": accrual.yearly}
        append(tx, context, row.customer_id, "FeesAccrued", {**told, **money})


def _schedule(row: Portfolio, context: Context) -> tuple[str, Sequence[ScheduleTerms]]:
    file = context.catalogue.read("fees", FeesFile)
    name = next(found for mandate, found in file.schedule_of.items() if mandate == row.mandate)
    return name, file.schedules[name].versions


def _first_day(row: Portfolio, context: Context) -> date:
    began: datetime = row.invested_at or row.opened_at
    return day_of(began, context)


def _yearly(balance: Decimal, terms: ScheduleTerms) -> Decimal:
    tiers = [engine.Tier(tier.up_to, tier.rate) for tier in terms.tiers]
    return engine.yearly_fee(balance, tiers, engine.Terms(terms.minimum, terms.discount))


@implements("fees.record_hours")
def record_hours(ask: RecordHours, context: Context) -> HoursRecorded:
    """What the work costs by the rate of its day."""
    return once(ask, context, HoursRecorded, lambda tx: _record_hours(tx, ask, context))


def _record_hours(tx: Session, ask: RecordHours, context: Context) -> HoursRecorded:
    hold_past(ask.day, context, "day")
    row = portfolios.portfolio(tx, context.call.tenant, ask.portfolio_id, lock=True)
    accounts.hold_open(accounts.account(tx, context.call.tenant, row.account_id))
    fee = engine.hourly_fee(ask.minutes, _hourly_rate(ask, context))
    work = FeeWork(
        tenant=context.call.tenant,
        **ask.model_dump(mode="python"),
        fee_cents=to_cents(fee),
        recorded_at=context.now(),
        actor=context.call.actor,
    )
    if billing.record_work(tx, work):
        told = {**ask.model_dump(mode="python"), "day": f"{ask.day}", "fee": fee}
        append(tx, context, row.customer_id, "HoursRecorded", told)
    return HoursRecorded(portfolio_id=ask.portfolio_id, reference=ask.reference, fee=fee)


def _hourly_rate(ask: RecordHours, context: Context) -> Decimal:
    rates = context.catalogue.read("fees", FeesFile).hourly
    if ask.role not in rates:
        raise UnknownRate(
            f"fees.yaml has no hourly rate of {ask.role}; there are {', '.join(sorted(rates))}", "role"
        )
    try:
        return at(rates[ask.role].values, ask.day).value
    except LookupError as none:
        raise UnknownRate(f"{ask.role}: {none}", "day") from none


@implements("fees.invoice")
def invoice(ask: IssueInvoice, context: Context) -> InvoiceIssued:
    """One invoice for all that no invoice has asked for yet; none where it comes to nothing."""
    return once(ask, context, InvoiceIssued, lambda tx: _invoice(tx, ask, context))


def _invoice(tx: Session, ask: IssueInvoice, context: Context) -> InvoiceIssued:
    tenant = context.call.tenant
    through = _through(ask, context)
    row = portfolios.portfolio(tx, tenant, ask.portfolio_id, lock=True)
    account = accounts.account(tx, tenant, row.account_id, lock=True)
    accounts.hold_open(account)
    asked = billing.unbilled(tx, tenant, ask.portfolio_id, through)
    made = _made_out(asked, row, context)
    if made.total_cents:
        billing.issue(tx, made, asked, account.currency, _origin(context))
    issued = _issued(made, row, from_cents(billing.owed(tx, tenant, row.account_id)))
    if issued.invoice_id is not None:
        told = issued.model_dump(mode="python", exclude={"customer_id"})
        days = {"since": f"{made.since}", "until": f"{made.until}"}
        append(tx, context, row.customer_id, "FeesInvoiced", {**told, **days})
    return issued


def _through(ask: IssueInvoice, context: Context) -> date:
    now = today(context)
    if ask.final:
        return now
    return hold_past(ask.through or now.replace(day=1) - A_DAY, context, "through")


def _made_out(asked: Unbilled, row: Portfolio, context: Context) -> FeeInvoice:
    """The invoice for these days and hours, not stored yet; its total can be nothing."""
    gst = at(context.catalogue.read("fees", FeesFile).gst.values, today(context)).value
    accrued = engine.accrued_fee([engine.Accrued(each.yearly, each.days) for each in asked.accruals])
    hours = from_cents(sum(each.fee_cents for each in asked.work))
    charge = engine.with_gst(accrued + hours, gst)
    days = [each.day for each in asked.work]
    days += [end for each in asked.accruals for end in (each.since, each.through)]
    return FeeInvoice(
        tenant=row.tenant,
        invoice_id=f"INV-{context.call.key()}",
        portfolio_id=row.portfolio_id,
        account_id=row.account_id,
        since=min(days, default=date.min),
        until=max(days, default=date.min),
        accrued_cents=to_cents(accrued),
        hours_cents=to_cents(hours),
        gst_cents=to_cents(charge.gst),
        total_cents=to_cents(charge.fee + charge.gst),
        issued_at=context.now(),
        actor=context.call.actor,
    )


def _issued(made: FeeInvoice, row: Portfolio, owed: Decimal) -> InvoiceIssued:
    due = made.total_cents > 0
    return InvoiceIssued(
        invoice_id=made.invoice_id if due else None,
        portfolio_id=row.portfolio_id,
        account_id=row.account_id,
        customer_id=row.customer_id,
        since=made.since if due else None,
        until=made.until if due else None,
        accrued=from_cents(made.accrued_cents),
        hours=from_cents(made.hours_cents),
        gst=from_cents(made.gst_cents),
        total=from_cents(made.total_cents),
        owed=owed,
    )


@implements("fees.collect")
def collect(ask: AccountOfFees, context: Context) -> FeesCollected:
    """What settled cash pays of what is owed; never more than there is."""
    return once(ask, context, FeesCollected, lambda tx: _collect(tx, ask, context))


def _collect(tx: Session, ask: AccountOfFees, context: Context) -> FeesCollected:
    tenant = context.call.tenant
    account = accounts.account(tx, tenant, ask.account_id, lock=True)
    taken = billing.collect(tx, tenant, ask.account_id, _origin(context))
    done = FeesCollected(
        account_id=ask.account_id,
        collected=_total(taken),
        owed=from_cents(billing.owed(tx, tenant, ask.account_id)),
        cash=from_cents(cash.balance(tx, tenant, ask.account_id)),
        invoices=_parts(taken),
    )
    if taken:
        append(tx, context, account.customer_id, "FeesCollected", done.model_dump(mode="python"))
    return done


@implements("fees.waive")
def waive(ask: AccountOfFees, context: Context) -> FeesWaived:
    """What the client is let off: it is taken out of their fees again."""
    return once(ask, context, FeesWaived, lambda tx: _waive(tx, ask, context))


def _waive(tx: Session, ask: AccountOfFees, context: Context) -> FeesWaived:
    tenant = context.call.tenant
    account = accounts.account(tx, tenant, ask.account_id, lock=True)
    taken = billing.waive(tx, tenant, ask.account_id, _origin(context))
    done = FeesWaived(account_id=ask.account_id, waived=_total(taken), invoices=_parts(taken))
    if taken:
        append(tx, context, account.customer_id, "FeesWaived", done.model_dump(mode="python"))
    return done


@implements("fees.standing")
def standing(ask: PortfolioId, context: Context) -> FeesOwed:
    """What the next invoice would ask for today, and what is owed of those before."""
    tenant = context.call.tenant
    with context.services.database.reading() as tx:
        row = portfolios.portfolio(tx, tenant, ask.portfolio_id)
        asked = billing.unbilled(tx, tenant, ask.portfolio_id, date.max)
        accrued = engine.accrued_fee([engine.Accrued(each.yearly, each.days) for each in asked.accruals])
        return FeesOwed(
            portfolio_id=row.portfolio_id,
            account_id=row.account_id,
            customer_id=row.customer_id,
            schedule=_schedule(row, context)[0],
            accrued=accrued + from_cents(sum(each.fee_cents for each in asked.work)),
            accrued_through=billing.last_accrued(tx, tenant, ask.portfolio_id),
            owed=from_cents(billing.owed(tx, tenant, row.account_id)),
            settled=from_cents(cash.settled(tx, tenant, row.account_id)),
        )


def _origin(context: Context) -> Origin:
    call = context.call
    return Origin(call.key(), call.effect_root, call.actor, context.now(), today(context))


def _total(taken: Sequence[Taken]) -> Decimal:
    return from_cents(sum(each.cents for each in taken))


def _parts(taken: Sequence[Taken]) -> list[InvoicePart]:
    return [InvoicePart(invoice_id=each.invoice_id, amount=from_cents(each.cents)) for each in taken]
