"""Alerts of risk: an episode ends when a portfolio is within its limits again."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from activities.client_facts import facts_of
from activities.context import Context
from activities.effects import append, once
from activities.registry import implements
from payloads.files.risk import RiskFile
from payloads.files.trading import TradingFile
from payloads.portfolios import PortfolioId
from payloads.risk_alerts import EndedAlert, RaiseAlert, RaisedAlert
from store import customers, portfolios
from store.events import Event

BROKEN, WITHIN = "RiskLimitBreached", "RiskWithinLimits"


@implements("risk.raise_alert")
def raise_alert(ask: RaiseAlert, context: Context) -> RaisedAlert:
    """Hold what is broken now against what was told last; of two runs the second sees the first."""
    return once(ask, context, RaisedAlert, lambda tx: _raise(tx, ask, context))


@implements("risk.end_alert")
def end_alert(ask: PortfolioId, context: Context) -> EndedAlert:
    """The next breach begins another episode."""
    return once(ask, context, EndedAlert, lambda tx: _end(tx, ask.portfolio_id, context))


def _raise(tx: Session, ask: RaiseAlert, context: Context) -> RaisedAlert:
    customer_id = _locked(tx, ask.portfolio_id, context)
    alert = _open(tx, customer_id, ask.portfolio_id, context)
    if alert is not None and not ask.again and _is_fresh(alert, context) and _named(ask, alert.data):
        return RaisedAlert(raised=False, alerted_on=_day(alert.at, context))
    append(tx, context, customer_id, BROKEN, ask.model_dump(mode="python", exclude={"again"}))
    return RaisedAlert(raised=True, alerted_on=_day(context.now(), context))


def _end(tx: Session, portfolio_id: str, context: Context) -> EndedAlert:
    customer_id = _locked(tx, portfolio_id, context)
    alert = _open(tx, customer_id, portfolio_id, context)
    if alert is None:
        return EndedAlert(ended=False)
    about = {"portfolio_id": portfolio_id, "alerted_on": _day(alert.at, context)}
    append(tx, context, customer_id, WITHIN, about)
    return EndedAlert(ended=True)


def _locked(tx: Session, portfolio_id: str, context: Context) -> str:
    """The portfolio's client, for this transaction alone."""
    customer_id = portfolios.portfolio(tx, context.call.tenant, portfolio_id).customer_id
    customers.customer(tx, context.call.tenant, customer_id, lock=True)
    return customer_id


def _open(tx: Session, customer_id: str, portfolio_id: str, context: Context) -> Event | None:
    """The last alert, unless the portfolio was within its limits after it."""
    found = [
        fact
        for name in (BROKEN, WITHIN)
        for fact in facts_of(tx, customer_id, name, context)
        if fact.data["portfolio_id"] == portfolio_id
    ]
    last = max(found, key=lambda fact: fact.position, default=None)
    return None if last is None or last.name == WITHIN else last


def _is_fresh(alert: Event, context: Context) -> bool:
    """Whether it was told so lately that it is not told again."""
    after = context.catalogue.read("risk", RiskFile).report.again_after.value
    return context.now() - alert.at < timedelta(days=int(after))


def _named(ask: RaiseAlert, alert: Mapping[str, Any]) -> bool:
    breaches = {(each["limit"], each["subject"]) for each in alert["breaches"]}
    positions = {each["etf"] for each in alert["stop_losses"]}
    return {(each.limit, each.subject) for each in ask.breaches} <= breaches and {
        each.etf for each in ask.stop_losses
    } <= positions


def _day(moment: datetime, context: Context) -> date:
    zone = ZoneInfo(context.catalogue.read("trading", TradingFile).exchange.timezone)
    return moment.astimezone(zone).date()
