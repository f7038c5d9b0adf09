"""The embedded server, kept alive: when its process dies it is started again on what it had stored."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable

from worker.dev_server import DevServer
from worker.errors import BadSettings, ServerKeepsDying, ServerUnreachable

LOOKS_EVERY = 0.2  # seconds; a look is one waitpid
GIVES_UP_AFTER = 3  # deaths
WITHIN = 60.0  # seconds

logger = logging.getLogger(__name__)


class KeptServer:
    """The server that runs at the moment. `launch` starts one on the same port and database.

    On Linux a server ends with the thread that launched it, so the watch must be awaited in a thread
    that lives as long as the server should: the main one.
    """

    def __init__(self, launch: Callable[[], DevServer], tell: Callable[[str], None]) -> None:
        self._launch = launch
        self._tell = tell
        self._deaths: deque[float] = deque(maxlen=GIVES_UP_AFTER)
        self.now = launch()

    async def answering(self) -> None:
        """Return once clients can connect; ServerUnreachable when they never can."""
        await asyncio.to_thread(self.now.wait_until_it_answers)

    async def watch(self) -> None:
        """Start the server again each time it dies; returns never.

        Raises ServerKeepsDying at the third death within a minute, ServerUnreachable when it cannot
        be started again.
        """
        while True:
            while self.now.running:
                await asyncio.sleep(LOOKS_EVERY)
            self._count_death()
            await self._start_again()

    def stop(self) -> None:
        """End the server that runs at the moment."""
        self.now.stop()

    def _count_death(self) -> None:
        self._deaths.append(time.monotonic())
        if len(self._deaths) == GIVES_UP_AFTER and self._deaths[-1] - self._deaths[0] <= WITHIN:
            error = ServerKeepsDying(
                f"the Temporal server ended {GIVES_UP_AFTER} times within {WITHIN:.0f} seconds, "
                f"at last with {self._ending()}; last line of its log: {self.now.last_words}"
            )
            logger.error("%s: %s", error.name, error.message)
            raise error

    async def _start_again(self) -> None:
        died = f"The Temporal server ended with {self._ending()}; starting it again."
        logger.error(died)
        self._tell(died)
        try:
            self.now = self._launch()
        except BadSettings as error:
            raise ServerUnreachable(
                f"the Temporal server ended and cannot be started again: {error.message}"
            ) from error
        await self.answering()
        logger.warning("The Temporal server answers again; runs go on.")

    def _ending(self) -> str:
        code = self.now.process.returncode
        return f"signal {-code}" if code < 0 else f"exit code {code}"
