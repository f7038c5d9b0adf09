"""`make bench`: side-by-side measurements, printed as tables."""

import asyncio

from benchmarks import definitions, main_job, virtual_time


def main() -> None:
    """Run every benchmark."""
    definitions.measure()
    asyncio.run(main_job.measure())
    virtual_time.measure()


if __name__ == "__main__":
    main()
