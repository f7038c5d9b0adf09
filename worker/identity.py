"""What a worker or client calls itself: which process on which host, and which payload key it holds.

The identity is what the server shows of pollers, so a client can see, before it starts a run, that
the workers could not read its input.
"""

import os
import socket

from store.keyring import read_keyring
from worker.settings import Settings

MARK = "key="


def worker_identity(settings: Settings) -> str:
    """`<pid>@<host> key=<fingerprint of the active payload key>`."""
    active = read_keyring(settings.keys_file).active
    return f"{os.getpid()}@{socket.gethostname()} {MARK}{active}"


def key_of(identity: str) -> str | None:
    """The fingerprint at the end of an identity; None for a poller that is not ours."""
    last = identity.rpartition(" ")[2]
    return last.removeprefix(MARK) if last.startswith(MARK) else None
