"""The last look at a trade: whether what was executed is what was approved."""

from collections.abc import Sequence

from activities.context import Context
from activities.registry import implements
from engines.trading import verification
from engines.trading.verification import Code, Difference, Executed, Line, Planned
from payloads.verification import Execution, FillFinding, VerifiedFills, VerifyFills

TEXTS = {
    Code.NOT_EXECUTED: "{side} {planned} {etf}: nothing was executed",
    Code.PARTLY_EXECUTED: "{side} {planned} {etf}: only {executed} were executed",
    Code.TOO_MUCH: "{side} {planned} {etf}: {executed} were executed",
    Code.NOT_PLANNED: "{side} {executed} {etf}: executed, though nobody planned it",
    Code.COST_DIFFERS: "{side} {etf}: brokerage of {executed}, {planned} was planned",
}


@implements("orders.verify_fills")
def verify_fills(ask: VerifyFills, context: Context) -> VerifiedFills:
    """What differs between the orders approved and what became of them."""
    planned = {(trade.etf, trade.side): Planned(trade.units, trade.cost) for trade in ask.planned}
    differences = verification.verify(planned, _by_line(ask.executed))
    return VerifiedFills(verified=not differences, findings=[_finding(each) for each in differences])


def _by_line(executions: Sequence[Execution]) -> dict[Line, Executed]:
    done: dict[Line, Executed] = {}
    for each in executions:
        before = done.get(each.line, verification.NOTHING)
        done[each.line] = Executed(before.units + each.shares, before.cost + each.brokerage)
    return done


def _finding(difference: Difference) -> FillFinding:
    shown = {
        "etf": difference.etf,
        "side": difference.side,
        "planned": difference.planned,
        "executed": difference.executed,
    }
    text = TEXTS[difference.code].format(**shown)
    return FillFinding.model_validate({"code": difference.code.value, "text": text, **shown})
