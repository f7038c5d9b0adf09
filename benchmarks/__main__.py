"""`make bench`: side-by-side measurements, printed as tables."""

import asyncio

from benchmarks import agents, commands, definitions, main_job, step_overhead, virtual_time


def main() -> None:
    """Run every benchmark."""
    commands.measure()
    agents.measure()
    definitions.measure()
    asyncio.run(main_job.measure())
    asyncio.run(step_overhead.measure())
    virtual_time.measure()


if __name__ == "__main__":
    main()
