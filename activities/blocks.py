"""Blocks: taking every client's part of one, sharing out what filled, showing how it went.

ActivityError
└── PortfolioBusy   another run trades one of the portfolios
"""

from decimal import Decimal
from fractions import Fraction

from sqlmodel import Session

from activities.block_report import tell_of_block, to_places, trail_of
from activities.context import Context
from activities.effects import once
from activities.errors import ActivityError
from activities.order_checks import Checks, checks_now
from activities.registry import implements
from activities.runs import LEASE_TTL, run_ended
from engines.trading.blocks import average_price, share_block
from payloads import plain_json
from payloads.blocks import (
    BlockPart,
    BlockTrail,
    OpenBlock,
    OpenedBlock,
    SharedFills,
    SharedPart,
    ShareFills,
    ShowBlock,
)
from payloads.files.fees import FeesFile
from store import blocks, leases, order_life, portfolios
from store.cents import from_cents, to_cents
from store.order_terms import Asked, Origin
from store.portfolios import UnknownPortfolio
from store.tables import Block, Portfolio


class PortfolioBusy(ActivityError):
    """Another run trades one of the portfolios."""

    retryable = True


@implements("orders.allocate")
def allocate(ask: ShareFills, context: Context) -> SharedFills:
    """Share what filled, by the rules that blocks are shared by."""
    filled = [(each.units, Fraction(each.price)) for each in ask.fills]
    lacking = [part.units for part in ask.parts]
    shared = share_block(filled, lacking, to_cents(ask.brokerage), ask.minimum_units)
    return SharedFills(
        parts=[
            SharedPart(
                id=part.id,
                units=each.units,
                value=from_cents(each.value_cents),
                brokerage=from_cents(each.brokerage_cents),
            )
            for part, each in zip(ask.parts, shared, strict=True)
        ],
        units=sum(units for units, _ in filled),
        value=from_cents(sum(each.value_cents for each in shared)),
        average_price=to_places(average_price(filled)) if filled else None,
    )


@implements("orders.open_block")
def open_block(ask: OpenBlock, context: Context) -> OpenedBlock:
    """Every client's part, or none: leases, cash and units are taken in one transaction."""
    checks = checks_now(context)
    _free_what_ended_runs_hold(ask, context)
    return once(ask, context, OpenedBlock, lambda tx: _open(tx, ask, checks, context))


def _open(tx: Session, ask: OpenBlock, checks: Checks, context: Context) -> OpenedBlock:
    call, at = context.call, context.now()
    arrival = checks.prices.of(ask.etf, "etf")
    limit = checks.limit(ask.etf, ask.side, ask.limit, "")
    units = sum(part.units for part in ask.parts)
    opened = Block(
        tenant=call.tenant,
        block_id=ask.block_id,
        etf=ask.etf,
        side=ask.side,
        units=units,
        limit_price=limit,
        arrival_price=arrival,
        minimum_units=ask.minimum_units,
        broker=checks.broker.name,
        effect_root=call.effect_root,
        workflow_id=call.workflow_id,
        content_digest=plain_json.digest(ask.model_dump(mode="python")),
        created_at=at,
        actor=call.actor,
    )
    blocks.open_block(tx, opened)
    origin = Origin(call.effect_root, call.workflow_id, call.actor, at, arrival, ask.block_id)
    brokerage = to_cents(context.catalogue.read("fees", FeesFile).brokerage.value)
    # By name, so that two blocks never wait for each other's portfolios.
    for place, part in sorted(enumerate(ask.parts), key=lambda each: each[1].portfolio_id):
        _take_lease(tx, part.portfolio_id, place, context)
    ids = []
    for place, part in enumerate(ask.parts):
        asked = _asked(ask, part, place, context)
        _checked(tx, checks, asked, limit, context)
        kept = order_life.intend(
            tx,
            call.tenant,
            _portfolio(tx, part, place, context),
            asked,
            limit=limit,
            broker=checks.broker.name,
            brokerage_cents=brokerage,
            origin=origin,
        )
        ids.append(kept.client_order_id)
    told = {**ask.model_dump(mode="python"), "units": units, "limit": limit, "arrival_price": arrival}
    tell_of_block(tx, context, ask.block_id, "BlockOpened", told)
    return OpenedBlock(block_id=ask.block_id, units=units, limit=limit, arrival_price=arrival, orders=ids)


def _asked(ask: OpenBlock, part: BlockPart, place: int, context: Context) -> Asked:
    return Asked(
        client_order_id=context.call.key(part.portfolio_id),
        portfolio_id=part.portfolio_id,
        line=place,
        etf=ask.etf,
        side=ask.side,
        units=part.units,
        limit=ask.limit,
        price=None,
        planned_value_cents=None,
        planned_cost_cents=None,
        asked_in="parts",
    )


def _checked(tx: Session, checks: Checks, asked: Asked, limit: Decimal | None, context: Context) -> None:
    try:
        checks.before_sending(tx, context.call.tenant, asked.etf, asked.units, limit, asked.path)
    except ActivityError as error:
        # Code and limit are the whole block's.
        for name in ("etf", "limit"):
            error.path = name if error.path == f"{asked.path}.{name}" else error.path
        raise


def _portfolio(tx: Session, part: BlockPart, place: int, context: Context) -> Portfolio:
    try:
        return portfolios.portfolio(tx, context.call.tenant, part.portfolio_id)
    except UnknownPortfolio as error:
        raise UnknownPortfolio(error.message, f"parts[{place}].portfolio_id") from None


def _free_what_ended_runs_hold(ask: OpenBlock, context: Context) -> None:
    tenant = context.call.tenant
    for part in ask.parts:
        with context.services.database.reading() as tx:
            held = leases.holder(tx, tenant, part.portfolio_id)
            owner, workflow_id = (held.owner, held.workflow_id) if held else (None, None)
        if owner is None or owner == context.call.effect_root or not run_ended(workflow_id or "", context):
            continue
        with context.services.database.transaction() as tx:
            leases.release(tx, tenant, part.portfolio_id, owner)


def _take_lease(tx: Session, portfolio_id: str, place: int, context: Context) -> None:
    """The lease that keeps every other run from trading the portfolio, until the block is over."""
    call = context.call
    taken = leases.acquire(
        tx, call.tenant, portfolio_id, call.effect_root, call.workflow_id, context.now(), LEASE_TTL
    )
    if not taken.granted:
        holder = (
            f"the run {taken.holder_workflow_id} trades" if taken.holder_workflow_id else "others wait for"
        )
        raise PortfolioBusy(
            f"{holder} {portfolio_id}; a block takes all of its portfolios or none",
            f"parts[{place}].portfolio_id",
        )


@implements("orders.show_block")
def show_block(ask: ShowBlock, context: Context) -> BlockTrail:
    """Everything that is recorded of a block."""
    with context.services.database.reading() as tx:
        return trail_of(tx, blocks.load(tx, context.call.tenant, ask.block_id))
