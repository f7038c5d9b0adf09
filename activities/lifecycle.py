"""A client's life with the house: who follows it, how far it has come, and what is known for a review."""

from datetime import date
from decimal import Decimal
from typing import Literal

from sqlmodel import Session

from activities.client_facts import facts_of, newest_of
from activities.context import Context
from activities.effects import append, once
from activities.registry import implements
from engines.applications import completed_years
from payloads.goals import Goal
from payloads.lifecycle import AskProfile, CustomerId, Followed, Profile, Stage, Standing
from store import customers, portfolios
from store.cents import from_cents
from store.events import Event

BEGAN, PLANNED, REACHED, REVIEWED = (
    "ClientLifecycleBegan",
    "GoalPlanned",
    "GoalMilestoneReached",
    "AdviceRecorded",
)


@implements("lifecycle.begin")
def begin(ask: CustomerId, context: Context) -> Followed:
    """Follow the client, unless another run does that is still open."""
    with context.services.database.reading() as tx:
        before = newest_of(tx, ask.customer_id, BEGAN, context)
    # Temporal is asked outside any transaction: it may take its time.
    over = before is None or _ended(before, context)
    return once(ask, context, Followed, lambda tx: _begin(tx, ask, before if over else None, context))


def _ended(before: Event, context: Context) -> bool:
    # Only one run of a workflow id is open at a time: another root under our own id has ended.
    if before.workflow_id == context.call.workflow_id:
        return True
    closed: bool = context.services.is_run_closed(before.workflow_id)
    return closed


def _begin(tx: Session, ask: CustomerId, ended: Event | None, context: Context) -> Followed:
    # Of two runs the second sees the first.
    customers.customer(tx, context.call.tenant, ask.customer_id, lock=True)
    newest = newest_of(tx, ask.customer_id, BEGAN, context)
    if newest is not None and (ended is None or newest.event_id != ended.event_id):
        return Followed(began=False, followed_by=newest.workflow_id)
    append(tx, context, ask.customer_id, BEGAN, {})
    return Followed(began=True, followed_by=context.call.workflow_id)


@implements("lifecycle.standing")
def standing(ask: CustomerId, context: Context) -> Standing:
    """The client's stage by identity and portfolio, and their goals by what was told of them."""
    tenant = context.call.tenant
    with context.services.database.reading() as tx:
        customer = customers.customer(tx, tenant, ask.customer_id)
        portfolio = portfolios.portfolio(tx, tenant, f"P-{ask.customer_id}")
        wanted = customers.goal_ids(tx, tenant, ask.customer_id)
        wanted += [fact.data["goal_id"] for fact in facts_of(tx, ask.customer_id, PLANNED, context)]
        reached = {
            fact.data["goal_id"]
            for fact in facts_of(tx, ask.customer_id, REACHED, context)
            if Decimal(str(fact.data["milestone"])) >= 1
        }
        review = newest_of(tx, ask.customer_id, REVIEWED, context)
    goals = list(dict.fromkeys(wanted))
    return Standing(
        customer_id=ask.customer_id,
        account_id=portfolio.account_id,
        portfolio_id=portfolio.portfolio_id,
        stage=_stage(portfolio.state, customer.identity_status),
        mandate=portfolio.mandate,
        open_goals=[goal for goal in goals if goal not in reached],
        reached_goals=[goal for goal in goals if goal in reached],
        reviewed_on=None if review is None else review.at.date(),
    )


def _stage(state: str, identity: str | None) -> Stage:
    known: dict[str, Literal["invested", "managed"]] = {"invested": "invested", "managed": "managed"}
    return known.get(state) or ("verified" if identity == "verified" else "registered")


@implements("lifecycle.profile")
def profile(ask: AskProfile, context: Context) -> Profile:
    """Age and experience by what the client told last; goals whose day has come are left out."""
    tenant = context.call.tenant
    with context.services.database.reading() as tx:
        person = customers.personal(tx, tenant, ask.customer_id)
        goals = customers.goals(tx, tenant, ask.customer_id)
    return Profile(
        customer_id=ask.customer_id,
        portfolio_id=f"P-{ask.customer_id}",
        age=completed_years(date.fromisoformat(person["date_of_birth"]), ask.as_of),
        experience=person.get("experience"),
        goals=[
            Goal(
                target_amount=from_cents(goal["target_cents"]),
                **{name: value for name, value in goal.items() if name != "target_cents"},
            )
            for goal in goals
            if goal["target_date"] > ask.as_of
        ],
    )
