"""Withdrawals: what has to be sold for one, taking the money off the account, paying it out.

ActivityError
└── WithdrawalTooLarge   the whole portfolio, sold, brings in less than the amount
"""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from sqlmodel import Session

from activities.context import Context
from activities.effects import append, once, recorded
from activities.errors import ActivityError
from activities.exchange_days import today
from activities.portfolios import read
from activities.registry import implements
from activities.valuation import house_terms, newest_prices
from adapters.payments import PayoutRequest
from engines.trading.orders import Portfolio, cash_effect
from engines.trading.plan import plan_trades
from payloads.base import cents
from payloads.files.limits import LimitsFile
from payloads.orders import Trade
from payloads.portfolios import PortfolioId, PortfolioRead
from payloads.withdrawals import (
    PaidOut,
    PayOut,
    PlanWithdrawal,
    ReturnWithdrawal,
    Withdraw,
    WithdrawalPlan,
    WithdrawalReturned,
    Withdrawn,
)
from store import accounts, cash, ledger
from store.cents import from_cents, to_cents
from store.order_holds import InsufficientCash

KIND = "withdrawal"
NOTHING = Decimal(0)


class WithdrawalTooLarge(ActivityError):
    """The whole portfolio, sold, brings in less than the amount."""


@implements("cash.plan_withdrawal")
def plan_withdrawal(ask: PlanWithdrawal, context: Context) -> WithdrawalPlan:
    """What is there of the amount, and the trades that bring the rest in."""
    held = read(PortfolioId(portfolio_id=ask.portfolio_id), context)
    with context.services.database.reading() as tx:
        settled = from_cents(cash.settled(tx, context.call.tenant, held.account_id))
    missing = max(NOTHING, ask.amount - held.available_cash)
    return WithdrawalPlan(
        portfolio_id=ask.portfolio_id,
        account_id=held.account_id,
        settled=settled,
        missing=missing,
        trades=_trades(held, ask.amount, missing, context) if missing else [],
    )


def _trades(held: PortfolioRead, amount: Decimal, missing: Decimal, context: Context) -> list[Trade]:
    """Orders after which the amount is there as cash, with a margin, and the rest is at its target."""
    target = {etf: Decimal(repr(weight)) for etf, weight in held.target.items()}
    _, prices = newest_prices({*held.positions, *target}, context)
    standing = Portfolio(held.positions, prices, held.available_cash)
    margin = cents(missing * context.catalogue.read("limits", LimitsFile).sale_margin.value)
    worth = cents(Decimal(standing.whole.numerator) / Decimal(standing.whole.denominator))
    terms = house_terms(context)
    if amount > worth:
        brings = Fraction(held.available_cash) + cash_effect(standing, terms, "sell", held.positions)
        raise _too_large(amount, cents(Decimal(brings.numerator) / Decimal(brings.denominator)))
    plan = plan_trades(standing, target, replace(terms, buffer=min(worth, amount + margin + terms.buffer)))
    if plan.cash_after < amount:
        raise _too_large(amount, plan.cash_after)
    return [Trade.model_validate(order, from_attributes=True) for order in plan.orders]


def _too_large(amount: Decimal, most: Decimal) -> WithdrawalTooLarge:
    return WithdrawalTooLarge(
        f"{amount} is more than the portfolio can bring in, which is about {most} after costs", "amount"
    )


@implements("cash.withdraw")
def withdraw(ask: Withdraw, context: Context) -> Withdrawn:
    """Take the money off the account; it is on its way from here on."""
    return once(ask, context, Withdrawn, lambda tx: _withdraw(tx, ask, context))


def _withdraw(tx: Session, ask: Withdraw, context: Context) -> Withdrawn:
    call = context.call
    account = accounts.account(tx, call.tenant, ask.account_id, lock=True)
    accounts.hold_currency(account, ask.currency)
    settled = from_cents(cash.settled(tx, call.tenant, ask.account_id))
    if ask.amount > settled:
        raise InsufficientCash(
            f"{ask.amount} cannot leave account {ask.account_id}, which has {settled} of settled cash; "
            "sell something, or wait until trades have settled",
            "amount",
        )
    cash.book(
        tx,
        call.tenant,
        ask.account_id,
        reference=_booked_as(call.key()),
        kind=KIND,
        amount_cents=-to_cents(ask.amount),
        currency=ask.currency,
        at=context.now(),
        effective=today(context),
        effect_root=call.effect_root,
        actor=call.actor,
    )
    balance = from_cents(cash.balance(tx, call.tenant, ask.account_id))
    done = Withdrawn(account_id=ask.account_id, withdrawal=call.key(), amount=ask.amount, cash=balance)
    append(tx, context, account.customer_id, "CashWithdrawn", done.model_dump(mode="python"))
    return done


@implements("payments.pay_out")
def pay_out(ask: PayOut, context: Context) -> PaidOut:
    """Send the money; the withdrawal's reference makes it one payment, whoever asks for it."""
    before = recorded(ask, context, PaidOut)
    if before is not None:
        return before
    tenant = context.call.tenant
    with context.services.database.reading() as tx:
        account = accounts.account(tx, tenant, ask.account_id)
        booked = ledger.money_of(tx, tenant, ask.account_id, _booked_as(ask.withdrawal))
    request = PayoutRequest(ask.withdrawal, ask.account_id, from_cents(-booked), account.currency)
    # Asked outside any transaction. A withdrawal that was taken back was cancelled at the provider first.
    sent = context.services.payments.pay_out(request)
    paid = PaidOut(
        account_id=ask.account_id,
        withdrawal=ask.withdrawal,
        amount=request.amount,
        reference=sent.reference,
    )

    def record(tx: Session) -> PaidOut:
        append(tx, context, account.customer_id, "WithdrawalPaid", paid.model_dump(mode="python"))
        return paid

    return once(ask, context, PaidOut, record)


@implements("cash.return_withdrawal")
def return_withdrawal(ask: ReturnWithdrawal, context: Context) -> WithdrawalReturned:
    """Put back what this run withdrew, unless the provider says that it has left."""
    before = recorded(ask, context, WithdrawalReturned)
    if before is not None:
        return before
    call = context.call
    with context.services.database.reading() as tx:
        booked = ledger.unreversed(tx, call.tenant, ask.account_id, KIND, call.effect_root)
        keys = [entry.reference.removeprefix(_booked_as("")) for entry in booked]
    stopped = [key for key in keys if context.services.payments.cancel_payout(key)]
    paid = [key for key in keys if key not in stopped]
    return once(ask, context, WithdrawalReturned, lambda tx: _return(tx, ask, stopped, paid, context))


def _return(
    tx: Session, ask: ReturnWithdrawal, stopped: list[str], paid: list[str], context: Context
) -> WithdrawalReturned:
    call = context.call
    account = accounts.account(tx, call.tenant, ask.account_id, lock=True)
    about = ledger.About(
        reference="",
        kind=ledger.REVERSAL,
        effective=today(context),
        currency=account.currency,
        at=context.now(),
        effect_root=call.effect_root,
        actor=call.actor,
        reason="not paid out",
    )
    returned = [
        key for key in stopped if ledger.reverse(tx, call.tenant, ask.account_id, _booked_as(key), about)
    ]
    balance = from_cents(cash.balance(tx, call.tenant, ask.account_id))
    done = WithdrawalReturned(account_id=ask.account_id, returned=returned, paid=paid, cash=balance)
    if returned:
        append(tx, context, account.customer_id, "WithdrawalReturned", done.model_dump(mode="python"))
    return done


def _booked_as(withdrawal: str) -> str:
    """The prefix keeps withdrawals apart from other entries."""
    return f"{KIND}:{withdrawal}"
