"""Clients: taking them on, who they are, what they want, what they sign and are told."""

from datetime import date
from typing import Any

from sqlmodel import Session

from activities.context import Context
from activities.effects import append, once, recorded
from activities.registry import implements
from adapters.identity import IdentityQuestion
from adapters.notifications import Notification as Message
from engines.goals import DuplicateGoal
from payloads import plain_json
from payloads.customers import (
    DefinedGoals,
    DefineGoals,
    IdentityResult,
    RecordedSignature,
    RecordedSteps,
    RecordSignature,
    RegisterCustomer,
    RegisteredCustomer,
    SendAgreement,
    SendNotification,
    SentAgreement,
    SentNotification,
    VerifyIdentity,
)
from payloads.goals import Goal
from store import customers, portfolios
from store.cents import from_cents, to_cents
from store.tables import Agreement, IdentityCheck, Notification
from store.vault import seal


@implements("customers.register")
def register(ask: RegisterCustomer, context: Context) -> RegisteredCustomer:
    """The client's ids and what is on record; the first time account and portfolio are opened."""
    return once(ask, context, RegisteredCustomer, lambda tx: _register(tx, ask, context))


def _register(tx: Session, ask: RegisterCustomer, context: Context) -> RegisteredCustomer:
    tenant = context.call.tenant
    customer_id = ask.customer.customer_id or f"C-{context.call.key()}"
    person = _person(ask)
    done = customers.register(
        tx,
        tenant,
        customer_id,
        person,
        tax_residency=ask.customer.tax_residency,
        adviser_id=ask.adviser_id,
        at=context.now(),
        actor=context.call.actor,
    )
    ids = {"account_id": done.account_id, "portfolio_id": done.portfolio_id}
    if done.new:
        data = {**ids, "tax_residency": ask.customer.tax_residency, "adviser_id": ask.adviser_id}
        append(tx, context, customer_id, "CustomerOnboarded", data, personal=person)
        append(tx, context, customer_id, "user_registered", ids, kind="business")
    elif done.changed:
        changed = {field: person[field] for field in done.changed}
        fields = {"fields": list(done.changed)}
        append(tx, context, customer_id, "profile_updated", fields, personal=changed, kind="business")
    return RegisteredCustomer(customer_id=customer_id, **ids, recorded=_recorded(tx, tenant, customer_id))


def _person(ask: RegisterCustomer) -> dict[str, Any]:
    """What is personal of an application, as plain JSON reads it back: dates are text, numbers exact."""
    person = ask.customer.model_dump(
        mode="python", exclude={"customer_id", "tax_residency"}, exclude_none=True
    )
    as_read: dict[str, Any] = plain_json.loads(plain_json.dumps(person))
    return as_read


def _recorded(tx: Session, tenant: str, customer_id: str) -> RecordedSteps:
    progress = customers.progress(tx, tenant, customer_id)
    return RecordedSteps(
        identity=progress.identity,
        goals=progress.goals,
        allocation=progress.allocation,
        agreement=progress.agreement,
        funded=progress.funded,
        invested=progress.invested,
        cash=from_cents(progress.cash_cents),
    )


@implements("identity.verify")
def verify_identity(ask: VerifyIdentity, context: Context) -> IdentityResult:
    """What the identity provider says of a client, recorded on them."""
    before = recorded(ask, context, IdentityResult)
    if before is not None:
        return before
    # Asked outside any transaction: a provider may take its time. The key makes it one check.
    answer = context.services.identity.verify(_question(ask, context))
    result = IdentityResult(status=answer.status.value, reference=answer.reference, reason=answer.reason)
    return once(ask, context, IdentityResult, lambda tx: _record_check(tx, ask, result, context))


def _question(ask: VerifyIdentity, context: Context) -> IdentityQuestion:
    with context.services.database.reading() as tx:
        person = customers.personal(tx, context.call.tenant, ask.customer_id)
    return IdentityQuestion(
        key=context.call.key(),
        customer_id=ask.customer_id,
        name=person["name"],
        email=person["email"],
        date_of_birth=date.fromisoformat(person["date_of_birth"]),
        documents=tuple(ask.documents),
    )


def _record_check(
    tx: Session, ask: VerifyIdentity, result: IdentityResult, context: Context
) -> IdentityResult:
    customer = customers.customer(tx, context.call.tenant, ask.customer_id, lock=True)
    customer.identity_status = result.status
    tx.add(customer)
    tx.add(
        IdentityCheck(
            tenant=context.call.tenant,
            check_id=context.call.key(),
            customer_id=ask.customer_id,
            documents=ask.documents,
            status=result.status,
            reference=result.reference,
            reason=result.reason,
            at=context.now(),
        )
    )
    data = {"status": result.status, "reference": result.reference}
    append(tx, context, ask.customer_id, "IdentityVerified", data)
    if result.status == "verified":
        append(tx, context, ask.customer_id, "client_advanced", {"stage": "verified"}, kind="business")
    return result


@implements("goals.define")
def define_goals(ask: DefineGoals, context: Context) -> DefinedGoals:
    """The ids of the client's goals; the fact is appended only when they differ from those on record."""
    return once(ask, context, DefinedGoals, lambda tx: _define_goals(tx, ask, context))


def _define_goals(tx: Session, ask: DefineGoals, context: Context) -> DefinedGoals:
    _refuse_duplicates(ask.goals)
    wanted = [_stored(goal) for goal in ask.goals]
    if customers.save_goals(tx, context.call.tenant, ask.customer_id, wanted):
        plain = [goal.model_dump(mode="python", exclude={"goal_name"}) for goal in ask.goals]
        names = {goal.goal_id: goal.goal_name for goal in ask.goals}
        append(tx, context, ask.customer_id, "GoalsDefined", {"goals": plain}, personal={"goal_names": names})
    return DefinedGoals(customer_id=ask.customer_id, goal_ids=[goal.goal_id for goal in ask.goals])


def _refuse_duplicates(goals: list[Goal]) -> None:
    seen: set[str] = set()
    for place, goal in enumerate(goals):
        if goal.goal_id in seen:
            raise DuplicateGoal(
                f"two goals are called {goal.goal_id}; give each its own id", f"goals[{place}].goal_id"
            )
        seen.add(goal.goal_id)


def _stored(goal: Goal) -> dict[str, Any]:
    """A goal in the form that the store keeps and compares."""
    return {
        "goal_id": goal.goal_id,
        "goal_name": goal.goal_name,
        "target_cents": to_cents(goal.target_amount),
        "target_date": goal.target_date,
        "priority": goal.priority,
        "flexibility": goal.flexibility,
    }


@implements("agreements.send")
def send_agreement(ask: SendAgreement, context: Context) -> SentAgreement:
    """The agreement about the client's portfolio, to be signed; sent once, whichever run asks for it.

    Another mandate than that of the last one needs another agreement.
    """
    return once(ask, context, SentAgreement, lambda tx: _send_agreement(tx, ask, context))


def _send_agreement(tx: Session, ask: SendAgreement, context: Context) -> SentAgreement:
    tenant, agreement_id = context.call.tenant, f"AG-{context.call.key()}"
    customers.customer(tx, tenant, ask.customer_id, lock=True)  # of two runs the second sees what was sent
    if portfolios.portfolio(tx, tenant, ask.portfolio_id).customer_id != ask.customer_id:
        raise portfolios.UnknownPortfolio(
            f"customer {ask.customer_id} has no portfolio {ask.portfolio_id}", "portfolio_id"
        )
    before = customers.newest_agreement(tx, tenant, ask.customer_id, ask.portfolio_id)
    if before is not None and before.mandate == ask.mandate:
        return SentAgreement(agreement_id=before.agreement_id)
    tx.add(
        Agreement(
            tenant=tenant,
            agreement_id=agreement_id,
            customer_id=ask.customer_id,
            portfolio_id=ask.portfolio_id,
            mandate=ask.mandate,
            sent_at=context.now(),
            actor=context.call.actor,
        )
    )
    data = {"agreement_id": agreement_id, "portfolio_id": ask.portfolio_id, "mandate": ask.mandate}
    append(tx, context, ask.customer_id, "AgreementSent", data)
    return SentAgreement(agreement_id=agreement_id)


@implements("agreements.record_signature")
def record_signature(ask: RecordSignature, context: Context) -> RecordedSignature:
    """When the agreement was signed; its mandate holds from then on. A second signature changes nothing."""
    return once(ask, context, RecordedSignature, lambda tx: _record_signature(tx, ask, context))


def _record_signature(tx: Session, ask: RecordSignature, context: Context) -> RecordedSignature:
    tenant = context.call.tenant
    customers.customer(tx, tenant, ask.customer_id)
    agreement = customers.agreement(tx, tenant, ask.customer_id, ask.agreement_id)
    if agreement.signed_at is None:
        agreement.signed_at = context.now()
        place = f"agreements/{ask.agreement_id}"
        agreement.signed_by = seal(tx, tenant, ask.customer_id, place, ask.signed_by)
        tx.add(agreement)
        portfolio = portfolios.portfolio(tx, tenant, agreement.portfolio_id, lock=True)
        portfolio.mandate = agreement.mandate
        tx.add(portfolio)
        data = {
            "agreement_id": ask.agreement_id,
            "portfolio_id": agreement.portfolio_id,
            "mandate": agreement.mandate,
        }
        append(tx, context, ask.customer_id, "AgreementSigned", data, personal={"signed_by": ask.signed_by})
    return RecordedSignature(agreement_id=ask.agreement_id, signed_at=agreement.signed_at)


@implements("notifications.send")
def send_notification(ask: SendNotification, context: Context) -> SentNotification:
    """The provider's receipt for a message to the client, sent once: for the step, or about one thing."""
    key = _message_key(ask, context)
    before = recorded(ask, context, SentNotification, key)
    if before is not None:
        return before
    receipt = context.services.notifications.send(_message(ask, key, context))
    sent = SentNotification(notification_id=receipt.notification_id)
    return once(ask, context, SentNotification, lambda tx: _record_message(tx, ask, sent, key, context), key)


def _message_key(ask: SendNotification, context: Context) -> str:
    if ask.about is None:
        return context.call.key()
    told = (ask.template, plain_json.digest(ask.values))
    return context.call.shared_key("notifications.send", ask.customer_id, ask.about, *told)


def _message(ask: SendNotification, key: str, context: Context) -> Message:
    with context.services.database.reading() as tx:
        person = customers.personal(tx, context.call.tenant, ask.customer_id)
    return Message(
        key=key,
        customer_id=ask.customer_id,
        email=person["email"],
        template=ask.template,
        values=ask.values,
    )


def _record_message(
    tx: Session, ask: SendNotification, sent: SentNotification, key: str, context: Context
) -> SentNotification:
    tenant = context.call.tenant
    tx.add(
        Notification(
            tenant=tenant,
            notification_id=key,
            customer_id=ask.customer_id,
            template=ask.template,
            values=seal(tx, tenant, ask.customer_id, f"notifications/{key}", ask.values),
            reference=sent.notification_id,
            sent_at=context.now(),
            actor=context.call.actor,
        )
    )
    data = {"notification_id": sent.notification_id, "template": ask.template}
    append(tx, context, ask.customer_id, "ClientNotified", data)
    return sent
