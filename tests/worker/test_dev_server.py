"""The embedded server: real, on this machine only, and gone when it is stopped."""

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from temporalio.client import Client

from tests.support.servers import dev_server
from worker.dev_server import SEARCH_ATTRIBUTES, DevServer, start_dev_server
from worker.doctor import ListSearchAttributesRequest
from worker.errors import BadSettings, ServerUnreachable
from worker.ports import free_ports, is_free, listening


async def test_it_answers_with_every_search_attribute(tmp_path: Path) -> None:
    """A client connects at once, and what runs are labelled with is registered."""
    with dev_server(tmp_path) as server:
        client = await Client.connect(server.address)
        answer = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace="default")
        )
        assert set(SEARCH_ATTRIBUTES) <= set(answer.custom_attributes)
        assert server.ui_url is None
    assert not listening(server.port)


async def test_runs_outlive_the_server(tmp_path: Path) -> None:
    """Started on a database that is there already, it goes on where it was, even after a power cut."""
    with dev_server(tmp_path) as server:
        client = await Client.connect(server.address)
        await client.start_workflow("nobody", id="kept", task_queue="none")
        server.kill()
    with dev_server(tmp_path, port=server.port) as server:
        client = await Client.connect(server.address)
        assert (await client.get_workflow_handle("kept").describe()).workflow_type == "nobody"


def test_a_port_in_use_names_the_flag(tmp_path: Path) -> None:
    """Nothing is started beside a server that is there."""
    with (
        dev_server(tmp_path) as server,
        pytest.raises(BadSettings, match=f"port {server.port} .*--port"),
    ):
        start_dev_server(database=tmp_path / "other.db", log=tmp_path / "other.log", port=server.port)


def test_a_database_that_is_none_is_reported_with_the_log(tmp_path: Path) -> None:
    """The server's own last words are in the message."""
    with sqlite3.connect(tmp_path / "temporal.db") as other:
        other.execute("CREATE TABLE executions (x)")
    other.close()
    with pytest.raises(ServerUnreachable, match=r"did not start.*temporal\.log"):
        start_dev_server(
            database=tmp_path / "temporal.db", log=tmp_path / "temporal.log", port=free_ports(1)[0]
        )


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("", "its log is empty"),
        ("starting\nError: the file is locked", "Error: the file is locked"),
        ("panic: port is taken\n\ngoroutine 1 [running]:\n\tmain.go:18 +0x8e", "panic: port is taken"),
    ],
)
def test_the_cause_is_told_and_not_the_trace_below_it(tmp_path: Path, log: str, said: str) -> None:
    """Of a server that ended."""
    file = tmp_path / "temporal.log"
    file.write_text(log)
    with subprocess.Popen(["true"]) as process:
        assert DevServer(process, 1, None, file).last_words.startswith(said)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with the one that started it")
def test_a_server_does_not_outlive_whoever_started_it(tmp_path: Path) -> None:
    """A Kronos that is killed outright leaves no server behind that holds its port."""
    [port] = free_ports(1)
    program = (
        "from pathlib import Path; import os, signal; from worker.dev_server import start_dev_server; "
        f"start_dev_server(database=Path({str(tmp_path)!r}, 't.db'), log=Path({str(tmp_path)!r}, 't.log'), port={port}); "
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", program], check=False)
    assert killed.returncode == -signal.SIGKILL
    while not is_free(port):
        time.sleep(0.05)
