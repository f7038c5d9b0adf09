"""The virtual clock of one run: let it run on, or up to a moment and no further."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from temporalio.client import WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper


class Clock:
    """The clock of a run, through all that it continues as."""

    def __init__(self, skipper: TimeSkipper, handle: WorkflowHandle[Any, Any]) -> None:
        self._skipper = skipper
        self._handle = handle
        self._moving: asyncio.Task[bool] | None = None

    async def now(self) -> datetime:
        """The run's time."""
        return await self._skipper.get_current_time(self._handle)

    def run_on(self) -> None:
        """Skip whatever there is to wait for, until the run ends."""
        self._move(None)

    async def forward_to(self, moment: datetime) -> bool:
        """Skip to this moment and stop there; False when the run ends before it comes."""
        left = moment - await self.now()
        if left <= timedelta(0):
            self.rest()
            return True
        return await self._move(left)

    def rest(self) -> None:
        """Wait for the clock no longer."""
        if self._moving is not None:
            self._moving.cancel()
            self._moving = None

    def _move(self, span: timedelta | None) -> "asyncio.Task[bool]":
        self.rest()
        self._moving = asyncio.create_task(self._forward(span))
        return self._moving

    async def _forward(self, span: timedelta | None) -> bool:
        try:
            return await self._skipper.fast_forward(self._handle, span)
        except RPCError as error:
            # Who has ended needs no time.
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
