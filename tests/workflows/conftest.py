"""One embedded server for all tests of runs."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from temporalio.client import Client

from tests.support.interpreting import connected, temporal_server
from worker.dev_server import DevServer


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporal")


@pytest.fixture(scope="package")
def server(folder: Path) -> Iterator[DevServer]:
    with temporal_server(folder) as running:
        yield running


@pytest.fixture
async def client(server: DevServer, folder: Path) -> AsyncIterator[Client]:
    return await connected(server, folder)
