"""Commands as users run them: in processes of their own, some of them against `kronos up`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.review import write_definitions, write_input
from tests.support.servers import Kronos, kill_group, stop, wait_for_line
from worker.ports import free_ports


@dataclass(frozen=True, slots=True)
class Installation:
    """A running `kronos up` with the definition `review`, and commands that know where it is."""

    kronos: Kronos
    data: Path
    definitions: Path
    input: Path
    port: int
    ui_port: int
    log: Path


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for all tests; each test has runs of its own."""
    folder = tmp_path_factory.mktemp("installation")
    port, ui_port = free_ports(2)
    definitions, data = write_definitions(folder / "definitions"), folder / "data"
    kronos = Kronos(
        {
            "KRONOS_DATA": str(data),
            "KRONOS_DEFINITIONS": str(definitions),
            "TEMPORAL_ADDRESS": f"127.0.0.1:{port}",
        }
    )
    log = folder / "up.log"
    process = kronos.begin("up", "--port", str(port), "--ui-port", str(ui_port), log=log)
    try:
        wait_for_line("Market", process, log)
        yield Installation(kronos, data, definitions, write_input(folder), port, ui_port, log)
        assert stop(process) == 0
    finally:
        kill_group(process)


@pytest.fixture
def kronos(tmp_path: Path) -> Kronos:
    """Commands with a data directory of their own and no server."""
    [port] = free_ports(1)
    return Kronos({"KRONOS_DATA": str(tmp_path / "data"), "TEMPORAL_ADDRESS": f"127.0.0.1:{port}"})
