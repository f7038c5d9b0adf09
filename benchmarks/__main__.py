"""`make bench`: side-by-side measurements, printed as tables."""

import asyncio

from benchmarks import main_job


def main() -> None:
    """Run every benchmark."""
    asyncio.run(main_job.measure())


if __name__ == "__main__":
    main()
