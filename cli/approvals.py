"""`kronos approvals` and `kronos approve`: what runs ask people, and answering."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.group import group
from cli.options import Address, Data, Namespace, Output
from cli.output import columns, fields, show
from cli.proposal import proposal

if TYPE_CHECKING:
    from worker.settings import Settings

app = group("See and decide what runs ask people.", example="kronos approvals list")

# `kronos approve` is `kronos approvals decide` by a shorter name.
approve = typer.Typer(rich_markup_mode=None, add_completion=False)
_IN_SHORT = """Approve or reject what a step shows: short for `kronos approvals decide`.

Example: kronos approve investment-1 compliance --decision approve --by kim --digest 4f1c…
"""


class Decision(StrEnum):
    """A person's word."""

    APPROVE = "approve"
    REJECT = "reject"


RunId = Annotated[str, typer.Argument(help="The run.", metavar="ID")]
Step = Annotated[str, typer.Argument(help="Id or path of the step that asks.", metavar="STEP")]
Word = Annotated[Decision, typer.Option("--decision", help="approve or reject.")]
By = Annotated[str, typer.Option("--by", help="Who decides.", metavar="WHO")]
Role = Annotated[str | None, typer.Option("--role", help="In which role.", metavar="ROLE")]
Digest = Annotated[
    str | None,
    typer.Option("--digest", help="Of what was shown; without it a terminal shows it and asks.", metavar="D"),
]
Comment = Annotated[str | None, typer.Option("--comment", help="Why, kept in the run.", metavar="TEXT")]


@app.command("list")
def list_open(
    data: Data = None, address: Address = None, namespace: Namespace = None, output: Output = None
) -> None:
    """List what is open, run by run.

    Example: kronos approvals list
    """
    from cli.guard import wait_for

    show(wait_for(_open(_settings(data, address, namespace))), output, _table)


@app.command("show")
def show_open(
    workflow_id: RunId,
    step: Annotated[str | None, typer.Argument(help="Id or path of one step.", metavar="STEP")] = None,
    data: Data = None,
    address: Address = None,
    namespace: Namespace = None,
    output: Output = None,
) -> None:
    """Show what a run asks, who may decide it, and the digest to decide with.

    Example: kronos approvals show investment-1 compliance
    """
    from cli.guard import wait_for

    rows = wait_for(_shown(_settings(data, address, namespace), workflow_id, step))
    show(rows, output, lambda found: "\n\n\n".join(map(proposal, found)) or "Nothing is open.")


@approve.command(help=_IN_SHORT)
@app.command("decide")
def decide(
    workflow_id: RunId,
    step: Step,
    decision: Word,
    by: By,
    role: Role = None,
    digest: Digest = None,
    comment: Comment = None,
    data: Data = None,
    address: Address = None,
    namespace: Namespace = None,
    output: Output = None,
) -> None:
    """Approve or reject what a step shows.

    Example: kronos approvals decide investment-1 compliance --decision approve --by kim --digest 4f1c…
    """
    settings = _settings(data, address, namespace)
    given = {"step": step, "decision": decision.value, "by": by, "role": role, "comment": comment}
    _decide(settings, workflow_id, given, digest, output)


def _decide(
    settings: "Settings", workflow_id: str, given: dict[str, Any], digest: str | None, output: Any
) -> None:
    from cli.guard import wait_for
    from worker.errors import BadInput

    if digest is None and not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise BadInput(
            "--digest is needed where nobody can be asked; `kronos approvals show "
            f"{workflow_id} {given['step']}` prints it with what it stands for"
        )
    if digest is None:
        [asked, *_] = wait_for(_shown(settings, workflow_id, given["step"]))
        digest = _agreed(asked, given)
    answer = wait_for(_send(settings, workflow_id, {**given, "digest": digest}))
    show(answer, output, fields)


def _agreed(asked: dict[str, Any], given: dict[str, Any]) -> str:
    """The digest of what was shown, once the person at the terminal has agreed to decide on it."""
    from worker.errors import Refused

    typer.echo(f"{proposal(asked)}\n", err=True)
    if not typer.confirm(f"{given['decision'].capitalize()} this as {given['by']}?", err=True):
        raise Refused("nothing was decided", name="NotConfirmed")
    digest: str = asked["digest"]
    return digest


def _settings(data: Any, address: str | None, namespace: str | None) -> "Settings":
    from worker.settings import load_settings

    return load_settings({"data": data, "address": address, "namespace": namespace})


def _table(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "Nothing is open."
    shown = [
        [
            row["workflow_id"],
            row["step"] or row["path"],
            row["role"],
            f"{len(row['decisions'])}/{row['quorum']}",
        ]
        for row in rows
    ]
    return columns(["run", "step", "role", "decided"], shown)


async def _open(settings: "Settings") -> list[dict[str, Any]]:
    from worker import approving, connection

    return await approving.open_approvals(await connection.connect(settings))


async def _shown(settings: "Settings", workflow_id: str, step: str | None) -> list[dict[str, Any]]:
    from worker import approving, connection

    return await approving.approvals_of(await connection.connect(settings), workflow_id, step)


async def _send(settings: "Settings", workflow_id: str, approval: dict[str, Any]) -> dict[str, Any]:
    from worker import approving, connection

    return await approving.decide(await connection.connect(settings), workflow_id, approval)
