"""`make bench`: side-by-side measurements, printed as tables."""

import asyncio

from benchmarks import (
    agents,
    backtest,
    commands,
    construction,
    definitions,
    main_job,
    paths,
    risk_report,
    step_overhead,
    virtual_time,
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
    backtest.measure()
    paths.measure()
    risk_report.measure()


if __name__ == "__main__":
    main()
