"""`make bench`: side-by-side measurements, printed as tables."""

import asyncio

from benchmarks import (
    agents,
    backtest,
    capital_gains,
    commands,
    construction,
    definitions,
    main_job,
    orders,
    paths,
    plan_trades,
    risk_report,
    step_overhead,
    virtual_time,
    watching,
)


def main() -> None:
    """Run every benchmark."""
    construction.measure()
    commands.measure()
    agents.measure()
    definitions.measure()
    asyncio.run(main_job.measure())
    asyncio.run(step_overhead.measure())
    virtual_time.measure()
    orders.measure()
    plan_trades.measure()
    backtest.measure()
    paths.measure()
    capital_gains.measure()
    watching.measure()
    risk_report.measure()


if __name__ == "__main__":
    main()
