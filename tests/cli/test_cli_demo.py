"""The demonstration: from questionnaire to filled orders, by one command."""

import json
from decimal import Decimal
from pathlib import Path

from tests.support.servers import Kronos

CAPITAL = Decimal(100000)
FACTS = [
    "CustomerOnboarded",
    "RiskQuestionnaireCompleted",
    "PodAllocationCalculated",
    "PodOptimized",
    "MasterPortfolioOptimized",
    "TaxOptimizationCompleted",
    "TradesExecuted",
    "PortfolioCreated",
    "PortfolioMonitoringStarted",
]


def test_the_demo_invests_one_client_to_the_cent(kronos: Kronos, tmp_path: Path) -> None:
    """It ends by itself, every fact is in the log in order, and what is left of the money is accounted for."""
    done = kronos("demo", "--data", tmp_path / "demo", "-o", "json")
    assert done.code == 0, done.err
    summary = json.loads(done.out, parse_float=Decimal)
    assert summary["state"] == "completed"
    assert [fact for fact in dict.fromkeys(summary["facts"]) if fact in FACTS] == FACTS
    portfolio = summary["portfolio"]
    assert portfolio["state"] == "managed"
    assert all(holding["units"] > 0 for holding in portfolio["holdings"])
    spent = sum(holding["value"] for holding in portfolio["holdings"])
    brokerage = CAPITAL - spent - portfolio["cash"]
    assert brokerage == 10 * len(portfolio["holdings"])
    for path in (tmp_path / "demo").rglob("*"):
        if path.is_file():
            assert b"Sarah Johnson" not in path.read_bytes(), path
    for proof in ("events", "portfolio"):
        assert json.loads(kronos(proof, "verify", "--data", tmp_path / "demo").out)["whole"] is True
    rebuilt = kronos("portfolio", "rebuild", portfolio["portfolio_id"], "--data", tmp_path / "demo")
    assert json.loads(rebuilt.out)["mended"] == []
