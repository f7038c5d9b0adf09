"""`kronos config`: which settings are in force."""

from typing import Any

from cli.group import group
from cli.options import Address, Data, Definitions, Namespace, Output
from cli.output import fields, show

app = group("The settings in force.", example="kronos config show")


@app.command("show")
def show_(
    data: Data = None,
    definitions: Definitions = None,
    address: Address = None,
    namespace: Namespace = None,
    output: Output = None,
) -> None:
    """Show every setting as flags, environment, profiles and kronos.toml make it. Secrets are left out.

    Example: kronos config show -o yaml
    """
    from worker.endpoint import endpoint
    from worker.settings import load_settings

    flags = {"data": data, "definitions": definitions, "address": address, "namespace": namespace}
    settings = load_settings(flags)
    place = endpoint(settings)
    answer: dict[str, Any] = {
        "data": str(settings.data),
        "definitions": str(settings.definitions),
        "database": shown_url(settings.database_url),
        "keys": str(settings.keys_file),
        "address": place.address,
        "namespace": place.namespace,
        "tls": bool(place.options.get("tls")),
        "tenant": settings.tenant,
        "broker": settings.broker,
        "broker_url": None if settings.broker_url is None else shown_url(settings.broker_url),
        "broker_token_file": None if settings.broker_token_file is None else str(settings.broker_token_file),
        "broker_sessions": settings.broker_sessions,
        "market": settings.market,
    }
    show(answer, output, fields)


def shown_url(url: str) -> str:
    """A database's address without its password."""
    if "@" not in url:
        return url  # a password stands before an @: nothing to hide
    from sqlalchemy import make_url  # takes long to import

    return make_url(url).render_as_string(hide_password=True)
