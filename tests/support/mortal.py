"""Workers in which each step of a definition dies once: `python -m tests.support.mortal FOLDER COUNT DEFINITION`.

COUNT workers for every role are kept alive. Each step of the definition whose activity is done, of which
Temporal does not know yet, is written down in `FOLDER/passed`; once there is a folder `FOLDER/deaths`, the
first worker that comes to a step takes the step's name there and is killed, as if its machine had lost power.
What a worker needs is loaded once: a forked process works at once.
"""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import workflows.calls
from activities.registry import implementations
from payloads.call import Call
from payloads.catalogue import catalogue
from tests.support.lost_answers import point_of
from worker.serving import serve
from worker.settings import load_settings
from worker.worker import ActivityHost

# A dead worker's activity is noticed sooner than in a real installation.
HEARTBEAT = timedelta(seconds=2)


def pass_by(folder: Path, name: str, call: Call) -> None:
    """Write down that a step is done; die if none died here yet and deaths have begun."""
    point = quote(point_of(name, call), safe="")
    (folder / "passed" / point).touch()
    try:
        os.close(os.open(folder / "deaths" / point, os.O_CREAT | os.O_EXCL))
    except (FileExistsError, FileNotFoundError):
        return
    os.kill(os.getpid(), signal.SIGKILL)


def points(folder: Path) -> set[str]:
    """What was written down, in words."""
    return {unquote(path.name) for path in folder.iterdir()} if folder.is_dir() else set()


def make_mortal(folder: Path, definition: str) -> None:
    """Have every activity that the definition calls in this process pass by when it is done."""
    perform = ActivityHost._perform

    async def watched(host: ActivityHost, name: str, given: Any, call: Call) -> Any:
        answer = await perform(host, name, given, call)
        if call.workflow == definition:
            pass_by(folder, name, call)
        return answer

    ActivityHost._perform = watched  # type: ignore[method-assign]
    workflows.calls.HEARTBEAT = HEARTBEAT


def work() -> None:
    """One worker's life."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    asyncio.run(serve(load_settings(), "all"))


def main(folder: Path, count: int, definition: str) -> None:
    """Keep the workers alive until told to stop; one that ends in another way than by its death ends all."""
    (folder / "passed").mkdir(parents=True)
    make_mortal(folder, definition)
    implementations()
    catalogue()
    alive: set[int] = set()

    def stop(*_: object) -> None:
        for pid in alive:
            os.kill(pid, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    while True:
        while len(alive) < count:
            pid = os.fork()
            if pid == 0:
                try:
                    work()
                finally:
                    os._exit(1)
            alive.add(pid)
        pid, ended = os.wait()
        alive.discard(pid)
        if not os.WIFSIGNALED(ended):
            stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
