"""Halting and resuming trading of an ETF from a run, and seeing what is halted."""

from sqlmodel import Session

from activities.context import Context
from activities.effects import once
from activities.registry import implements
from payloads.etf_halts import AskHalted, Halted, HaltedEtfs, HaltEtf
from payloads.files.universe import UniverseFile
from store import halts


@implements("trading.halted")
def halted(ask: AskHalted, context: Context) -> HaltedEtfs:
    """Say which ETFs of the universe are halted now."""
    return HaltedEtfs(etfs=halted_etfs(context))


def halted_etfs(context: Context) -> list[str]:
    """The ETFs of the universe of which nobody can buy or sell units now, in alphabetical order."""
    known = context.catalogue.read("universe", UniverseFile).by_etf()
    with context.services.database.reading() as tx:
        return [etf for etf in halts.etfs(tx, context.call.tenant) if etf in known]


@implements("trading.halt")
def halt(ask: HaltEtf, context: Context) -> Halted:
    """No order for the ETF is sent from now on; a halt in force already stays as it is."""
    return once(ask, context, Halted, lambda tx: _halt(tx, ask, context))


def _halt(tx: Session, ask: HaltEtf, context: Context) -> Halted:
    call = context.call
    scope = f"etf:{ask.etf}"
    before = any(each.scope == scope for each in halts.current(tx, call.tenant))
    halts.halt(tx, call.tenant, scope, by=call.actor, reason=ask.reason, now=context.now())
    return Halted(etf=ask.etf, halted=True, changed=not before)


@implements("trading.resume")
def resume(ask: HaltEtf, context: Context) -> Halted:
    """Orders for the ETF are sent again; halts of other scopes stay in force."""
    return once(ask, context, Halted, lambda tx: _resume(tx, ask, context))


def _resume(tx: Session, ask: HaltEtf, context: Context) -> Halted:
    call = context.call
    lifted = halts.resume(
        tx, call.tenant, f"etf:{ask.etf}", by=call.actor, reason=ask.reason, now=context.now()
    )
    return Halted(etf=ask.etf, halted=False, changed=lifted)
