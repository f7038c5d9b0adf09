"""`make bench`: side-by-side measurements, printed as tables."""

import asyncio

from benchmarks import definitions, main_job


def main() -> None:
    """Run every benchmark."""
    definitions.measure()
    asyncio.run(main_job.measure())


if __name__ == "__main__":
    main()
