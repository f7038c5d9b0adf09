"""What every test process begins with.

Workers of a parallel run are told of a screen of 80 columns and ignore interrupts; the commands that tests
start would inherit both. Random examples have no deadline: on a busy machine one takes as long as it takes.

So do workflow tasks. After two seconds the SDK takes a task for stuck and throws an error into its thread, which
lands anywhere: also in a callback of the garbage collector, as a warning that fails the test.
"""

import os
import signal
from functools import wraps
from typing import Any

from hypothesis import settings
from temporalio.worker._workflow import _WorkflowWorker

os.environ.pop("COLUMNS", None)
signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("untimed", settings.default, deadline=None)
settings.load_profile("untimed")

_begin = _WorkflowWorker.__init__


@wraps(_begin)
def _begin_patiently(worker: _WorkflowWorker, *given: Any, **named: Any) -> None:
    _begin(worker, *given, **named)
    worker._deadlock_timeout_seconds = 60


_WorkflowWorker.__init__ = _begin_patiently  # type: ignore[method-assign]
