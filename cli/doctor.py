"""`kronos doctor`."""

from typing import Any

from cli.options import Address, Data, Namespace, Output
from cli.output import columns, show


def doctor(
    data: Data = None,
    address: Address = None,
    namespace: Namespace = None,
    output: Output = None,
) -> int:
    """Check keys, database, release, market data, server, search attributes, workers, dispatcher and runs.

    Of runs it lists those of older definitions: which upgrade at their next turn, which stay, and why.

    Exit code 0 when all is well, 3 when server or database cannot be reached, else 1.

    Example: kronos doctor
    """
    from cli.guard import FAILED, UNREACHABLE, wait_for
    from worker.doctor import examine
    from worker.settings import load_settings

    rows = wait_for(examine(load_settings({"data": data, "address": address, "namespace": namespace})))
    show({"checks": rows}, output, _table)
    states = {row["state"] for row in rows}
    return UNREACHABLE if "unreachable" in states else FAILED if "failed" in states else 0


def _table(data: Any) -> str:
    rows = [[row["check"], row["state"], row["finding"]] for row in data["checks"]]
    return columns(["check", "state", "finding"], rows)
