"""The console script `kronos`: the table of commands, each imported when it is asked for."""

import gc
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from cli.guard import INTERRUPTED, MISUSED, guarded, keep_stdout_for_data, leave

# Command -> "module:object" in this package. A function is a command, a Typer object a group.
COMMANDS = {
    "demo": "demo:demo",
    "up": "up:up",
    "worker": "worker:worker",
    "start": "start:start",
    "signal": "start:signal",
    "status": "status:status",
    "watch": "status:watch",
    "list": "status:list_runs",
    "approvals": "approvals:app",
    "approve": "approvals:approve",
    "cancel": "repair:cancel",
    "retry": "repair:retry",
    "definitions": "definitions:app",
    "activities": "activities:app",
    "trading": "trading:app",
    "broker": "broker:app",
    "events": "events:app",
    "schedules": "schedules:app",
    "triggers": "triggers:app",
    "portfolio": "portfolio:app",
    "goals": "goals:app",
    "data": "data:app",
    "backtest": "backtest:backtest",
    "agents": "agents:app",
    "config": "config:app",
    "doctor": "doctor:doctor",
    "version": "version:version",
}


class LazyCommands(TyperGroup):
    """A group whose commands are imported one by one, so that a quick command stays quick."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every command, in the order of the table."""
        return list(COMMANDS)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that `args` begin with; a misspelt one is answered with near names."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], COMMANDS, n=3)
            hint = f"; did you mean {' or '.join(near)}?" if near else "; kronos --help lists them"
            ctx.fail(f"No such command '{args[0]}'{hint}")
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        found = getattr(import_module(f"cli.{module}"), attribute)
        if not isinstance(found, typer.Typer):
            single = typer.Typer(rich_markup_mode=None, add_completion=False)
            single.command(cmd_name)(found)
            found = single
        command = get_command(found)
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=LazyCommands,
    add_completion=False,
    no_args_is_help=True,
    # Plain help: importing rich would cost every command a tenth of a second.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def kronos() -> None:
    """Run the business processes of a digital wealth manager.

    Processes are YAML definitions, checked, compiled and run as durable Temporal workflows.

    Try it: kronos demo
    """


def main() -> None:
    """Run the command of this process and end with its exit code."""
    # Importing makes many objects and no garbage: collecting less often starts a fifth faster.
    gc.set_threshold(50_000, 20, 20)
    keep_stdout_for_data()
    leave(guarded(_run))


def _run() -> int:
    command = get_command(app)
    try:
        answer = command.main(prog_name="kronos", standalone_mode=False)
    except typer.Abort:
        return INTERRUPTED
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        # A wrong flag or argument, in click's words.
        error.show()  # type: ignore[attr-defined] # typer does not export the class that has it
        return getattr(error, "exit_code", MISUSED)
    return answer if isinstance(answer, int) else 0
