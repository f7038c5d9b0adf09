"""Several clients of a small brokerage, and blocks traded for them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlmodel import Session

from activities.block_ending import await_block, cancel_block
from activities.block_slices import send_slice
from activities.blocks import open_block, show_block
from payloads.block_ending import AwaitBlock, CancelBlock, CancelledBlock
from payloads.block_slices import SendSlice, SentSlice
from payloads.blocks import BlockReport, BlockTrail, OpenBlock, OpenedBlock, ShowBlock
from store import cash, ledger_proof, portfolios
from store.database import Database
from tests.support.people import take_on
from tests.support.trading import NOW, Brokerage, open_brokerage

BLOCK = "B-1"
CLIENTS = ("C-1", "C-2", "C-3")


def open_house(
    database: Database, tenant: str, folder: Path, *, others: int = 100_000_00, **given: Any
) -> Brokerage:
    """A brokerage with three clients, the others with so many cents."""
    made = open_brokerage(database, tenant, folder, **given)
    with database.transaction() as tx:
        for customer_id in CLIENTS[1:]:
            take_on(tx, tenant, customer_id)
            _pay_in(tx, tenant, customer_id, others)
    return made


def _pay_in(tx: Session, tenant: str, customer_id: str, cents: int) -> None:
    cash.book(
        tx,
        tenant,
        f"A-{customer_id}",
        reference="deposit",
        kind="deposit",
        amount_cents=cents,
        currency="AUD",
        at=NOW,
    )


def opened(
    house: Brokerage, units: Mapping[str, int], *, side: str = "buy", etf: str = "VAS", **given: Any
) -> OpenedBlock:
    """The block B-1, with these units by client."""
    run = given.pop("run", "run-1")
    parts = [{"portfolio_id": f"P-{client}", "units": count} for client, count in units.items()]
    asked = {"block_id": BLOCK, "etf": etf, "side": side, "parts": parts, **given}
    answer = open_block(OpenBlock.model_validate(asked), house.context("open", run))
    assert isinstance(answer, OpenedBlock)
    return answer


def sent(
    house: Brokerage,
    units: int,
    *,
    step: str = "slice-1",
    limit: Any = None,
    block_id: str = BLOCK,
    **call: Any,
) -> str:
    """A slice of so many units."""
    ask = SendSlice.model_validate({"block_id": block_id, "units": units, "limit": limit})
    answer = send_slice(ask, house.context(step, **call))
    assert isinstance(answer, SentSlice)
    return answer.order


def ended(house: Brokerage, *, block_id: str = BLOCK, run: str = "run-1") -> BlockReport:
    """The block's report when its slices get no more time to fill."""
    answer = await_block(AwaitBlock(block_id=block_id, within="0s"), house.context("end", run))
    assert isinstance(answer, BlockReport)
    return answer


def stopped(house: Brokerage, *, step: str = "undo", run: str = "run-1") -> CancelledBlock:
    """What stopping the block answers."""
    answer = cancel_block(CancelBlock(block_id=BLOCK), house.context(step, run))
    assert isinstance(answer, CancelledBlock)
    return answer


def trail(house: Brokerage) -> BlockTrail:
    """Everything that is recorded of the block."""
    answer = show_block(ShowBlock(block_id=BLOCK), house.context("show"))
    assert isinstance(answer, BlockTrail)
    return answer


def units_of(house: Brokerage, etf: str = "VAS") -> dict[str, int]:
    """Units of an ETF by client, those who hold some."""
    held = {}
    for client in CLIENTS:
        at = f"P-{client}"
        held[client] = house.read(lambda tx, at=at: portfolios.positions(tx, house.tenant, at)).get(etf, 0)
    return {client: units for client, units in held.items() if units}


def spent_by(house: Brokerage, paid_in: int = 100_000_00) -> dict[str, int]:
    """Cents that each client has less than they paid in, nothing of it reserved any more."""
    found = {}
    for client in CLIENTS:
        account = f"A-{client}"
        left = house.read(lambda tx, account=account: cash.balance(tx, house.tenant, account))
        assert house.read(lambda tx, account=account: cash.available(tx, house.tenant, account)) == left
        found[client] = paid_in - left
    return found


def hold_true(house: Brokerage) -> None:
    """Fail unless the ledger verifies and every unit that the slices filled is some client's."""
    with house.database.transaction() as tx:
        assert ledger_proof.verify(tx, house.tenant) == []
    shown = trail(house)
    filled = sum(each.units for each in shown.executions if each.allocation)
    assert filled == sum(part.units for part in shown.parts) == sum(each.units for each in shown.allocations)
    assert shown.value == sum(part.value for part in shown.parts)
