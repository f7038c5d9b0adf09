"""Alerts of risk that are open: an episode ends when a portfolio is within its limits again."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from activities.client_facts import facts_of
from activities.context import Context
from activities.portfolios import read
from activities.registry import implements
from payloads.files.risk import RiskFile
from payloads.files.trading import TradingFile
from payloads.portfolios import PortfolioId
from payloads.risk_alerts import OpenAlert, Standing
from store.events import Event

BROKEN, WITHIN = "RiskLimitBreached", "RiskWithinLimits"


@implements("risk.open_alert")
def open_alert(ask: Standing, context: Context) -> OpenAlert:
    """Hold what is broken now against what was told last."""
    alert = _open(ask.portfolio_id, context)
    if alert is None:
        return OpenAlert(repeats=False)
    rules = context.catalogue.read("risk", RiskFile)
    lately = context.now() - alert.at < timedelta(days=int(rules.report.again_after.value))
    zone = ZoneInfo(context.catalogue.read("trading", TradingFile).exchange.timezone)
    return OpenAlert(alerted_on=alert.at.astimezone(zone).date(), repeats=lately and _named(ask, alert.data))


def _open(portfolio_id: str, context: Context) -> Event | None:
    """The last alert, unless the portfolio was within its limits after it."""
    customer_id = read(PortfolioId(portfolio_id=portfolio_id), context).customer_id
    with context.services.database.reading() as tx:
        found = [
            fact
            for name in (BROKEN, WITHIN)
            for fact in facts_of(tx, customer_id, name, context)
            if fact.data["portfolio_id"] == portfolio_id
        ]
    last = max(found, key=lambda fact: fact.position, default=None)
    return None if last is None or last.name == WITHIN else last


def _named(ask: Standing, alert: Mapping[str, Any]) -> bool:
    breaches = {(each["limit"], each["subject"]) for each in alert["breaches"]}
    positions = {each["etf"] for each in alert["stop_losses"]}
    return {(each.limit, each.subject) for each in ask.breaches} <= breaches and set(
        ask.stop_losses
    ) <= positions
