"""`make bench`: side-by-side measurements, printed as tables."""

import asyncio

from benchmarks import commands, definitions, main_job, virtual_time


def main() -> None:
    """Run every benchmark."""
    commands.measure()
    definitions.measure()
    asyncio.run(main_job.measure())
    virtual_time.measure()


if __name__ == "__main__":
    main()
