"""The interpreter as tests run it: the real one, seen from beside when a run ends or goes on as new."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.workflow import ContinueAsNewError

from workflows.run import KronosRun

Ended = Callable[[str, dict[str, Any], datetime, bool], None]
_watchers: list[Ended] = []


def watch(ended: Ended) -> None:
    """Have `ended(workflow id, status, virtual now, whether it goes on as new)` called from now on.

    Tests run one command a process, and outside of the sandbox: only so can a run be seen from here.
    """
    _watchers[:] = [ended]


@workflow.defn(dynamic=True)
class WatchedRun(KronosRun):
    """A run whose last status is kept, so that nothing of it has to be replayed to be looked at."""

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> Any:
        """What the run puts out, after its status was shown."""
        try:
            output = await super().run(args)
        except ContinueAsNewError:
            self._show(goes_on=True)
            raise
        except (Exception, asyncio.CancelledError):
            self._show(goes_on=False)
            raise
        self._show(goes_on=False)
        return output

    def _show(self, *, goes_on: bool) -> None:
        for ended in _watchers:
            ended(workflow.info().workflow_id, self.status(), workflow.now(), goes_on)
