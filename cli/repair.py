"""`kronos cancel` and `kronos retry`: what a person does about a run."""

from typing import Annotated, Any

import typer

from cli.options import Address, Data, Namespace, Output
from cli.output import fields, show

RunId = Annotated[str, typer.Argument(help="The run.", metavar="ID")]


def cancel(
    workflow_id: RunId,
    data: Data = None,
    address: Address = None,
    namespace: Namespace = None,
    output: Output = None,
) -> None:
    """Ask a run to stop; it undoes what it began, then ends as cancelled.

    Example: kronos cancel onboarding-anna
    """
    from cli.guard import wait_for
    from worker.settings import load_settings

    settings = load_settings({"data": data, "address": address, "namespace": namespace})
    show(wait_for(_cancel(settings, workflow_id)), output, fields)


def retry(
    workflow_id: RunId,
    step: Annotated[
        str | None, typer.Option("--step", help="Id or path of the step; by default the one that failed.")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="Who decides it; by default the system's user.", metavar="WHO")
    ] = None,
    data: Data = None,
    address: Address = None,
    namespace: Namespace = None,
    output: Output = None,
) -> None:
    """Run the failed step again: in the same run while it is held, else from that step on.

    While it is held, the people of the role that `on_failure` names may do that, and the system's user.
    A run that failed is taken up again at its failed step; what was done stays done. That is refused
    when the run has undone something already.

    Example: kronos retry onboarding-anna --by sam
    """
    from cli.guard import wait_for
    from worker.settings import load_settings

    settings = load_settings({"data": data, "address": address, "namespace": namespace})
    show(wait_for(_retry(settings, workflow_id, step, by)), output, fields)


async def _cancel(settings: Any, workflow_id: str) -> dict[str, Any]:
    from worker import client, connection

    return await client.cancel(await connection.connect(settings), workflow_id)


async def _retry(settings: Any, workflow_id: str, step: str | None, by: str | None) -> dict[str, Any]:
    import getpass

    from worker import connection
    from worker.repair import retry as retry_run

    who, method = (by, "declared") if by else (getpass.getuser(), "system")
    return await retry_run(await connection.connect(settings), workflow_id, step, who, method)
