"""Funding an account: asking for a deposit, booking what comes in."""

from sqlmodel import Session

from activities.context import Context
from activities.effects import append, once, recorded
from activities.registry import implements
from adapters.payments import DepositRequest
from payloads.funding import ConfirmDeposit, DepositConfirmed, DepositRequested, RequestDeposit
from store import accounts, cash
from store.cents import from_cents, to_cents
from store.tables import Account, Deposit


@implements("payments.request_deposit")
def request_deposit(ask: RequestDeposit, context: Context) -> DepositRequested:
    """The reference that the client quotes when they pay."""
    before = recorded(ask, context, DepositRequested)
    if before is not None:
        return before
    with context.services.database.reading() as tx:
        account = accounts.account(tx, context.call.tenant, ask.account_id)
    accounts.hold_currency(account, ask.currency)
    # Asked outside any transaction: a provider may take its time. The key makes it one request.
    told = context.services.payments.request_deposit(
        DepositRequest(context.call.key(), ask.account_id, ask.amount, ask.currency)
    )
    request = DepositRequested(reference=told.reference, amount=told.amount, currency=told.currency)
    return once(ask, context, DepositRequested, lambda tx: _record_request(tx, account, request, context))


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
        # Payers choose their references: the prefix keeps them apart from those of trades.
        reference=f"deposit:{reference}",
        kind="deposit",
        amount_cents=to_cents(ask.amount),
        currency=ask.currency,
        at=context.now(),
        effect_root=call.effect_root,
        actor=call.actor,
    )
    balance = from_cents(cash.balance(tx, call.tenant, ask.account_id))
    if booked:
        _mark_received(tx, account, reference, context)
        data = {
            "account_id": ask.account_id,
            "amount": ask.amount,
            "currency": ask.currency,
            "reference": reference,
            "cash": balance,
        }
        append(tx, context, account.customer_id, "DepositConfirmed", data)
    return DepositConfirmed(account_id=ask.account_id, received=ask.amount, cash=balance)


def _mark_received(tx: Session, account: Account, reference: str, context: Context) -> None:
    """Close the request that the money answers, if there was one; its amount may differ."""
    request = tx.get(Deposit, (context.call.tenant, reference), with_for_update=True)
    if request is not None and request.account_id == account.account_id:
        request.received_at = context.now()
        tx.add(request)
