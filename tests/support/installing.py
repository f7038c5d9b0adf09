"""An installation whose Temporal server has settings of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.support.town import Town
from worker.dev_server import start_dev_server
from worker.library import publish
from worker.market import prepare_market
from worker.ports import free_ports
from worker.settings import load_settings


@contextmanager
def installation(data: Path, definitions: Path, **dynamic_config: str) -> Iterator[Town]:
    """Without a worker yet; `history__name='"2s"'` sets `history.name` of the server."""
    settings = load_settings({"data": data, "definitions": definitions})
    data.mkdir(parents=True, exist_ok=True)
    publish(settings, development=True)
    prepare_market(settings)
    given = [f"{name.replace('__', '.')}={value}" for name, value in dynamic_config.items()]
    extra = [word for one in given for word in ("--dynamic-config-value", one)]
    server = start_dev_server(
        database=settings.temporal_database, log=settings.temporal_log, port=free_ports(1)[0], extra=extra
    )
    place = Town(replace(settings, address=server.address), server)
    try:
        yield place
    finally:
        place.stop_worker()
        place.server.stop()
