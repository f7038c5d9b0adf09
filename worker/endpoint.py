"""The address, namespace and TLS of Temporal that the settings and Temporal's own settings say."""

from dataclasses import dataclass
from typing import Any

from temporalio.envconfig import ClientConfigProfile

from worker.errors import BadSettings
from worker.settings import Settings


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where Temporal is: `options` holds TLS, API key and headers as the client takes them."""

    address: str
    namespace: str
    options: dict[str, Any]


def endpoint(settings: Settings) -> Endpoint:
    """Flags and KRONOS_* first, then TEMPORAL_* and the profile, then kronos.toml, then the default."""
    try:
        profile = ClientConfigProfile.load(profile=settings.profile).to_client_connect_config()
    except RuntimeError as error:
        raise BadSettings(f"Temporal's own settings cannot be read: {error}") from error
    options = dict(profile)
    address = options.pop("target_host", None)
    namespace = options.pop("namespace", None)
    return Endpoint(
        address=settings.address or str(address or settings.fallback_address),
        namespace=settings.namespace or str(namespace or settings.fallback_namespace),
        options=options,
    )
