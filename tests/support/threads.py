"""Doing things at the same time."""

import threading
from collections.abc import Callable, Sequence


def at_once(jobs: Sequence[Callable[[], object]]) -> list[object]:
    """What every job answers, each in its own thread, started together; the first error is raised."""
    answers: list[object] = [None] * len(jobs)
    errors: list[Exception] = []
    gate = threading.Barrier(len(jobs))

    def run(place: int) -> None:
        gate.wait()
        try:
            answers[place] = jobs[place]()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return answers
