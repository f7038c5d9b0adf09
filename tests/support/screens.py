"""Commands at a terminal: a pseudo-terminal of a given width, as a person sees it."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path

from tests.support.servers import ANSWERS_WITHIN, KRONOS, Kronos

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def screen(kronos: Kronos, *arguments: str | Path, columns: int = 80) -> list[str]:
    """The lines that a command writes to a terminal, stdout and stderr; without colours and the like."""
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    variables = {
        name: value for name, value in kronos.variables().items() if name not in ("COLUMNS", "LINES")
    }
    process = subprocess.Popen(
        [str(KRONOS), *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=terminal,
        cwd=kronos.folder,
        env=variables,
    )
    os.close(terminal)
    written = _all_of(master)
    process.wait(ANSWERS_WITHIN)
    return CONTROL.sub("", written.decode()).replace("\r", "").split("\n")


def _all_of(master: int) -> bytes:
    """What is written until the command has ended, which Linux tells by an error."""
    parts = []
    try:
        while part := os.read(master, 65536):
            parts.append(part)
    except OSError:
        pass
    finally:
        os.close(master)
    return b"".join(parts)
