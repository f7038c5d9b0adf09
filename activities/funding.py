"""Funding an account: asking for a deposit, booking what comes in, taking back what bounced."""

from functools import partial

from sqlmodel import Session

from activities.context import Context
from activities.effects import append, once, recorded
from activities.exchange_days import today
from activities.registry import implements
from adapters.payments import DepositRequest
from payloads.funding import (
    ConfirmDeposit,
    DepositConfirmed,
    DepositRequested,
    DepositReversed,
    RequestDeposit,
    ReverseDeposit,
)
from store import accounts, cash, closing, ledger
from store.cents import from_cents, to_cents
from store.tables import Account, Deposit


@implements("payments.request_deposit")
def request_deposit(ask: RequestDeposit, context: Context) -> DepositRequested:
    """The reference that the client quotes when they pay; one for all runs that ask about the same."""
    before = recorded(ask, context, DepositRequested)
    if before is not None:
        return before
    request = _requested(ask, context, _request_key(ask, context))
    # The step keeps its answer: once the money is there, what others ask for is another request.
    return once(ask, context, DepositRequested, lambda tx: request) if ask.about is not None else request


def _requested(ask: RequestDeposit, context: Context, key: str) -> DepositRequested:
    """The request under this key, made now if it was not before."""
    before = recorded(ask, context, DepositRequested, key)
    if before is not None:
        return before
    with context.services.database.reading() as tx:
        account = accounts.account(tx, context.call.tenant, ask.account_id)
        closing.hold_deposits(tx, context.call.tenant, ask.account_id)
    accounts.hold_currency(account, ask.currency)
    # Asked outside any transaction: a provider may take its time. The key makes it one request.
    told = context.services.payments.request_deposit(
        DepositRequest(key, ask.account_id, ask.amount, ask.currency)
    )
    request = DepositRequested(reference=told.reference, amount=told.amount, currency=told.currency)
    act = partial(_record_request, account=account, request=request, context=context)
    return once(ask, context, DepositRequested, act, key)


def _request_key(ask: RequestDeposit, context: Context) -> str:
    """The step's own, or that of the first request about the same which nobody has paid yet."""
    if ask.about is None:
        return context.call.key()
    about = (ask.account_id, ask.about, str(to_cents(ask.amount)), ask.currency)
    paid = 0
    while True:
        key = context.call.shared_key("payments.request_deposit", *about, str(paid))
        asked = recorded(ask, context, DepositRequested, key)
        if asked is None or not _received(asked.reference, context):
            return key
        paid += 1


def _received(reference: str, context: Context) -> bool:
    with context.services.database.reading() as tx:
        return tx.get_one(Deposit, (context.call.tenant, reference)).received_at is not None


def _record_request(
    tx: Session, account: Account, request: DepositRequested, context: Context
) -> DepositRequested:
    tx.add(
        Deposit(
            tenant=context.call.tenant,
            reference=request.reference,
            account_id=account.account_id,
            amount_cents=to_cents(request.amount),
            currency=request.currency,
            requested_at=context.now(),
            actor=context.call.actor,
        )
    )
    data = {"account_id": account.account_id, **request.model_dump(mode="python")}
    append(tx, context, account.customer_id, "DepositRequested", data)
    return request


@implements("payments.confirm_deposit")
def confirm_deposit(ask: ConfirmDeposit, context: Context) -> DepositConfirmed:
    """What came in, and the balance after it; a reference that is booked already is not booked again."""
    return once(ask, context, DepositConfirmed, lambda tx: _confirm(tx, ask, context))


def _confirm(tx: Session, ask: ConfirmDeposit, context: Context) -> DepositConfirmed:
    call, reference = context.call, ask.reference or context.call.key()
    account = accounts.account(tx, call.tenant, ask.account_id, lock=True)
    booked = cash.book(
        tx,
        call.tenant,
        ask.account_id,
        reference=_booked_as(reference),
        kind="deposit",
        amount_cents=to_cents(ask.amount),
        currency=ask.currency,
        at=context.now(),
        effective=today(context),
        effect_root=call.effect_root,
        actor=call.actor,
    )
    balance = from_cents(cash.balance(tx, call.tenant, ask.account_id))
    if not booked:
        _hold_not_reversed(tx, call.tenant, ask.account_id, reference)
    else:
        _mark_received(tx, account, reference, context)
        data = {
            "account_id": ask.account_id,
            "amount": ask.amount,
            "currency": ask.currency,
            "reference": reference,
            "cash": balance,
        }
        append(tx, context, account.customer_id, "DepositConfirmed", data)
    return DepositConfirmed(account_id=ask.account_id, received=ask.amount, cash=balance, booked=booked)


def _booked_as(reference: str) -> str:
    """Payers choose their references: the prefix keeps them apart from those of trades."""
    return f"deposit:{reference}"


def _hold_not_reversed(tx: Session, tenant: str, account_id: str, reference: str) -> None:
    """ReferenceConflict if the deposit bounced: money that comes after that is another payment."""
    if ledger.find(tx, tenant, account_id, ledger.reversal_of(_booked_as(reference))) is not None:
        raise ledger.ReferenceConflict(
            f"the deposit {reference} bounced and was taken back; give the new payment its own reference",
            "reference",
        )


def _mark_received(tx: Session, account: Account, reference: str, context: Context) -> None:
    """Close the request that the money answers, if there was one; its amount may differ."""
    request = tx.get(Deposit, (context.call.tenant, reference), with_for_update=True)
    if request is not None and request.account_id == account.account_id:
        request.received_at = context.now()
        tx.add(request)


@implements("payments.reverse_deposit")
def reverse_deposit(ask: ReverseDeposit, context: Context) -> DepositReversed:
    """What the bank took back, and the balance after it; a deposit is taken back once."""
    return once(ask, context, DepositReversed, lambda tx: _reverse(tx, ask, context))


def _reverse(tx: Session, ask: ReverseDeposit, context: Context) -> DepositReversed:
    call, reference = context.call, _booked_as(ask.reference)
    account = accounts.account(tx, call.tenant, ask.account_id, lock=True)
    about = ledger.About(
        reference=ledger.reversal_of(reference),
        kind=ledger.REVERSAL,
        effective=today(context),
        currency=account.currency,
        at=context.now(),
        effect_root=call.effect_root,
        actor=call.actor,
        reason=ask.reason,
    )
    reversed_now = ledger.reverse(tx, call.tenant, ask.account_id, reference, about)
    answer = DepositReversed(
        account_id=ask.account_id,
        returned=from_cents(ledger.money_of(tx, call.tenant, ask.account_id, reference)),
        cash=from_cents(cash.balance(tx, call.tenant, ask.account_id)),
    )
    if reversed_now:
        data = {**ask.model_dump(mode="python"), **answer.model_dump(mode="python")}
        append(tx, context, account.customer_id, "DepositReversed", data)
    return answer
