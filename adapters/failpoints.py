"""Named places where a test can kill this process, to prove that nothing is lost there.

They act only with `KRONOS_TEST=1` and `KRONOS_FAILPOINTS=name:kill[@n][,name:kill…]`: the n-th time
(default the first) that this process passes `name`, its whole process group gets SIGKILL, as if
the machine had lost power. Without those variables a failpoint costs one look at the environment.

Every activity has two more, `before.<activity>` and `after.<activity>`: after it has done its work
and before Temporal hears of it.
"""

import os
import signal
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

FAILPOINTS = (
    "orders.before_intent",
    "orders.after_intent",
    "orders.after_send",
    "orders.before_acknowledgement",
    "orders.before_result",
    "fills.before_booking",
    "fills.after_booking",
    "fills.before_result",
    "cancel.after_send",
    "cancel.before_result",
    "amend.after_intent",
    "amend.after_send",
    "slices.after_intent",
    "slices.after_send",
    "slices.before_recording",
    "slices.after_recording",
    "slices.after_cancel",
    "slices.all_closed",
    "dispatch.before_deciding",
    "dispatch.after_deciding",
    "dispatch.after_start",
    "dispatch.after_signal",
    "agents.after_checkpoint",
    "monitoring.after_batch",
)
AROUND_ACTIVITIES = ("before.", "after.")

_passed: Counter[str] = Counter()


@dataclass(frozen=True, slots=True)
class Kill:
    """Kill when `name` is passed for the `nth` time."""

    name: str
    nth: int


def failpoint(name: str) -> None:
    """Die here if the test that started this process asked for it; else nothing."""
    if os.environ.get("KRONOS_TEST") != "1":
        return
    kill = planned(os.environ.get("KRONOS_FAILPOINTS", "")).get(name)
    if kill is None:
        return
    _passed[name] += 1
    if _passed[name] == kill.nth:
        os.killpg(os.getpgrp(), signal.SIGKILL)


def forget() -> None:
    """Count anew, as a process that has just begun does: a forked one inherits its parent's counts."""
    _passed.clear()


@lru_cache(maxsize=8)
def planned(text: str) -> Mapping[str, Kill]:
    """The kills that `KRONOS_FAILPOINTS` asks for, by name; ValueError says which part is not understood."""
    kills = [_kill(part.strip()) for part in text.split(",") if part.strip()]
    return MappingProxyType({kill.name: kill for kill in kills})


def _kill(part: str) -> Kill:
    name, _, action = part.partition(":")
    verb, _, count = action.partition("@")
    if name not in FAILPOINTS and not name.startswith(AROUND_ACTIVITIES):
        raise ValueError(
            f"KRONOS_FAILPOINTS: no failpoint is called {name!r}; there are {', '.join(FAILPOINTS)}"
        )
    if verb != "kill" or (count and not count.isdigit()) or count == "0":
        raise ValueError(f"KRONOS_FAILPOINTS: {part!r} should read {name}:kill or {name}:kill@2")
    return Kill(name, int(count or 1))
