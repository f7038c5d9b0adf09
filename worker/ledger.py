"""The ledger, for people: whether it adds up, and making what is shown anew from it."""

from typing import Any

from store import ledger_proof, portfolios, projections
from worker.settings import Settings
from worker.storage import existing_database


def verify_ledger(settings: Settings, portfolio_id: str | None) -> dict[str, Any]:
    """Whether every entry adds up and every position, lot and disposal is what the ledger makes of it.

    `{whole, findings: [{row, problem}]}`, of one portfolio or of all.
    """
    database = existing_database(settings)
    try:
        with database.transaction() as tx:
            if portfolio_id is not None:
                portfolios.portfolio(tx, settings.tenant, portfolio_id)
            found = ledger_proof.verify(tx, settings.tenant, portfolio_id)
    finally:
        database.close()
    findings = [{"row": each.row, "problem": each.problem} for each in found]
    return {"whole": not findings, "findings": findings}


def rebuild_portfolio(settings: Settings, portfolio_id: str) -> dict[str, Any]:
    """Make a portfolio's positions, lots and disposals anew; answers what was wrong with them."""
    database = existing_database(settings)
    try:
        with database.transaction() as tx:
            portfolios.portfolio(tx, settings.tenant, portfolio_id, lock=True)
            found = ledger_proof.verify(tx, settings.tenant, portfolio_id)
            projections.rebuild(tx, settings.tenant, portfolio_id)
    finally:
        database.close()
    return {
        "portfolio_id": portfolio_id,
        "mended": [{"row": each.row, "problem": each.problem} for each in found],
    }
