"""Waiting until this process is told to stop."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any


async def until_told_to_stop(failed: Coroutine[Any, Any, None]) -> signal.Signals:
    """Wait for SIGINT or SIGTERM; which it was. A second one is not held back.

    `failed` returns never and raises what ends the process before it is told to.
    """
    loop = asyncio.get_running_loop()
    told: asyncio.Future[signal.Signals] = loop.create_future()

    def tell(which: signal.Signals) -> None:
        for one in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(one)
        if not told.done():
            told.set_result(which)

    for which in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(which, tell, which)
    failing = asyncio.create_task(failed)
    either: list[asyncio.Future[Any]] = [told, failing]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if not told.done():
        await failing
    failing.cancel()
    with suppress(asyncio.CancelledError):
        await failing
    return await told
