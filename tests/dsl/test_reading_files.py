"""A file is read only when it is one: nothing that people name keeps the checker waiting."""

import os
from pathlib import Path

import pytest

from dsl.load import MOST_READ, read_file
from dsl.release import load_folder


def test_an_endless_device_is_refused() -> None:
    """`/dev/zero` has as many bytes as one cares to read."""
    with pytest.raises(OSError, match="not a regular file"):
        read_file(Path("/dev/zero"))


def test_a_pipe_that_nobody_writes_to_is_refused_at_once(tmp_path: Path) -> None:
    """Opening it would wait for a writer."""
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="not a regular file"):
        read_file(pipe)


def test_a_file_far_too_large_is_refused_by_its_name(tmp_path: Path) -> None:
    """Of ten gigabytes, which lie nowhere but in the file's length, eight megabytes are read."""
    large = tmp_path / "workflows" / "large.yaml"
    large.parent.mkdir()
    with large.open("wb") as file:
        file.truncate(10_000_000_000)
    with pytest.raises(OSError, match=f"more than {MOST_READ:,} bytes") as refused:
        load_folder(tmp_path)
    assert refused.value.filename == str(large)


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    """Up to the last byte, however large it may be."""
    file = tmp_path / "a.yaml"
    file.write_bytes(b"x" * MOST_READ)
    assert len(read_file(file)) == MOST_READ
