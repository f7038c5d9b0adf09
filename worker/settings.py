"""Where everything is: flags, then KRONOS_* variables, then Temporal's own, then kronos.toml, then defaults.

Temporal's own settings (TEMPORAL_* variables and profiles) stand between the two, so what Kronos was
told explicitly and what kronos.toml says are kept apart here; worker.connection joins the three.
"""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from worker.errors import BadSettings

SETTINGS_FILE = "kronos.toml"
DEFAULT_ADDRESS = "127.0.0.1:7233"
DEFAULT_NAMESPACE = "default"
DEFAULT_TENANT = "main"
Sessions = Literal["always_open", "XASX"]
BrokerName = Literal["simulated", "openmarkets"]
Prices = Literal["simulated", "imported"]

# Setting -> its environment variable; the same names are the keys of kronos.toml.
VARIABLES = {
    "data": "KRONOS_DATA",
    "definitions": "KRONOS_DEFINITIONS",
    "database": "KRONOS_DATABASE",
    "keys": "KRONOS_KEYS",
    "address": "KRONOS_ADDRESS",
    "namespace": "KRONOS_NAMESPACE",
    "profile": "KRONOS_PROFILE",
    "tenant": "KRONOS_TENANT",
    "broker": "KRONOS_BROKER",
    "broker_url": "KRONOS_BROKER_URL",
    "broker_token_file": "KRONOS_BROKER_TOKEN_FILE",
    "broker_sessions": "KRONOS_BROKER_SESSIONS",
    "market": "KRONOS_MARKET",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a command or worker must know to find its data and its server.

    `address`, `namespace` and `profile` are what flags and KRONOS_* say (None: nothing);
    `fallback_address` and `fallback_namespace` count when Temporal's own settings are silent too.
    `broker_url` and `broker_token_file` are for brokers that are elsewhere; `broker_sessions` is when the
    simulated exchange trades, `market` at whose prices: those that are made up after each session, or those
    that people import.
    """

    data: Path
    definitions: Path
    database_url: str
    keys_file: Path
    address: str | None = None
    namespace: str | None = None
    profile: str | None = None
    fallback_address: str = DEFAULT_ADDRESS
    fallback_namespace: str = DEFAULT_NAMESPACE
    tenant: str = DEFAULT_TENANT
    broker: BrokerName = "simulated"
    broker_url: str | None = None
    broker_token_file: Path | None = None
    broker_sessions: Sessions = "always_open"
    market: Prices = "simulated"

    @property
    def database_file(self) -> Path | None:
        """The file of an SQLite database; None for a database on a server."""
        kind, _, rest = self.database_url.partition("://")
        if kind.partition("+")[0] != "sqlite":
            return None
        return Path(rest.partition("?")[0].removeprefix("/"))

    @property
    def temporal_log(self) -> Path:
        """Where the embedded server writes its log."""
        return self.data / "temporal.log"

    @property
    def temporal_database(self) -> Path:
        """Where the embedded server keeps its runs."""
        return self.data / "temporal.db"

    @property
    def snapshots(self) -> Path:
        """The folder of market snapshots."""
        return self.data / "snapshots"

    @property
    def partitions(self) -> Path:
        """The folder of the columns that the monitoring sweeps read; workers on several machines share it."""
        return self.data / "partitions"

    @property
    def exchange_database(self) -> Path:
        """The simulated exchange's own database."""
        return self.data / "exchange.db"


def load_settings(
    flags: Mapping[str, str | Path | None] | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """The settings in force; `flags` by the names of VARIABLES, None where not given."""
    environment = os.environ if environment is None else environment
    file = _read_file(Path(SETTINGS_FILE))
    told = {name: _told(name, flags or {}, environment) for name in VARIABLES}
    found = {name: told[name] or file.get(name) for name in VARIABLES}
    data = Path(found["data"] or ".kronos").expanduser()
    return Settings(
        data=data,
        definitions=_definitions(found["definitions"]),
        database_url=found["database"] or f"sqlite:///{(data / 'kronos.db').absolute()}",
        keys_file=Path(found["keys"]).expanduser() if found["keys"] else data / "keys.json",
        address=told["address"],
        namespace=told["namespace"],
        profile=found["profile"],
        fallback_address=file.get("address", DEFAULT_ADDRESS),
        fallback_namespace=file.get("namespace", DEFAULT_NAMESPACE),
        tenant=found["tenant"] or DEFAULT_TENANT,
        broker=cast(BrokerName, _one_of(get_args(BrokerName), found, "broker")),
        broker_url=found["broker_url"],
        broker_token_file=Path(found["broker_token_file"]).expanduser()
        if found["broker_token_file"]
        else None,
        broker_sessions=cast(Sessions, _one_of(get_args(Sessions), found, "broker_sessions")),
        market=cast(Prices, _one_of(get_args(Prices), found, "market")),
    )


def _told(name: str, flags: Mapping[str, str | Path | None], environment: Mapping[str, str]) -> str | None:
    flag = flags.get(name)
    return str(flag) if flag is not None else environment.get(VARIABLES[name]) or None


def _read_file(path: Path) -> dict[str, str]:
    """The settings of kronos.toml in the working directory; empty when there is none."""
    if not path.exists():
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSettings(f"{path} cannot be read: {error}") from error
    for name, value in found.items():
        if name not in VARIABLES:
            raise BadSettings(f"{path} has no setting {name}; known: {', '.join(VARIABLES)}", name)
        if not isinstance(value, str):
            raise BadSettings(f"{name} in {path} must be text in quotes", name)
    return found


def _definitions(told: str | None) -> Path:
    """The folder given, else ./definitions, else the copy that was installed with Kronos."""
    if told:
        folder = Path(told).expanduser()
        if not folder.is_dir():
            raise BadSettings(f"there is no folder of definitions at {folder}", "definitions")
        return folder
    here = Path("definitions")
    return here if here.is_dir() else Path(__file__).resolve().parent.parent / "definitions"


def _one_of(known: Sequence[str], found: Mapping[str, str | Path | None], name: str) -> str:
    """The setting's value, the first of those known where nothing is said; BadSettings for any other."""
    told = str(found[name] or known[0])
    if told not in known:
        raise BadSettings(f"{name} is {told}; expected {' or '.join(known)}", name)
    return told
