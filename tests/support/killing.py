"""Running work in a process that is killed on the way, as a machine that loses power would."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from adapters.failpoints import forget

SURVIVED = 0


def run_until_killed(work: Callable[[], object], failpoints: str) -> bool:
    """Run `work` in a forked process group with these failpoints set; whether it was killed.

    Work must open its own database: connections do not survive a fork. An error in `work` fails
    the test, with its traceback on stderr.
    """
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setpgid(0, 0)
            forget()
            os.environ |= {"KRONOS_TEST": "1", "KRONOS_FAILPOINTS": failpoints}
            work()
            status = SURVIVED
        except BaseException:
            traceback.print_exc(file=sys.stderr)
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    if os.WIFSIGNALED(ended):
        assert os.WTERMSIG(ended) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(ended) == SURVIVED, f"the work failed before {failpoints} was passed"
    return False


def children(pid: int) -> list[int]:
    """The processes that process `pid` of this Linux machine has started and that still run."""
    started = [
        int(child)
        for thread in Path(f"/proc/{pid}/task").iterdir()
        for child in (thread / "children").read_text().split()
    ]
    return [child for child in started if _runs(child)]


def _runs(pid: int) -> bool:
    """Whether it is more than an entry that its parent has not read yet."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
    except FileNotFoundError:
        return False
    return after_name.split()[0] != "Z"
