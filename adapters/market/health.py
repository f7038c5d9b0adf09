"""Whether a snapshot is fit to be used: its age, what it lacks, and prices that look wrong."""

from collections.abc import Iterable
from datetime import date

from adapters.market.snapshot import Snapshot
from engines import market_quality as quality
from engines.calendars import sessions_between
from engines.market_quality import Finding, Severity

NAMED = 8  # ETFs named one by one before a finding counts the rest


def snapshot_findings(
    snapshot: Snapshot, universe: Iterable[str], *, calendar: str, age: int, max_age: int
) -> list[Finding]:
    """What is wrong with it, the gravest first. `age` is in sessions of `calendar` closed since its day."""
    findings = [*_age(snapshot, age, max_age), *coverage_findings(snapshot, universe)]
    findings += _sessions(snapshot, calendar)
    prices = snapshot.prices(snapshot.tickers)
    for column, etf in enumerate(snapshot.tickers):
        findings += _prices(etf, snapshot.sessions, prices[:, column])
    return sorted(findings, key=lambda finding: finding.severity != Severity.ERROR)


def _age(snapshot: Snapshot, age: int, max_age: int) -> list[Finding]:
    if age <= max_age:
        return []
    text = f"more than {max_age} sessions have closed since {snapshot.as_of}; runs refuse it"
    return [Finding("StaleSnapshot", Severity.ERROR, "", text, snapshot.as_of)]


def coverage_findings(snapshot: Snapshot, universe: Iterable[str]) -> list[Finding]:
    """Which ETFs of the universe it lacks, and which of its codes the universe lacks."""
    findings, universe = [], list(universe)
    if missing := [etf for etf in universe if etf not in snapshot.tickers]:
        text = (
            f"{len(missing)} of {len(universe)} ETFs of the universe are missing, so that runs take it only "
            f"by its digest: {_named(missing)}"
        )
        findings.append(Finding("PartialUniverse", Severity.WARNING, "", text))
    if strangers := [etf for etf in snapshot.tickers if etf not in universe]:
        text = f"not in the universe, so nothing asks for them: {_named(strangers)}"
        findings.append(Finding("UnknownCodes", Severity.WARNING, "", text))
    return findings


def _sessions(snapshot: Snapshot, calendar: str) -> list[Finding]:
    held = set(snapshot.sessions)
    due = sessions_between(calendar, snapshot.sessions[0], snapshot.as_of)
    if missing := [day for day in due if day not in held]:
        text = f"{len(missing)} sessions of {calendar} are missing, first {missing[0]}"
        return [Finding("MissingSessions", Severity.WARNING, "", text, missing[0], missing[-1])]
    return []


def _prices(etf: str, days: tuple[date, ...], close: quality.Floats) -> list[Finding]:
    """Moves that no ordinary day makes, and closes that stand still."""
    findings = []
    splits = {split.place: split for split in quality.find_splits(close)}
    for place in quality.find_large_moves(close):
        move = f"{close[place] / close[place - 1] - 1:+.1%} on {days[place]}"
        split = splits.get(place)
        if split is not None and split.believed:
            text = f"moved {move}, as by a split {split.ratio.numerator}:{split.ratio.denominator}"
            findings.append(Finding("Split", Severity.ERROR, etf, text, days[place]))
        else:
            text = f"moved {move}, more than any ordinary day"
            findings.append(Finding("LargeMove", Severity.WARNING, etf, text, days[place]))
    findings += [
        Finding("BadPrint", Severity.WARNING, etf, "far from both neighbours", days[place])
        for place in quality.find_spikes(close)
    ]
    findings += [
        Finding(
            "FrozenPrice",
            Severity.WARNING,
            etf,
            f"{last - first + 1} equal closes from {days[first]}",
            days[first],
            days[last],
        )
        for first, last in quality.find_frozen(close)
    ]
    return findings


def _named(etfs: list[str]) -> str:
    rest = f" and {len(etfs) - NAMED} more" if len(etfs) > NAMED else ""
    return ", ".join(etfs[:NAMED]) + rest
