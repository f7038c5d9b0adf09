"""The deployment on Docker Compose, checked without a daemon.

`compose_spec.json` is the schema of the Compose specification (Apache-2.0) as docker-compose 1.29.2 ships it.
"""

import json
import os
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.support.servers import REPOSITORY
from worker.dev_server import SEARCH_ATTRIBUTES

FILE = REPOSITORY / "docker-compose.temporal.yml"
SCHEMA = json.loads((Path(__file__).parent / "compose_spec.json").read_text())
# In the order in which they become ready.
ORDER = ("postgresql", "temporal-schema", "temporal", "temporal-setup", "kronos-worker")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file with its YAML merges done."""
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return found


def test_the_file_fits_the_schema_of_compose(compose: dict[str, Any]) -> None:
    """Every key and value is one that Compose knows."""
    jsonschema.Draft201909Validator(SCHEMA).validate(compose)


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is not installed")
def test_docker_compose_takes_the_file() -> None:
    """The tool's own check, where it is installed."""
    environment = {**os.environ, "POSTGRES_PASSWORD": "x"}
    subprocess.run(
        ["docker-compose", "-f", str(FILE), "config", "-q"], env=environment, check=True, cwd=REPOSITORY
    )


def test_each_part_waits_for_what_it_stands_on(compose: dict[str, Any]) -> None:
    """PostgreSQL, schema, server, namespace, worker: healthy or completed, one after the other."""
    services = compose["services"]
    for earlier, later in pairwise(ORDER):
        condition = services[later]["depends_on"][earlier]["condition"]
        wanted = "service_healthy" if "healthcheck" in services[earlier] else "service_completed_successfully"
        assert condition == wanted, (earlier, later)


def test_what_runs_on_comes_back_and_what_is_a_job_ends(compose: dict[str, Any]) -> None:
    """Services restart unless they are stopped, jobs only when they failed."""
    jobs = {name for name, service in compose["services"].items() if service["restart"] == "on-failure"}
    assert jobs == {"temporal-schema", "temporal-setup"}
    rest = [service["restart"] for name, service in compose["services"].items() if name not in jobs]
    assert set(rest) == {"unless-stopped"}


def test_the_versions_are_the_set_that_was_published_together(compose: dict[str, Any]) -> None:
    """Server and tools of one version, and the web UI that came with them."""
    images = {name: service["image"] for name, service in compose["services"].items()}
    assert images["temporal"] == "temporalio/server:1.31.2"
    assert {images["temporal-schema"], images["temporal-setup"]} == {"temporalio/admin-tools:1.31.2"}
    assert images["temporal-ui"] == "temporalio/ui:2.52.0"


def test_no_password_has_a_default(compose: dict[str, Any]) -> None:
    """Every password comes from the environment, and Compose stops when it is not there."""
    for service in compose["services"].values():
        for name, value in service["environment"].items():
            if "PASSWORD" in name or "PWD" in name:
                assert value.startswith("${POSTGRES_PASSWORD:?"), name


def test_everything_listens_on_this_machine_only(compose: dict[str, Any]) -> None:
    """What has no login of its own is not reachable from the network."""
    ports = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_search_attribute_is_registered(compose: dict[str, Any]) -> None:
    """The job registers what runs are labelled with, before any worker starts."""
    [script] = compose["services"]["temporal-setup"]["command"]
    for name in SEARCH_ATTRIBUTES:
        assert f"--name {name} --type Keyword" in script


def test_every_task_queue_has_a_worker(compose: dict[str, Any]) -> None:
    """Roles of the workers together cover all queues."""
    commands = [
        service["command"] for name, service in compose["services"].items() if name.startswith("kronos-")
    ]
    roles = {part.removeprefix("--role=") for command in commands for part in command if "--role=" in part}
    assert roles == {"workflows", "compute", "broker"}


def test_the_codec_answers_the_web_ui_and_nobody_else(compose: dict[str, Any]) -> None:
    """The origins that the codec allows are those the web UI is opened at."""
    command = compose["services"]["kronos-worker"]["command"]
    allowed = {part.removeprefix("--ui-origin=") for part in command if part.startswith("--ui-origin=")}
    ui = compose["services"]["temporal-ui"]["environment"]
    assert allowed == set(ui["TEMPORAL_CORS_ORIGINS"].split(","))
    assert f"--codec-port={ui['TEMPORAL_CODEC_ENDPOINT'].rpartition(':')[2]}" in command


def test_the_image_has_every_package_and_no_secrets() -> None:
    """What the Dockerfile copies is what the wheel holds, from the locked packages."""
    dockerfile = (REPOSITORY / "Dockerfile").read_text()
    packages = {"definitions", "examples", "dsl", "payloads", "workflows", "activities"} | {
        *("engines", "adapters", "store", "worker", "cli")
    }
    assert all(f"COPY {package} {package}\n" in dockerfile for package in packages)
    assert "--require-hashes -r requirements.lock" in dockerfile
    assert "USER kronos" in dockerfile
    allowed = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert allowed[0] == "*"
    assert {line[1:] for line in allowed if line.startswith("!")} == packages | {
        *("requirements.lock", "pyproject.toml", "README.md")
    }
